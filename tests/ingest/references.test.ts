import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { ReadOptions } from '../../src/ingest/read.js';
import { MAX_REFERENCES, type ReferenceEntry, readReferences } from '../../src/ingest/references.js';
import { collect, pieces } from './read-fixture.js';

async function read(
  input: string | Uint8Array,
  options: Partial<ReadOptions> = {},
): Promise<{ references: [number, string][]; problems: [number, string][] }> {
  const entries: ReferenceEntry[] = [];
  for await (const entry of readReferences(pieces(Buffer.from(input), 65_536), {
    name: 'mine',
    asOf: '2025-06-15',
    ...options,
  }))
    entries.push(entry);
  return {
    references: entries.flatMap((entry): [number, string][] =>
      entry.kind === 'problem' ? [] : [[entry.line, entry.kind === 'ref' ? entry.ref : entry.record.title]],
    ),
    problems: entries.flatMap((entry): [number, string][] =>
      entry.kind === 'problem' ? [[entry.problem.line, entry.problem.reason]] : [],
    ),
  };
}

const ids = `# mine
arXiv:1706.03762v2, 10.1000/AB,c
https://arxiv.org/pdf/2401.01234 ; arXiv: 1706.03763 [cs.CL]
hep-th/9901001\t"1706.03764"

10.1000/a,10.1000/b,hep-th/9901002
https://doi.org/10.1000/x https://huggingface.co/papers/1706.03765
1706.1234x
`;

describe('references', () => {
  test('a list of ids, in every form', async () => {
    const { references, problems } = await read(ids);
    assert.deepEqual(references, [
      [2, '1706.03762'],
      [2, 'doi:10.1000/ab,c'],
      [3, '2401.01234'],
      [3, '1706.03763'],
      [4, 'hep-th/9901001'],
      [4, '1706.03764'],
      [6, 'doi:10.1000/a'],
      [6, 'doi:10.1000/b'],
      [6, 'hep-th/9901002'],
      [7, 'doi:10.1000/x'],
      [7, '1706.03765'],
    ]);
    assert.deepEqual(
      problems.map(([line, reason]) => [line, /begins with no id/.test(reason)]),
      [[8, true]],
    );
  });

  test('a JSON array of ids', async () => {
    const { references, problems } = await read('["1706.03762", "hep-th/9901001",\n "10.1000/a"]\n');
    assert.deepEqual(
      [references, problems],
      [
        [
          [1, '1706.03762'],
          [1, 'hep-th/9901001'],
          [2, 'doi:10.1000/a'],
        ],
        [],
      ],
    );
  });

  test('records of every format', async () => {
    for (const text of [
      '@misc{a, title = {Light Birds}}',
      'TY  - JOUR\nTI  - Light Birds\nER  - \n',
      '[{"title": "Light Birds", "issued": {"raw": "2020"}}]',
      '{"title": "Light Birds"}',
      'Light Birds\n\nWe weigh a thousand feathers of small birds and report what they weigh.\n\n• 2 authors\n·\nMay 2\n',
    ]) {
      assert.deepEqual(await read(text), { references: [[1, 'Light Birds']], problems: [] }, text);
      assert.deepEqual((await read(gzipSync(text))).references, [[1, 'Light Birds']]);
    }
  });

  test('at most ten thousand, and says from where on', async () => {
    const list = Array.from({ length: MAX_REFERENCES + 5 }, (_, n) => `2401.${String(n).padStart(5, '0')}`);
    const { references, problems } = await read(list.join('\n'));
    assert.equal(references.length, MAX_REFERENCES);
    assert.equal(problems.length, 1);
    assert.equal(problems[0]![0], MAX_REFERENCES + 1);
    assert.match(problems[0]![1], /at most 10000 references/);
    assert.deepEqual((await read(list.slice(0, MAX_REFERENCES).join('\n'))).problems, []);
  });

  test('as papers, ids are problems that say why', async () => {
    const { records, problems, format } = await collect('1706.03762\n\n10.1000/x\n');
    assert.deepEqual([records, format], [[], 'ids']);
    assert.deepEqual(
      problems.map(({ line, reason, excerpt }) => [line, /^has no title: /.test(reason), excerpt]),
      [
        [1, true, '1706.03762'],
        [3, true, 'doi:10.1000/x'],
      ],
    );
  });

  test('a text with an id in it is no list', async () => {
    const listing =
      'Light Birds of 1706.03762\n\nWe weigh a thousand feathers and report 2401.01234 what they weigh.\n';
    assert.equal((await collect(listing)).format, 'listing');
    assert.equal((await collect('17 birds')).format, 'listing');
  });
});
