import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { paperShape } from '../../../src/ingest/parsers/dialects/dialects.js';
import {
  createJsonCutter,
  type JsonPiece,
  MAX_VALUE_LENGTH,
} from '../../../src/ingest/parsers/json-values.js';
import { collect } from '../read-fixture.js';

/** Cuts a text whose lines come in parts of `size` characters. */
function cut(text: string, size = Number.POSITIVE_INFINITY): JsonPiece[] {
  const cutter = createJsonCutter(paperShape);
  const pieces = text.split('\n').flatMap((line, index) => {
    const found: JsonPiece[] = [];
    let at = 0;
    for (; line.length - at > size; at += size)
      found.push(...cutter.push({ line: index + 1, text: line.slice(at, at + size), ends: false }));
    return [...found, ...cutter.push({ line: index + 1, text: line.slice(at) })];
  });
  return [...pieces, ...cutter.end()];
}

function values(text: string, size?: number): [number, unknown][] {
  return cut(text, size).map((piece) => [
    piece.line,
    piece.kind === 'value' ? JSON.parse(piece.text) : piece.reason,
  ]);
}

const a = { title: 'a' };
const b = { title: 'b', authors: [{ name: '"]}' }] };

describe('documents that hold papers', () => {
  test('lists under the keys that services use, whatever stands beside them', () => {
    for (const document of [
      { meta: { count: 2, results: [1] }, results: [a, b], group_by: [{ key: 'x' }] },
      { total: 2, offset: 0, data: [a, b] },
      { recommendedPapers: [a, b] },
      {
        status: 'ok',
        message: { facets: { x: {} }, items: [a, b], query: { 'search-terms': '["' } },
        end: {},
      },
      { periodType: 'day', dailyPapers: [a], next: { date: [1] }, searchResults: [b] },
      [{ data: [a] }, { data: [b] }],
    ])
      for (const indent of [0, 1])
        for (const size of [1, 7, 1_000])
          assert.deepEqual(
            values(JSON.stringify(document, null, indent), size).map(([, value]) => value),
            [a, b],
            JSON.stringify(document),
          );
  });

  test('one a line, and lines of the values that stand over several', () => {
    const answers = [{ data: [a] }, { data: [] }, { data: [b] }].map((answer) => JSON.stringify(answer));
    assert.deepEqual(values(answers.join('\n')), [
      [1, a],
      [3, b],
    ]);
    assert.deepEqual(values('{"data": [\n{"title":"a"},\n{"title":"b"}\n]}'), [
      [2, { title: 'a' }],
      [3, { title: 'b' }],
    ]);
    assert.deepEqual(values('{\n"results"\n:\n[\n{\n"title":"a"}]}'), [[5, { title: 'a' }]]);
  });

  test('one work in a message; no list in a paper', () => {
    const message = { DOI: '10.1000/1', title: ['a'] };
    assert.deepEqual(values(JSON.stringify({ status: 'ok', message })), [[1, message]]);
    assert.deepEqual(values('{"title":"a","data":[{"title":"b"}]}'), [[1, { title: 'a', data: [] }]]);
    assert.deepEqual(values('{"error":"none","data":"x"}'), [[1, { error: 'none', data: 'x' }]]);
  });

  test('nulls between papers are one problem each', () => {
    assert.deepEqual(
      values('[null,\nnull,null, {"title":"a"}, null]').map(([, value]) => value),
      [null, null, null, { title: 'a' }, null],
    );
  });

  test('what nobody reads is left out, however long', () => {
    const paper = {
      title: 'a',
      citations: [{ title: 'x', authors: [{}] }],
      authors: [{ name: 'A', hIndex: {} }],
    };
    assert.deepEqual(values(JSON.stringify(paper), 5), [[1, { ...paper, citations: [] }]]);
    const long = { paperId: 'x', references: Array(20_000).fill({ title: 'y'.repeat(100) }), title: 'a' };
    assert.ok(JSON.stringify(long).length > 2 * MAX_VALUE_LENGTH);
    assert.deepEqual(values(JSON.stringify(long), 65_536), [[1, { ...long, references: [] }]]);
    const index = { abstract_inverted_index: { references: [0], data: [1] } };
    assert.deepEqual(values(JSON.stringify({ id: 1, ...index })), [[1, { id: 1, ...index }]]);
  });

  test('of a document that is cut off, what stands before is there', () => {
    const text = JSON.stringify({ total: 2, data: [a, b] });
    for (const [end, reason] of [
      [-1, /the file ends before the object/],
      [-2, /the file ends before the array/],
      [-3, /the file ends inside the value/],
      [-12, /the file ends inside the value/],
    ] as const) {
      const cutOff = text.slice(0, end);
      for (const begin of ['', '[', '\n\n']) {
        const pieces = cut(begin + cutOff, 4);
        assert.equal(pieces[0]?.text, '{"title":"a"}');
        const last = pieces.at(-1);
        assert.match(last?.kind === 'gap' ? last.reason : '', reason, cutOff);
      }
    }
  });

  test('any list comes back from any answer, in any parts', () => {
    const paper = fc
      .dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean()))
      .map((rest) => ({ title: 't', ...rest }));
    const beside = fc.dictionary(fc.constantFrom('meta', 'next', 'total', '"', '{', ':'), fc.jsonValue());
    fc.assert(
      fc.property(
        fc.array(paper),
        beside,
        beside,
        fc.constantFrom('data', 'results', 'items'),
        fc.nat(2),
        fc.integer({ min: 1, max: 40 }),
        (papers, before, after, key, indent, size) => {
          const rest = Object.fromEntries(Object.entries(after).map(([name, value]) => [`${name}2`, value]));
          const text = JSON.stringify({ ...before, [key]: papers, ...rest }, null, indent);
          assert.deepEqual(
            values(text, size).map(([, value]) => value),
            JSON.parse(JSON.stringify(papers)),
            text,
          );
        },
      ),
      { seed: 7, numRuns: 500 },
    );
  });
});

