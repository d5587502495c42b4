import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checkBooks, composeDigest } from '../../src/digests/compose.js';
import type { Match } from '../../src/digests/match.js';
import { createMutes } from '../../src/digests/mutes.js';
import type { Paper } from '../../src/papers/paper.js';
import { storedPaper } from '../support/papers.js';
import { newsOf, settingsOf } from './digest-fixture.js';

const now = new Date('2024-03-20T12:00:00Z');
const matchOf = (key: number, score = 0.5): Match => ({ key, score, why: 'matches: bees', sentence: null });

const papersOf = (count: number, fields: (n: number) => Partial<Paper> = () => ({})): Paper[] =>
  Array.from({ length: count }, (_, n) =>
    storedPaper({ key: n + 1, id: `t:${n}`, title: `Paper ${n + 1}`, createdAt: now, ...fields(n) }),
  );

describe('what a digest holds', () => {
  it('keeps the order, cuts each paper for one reason, and balances', async () => {
    const papers = papersOf(9, (n) => (n === 3 ? { title: 'All of blockchain' } : {}));
    const digest = await composeDigest({
      settings: settingsOf({ cap: 2, minScore: 0.4, mutedWords: ['Blockchain'] }),
      news: newsOf(papers),
      // 4 is muted, 2 sent before (and too low: counted once), 7 too low, 6 beyond the cap.
      matches: {
        matches: [matchOf(4), matchOf(2, 0.1), matchOf(5), matchOf(3), matchOf(7, 0.39), matchOf(6)],
        notices: [],
      },
      sent: new Set([2, 99]),
      now,
    });
    assert.deepEqual(
      digest.papers.map(({ key }) => key),
      [5, 3],
    );
    assert.deepEqual(digest.books, {
      announced: 9,
      matched: 6,
      sent: 2,
      cut: { sentBefore: 1, belowScore: 1, muted: 1, beyondCap: 1 },
    });
    assert.equal(digest.from, now.toISOString());
  });

  it('balances whatever comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 40 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 50 })),
        fc.array(fc.integer({ min: 1, max: 50 })),
        fc.integer({ min: 1, max: 100 }),
        fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        async (count, matched, sent, cap, minScore) => {
          const news = newsOf(papersOf(count));
          const matches = matched.map((key) => matchOf(key, (key % 10) / 10));
          const settings = settingsOf({ cap, minScore, mutedWords: ['paper 7'] });
          const digest = await composeDigest({
            settings,
            news,
            matches: { matches, notices: [] },
            sent: new Set(sent),
            now,
          });
          checkBooks(digest.books);
          assert.equal(digest.books.announced, count);
          assert.equal(digest.books.sent, digest.papers.length);
          assert.ok(digest.papers.length <= cap);
          assert.ok(
            digest.papers.every(
              ({ key, score }) => !sent.includes(key) && key !== 7 && score >= (minScore ?? 0),
            ),
          );
        },
      ),
    );
  });

  it('refuses books that do not balance', () => {
    const cut = { sentBefore: 0, belowScore: 0, muted: 0, beyondCap: 0 };
    assert.throws(() => checkBooks({ announced: 3, matched: 2, sent: 1, cut }), { code: 'internal' });
    assert.throws(() => checkBooks({ announced: 1, matched: 2, sent: 2, cut }), { code: 'internal' });
    checkBooks({ announced: 3, matched: 2, sent: 1, cut: { ...cut, muted: 1 } });
  });

  it('has no more than the channel can show', async () => {
    const matches = { matches: [1, 2, 3].map((key) => matchOf(key)), notices: [] };
    const options = {
      settings: settingsOf(),
      news: newsOf(papersOf(3)),
      matches,
      sent: new Set<number>(),
      now,
    };
    assert.equal((await composeDigest({ ...options, room: 2 })).books.cut.beyondCap, 1);
  });

  it('lets others get on while it reads what is muted, and ends when nobody waits for it', async () => {
    const abstract = 'the of graph kernel '.repeat(60);
    const papers = papersOf(2_000, (n) => ({ abstract: `${abstract} ${n}` }));
    const mutedWords = Array.from({ length: 100 }, (_, n) => `the of graph missing${n}`);
    const stop = new AbortController();
    const options = {
      settings: settingsOf({ mutedWords }),
      news: newsOf(papers),
      matches: { matches: papers.map(({ key }) => matchOf(key)), notices: [] },
      ...{ sent: new Set<number>(), now, signal: stop.signal },
    };
    const composing = composeDigest(options);
    let turns = 0;
    const others = setInterval(() => turns++, 1);
    assert.equal((await composing).books.matched, 2_000);
    clearInterval(others);
    assert.ok(turns >= 3, `${turns} turns`);
    stop.abort();
    await assert.rejects(composeDigest(options), { code: 'cancelled' });
  });

  it('keeps no half of a character, and not every author', async () => {
    const [paper] = papersOf(1, () => ({
      abstract: `${'x'.repeat(1_499)}😀`,
      authors: Array(3_000).fill('A B'),
    }));
    const options = { settings: settingsOf(), news: newsOf([paper!]), sent: new Set<number>(), now };
    const digest = await composeDigest({ ...options, matches: { matches: [matchOf(1)], notices: [] } });
    const [sent] = digest.papers;
    assert.ok(sent!.abstract.isWellFormed());
    assert.equal(sent!.authors.length, 10);
    assert.equal(sent!.authorCount, 3_000);
  });

  const empty: [said: RegExp, last: string | null, now: string][] = [
    [/since 2024-03-15: nothing is announced at weekends/, '2024-03-15T10:00:00Z', '2024-03-17T08:00:00Z'],
    [/since 2024-03-15: nothing is announced at weekends/, '2024-03-15T10:00:00Z', '2024-03-18T01:00:00Z'],
    [/since 2024-03-19\.$/, '2024-03-19T10:00:00Z', '2024-03-20T08:00:00Z'],
    [
      /since 2024-03-15, 5 days ago: a holiday, or a source that stands still/,
      '2024-03-15T10:00:00Z',
      '2024-03-20T08:00:00Z',
    ],
    [/since 2024-03-10, 7 days ago/, '2024-03-10T10:00:00Z', '2024-03-17T08:00:00Z'],
    [/No paper had come in yet/, null, '2024-03-17T08:00:00Z'],
  ];
  for (const [said, last, at] of empty)
    it(`says why nothing came in: ${said.source}`, async () => {
      const news = newsOf([], { lastBefore: last === null ? null : new Date(last) });
      const matches = { matches: [], notices: [] };
      const { notices } = await composeDigest({
        settings: settingsOf(),
        news,
        matches,
        sent: new Set(),
        now: new Date(at),
      });
      assert.match(notices[0]!, said);
    });

  it('says that more came in than it looked at', async () => {
    const news = newsOf(papersOf(3), { left: 7 });
    const { notices } = await composeDigest({
      settings: settingsOf(),
      news,
      matches: { matches: [], notices: [] },
      sent: new Set(),
      now,
    });
    assert.match(notices.join(), /^10 papers came in at once: the last 3/);
  });
});

