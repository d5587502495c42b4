import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { markedHtml } from '../../src/http/marked-html.js';

const runs = { seed: 20251205, numRuns: 500 };

const text = fc.string({ unit: fc.constantFrom(...'<>&"\'ab /='), maxLength: 40 });
/** Ascending and apart, within the text. */
const markedText = text.chain((of) =>
  fc
    .uniqueArray(fc.nat(of.length), { maxLength: 8 })
    .map((places) => places.toSorted((a, b) => a - b))
    .map((places) => ({
      text: of,
      ranges: places.flatMap((start, at) =>
        at % 2 === 0 && at + 1 < places.length ? [{ start, end: places[at + 1]! }] : [],
      ),
    })),
);

const decode = (html: string) =>
  html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

describe('markedHtml', () => {
  it('has no mark-up but its own marks, and gives the text back', () => {
    fc.assert(
      fc.property(markedText, ({ text: of, ranges }) => {
        const html = markedHtml(of, ranges);
        const bare = html.replace(/<\/?mark>/g, '');
        assert.doesNotMatch(bare, /[<>"']/);
        assert.doesNotMatch(bare, /&(?!(?:amp|lt|gt|quot|#39);)/);
        assert.equal(decode(bare), of);
        const marked = [...html.matchAll(/<mark>(.*?)<\/mark>/gs)].map(([, inside]) => decode(inside!));
        assert.deepEqual(
          marked,
          ranges.map(({ start, end }) => of.slice(start, end)),
        );
      }),
      runs,
    );
  });

  it('shows a part of the text with the ranges inside of it', () => {
    const ranges = [
      { start: 0, end: 3 },
      { start: 5, end: 7 },
      { start: 12, end: 16 },
    ];
    assert.equal(markedHtml('One. Two & “three”.', ranges, { start: 5, end: 10 }), '<mark>Tw</mark>o &amp;');
    assert.equal(markedHtml('One. Two.', [], { start: 5, end: 9 }), 'Two.');
    assert.equal(markedHtml('', []), '');
  });

  it('leaves ranges that cross the edge of the part unmarked', () => {
    assert.equal(markedHtml('abcdef', [{ start: 1, end: 4 }], { start: 2, end: 6 }), 'cdef');
    assert.equal(markedHtml('abcdef', [{ start: 3, end: 6 }], { start: 2, end: 5 }), 'cde');
  });

  it('escapes within marks too', () => {
    assert.equal(markedHtml('<i>"x"', [{ start: 0, end: 3 }]), '<mark>&lt;i&gt;</mark>&quot;x&quot;');
  });
});
