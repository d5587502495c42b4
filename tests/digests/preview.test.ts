import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import type { Matcher } from '../../src/digests/match.js';
import type { NewPapersReader } from '../../src/digests/new-papers.js';
import { createPreview, type PreviewRequest } from '../../src/digests/preview.js';
import { AppError } from '../../src/platform/errors.js';
import { storedPaper } from '../support/papers.js';
import { newsOf, settingsOf } from './digest-fixture.js';

const now = new Date('2024-03-20T12:00:00Z');
const papers = Array.from({ length: 3 }, (_, n) => storedPaper({ key: n + 1, id: `t:${n}` }));

/** The same three papers come in each day, and all match. */
function previewOf(given: Partial<Matcher> & { limitMs?: number } = {}) {
  const { limitMs, ...matching } = given;
  const spans: string[] = [];
  const newPapers: Pick<NewPapersReader, 'between'> = {
    async between({ after, until }) {
      spans.push(`${after.toISOString().slice(0, 13)} ${until.toISOString().slice(0, 13)}`);
      return newsOf(papers);
    },
  };
  const matcher: Matcher = {
    match: async () => ({
      matches: papers.map(({ key }) => ({ key, score: 0.5, why: 'x', sentence: null })),
      notices: [],
    }),
    ...matching,
  };
  const { preview } = createPreview({
    newPapers: newPapers as NewPapersReader,
    matcher,
    clock: { now: () => now },
    ...(limitMs === undefined ? {} : { limitMs }),
  });
  return {
    preview: (request: Omit<PreviewRequest, 'ip'> & { ip?: string }) =>
      preview({ ip: '203.0.113.7', ...request }),
    spans,
  };
}

describe('a preview', () => {
  it('sends no paper on two days', async () => {
    const { preview } = previewOf();
    const { days, sent, matched, announced } = await preview({ settings: settingsOf({ cap: 2 }), days: 14 });
    assert.equal(days.length, 14);
    assert.deepEqual(
      days.map(({ digest }) => digest.papers.map(({ key }) => key)),
      [[1, 2], [3], ...Array.from({ length: 12 }, () => [])],
    );
    assert.deepEqual(days[1]!.digest.books, {
      announced: 3,
      matched: 3,
      sent: 1,
      cut: { sentBefore: 2, belowScore: 0, muted: 0, beyondCap: 0 },
    });
    assert.deepEqual([sent, matched, announced], [3, 42, 42]);
    assert.deepEqual(
      days.slice(0, 3).map(({ scores }) => [scores.sent.length, scores.cut.length]),
      [
        [2, 1],
        [1, 2],
        [0, 3],
      ],
      'each that matched has its score',
    );
  });

  it('has each span from one digest to the next, as the clocks there have it', async () => {
    const { preview, spans } = previewOf();
    const { days, next } = await preview({
      settings: settingsOf({ timeZone: 'America/New_York', hour: 7 }),
      days: 14,
    });
    // Clocks were put forward on 10 March.
    assert.deepEqual(spans.slice(2, 6), [
      '2024-03-08T12 2024-03-09T12',
      '2024-03-09T12 2024-03-10T11',
      '2024-03-10T11 2024-03-11T11',
      '2024-03-11T11 2024-03-12T11',
    ]);
    assert.deepEqual(
      [days[0]!.localDate, days.at(-1)!.localDate, next.localDate],
      ['2024-03-07', '2024-03-20', '2024-03-21'],
    );
  });

  it('has what came in since the last day for the next one, apart from the sums', async () => {
    const { preview, spans } = previewOf();
    const { soFar, announced } = await preview({ settings: settingsOf({ cap: 1, days: [2] }), days: 14 });
    assert.equal(spans.at(-1), '2024-03-19T08 2024-03-20T12');
    assert.equal(soFar.since.toISOString(), '2024-03-19T08:00:00.000Z');
    assert.deepEqual(
      soFar.digest.papers.map(({ key }) => key),
      [3],
      'not what the days had',
    );
    assert.equal(announced, 6);
  });

  it('has only the days of the pattern, and what gathered in between', async () => {
    const { preview, spans } = previewOf();
    const { days } = await preview({ settings: settingsOf({ days: [1, 4] }), days: 14 });
    assert.deepEqual(
      days.map(({ localDate }) => localDate),
      ['2024-03-07', '2024-03-11', '2024-03-14', '2024-03-18'],
    );
    assert.equal(spans[0], '2024-03-04T08 2024-03-07T08');
  });

  it('ends yesterday where today’s hour has not come', async () => {
    const { preview } = previewOf();
    const { days, next } = await preview({ settings: settingsOf({ hour: 18 }), days: 30 });
    assert.deepEqual([days.length, days.at(-1)!.localDate, next.localDate], [30, '2024-03-19', '2024-03-20']);
  });

  it('refuses another number of days', async () => {
    const { preview } = previewOf();
    await assert.rejects(preview({ settings: settingsOf(), days: 7 as 14 }), { code: 'invalid_input' });
  });

  it('makes one at a time for a network, and the others’ beside it', async () => {
    const news: string[] = [];
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const { preview } = previewOf({
      match: async ({ query }) => {
        if (!news.includes(query)) news.push(query);
        if (query !== 'other') await opened;
        return { matches: [], notices: [] };
      },
    });
    const ask = (query: string, ip: string) => preview({ settings: settingsOf({ query }), days: 14, ip });
    const own = ['a', 'b', 'c', 'd', 'e'].map((query, n) => ask(query, `203.0.113.${n}`));
    await assert.rejects(ask('f', '203.0.113.99'), { code: 'overloaded', retryAfter: 5 });
    await ask('other', '198.51.100.1');
    assert.deepEqual(news, ['a', 'other']);
    open();
    await Promise.all(own);
    assert.deepEqual(news, ['a', 'other', 'b', 'c', 'd', 'e']);
  });

  it('is given up when it takes too long, and says what to change', async () => {
    const { preview } = previewOf({
      limitMs: 20,
      match: async (_settings, _news, signal) => {
        if (!signal!.aborted) await once(signal!, 'abort');
        throw new AppError('cancelled', 'The search was cancelled by its caller.');
      },
    });
    await assert.rejects(preview({ settings: settingsOf(), days: 14 }), ({ code, message }: AppError) => {
      assert.match(message, /given up after 0.02 s: .*fewer days/);
      return code === 'timeout';
    });
    await assert.rejects(preview({ settings: settingsOf(), days: 14 }), { code: 'timeout' });
  });

  it('ends at the day at which nobody waits for it any more', async () => {
    const stop = new AbortController();
    const match = async () => {
      stop.abort();
      return { matches: [], notices: [] };
    };
    const { preview, spans } = previewOf({ match });
    const asked = preview({ settings: settingsOf(), days: 30, signal: stop.signal });
    await assert.rejects(asked, { code: 'cancelled' });
    assert.equal(spans.length, 1);
    await preview({ settings: settingsOf(), days: 14 });
  });
});
