import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { PaperRecord } from '../../../src/papers/paper.js';
import { projectRoot } from '../../../src/platform/paths.js';
import { collect, pieces } from '../read-fixture.js';

describe('any text', () => {
  /** Characters and words that mean something to BibTeX. */
  const part = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...'{}()",=#%@\\$\n ~\'`^') },
    fc.constantFrom(
      '@article{',
      '@string(',
      '@comment{',
      'title = ',
      ' and ',
      'crossref={a}',
      '\\"',
      '\\c',
      '\\url{',
    ),
    fc.string({ maxLength: 5 }),
  );

  test('is read without an error, and an entry behind it is found, with its line', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 40 }), async (parts) => {
        const before = `${parts.join('').replace(/\r/g, ' ')}\n`;
        const { records, lines, problems } = await collect(
          `${before}@misc{last,\n  title = {The Last Bird}\n}\n`,
          { format: 'bibtex', size: 65_536 },
        );
        const line = before.split('\n').length;
        assert.ok(
          records.some(({ title }) => title === 'The Last Bird'),
          before,
        );
        assert.ok(lines.includes(line));
        for (const problem of problems) assert.ok(problem.line >= 1 && problem.line <= line + 2);
      }),
      { seed: 20250615, numRuns: 400 },
    );
  });

  test('takes linear time', { timeout: 20_000 }, async () => {
    const size = 150_000;
    for (const nasty of [
      ' ',
      '\n',
      '{',
      '"',
      '\\',
      '$',
      ', a',
      '@',
      '@a',
      ' and',
      '% ',
      "\\'",
      '\\(',
      '--',
      '#',
      'a=',
    ]) {
      const filling = nasty.repeat(size / nasty.length);
      for (const text of [`@misc{${filling}`, `@misc{a, title = {${filling}}, author = {${filling}}}`])
        await collect(text, { format: 'bibtex', size: 65_536 });
    }
  });
});

describe('real files', () => {
  const fixtures = join(projectRoot, '..', 'shared', 'fixtures');
  const skip = !existsSync(fixtures) && `the real files are not there: ${fixtures}`;
  const file = (name: string): Promise<Awaited<ReturnType<typeof collect>>> =>
    collect(readFileSync(join(fixtures, name)), { size: 65_536 });
  const having = (records: readonly PaperRecord[], key: keyof PaperRecord): number =>
    records.filter((record) => record[key] !== undefined && record[key] !== '').length;

  test('an export of the ACM Digital Library', { skip }, async () => {
    const { records, problems, format } = await file('acm_sigir-2019.bib');
    assert.deepEqual([format, records.length, problems], ['bibtex', 287, []]);
    const counts = (['authors', 'date', 'venue', 'doi', 'url', 'abstract'] as const).map((key) =>
      having(records, key),
    );
    assert.deepEqual(counts, [287, 287, 287, 287, 287, 262]);
    for (const { title, authors } of records)
      assert.doesNotMatch([title, ...(authors ?? [])].join(), /[\\{}]/);
  });

  test('a bibliography of JabRef', { skip }, async () => {
    const { records, problems, format } = await file('jabref-authors.bib');
    assert.deepEqual([format, records.length], ['bibtex', 209]);
    assert.deepEqual(
      problems.map(({ line, reason }) => [line, /volume/.test(reason)]),
      [
        [2_052, true],
        [2_158, true],
        [2_413, true],
      ],
    );
    const counts = (['authors', 'date', 'venue', 'doi'] as const).map((key) => having(records, key));
    assert.deepEqual(counts, [209, 209, 200, 135]);
    assert.ok(records.some(({ authors }) => authors?.includes('Håkan Johansson')));
    for (const { authors } of records) assert.doesNotMatch((authors ?? []).join(), /[\\{}]/);
  });
});

test('ten megabytes in bounded memory', { timeout: 60_000 }, async () => {
  const entry = (n: number): string =>
    `@article{k${n},\n title = {{Bird} number ${n}},\n author = {Lee, Ann and R{\\"a}y, Bob},\n abstract = {${'Feathers are weighed once more. '.repeat(30)}},\n year = 2020\n}\n`;
  async function* text(): AsyncGenerator<Uint8Array> {
    for (let n = 0; n < 10_000; n += 1) yield Buffer.from(entry(n));
  }
  assert.ok(entry(0).length * 10_000 > 10_000_000);
  const { readPapers } = await import('../../../src/ingest/read.js');
  const before = process.memoryUsage().rss;
  let [count, peak] = [0, 0];
  for await (const found of readPapers(text(), { name: 'birds.bib', asOf: '2025-06-15' })) {
    if (found.kind === 'paper') count += 1;
    if (count % 500 === 0) peak = Math.max(peak, process.memoryUsage().rss);
  }
  assert.equal(count, 10_000);
  assert.ok(peak - before < 200_000_000, `${Math.round((peak - before) / 1e6)} MB`);
});

test('old Macs end lines with CR, Windows with both', async () => {
  const text = '@misc{a,\n title = {One}\n}\n@misc{b,\n title {Two}\n}\n';
  for (const end of ['\r', '\r\n']) {
    for (const size of [1, 7, 1_000]) {
      const chunks = pieces(Buffer.from(text.replaceAll('\n', end)), size);
      const { titles, problems } = await collect(chunks);
      assert.deepEqual([titles, problems.map(({ line }) => line)], [['One'], [5]]);
    }
  }
});
