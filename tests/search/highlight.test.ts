import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createHighlighter, type Range } from '../../src/search/text/highlight.js';
import { termOf } from '../../src/search/text/terms.js';
import { tokensOf } from '../../src/search/text/tokens.js';

const runs = { seed: 20251204, numRuns: 300 };

const pieces = fc.constantFrom(
  ...['pre-training', 'graphs', 'graph', '. ', '? ', ' ', '\n\n', 'naïve', '<b>', '"', '$\\alpha$', 'L_2'],
  ...['GPT-4', 'C++', '注意力', '😀', '\ud800', 'e.g. ', '3.5', "Bayes'", '—', '\\"o'],
);
const text = fc.oneof(
  fc.array(pieces, { maxLength: 30 }).map((all) => all.join('')),
  fc.string({ unit: 'binary', maxLength: 80 }),
);

/** Weights for every term of these words. */
const weightsOf = (words: string, weight = 1): Map<string, number> =>
  new Map(tokensOf(words).map(({ word }) => [termOf(word), weight]));

const shown = (from: string, ranges: readonly Range[]): string[] =>
  ranges.map(({ start, end }) => from.slice(start, end));

function assertOrdered(ranges: readonly Range[], within: string): void {
  let before = -1;
  for (const { start, end } of ranges) {
    assert.ok(start > before, `${start} touches ${before}`);
    assert.ok(end > start && end <= within.length, `${start} to ${end} of ${within.length}`);
    before = end;
  }
}

describe('highlight', () => {
  it('gives ranges that are inside of their text, ascending and apart, of any text', () => {
    fc.assert(
      fc.property(text, text, text, (title, abstract, query) => {
        const found = createHighlighter(weightsOf(query))({ title, abstract });
        assertOrdered(found.title, title);
        assertOrdered(found.abstract, abstract);
        if (found.sentence === null) assert.deepEqual(found.abstract, []);
        else assertOrdered([found.sentence], abstract);
      }),
      runs,
    );
  });

  it('finds each word of a text when the text itself is the query', () => {
    fc.assert(
      fc.property(text, (abstract) => {
        const { abstract: ranges } = createHighlighter(weightsOf(abstract))({ title: '', abstract });
        for (const { start, end } of tokensOf(abstract))
          assert.ok(ranges.some((range) => range.start <= start && range.end >= end));
      }),
      runs,
    );
  });

  it('marks every inflection, and nothing inside of other words', () => {
    const abstract = 'We learn graphs. A graph’s nodes; graphing paragraphs.';
    const { abstract: ranges } = createHighlighter(weightsOf('graph'))({ title: 'Graphs', abstract });
    assert.deepEqual(shown(abstract, ranges), ['graphs', 'graph’s', 'graphing']);
  });

  it('marks a compound once, whichever way it was asked for', () => {
    for (const query of ['pre-training', 'pretraining', 'pre training']) {
      const { title } = createHighlighter(weightsOf(query))({ title: 'On Pre-training', abstract: '' });
      const marked = title.map(({ start, end }) => 'On Pre-training'.slice(start, end)).join('');
      assert.equal(marked.replace('-', ''), 'Pretraining', query);
    }
  });

  it('shows the sentence with the most weight, the first of equals', () => {
    const abstract = 'Bees dance. Bees and robots meet. Robots rust and bees dance. Nothing else.';
    const weights = new Map([...weightsOf('bees', 1), ...weightsOf('robots', 5), ...weightsOf('rust', 3)]);
    const best = createHighlighter(weights)({ title: '', abstract }).sentence!;
    assert.equal(abstract.slice(best.start, best.end).trim(), 'Robots rust and bees dance.');
    const first = createHighlighter(weightsOf('bees'))({ title: '', abstract }).sentence!;
    assert.equal(abstract.slice(first.start, first.end).trim(), 'Bees dance.');
  });

  it('is empty where no word is found', () => {
    const nothing = { title: [], abstract: [], sentence: null };
    assert.deepEqual(createHighlighter(weightsOf('robots'))({ title: 'A', abstract: 'B c.' }), nothing);
    assert.deepEqual(createHighlighter(new Map())({ title: 'A', abstract: 'B c.' }), nothing);
  });
});