test('the format of a document shows in its beginning', async () => {
  const item = {
    'container-title': ['J'],
    issued: { 'date-parts': [[2024]] },
    title: ['a'],
    DOI: '10.1000/1',
  };
  const crossref = {
    status: 'ok',
    'message-type': 'work-list',
    message: { items: [{ ...item, member: '1' }] },
  };
  for (const [document, format, source] of [
    [crossref, 'jsonl', 'crossref'],
    [[{ ...item, 'is-referenced-by-count': 0 }], 'jsonl', 'crossref'],
    [[{ ...item, title: 'a' }], 'csl', 'csl'],
    [{ items: [{ ...item, title: 'a' }] }, 'csl', 'csl'],
    [[null, { paperId: 'x', title: 'a' }], 'jsonl', 'semantic-scholar'],
  ] as const)
    for (const indent of [0, 2]) {
      const result = await collect(JSON.stringify(document, null, indent));
      assert.deepEqual([result.format, result.records[0]?.source], [format, source]);
    }
});

describe('what is made to hurt', () => {
  test('brackets without end cost nothing but a problem', async () => {
    for (const bomb of ['[', '{"a":', '{"title":[', '{"data":[', '{"message":{', '[{"authors":']) {
      const { records, problems } = await collect(`${bomb.repeat(100_000)}`, {
        format: 'jsonl',
        size: 65_536,
      });
      assert.deepEqual([records.length, problems.length], [0, 1], bomb);
    }
    const closed = `{"title":"a","authors":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const { titles, problems } = await collect(`${closed}\n{"title":"b"}`, { size: 65_536 });
    assert.deepEqual(titles, ['b']);
    assert.match(problems[0]?.reason ?? '', /more than 64 brackets in each other/);
  });

  test('numbers, doubled and strange keys', async () => {
    const { records, problems } = await collect(
      [
        `{"title":"a","upvotes":1e999,"year":${'9'.repeat(10_000)}}`,
        '{"title":"x","title":"b","year":2020,"year":2021}',
        '{"__proto__":{"title":"no"},"constructor":{"prototype":[]},"title":"c"}',
        '{"__proto__":{"title":"no"}}',
      ].join('\n'),
    );
    assert.deepEqual(
      records.map(({ title, date }) => [title, date]),
      [
        ['a', undefined],
        ['b', '2021'],
        ['c', undefined],
      ],
    );
    assert.equal(({} as { title?: string }).title, undefined);
    assert.deepEqual(
      problems.map(({ line }) => line),
      [1, 1, 4],
    );
  });

  test('takes linear time and little memory', { timeout: 60_000 }, async () => {
    const chunk = Buffer.from('{"title":"x","authors":[{}]},'.repeat(2_000));
    async function* paperWithCitations(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('{"data":[{"title":"one","citations":[');
      for (let i = 0; i < 1_000; i += 1) yield chunk;
      yield Buffer.from('{}]},{"title":"two"}]}');
    }
    const before = process.memoryUsage().rss;
    const { titles, problems } = await collect(paperWithCitations());
    assert.deepEqual([titles, problems], [['one', 'two'], []]);
    assert.ok(process.memoryUsage().rss - before < 250_000_000);
    for (const nasty of [
      '"',
      '\\',
      ':',
      '{',
      '}',
      '[',
      ']',
      ',',
      '{"a":',
      '"\\',
      'null,',
      '{}',
      '{"data":[{}',
      '[]',
    ])
      await collect(`[${nasty.repeat(50_000)}`, { format: 'jsonl', size: 65_536 });
  });

  test('what stands between values is trimmed in linear time', { timeout: 20_000 }, () => {
    for (const space of [' ', ',', ', ', '\\'])
      assert.equal(cut(`[x${space.repeat(500_000)}x]`).length, 1, space);
  });

  test('a backslash at the end of a line with a lost quote costs nothing behind it', () => {
    const last = cut('[\n{"title":"a\\\n},\n{"":1},{"title":"b"}]').at(-1);
    assert.deepEqual([last?.line, last?.text], [4, '{"title":"b"}']);
  });

  test('characters of several bytes on the border of two parts', async () => {
    const title = `${'x'.repeat(3)}${'é€😀'.repeat(200)}`;
    const list = Array.from({ length: 2_000 }, (_, index) => ({
      title: `${index}${'x'.repeat(index % 7)}${title}`,
    }));
    const text = JSON.stringify({ data: list });
    assert.ok(Buffer.byteLength(text) > 3 * MAX_VALUE_LENGTH);
    const { titles, problems } = await collect(text, { size: 60_000 });
    assert.deepEqual(problems, []);
    assert.deepEqual(
      titles,
      list.map(({ title: one }) => one),
    );
    const damaged = Buffer.from(text);
    damaged[2_000_000] = 0xff;
    const result = await collect(damaged, { size: 60_000 });
    assert.match(result.problems[0]?.reason ?? '', /not UTF-8/);
    assert.equal(result.titles.length, 2_000);
  });
});
