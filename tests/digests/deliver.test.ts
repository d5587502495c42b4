import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { AppError } from '../../src/platform/errors.js';
import { inventedPaper } from '../support/papers.js';
import { withService } from '../support/service.js';
import { deliveryFixture } from './delivery-fixture.js';

describe('delivering digests', () => {
  const service = withService();
  let fixture: ReturnType<typeof deliveryFixture>;
  let papers = 0;

  const takePapers = (count: number) =>
    service.services.papers.takeIn(
      Array.from({ length: count }, () => {
        papers += 1;
        return inventedPaper(papers, {
          arxivId: `2603.${String(papers).padStart(5, '0')}`,
          title: `Paper ${papers}`,
        });
      }),
    );
  const titlesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

  beforeEach(async () => {
    const { prisma } = service.services.db;
    await prisma.subscriber.deleteMany();
    await prisma.paper.deleteMany();
    fixture = deliveryFixture(service);
  });

  it('sends each subscriber one digest a day, and no paper twice', async () => {
    const { subscribe, delivering, clock, sent, states } = fixture;
    await subscribe({ email: 'ada@example.org' });
    await subscribe({ email: 'ada@example.org', hour: 5 });
    await subscribe({ email: 'bob@example.org' });
    await takePapers(3);
    const books = await delivering().run();
    assert.deepEqual(
      [books.prepared, books.empty, books.due, books.sent, books.problem],
      [2, 1, 2, 2, null],
      'the second subscription of one person has nothing left',
    );
    assert.deepEqual(sent.map(({ to }) => to).sort(), ['ada@example.org', 'bob@example.org']);
    assert.ok(sent.every(({ text }) => titlesOf(text).length === 3));
    await takePapers(1);
    assert.equal((await delivering().run()).prepared, 0, 'the day has had its digest');
    clock.set('2026-03-03T06:00:00Z');
    await delivering().run();
    assert.ok(sent.slice(2).every(({ text }) => titlesOf(text).length === 1));
    assert.equal((await states()).filter((one) => one.endsWith('sent')).length, 4);
  });

  it('tells of an empty day, or is silent, as chosen', async () => {
    const { subscribe, delivering, sent, states } = fixture;
    await subscribe({ email: 'ada@example.org', tellsEmpty: true });
    await subscribe({ email: 'bob@example.org' });
    const books = await delivering().run();
    assert.deepEqual([books.prepared, books.empty, sent.length], [1, 1, 1]);
    assert.deepEqual(await states(), ['2026-03-02 sent', '2026-03-02 skipped']);
  });

  it('tries again what was put off, later each time, and gives its papers to the next digest in the end', async () => {
    const { subscribe, delivering, clock, sent, state, states } = fixture;
    await subscribe({ email: 'ada@example.org' });
    await takePapers(2);
    state.script = () => ({ kind: 'deferred', response: '451 later', scope: 'message' });
    assert.equal((await delivering().run()).deferred, 1);
    assert.equal((await delivering().run()).due, 0, 'not before its time');
    clock.advance(5 * 60_000);
    assert.equal((await delivering().run()).deferred, 1);
    clock.advance(5 * 60_000);
    assert.equal((await delivering().run()).due, 0, 'the wait has doubled');
    state.script = () => ({ kind: 'sent', response: '250' });
    await takePapers(1);
    clock.set('2026-03-03T06:00:00Z');
    await delivering().run();
    assert.deepEqual(await states(), ['2026-03-02 skipped', '2026-03-03 sent']);
    assert.deepEqual(
      sent.map(({ text }) => titlesOf(text).length),
      [3],
    );
  });

  it('stops a run when the server takes nothing, and goes on with the next', async () => {
    const { subscribe, delivering, clock, state, sent } = fixture;
    for (const name of ['a', 'b', 'c', 'd', 'e']) await subscribe({ email: `${name}@example.org` });
    await takePapers(1);
    let tried = 0;
    state.script = () => {
      tried += 1;
      return { kind: 'deferred', response: '421 closing', scope: 'run' };
    };
    const books = await delivering().run();
    assert.equal(books.problem, '421 closing');
    assert.ok(tried <= 2, 'one a connection');
    assert.equal(books.due, books.sent + books.deferred + books.failed + books.uncertain + books.skipped);
    state.script = () => ({ kind: 'sent', response: '250' });
    clock.advance(10 * 60_000);
    await delivering().run();
    assert.equal(sent.length, 5);
  });

  it('suppresses a dead address, and only that', async () => {
    const { subscribe, delivering, clock, state, states } = fixture;
    await subscribe({ email: 'gone@example.org' });
    await subscribe({ email: 'bob@example.org' });
    await takePapers(1);
    state.script = ({ to }) =>
      to.startsWith('gone')
        ? { kind: 'failed', response: '550 5.1.1 no such user', why: 'address' }
        : { kind: 'sent', response: '250' };
    await delivering().run();
    assert.deepEqual(await states(), ['2026-03-02 failed', '2026-03-02 sent']);
    await takePapers(1);
    clock.set('2026-03-03T06:00:00Z');
    const books = await delivering().run();
    assert.deepEqual([books.prepared, books.sent], [1, 1]);
  });

  for (const [mode, days] of [
    ['hold', ['2026-03-02 uncertain']],
    ['resend', ['2026-03-02 sent']],
  ] as const) {
    it(`holds or sends again what may have been sent: ${mode}`, async () => {
      const { subscribe, delivering, clock, state, states } = fixture;
      await subscribe({ email: 'ada@example.org' });
      await takePapers(1);
      state.script = () => ({ kind: 'uncertain', response: 'silence' });
      await delivering(mode).run();
      state.script = () => ({ kind: 'sent', response: '250' });
      clock.advance(10 * 60_000);
      await delivering(mode).run();
      assert.deepEqual(await states(), days);
    });
  }

  it('finds what a process left behind: uncertain once it had begun to speak, else sent by the next', async () => {
    const { subscribe, delivering, store, clock, sent, states } = fixture;
    await subscribe({ email: 'ada@example.org' });
    await subscribe({ email: 'bob@example.org' });
    await takePapers(1);
    await delivering().prepareDue();
    const first = await store().claim(clock.now());
    await store().claim(clock.now());
    await store().arm(first!, clock.now());
    const { recovered, ...books } = await delivering().run();
    assert.deepEqual(recovered, { uncertain: 1, freed: 1 });
    assert.equal(books.sent, 1);
    assert.deepEqual(
      sent.map(({ to }) => to),
      ['bob@example.org'],
    );
    assert.deepEqual(await states(), ['2026-03-02 uncertain', '2026-03-02 sent']);
    assert.equal(await store().release(first!.id, clock.now()), 'uncertain');
    await delivering().run();
    assert.deepEqual(await states(), ['2026-03-02 sent', '2026-03-02 sent']);
  });

  it('tries now what was put off when somebody says so, one or all, and no other', async () => {
    const { subscribe, delivering, store, clock, state, states } = fixture;
    for (const name of ['ada', 'bob', 'cleo']) await subscribe({ email: `${name}@example.org` });
    await takePapers(1);
    state.script = ({ to }) =>
      to.startsWith('cleo')
        ? { kind: 'sent', response: '250' }
        : { kind: 'deferred', response: '451 later', scope: 'message' };
    await delivering().run();
    state.script = () => ({ kind: 'sent', response: '250' });
    assert.equal((await delivering().run()).due, 0, 'not yet');
    const [first, second] = await store().listIn(['deferred'], 3);
    assert.equal(first!.nextAt.getTime(), clock.now().getTime() + 5 * 60_000);
    const [sent] = await store().listIn(['sent'], 1);
    assert.equal(await store().release(sent!.id, clock.now()), null);
    assert.equal(await store().release(first!.id, clock.now()), 'deferred');
    assert.equal((await delivering().run()).sent, 1);
    assert.equal(await store().releaseDeferred(clock.now()), 1);
    assert.equal((await delivering().run()).sent, 1);
    assert.deepEqual(await states(), Array(3).fill('2026-03-02 sent'));
    assert.equal(await store().release(second!.id, clock.now()), null);
  });

  it('sends nothing to somebody who has unsubscribed, were it in the last moment', async () => {
    const { subscribe, delivering, sent, states } = fixture;
    const { id } = await subscribe({ email: 'ada@example.org' });
    await takePapers(1);
    await delivering().prepareDue();
    await service.services.db.prisma.subscription.update({ where: { id }, data: { state: 'ended' } });
    assert.equal((await delivering().sendDue()).skipped, 1);
    assert.deepEqual([sent.length, await states()], [0, ['2026-03-02 skipped']]);
  });

  it('makes the others where one can not be made, and tells its subscriber where it never can', async () => {
    const { subscribe, delivering, composer, sent, states } = fixture;
    const lost = await subscribe({ email: 'lost@example.org', tellsEmpty: true });
    const late = await subscribe({ email: 'late@example.org' });
    await subscribe({ email: 'bob@example.org' });
    await takePapers(1);
    const { compose } = composer();
    const failing = {
      ...composer(),
      async compose(...asked: Parameters<typeof compose>) {
        const [{ id }] = asked;
        if (id === lost.id) throw new AppError('paper_not_found', 'No paper is known as “2401.00001”.');
        if (id === late.id) throw new AppError('model_unavailable', 'not now');
        return compose(...asked);
      },
    };
    const books = await delivering('hold', failing).run();
    assert.deepEqual([books.prepared, books.sent], [2, 2]);
    assert.deepEqual(sent.map(({ to }) => to).sort(), ['bob@example.org', 'lost@example.org']);
    const [row] = await service.services.db.prisma.delivery.findMany({ where: { subscriptionId: lost.id } });
    assert.match(JSON.stringify(row?.content), /can’t be answered any more: No paper is known/);
    assert.equal((await delivering().run()).sent, 1, 'the late one');
    assert.equal((await states()).length, 3);
  });

  it('remembers what was sent when papers turn out to be one', async () => {
    const { subscribe, delivering, clock, sent } = fixture;
    await subscribe({ email: 'ada@example.org' });
    const title = 'On the merging of two copies';
    const abstract =
      'Bees and robots dance on combs in the summer, and nobody else does so in any season of the year.';
    await service.services.papers.takeIn([
      inventedPaper(0, { title: 'A copy', abstract, doi: '10.1234/copy' }),
    ]);
    await delivering().run();
    assert.equal(sent.length, 1);
    // A record with both ids: the row that was sent goes into the new one, which has the better id.
    await service.services.papers.takeIn([inventedPaper(0, { title, abstract, arxivId: '2603.90000' })]);
    await service.services.papers.takeIn([
      inventedPaper(0, { title, abstract, arxivId: '2603.90000', doi: '10.1234/copy' }),
    ]);
    assert.equal(await service.services.papers.count(), 1);
    const { prisma } = service.services.db;
    const [row] = await prisma.sentPaper.findMany({ include: { paper: true } });
    assert.equal(row?.paper.publicId, '2603.90000');
    clock.set('2026-03-03T06:00:00Z');
    await delivering().run();
    assert.equal(sent.length, 1);
  });
});
