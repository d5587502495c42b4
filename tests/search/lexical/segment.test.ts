import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { buildSegment } from '../../../src/search/lexical/segments/build-segment.js';
import { createByteReader, createByteWriter } from '../../../src/search/lexical/segments/bytes.js';
import { mergeSegments } from '../../../src/search/lexical/segments/merge-segments.js';
import { placesOf, visitPostings } from '../../../src/search/lexical/segments/postings.js';
import {
  findTerm,
  type Segment,
  termsFrom,
  termsWithPrefix,
  writeSegment,
} from '../../../src/search/lexical/segments/segment.js';
import { paper, seeded } from './lexical-fixture.js';

describe('bytes', () => {
  it('gives numbers back, in as few bytes as they need', () => {
    const sizes: [number, number][] = [
      [0, 1],
      [127, 1],
      [128, 2],
      [16_383, 2],
      [16_384, 3],
      [2 ** 28 - 1, 4],
      [2 ** 28, 5],
      [2 ** 31, 5],
      [2 ** 32 - 1, 5],
    ];
    for (const [value, size] of sizes) {
      const writer = createByteWriter(1);
      writer.number(value);
      assert.equal(writer.length, size);
      assert.equal(createByteReader(writer.take()).number(), value);
    }
  });

  it('keeps what was written in any order and size', () => {
    const piece = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.uint8Array({ maxLength: 40 }));
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const writer = createByteWriter(0);
        for (const one of pieces) {
          if (typeof one === 'number') writer.number(one);
          else writer.copy(Uint8Array.of(9, ...one, 9), 1, one.length + 1);
        }
        const bytes = writer.take();
        const reader = createByteReader(bytes);
        for (const one of pieces) {
          if (typeof one === 'number') assert.equal(reader.number(), one);
          else {
            assert.deepEqual(bytes.subarray(reader.at, reader.at + one.length), one);
            reader.skip(one.length);
          }
        }
        assert.equal(reader.at, bytes.length);
      }),
      seeded,
    );
  });
});

/** A dictionary of these terms; each says its rank as its count. */
function dictionaryOf(terms: Iterable<string>): { segment: Segment; sorted: string[] } {
  const sorted = [...new Set(terms)].sort();
  const writer = writeSegment(0, 0);
  sorted.forEach((term, at) => {
    writer.term(term, at);
    writer.documents.number(at);
    writer.places.number(at * 1_000);
  });
  return { segment: writer.finish(), sorted };
}

function assertFinds(segment: Segment, sorted: readonly string[], term: string): void {
  const entry = findTerm(segment, term);
  const at = sorted.indexOf(term);
  if (at < 0) assert.equal(entry, null, term);
  else {
    assert.equal(entry?.count, at, term);
    assert.equal(createByteReader(segment.documents, entry.documentsStart).number(), at);
    assert.equal(createByteReader(segment.places, entry.placesStart).number(), at * 1_000);
    assert.ok(entry.documentsEnd > entry.documentsStart && entry.placesEnd > entry.placesStart);
  }
}

describe('the dictionary of a segment', () => {
  it('finds terms at the edges of its blocks, and none that it lacks', () => {
    for (const size of [0, 1, 15, 16, 17, 32, 33, 100]) {
      const { segment, sorted } = dictionaryOf(
        Array.from({ length: size }, (_, n) => `t${String(2 * n).padStart(3, '0')}`),
      );
      assert.equal(segment.terms, size);
      for (const term of sorted) {
        assertFinds(segment, sorted, term);
        assertFinds(segment, sorted, `${term}5`);
        assertFinds(segment, sorted, term.slice(0, -1));
      }
      for (const term of ['', 'a', 't', 'z', '\u{10ffff}']) assertFinds(segment, sorted, term);
      assert.deepEqual(
        [...termsFrom(segment)].map(({ term }) => term),
        sorted,
      );
    }
  });

  const word = fc.oneof(
    fc.string({
      unit: fc.constantFrom('a', 'b', 'é', '\ufeff', '\u{10000}', '\u{10001}', '\u{1d53b}', '\uffff'),
      maxLength: 6,
    }),
    fc.string({ unit: 'grapheme', maxLength: 8 }),
  );

  it('holds any well-formed words', () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 120 }), fc.array(word), (terms, others) => {
        const { segment, sorted } = dictionaryOf(terms);
        assert.deepEqual(
          [...termsFrom(segment)].map(({ term }) => term),
          sorted,
        );
        for (const term of [...sorted, ...others]) {
          assertFinds(segment, sorted, term);
          const found = [...termsWithPrefix(segment, term.slice(0, 2))].map((entry) => entry.term);
          assert.deepEqual(
            found,
            sorted.filter((one) => one.startsWith(term.slice(0, 2))),
          );
        }
      }),
      seeded,
    );
  });
});

/** Every posting of a segment, to compare. */
function contentOf(segment: Segment): unknown[][] {
  return [...termsFrom(segment)].map((entry) => {
    const postings: number[][] = [];
    visitPostings(segment, entry, (...posting) => postings.push(posting));
    return [entry.term, entry.count, postings, placesOf(segment, entry, null)];
  });
}

describe('segments', () => {
  const titles = fc.array(
    fc
      .array(fc.constantFrom('bee', 'bee', 'ants', 'ant-bee', '\u{20000}', 'of'), { maxLength: 9 })
      .map((all) => all.join(' ')),
    { minLength: 1, maxLength: 20 },
  );

  it('merge into what would have been built at once, without the dead', () => {
    fc.assert(
      fc.property(titles, titles, fc.func(fc.boolean()), (first, second, isLive) => {
        const documents = [...first, ...second].map((title, at) =>
          paper(at, title, { abstract: title.repeat(2), authors: [title] }),
        );
        const before = buildSegment(documents.slice(0, first.length), 0).segment;
        const after = buildSegment(documents.slice(first.length), first.length).segment;
        const run = (slotOf: (slot: number) => number, size: number): Segment => {
          const steps = mergeSegments([before, after], { first: 0, size, slotOf });
          for (;;) {
            const { done, value } = steps.next();
            if (done) return value;
          }
        };
        const whole = buildSegment(documents, 0).segment;
        assert.deepEqual(contentOf(run((slot) => slot, documents.length)), contentOf(whole));
        assert.deepEqual(
          run((slot) => slot, documents.length),
          whole,
        );

        const live = documents.filter(({ key }) => isLive(key));
        const target = new Map(live.map(({ key }, at) => [key, at]));
        const compact = run((slot) => target.get(slot) ?? -1, live.length);
        const words = (segment: Segment) =>
          contentOf(segment).filter(([term]) => !(term as string).startsWith('\u0005'));
        assert.deepEqual(words(compact), words(buildSegment(live, 0).segment));
      }),
      seeded,
    );
  });

  it('keep more than three occurrences in a title apart from those in the abstract', () => {
    const { segment, lengths } = buildSegment(
      [
        paper(1, 'bee '.repeat(200), { abstract: 'x '.repeat(300) + 'bee '.repeat(150) }),
        paper(2, 'the bee'),
      ],
      7,
    );
    assert.deepEqual(
      lengths.map(({ title, body }) => [title, body]),
      [
        [200, 450],
        [1, 0],
      ],
    );
    const found: number[][] = [];
    visitPostings(segment, findTerm(segment, 'bee')!, (...posting) => found.push(posting));
    assert.deepEqual(found, [
      [7, 200, 150],
      [8, 1, 0],
    ]);
    const { marks, starts } = placesOf(segment, findTerm(segment, 'bee')!, new Set([8]));
    assert.deepEqual([marks, starts], [[2], [0, 1]]);
  });
});