describe('what is muted', () => {
  const paper = storedPaper({
    title: 'Pre-training of GPT-4 with Größe',
    abstract: 'We study graph neural networks. Networks of neural graphs. C++ code.',
    authors: ['Geoffrey E. Hinton', 'José García-Márquez'],
    categories: ['cs.LG', 'stat.ML'],
  });
  const mutes = { mutedWords: [], mutedAuthors: [], mutedCategories: [] };
  const cases: [field: keyof typeof mutes, value: string, isMuted: boolean][] = [
    ['mutedWords', 'GRAPH', true],
    ['mutedWords', 'grap', false],
    ['mutedWords', 'study', true],
    ['mutedWords', 'studies', false],
    ['mutedWords', 'graph neural networks', true],
    ['mutedWords', 'neural networks graph', false],
    ['mutedWords', 'Größe we', false],
    ['mutedWords', 'pretraining', true],
    ['mutedWords', 'pre-training', true],
    ['mutedWords', 'gpt4', true],
    ['mutedWords', 'grosse', true],
    ['mutedWords', 'GROSS', false],
    ['mutedWords', 'größe', true],
    ['mutedWords', 'c++', true],
    ['mutedWords', 'c', false],
    ['mutedWords', '***', false],
    ['mutedAuthors', 'hinton', true],
    ['mutedAuthors', 'Hinton, Geoffrey', true],
    ['mutedAuthors', 'Geoffrey García', false],
    ['mutedAuthors', 'Jose Garcia Marquez', true],
    ['mutedAuthors', 'Hint', false],
    ['mutedAuthors', '', false],
    ['mutedCategories', 'CS', true],
    ['mutedCategories', 'cs.lg', true],
    ['mutedCategories', 'c', false],
    ['mutedCategories', 'cs.L', false],
    ['mutedCategories', 'stat.ML', true],
    ['mutedCategories', ' ', false],
  ];
  for (const [field, value, isMuted] of cases)
    it(`${field} “${value}”: ${isMuted}`, () => {
      assert.equal(createMutes({ ...mutes, [field]: [value] }).isMuted(paper), isMuted);
    });
});
