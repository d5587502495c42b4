import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createHistoryStore } from '../../src/digests/history-store.js';
import { createSubscriptionStore } from '../../src/digests/subscription-store.js';
import { withService } from '../support/service.js';
import { deliveryFixture } from './delivery-fixture.js';

const DAY_MS = 86_400_000;

describe('the history of digests', () => {
  const service = withService();
  let fixture: ReturnType<typeof deliveryFixture>;
  let subscriptionId: number;
  const now = () => fixture.clock.now();
  const history = () => createHistoryStore(service.services.db);

  /** As it is kept, with two papers. */
  async function add(state: string, daysAgo: number): Promise<number> {
    const dueAt = new Date(now().getTime() - daysAgo * DAY_MS);
    const content = {
      papers: ['b', 'a'].map((id) => ({
        id: `2301.0000${id}`,
        key: 1,
        title: 'Bees',
        abstract: 'They dance.',
      })),
      books: { announced: 5, matched: 2, sent: 2, cut: {} },
      ...{ from: null, to: null, notices: [], after: '0' },
    };
    const { id } = await service.services.db.prisma.delivery.create({
      data: {
        ...{
          subscriptionId,
          state,
          dueAt,
          content,
          nextAt: dueAt,
          messageId: 'x',
          recipient: 'a@example.org',
        },
        localDate: `${state} ${daysAgo}`,
      },
    });
    return id;
  }

  async function contentOf(id: number): Promise<object> {
    const { content } = await service.services.db.prisma.delivery.findUniqueOrThrow({ where: { id } });
    return content as object;
  }

  beforeEach(async () => {
    await service.services.db.prisma.subscriber.deleteMany();
    fixture = deliveryFixture(service);
    subscriptionId = (await fixture.subscribe({ email: 'ada@example.org' })).id;
  });

  it('counts what is over for a week, and what is open for good', async () => {
    for (const state of ['sent', 'failed', 'skipped', 'prepared', 'deferred', 'uncertain'])
      for (const daysAgo of [1, 6, 8, 400]) await add(state, daysAgo);
    const counts = await history().countByState(now());
    assert.deepEqual(Object.fromEntries(counts.map(({ state, count }) => [state, count])), {
      deferred: 4,
      failed: 2,
      prepared: 4,
      sent: 2,
      skipped: 2,
      uncertain: 4,
    });
    const oldest = counts.find(({ state }) => state === 'uncertain')!.oldest;
    assert.equal(now().getTime() - oldest.getTime(), 400 * DAY_MS);
    assert.equal(await history().countOpen(new Date(now().getTime() - 7 * DAY_MS)), 4);
  });

  it('keeps the ids of papers that were sent a month ago, and their books; what may be sent again stays whole', async () => {
    const [old, skipped] = [await add('sent', 31), await add('skipped', 31)];
    const whole = [await add('sent', 29), await add('uncertain', 31), await add('deferred', 31)];
    assert.equal(await history().shorten(now()), 2);
    for (const id of [old, skipped])
      assert.deepEqual(await contentOf(id), {
        papers: [{ id: '2301.0000b' }, { id: '2301.0000a' }],
        books: { announced: 5, matched: 2, sent: 2, cut: {} },
      });
    for (const id of whole) assert.ok('notices' in (await contentOf(id)));
    assert.equal(await history().shorten(now()), 0, 'once');
    const store = createSubscriptionStore(service.services.db);
    const papers = await store.listDigestPapers(subscriptionId, 100);
    assert.equal(papers.length, 8, 'of all that were not skipped');
    assert.deepEqual(
      papers.slice(0, 2).map(({ id }) => id),
      ['2301.0000b', '2301.0000a'],
      'in the order of the digest',
    );
  });
});
