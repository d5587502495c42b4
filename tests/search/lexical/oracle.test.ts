import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { LexicalDocument } from '../../../src/search/lexical/document.js';
import { createLexicalEngine, type LocalLexicalEngine } from '../../../src/search/lexical/lexical-engine.js';
import { type Change, changes, type Question, questions } from './arbitrary.js';
import { clearOut, engineWith, paper, seeded, tidyUp } from './lexical-fixture.js';
import { fulfils, scoresOf } from './oracle.js';

type Papers = Map<number, LexicalDocument>;

/** Makes the change in the index and in the list of papers. */
function make(engine: LocalLexicalEngine, papers: Papers, change: Change): void {
  const watermark = 1n;
  if (change.op === 'tidy') engine.tidy(0);
  else if (change.op === 'remove') {
    engine.apply({ put: [], removed: change.keys, watermark });
    for (const key of change.keys) papers.delete(key);
  } else if (change.op === 'upvotes') {
    const known = papers.get(change.key);
    if (known === undefined) return;
    papers.set(change.key, { ...known, upvotes: change.upvotes });
    engine.apply({ put: [papers.get(change.key)!], removed: [], watermark });
  } else {
    engine.apply({ put: change.documents, removed: [], watermark });
    for (const one of change.documents) papers.set(one.key, one);
  }
}

const ascending = (keys: Iterable<number>): number[] => [...keys].sort((a, b) => a - b);

/** What doesn't depend on the slots of papers that are gone. */
function assertMatches(engine: LocalLexicalEngine, papers: Papers, { terms, conditions }: Question): void {
  const passing = [...papers.values()].filter((one) => conditions.every((each) => fulfils(one, each)));
  const keys = ascending(passing.map(({ key }) => key));
  assert.deepEqual(ascending(engine.subset(conditions, 1_000).keys!), keys);
  const found = scoresOf([...papers.values()], terms);
  const answer = engine.search({ terms, conditions, k: 1_000 });
  const expected = keys.filter((key) => found.has(key));
  assert.deepEqual(ascending(answer.hits.map(({ key }) => key)), expected);
  assert.equal(answer.passing, keys.length);
  assert.equal(answer.matching, expected.length);
  assert.equal(engine.stats().papers, papers.size);
}

function assertScores(engine: LocalLexicalEngine, papers: Papers, { terms, conditions }: Question): void {
  const expected = scoresOf([...papers.values()], terms);
  const also = [...papers.keys(), 999];
  const { hits, also: scores } = engine.search({ terms, conditions, k: 1_000, also });
  for (const { key, score } of hits)
    assert.ok(Math.abs(score - expected.get(key)!) < 1e-5, `${key}: ${score} ${expected.get(key)}`);
  also.forEach((key, at) => {
    assert.ok(Math.abs(scores[at]! - (expected.get(key) ?? 0)) < 1e-5);
  });
  const inOrder = hits.toSorted((a, b) => b.score - a.score || a.key - b.key);
  assert.deepEqual(hits, inOrder);
  for (const k of [0, 1, 3]) assert.deepEqual(engine.search({ terms, conditions, k }).hits, hits.slice(0, k));
  engine.explain(terms, also).forEach((parts, at) => {
    const sum = parts.reduce((all, { score }) => all + score, 0);
    assert.ok(Math.abs(sum - scores[at]!) < 1e-5);
  });
}

const answers = (engine: LocalLexicalEngine, asked: readonly Question[]) =>
  asked.map((question) => engine.search({ ...question, k: 1_000, facets: true }));

describe('the word index against a plain reading of the papers', () => {
  it('finds the same papers after any changes, in any state of its segments', () => {
    fc.assert(
      fc.property(changes, questions, (made, asked) => {
        const engine = createLexicalEngine('');
        const papers: Papers = new Map();
        made.forEach((change, at) => {
          make(engine, papers, change);
          assertMatches(engine, papers, asked[at % asked.length]!);
        });
        for (const question of asked) assertMatches(engine, papers, question);
        tidyUp(engine);
        for (const question of asked) assertMatches(engine, papers, question);
      }),
      { ...seeded, numRuns: 90 },
    );
  });

  it('scores them the same once the papers that are gone are cleared out', () => {
    fc.assert(
      fc.property(changes, questions, (made, asked) => {
        const engine = createLexicalEngine('');
        const papers: Papers = new Map();
        for (const change of made) make(engine, papers, change);
        clearOut(engine);
        assert.equal(engine.stats().dead, 0);
        for (const question of asked) {
          assertMatches(engine, papers, question);
          assertScores(engine, papers, question);
        }
        const whole = engineWith([...papers.values()]);
        const inBits = asked.map(({ conditions }) => engine.subset(conditions, -1).bits!);
        asked.forEach(({ conditions }, at) => {
          const keys = new Set(engine.subset(conditions, 1_000).keys);
          for (let key = 0; key < inBits[at]!.length * 8; key++)
            assert.equal((inBits[at]![key >> 3]! >> (key & 7)) & 1, keys.has(key) ? 1 : 0);
        });
        assert.deepEqual(answers(engine, asked), answers(whole, asked), 'in one batch');
      }),
      { ...seeded, numRuns: 50 },
    );
  });

  it('is the same after a snapshot, and goes on from there as it would have', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'quire-words-'));
    try {
      await fc.assert(
        fc.asyncProperty(changes, changes, questions, async (before, after, asked) => {
          const engine = createLexicalEngine(dir);
          const papers: Papers = new Map();
          for (const change of before) make(engine, papers, change);
          await engine.save();
          const restored = createLexicalEngine(dir);
          assert.deepEqual(await restored.open(), { watermark: engine.stats().watermark, problems: [] });
          assert.deepEqual(answers(restored, asked), answers(engine, asked));
          for (const change of after) make(restored, papers, change);
          for (const question of asked) assertMatches(restored, papers, question);
        }),
        { ...seeded, numRuns: 30 },
      );
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });

  it('merges while papers come in and go, and misses none', () => {
    fc.assert(
      fc.property(changes, changes, questions, (made, later, asked) => {
        const engine = createLexicalEngine('');
        const papers: Papers = new Map();
        for (const change of made) make(engine, papers, change);
        // Enough that clearing out takes several steps, between which the rest comes in.
        const watermark = 1n;
        const filler = Array.from({ length: 3_000 }, (_, n) => 1_000_000 + n);
        const title = 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen';
        const put = filler.map((key) => paper(key, title));
        engine.apply({ put, removed: [], watermark });
        engine.apply({ put: [], removed: filler, watermark });
        for (const change of later) {
          engine.tidy(0);
          make(engine, papers, change);
        }
        for (const question of asked) assertMatches(engine, papers, question);
        tidyUp(engine);
        for (const question of asked) assertMatches(engine, papers, question);
      }),
      { ...seeded, numRuns: 10 },
    );
  });
});
