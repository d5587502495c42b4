import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  createJsonCutter,
  type JsonPiece,
  MAX_VALUE_LENGTH,
} from '../../../src/ingest/parsers/json-values.js';

function cut(text: string): JsonPiece[] {
  const cutter = createJsonCutter();
  const pieces = text.split('\n').flatMap((line, index) => cutter.push({ line: index + 1, text: line }));
  return [...pieces, ...cutter.end()];
}

function values(text: string): [number, unknown][] {
  return cut(text).map((piece) => [
    piece.line,
    piece.kind === 'value' ? JSON.parse(piece.text) : piece.reason,
  ]);
}

test('one value a line', () => {
  assert.deepEqual(values('{"a":1}\n\n  {"a":2}  \n{"a":3}'), [
    [1, { a: 1 }],
    [3, { a: 2 }],
    [4, { a: 3 }],
  ]);
});

test('an array, in one line or in many', () => {
  assert.deepEqual(values('[{"a":1},{"a":"}]\\""},{"a":[3]}]'), [
    [1, { a: 1 }],
    [1, { a: '}]"' }],
    [1, { a: [3] }],
  ]);
  assert.deepEqual(values('[\n  {\n    "a": 1\n  },\n  { "a": 2 }\n]\n'), [
    [2, { a: 1 }],
    [5, { a: 2 }],
  ]);
  assert.deepEqual(values('[]'), []);
});

test('objects over several lines', () => {
  assert.deepEqual(values('{\n  "a": 1,\n  "b": {}\n}\n{\n  "a": 2\n}'), [
    [1, { a: 1, b: {} }],
    [5, { a: 2 }],
  ]);
  assert.deepEqual(values('{ "a": 1,\n  "b": 2 }'), [[1, { a: 1, b: 2 }]]);
});

test('a bad first line of JSON lines is one bad line', () => {
  const pieces = cut('{"a": 1\n{"a":2}\n{"a":3}');
  assert.deepEqual(
    pieces.map(({ line, text }) => [line, text]),
    [
      [1, '{"a": 1'],
      [2, '{"a":2}'],
      [3, '{"a":3}'],
    ],
  );
  assert.deepEqual(
    cut('{"a": 1').map(({ text }) => text),
    ['{"a": 1'],
  );
});

test('lines cut out of an array keep no comma', () => {
  assert.deepEqual(values('{"a":1},\n{"a":2},'), [
    [1, { a: 1 }],
    [2, { a: 2 }],
  ]);
});

test('a lost quote costs its object, not the rest', () => {
  const pieces = cut('[\n{"a": "one},\n"b": 2},\n{"a": 2},\n{"a": 3}\n]');
  assert.deepEqual(
    pieces.slice(-2).map(({ text }) => JSON.parse(text)),
    [{ a: 2 }, { a: 3 }],
  );
});

test('what stands between values comes out as it is', () => {
  assert.deepEqual(
    values('[1, {"a":1}, "x"]').map(([, value]) => value),
    [1, { a: 1 }, 'x'],
  );
  assert.deepEqual(
    cut('[{"a":1} nonsense {"a":2}]').map(({ text }) => text),
    ['{"a":1}', 'nonsense', '{"a":2}'],
  );
});

test('a file that ends inside an object or an array says where that began', () => {
  assert.deepEqual(
    cut('\n[ {"a": 1},').map(({ kind, line }) => [kind, line]),
    [
      ['value', 2],
      ['gap', 2],
    ],
  );
  const pieces = cut('[\n{"a": 1},\n{"a":\n');
  assert.deepEqual(
    pieces.map(({ kind, line }) => [kind, line]),
    [
      ['value', 2],
      ['gap', 3],
    ],
  );
});

test('a value beyond the limit is given up, the next one isn’t', () => {
  const long = Array.from({ length: 40 }, () => `"${'x'.repeat(30_000)}",`).join('\n');
  const pieces = cut(`[\n{"a": [\n${long}\n1]},\n{"a": 2}\n]`);
  assert.deepEqual(
    pieces.map(({ kind, line }) => [kind, line]),
    [
      ['gap', 2],
      ['value', 44],
    ],
  );
  assert.ok((pieces[0]?.text.length ?? 0) <= MAX_VALUE_LENGTH);
});

test('any array of objects comes back, however it is written', () => {
  const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), { minLength: 1 });
  fc.assert(
    fc.property(objects, fc.constantFrom(0, 1, 2), fc.boolean(), (list, indent, asArray) => {
      const text = asArray
        ? JSON.stringify(list, null, indent)
        : list.map((object) => JSON.stringify(object, null, indent)).join('\n');
      assert.deepEqual(
        cut(text).map((piece) => JSON.parse(piece.text)),
        JSON.parse(JSON.stringify(list)),
      );
    }),
    { seed: 7, numRuns: 300 },
  );
});
