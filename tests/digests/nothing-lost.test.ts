import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createComposer } from '../../src/digests/composer.js';
import type { SubscriptionSettings } from '../../src/digests/subscription.js';
import { createSubscriptionStore } from '../../src/digests/subscription-store.js';
import { AppError } from '../../src/platform/errors.js';
import type { SendOutcome } from '../../src/platform/mail/transport.js';
import { inventedPaper } from '../support/papers.js';
import { withService } from '../support/service.js';
import { deliveryFixture } from './delivery-fixture.js';

const DAY_1 = '2026-03-02T06:00:00Z';
const DAY_2 = '2026-03-03T06:00:00Z';

describe('no paper is lost, and none comes twice', () => {
  const service = withService();
  let fixture: ReturnType<typeof deliveryFixture>;
  let number = 0;

  /** Answers their titles. */
  async function takePapers(count: number): Promise<string[]> {
    const records = Array.from({ length: count }, () => inventedPaper(number++));
    await service.services.papers.takeIn(records);
    return records.map(({ title }) => title);
  }
  const subscriptions = () => createSubscriptionStore(service.services.db);
  async function change(id: number, changed: Partial<SubscriptionSettings>): Promise<void> {
    const { kind, query, likes, days, hour, timeZone, cap, minScore, ...found } = (await subscriptions().find(
      id,
    ))!;
    const { mutedWords, mutedAuthors, mutedCategories, tellsEmpty } = found;
    const settings = { kind, query, likes, days, hour, timeZone, cap, minScore };
    const rest = { mutedWords, mutedAuthors, mutedCategories, tellsEmpty };
    await subscriptions().update(id, { ...settings, ...rest, ...changed }, fixture.clock.now());
  }
  const sentTitles = () => fixture.sent.map(({ text }) => text.split('\n').filter((line) => line !== ''));
  const says = (outcome: SendOutcome) => {
    fixture.state.script = () => outcome;
  };
  const later: SendOutcome = { kind: 'deferred', scope: 'message', response: '451 later' };
  const ok: SendOutcome = { kind: 'sent', response: '250' };

  beforeEach(async () => {
    const { prisma } = service.services.db;
    await prisma.subscriber.deleteMany();
    await prisma.paper.deleteMany();
    fixture = deliveryFixture(service, DAY_1);
  });

  it('when the digest that takes over one that waits can not be made at first', async () => {
    const { subscribe, delivering, composer, clock } = fixture;
    await subscribe({ email: 'ada@example.org' });
    const first = await takePapers(2);
    says(later);
    await delivering().run();
    const second = await takePapers(1);
    clock.set(DAY_2);
    says(ok);
    const failing = {
      ...composer(),
      compose: () => Promise.reject(new AppError('model_unavailable', 'not now')),
    };
    await delivering('hold', failing).prepareDue();
    await delivering().run();
    assert.deepEqual(sentTitles(), [[...first, ...second]]);
  });

  for (const scope of ['message', 'run'] as const)
    it(`when a server puts it off until the next one is due (${scope})`, async () => {
      const { subscribe, delivering, clock, states } = fixture;
      await subscribe({ email: 'ada@example.org' });
      const first = await takePapers(2);
      says({ ...later, scope });
      for (let tries = 0; tries < 60; tries++) {
        await delivering().run();
        clock.advance(24 * 60_000);
      }
      assert.deepEqual(await states(), ['2026-03-02 deferred']);
      says(ok);
      const second = await takePapers(1);
      clock.set(DAY_2);
      await delivering().run();
      assert.deepEqual(sentTitles(), [[...first, ...second]]);
      assert.deepEqual(await states(), ['2026-03-02 skipped', '2026-03-03 sent']);
    });

  it('when a process that was taken for dead wakes up: it neither speaks nor writes any more', async () => {
    const { subscribe, delivering, store, clock, states, sent } = fixture;
    await subscribe({ email: 'ada@example.org' });
    await takePapers(1);
    await delivering().prepareDue();
    const old = (await store().claim(clock.now()))!;
    assert.equal((await delivering().run()).sent, 1, 'by the process that takes over');
    assert.equal(await store().arm(old, clock.now()), false);
    assert.equal(await store().whileWanted(old, clock.now(), () => assert.fail('it speaks')), false);
    const row = { state: 'deferred', response: 'no session within 60 s', now: clock.now() } as const;
    assert.equal(await store().settle(old, row), false);
    assert.equal(await store().withdraw(old, 'not wanted', clock.now()), false);
    assert.deepEqual([await states(), sent.length], [['2026-03-02 sent'], 1]);
  });

  it('and what was uncertain for the process that took over is certain when the first one hears the answer', async () => {
    const { subscribe, delivering, store, clock, states } = fixture;
    await subscribe({ email: 'ada@example.org' });
    await takePapers(1);
    await delivering().prepareDue();
    const old = (await store().claim(clock.now()))!;
    assert.equal(await store().arm(old, clock.now()), true);
    await delivering().run();
    assert.deepEqual(await states(), ['2026-03-02 uncertain']);
    assert.equal(await store().settle(old, { state: 'sent', response: '250', now: clock.now() }), true);
    assert.deepEqual(await states(), ['2026-03-02 sent']);
  });

  it('when somebody pauses while it waits: its papers come after the pause', async () => {
    const { subscribe, delivering, clock } = fixture;
    const { id } = await subscribe({ email: 'ada@example.org' });
    const papers = await takePapers(2);
    says(later);
    await delivering().run();
    says(ok);
    await subscriptions().pause(id, new Date('2026-03-05T00:00:00Z'), clock.now());
    clock.set('2026-03-05T06:00:00Z');
    await delivering().run();
    assert.deepEqual(sentTitles(), [papers]);
  });

  it('when it is withdrawn in the last moment: another subscription of the person has its papers', async () => {
    const { subscribe, delivering, clock } = fixture;
    const { id } = await subscribe({ email: 'ada@example.org' });
    const papers = await takePapers(2);
    await delivering().prepareDue();
    await service.services.db.prisma.subscription.update({ where: { id }, data: { state: 'ended' } });
    assert.equal((await delivering().sendDue()).skipped, 1);
    await subscribe({ email: 'ada@example.org' });
    clock.set(DAY_2);
    await delivering().run();
    assert.deepEqual(sentTitles(), [papers]);
  });

  it('when the subscription that it waits for ends', async () => {
    const { subscribe, delivering, clock } = fixture;
    const { id } = await subscribe({ email: 'ada@example.org' });
    const papers = await takePapers(2);
    says(later);
    await delivering().run();
    says(ok);
    await subscribe({ email: 'ada@example.org', hour: 7 });
    await subscriptions().end({ id }, { by: 'unsubscribed', now: clock.now() });
    clock.set('2026-03-02T07:00:00Z');
    await delivering().run();
    assert.deepEqual(sentTitles(), [papers]);
  });

  it('when settings are changed while it waits: it is made anew, on the same day', async () => {
    const { subscribe, delivering, clock, states } = fixture;
    const { id } = await subscribe({ email: 'ada@example.org' });
    const papers = await takePapers(3);
    says(later);
    await delivering().run();
    says(ok);
    clock.advance(60_000);
    await change(id, { cap: 2 });
    await delivering().run();
    assert.deepEqual(sentTitles(), [papers.slice(0, 2)]);
    assert.deepEqual(await states(), ['2026-03-02 sent']);
  });

  it('when the hour is changed: the next day has its digest at the new one', async () => {
    const { subscribe, delivering, clock } = fixture;
    clock.set('2026-03-02T23:00:00Z');
    const { id } = await subscribe({ email: 'ada@example.org', hour: 23 });
    await takePapers(1);
    await delivering().run();
    clock.advance(60_000);
    await change(id, { hour: 0 });
    await takePapers(1);
    clock.set('2026-03-03T00:00:30Z');
    assert.equal((await delivering().run()).sent, 1);
  });

  it('when a clock ran years ahead for one run', async () => {
    const { subscribe, delivering, clock, states } = fixture;
    await subscribe({ email: 'ada@example.org' });
    await takePapers(1);
    clock.set('2029-03-02T06:00:00Z');
    await delivering().run();
    clock.set(DAY_2);
    await takePapers(1);
    await delivering().run();
    assert.deepEqual(await states(), ['2029-03-02 sent', '2026-03-03 sent'].sort());
  });

  it('when papers of two digests, or of one, turn out to be one before they are sent', async () => {
    const { subscribe, delivering, clock, sent } = fixture;
    await subscribe({ email: 'ada@example.org' });
    await subscribe({ email: 'ada@example.org', hour: 7 });
    const { papers, catalog } = service.services;
    const title = 'On the merging of three copies';
    const abstract =
      'Bees and robots dance on combs in the summer, and nobody else does so in any season of the year.';
    const copy = (id: object) => inventedPaper(0, { title: `A copy ${JSON.stringify(id)}`, abstract, ...id });
    says(later);
    await papers.takeIn([copy({ doi: '10.1234/one' }), copy({ arxivId: '2603.90001' })]);
    await delivering().run();
    await papers.takeIn([copy({ doi: '10.1234/two' }), ...[inventedPaper(77, { title: 'Alone' })]]);
    clock.set('2026-03-02T07:00:00Z');
    await delivering().prepareDue();
    const both = { arxivId: '2603.90001', title, abstract };
    await papers.takeIn([
      inventedPaper(0, { ...both, doi: '10.1234/one' }),
      inventedPaper(0, { ...both, doi: '10.1234/two' }),
    ]);
    assert.equal(await papers.count(), 2);
    says(ok);
    const { refresh } = createComposer({
      ...{ store: service.services, newPapers: service.services, matcher: service.services },
      ...{ deliveries: fixture.store(), resolve: catalog.resolve },
    } as unknown as Parameters<typeof createComposer>[0]);
    clock.advance(3_600_000);
    await delivering('hold', { ...fixture.composer(), refresh }).sendDue();
    const told = sent.flatMap(({ text }) => text.split('\n')).filter((line) => line !== '');
    assert.equal(told.filter((line) => line.startsWith('A copy')).length, 1);
    assert.equal(told.filter((line) => line === 'Alone').length, 1);
  });
});
