import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Matcher } from '../../src/digests/match.js';
import type { NewPapersReader } from '../../src/digests/new-papers.js';
import { createPreview } from '../../src/digests/preview.js';
import { storedPaper } from '../support/papers.js';
import { newsOf, settingsOf } from './digest-fixture.js';

const now = new Date('2024-03-20T12:00:00Z');
const papers = Array.from({ length: 3 }, (_, n) => storedPaper({ key: n + 1, id: `t:${n}` }));

/** The same three papers come in each day, and all match. */
function previewOf() {
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
  };
  const { preview } = createPreview({
    newPapers: newPapers as NewPapersReader,
    matcher,
    clock: { now: () => now },
  });
  return { preview, spans };
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

  it('refuses another number of days, and more than two at once', async () => {
    const { preview } = previewOf();
    await assert.rejects(preview({ settings: settingsOf(), days: 7 as 14 }), { code: 'invalid_input' });
    const asked = [1, 2, 3].map(() => preview({ settings: settingsOf(), days: 14 }));
    const states = (await Promise.allSettled(asked)).map(({ status }) => status);
    assert.deepEqual(states, ['fulfilled', 'fulfilled', 'rejected']);
    await preview({ settings: settingsOf(), days: 14 });
  });

  it('ends at the day at which nobody waits for it any more', async () => {
    const { preview, spans } = previewOf();
    const stop = new AbortController();
    const asked = preview({ settings: settingsOf(), days: 30, signal: stop.signal });
    stop.abort();
    await assert.rejects(asked, { code: 'cancelled' });
    assert.equal(spans.length, 1);
    await preview({ settings: settingsOf(), days: 14 });
  });
});
