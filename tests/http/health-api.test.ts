import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { deliveryFixture } from '../digests/delivery-fixture.js';
import { inventedPaper } from '../support/papers.js';
import { untilReady, withService } from '../support/service.js';
import { settableClock } from '../support/subscribing.js';

interface ReadyAnswer {
  ready: boolean;
  digests: {
    standsStill: boolean;
    stuck: number;
    uncertain: number;
    lastRunAt: string | null;
    error: string | null;
    problem: string | null;
  };
}

describe('the health of digests', () => {
  const clock = settableClock('2026-03-02T06:00:00Z');
  const service = withService({ clock });

  const ready = async () => (await service.app.inject({ url: '/readyz' })).json<ReadyAnswer>();
  const page = async () => (await service.app.inject({ url: '/health' })).body;
  const metric = async (line: RegExp) =>
    line.exec((await service.app.inject({ url: '/metrics' })).body)?.[1] ?? null;

  beforeEach(async () => {
    const { prisma } = service.services.db;
    await prisma.subscriber.deleteMany();
    await prisma.digestRun.deleteMany();
    clock.set('2026-03-02T06:00:00Z');
  });

  /** One of each that is held; their server's answer names an address. */
  async function deliver(states: readonly string[], dueAt = clock.now()): Promise<void> {
    const { subscribe } = deliveryFixture(service);
    const { prisma } = service.services.db;
    for (const [at, state] of states.entries()) {
      const { id: subscriptionId } = await subscribe({ email: `p${at}@secret.example` });
      await prisma.delivery.create({
        data: {
          ...{ subscriptionId, localDate: '2026-03-02', state, dueAt, nextAt: dueAt },
          ...{ recipient: `p${at}@secret.example`, messageId: 'm', attempts: 1 },
          content: { papers: [] },
        },
      });
    }
  }

  it('says when nobody has looked, and ready is not of it', async () => {
    await untilReady(service.services);
    assert.deepEqual((await ready()).digests, {
      ...{ standsStill: false, stuck: 0, uncertain: 0, lastRunAt: null, error: null, problem: null },
    });
    assert.match(await page(), /none yet: the service sends digests while it runs/);
    await service.services.digests.runOnce();
    clock.advance(10 * 60_000 - 1);
    assert.equal((await ready()).digests.standsStill, false);
    assert.doesNotMatch(await page(), /Nobody has looked/);
    clock.advance(1);
    const { ready: isReady, digests } = await ready();
    assert.deepEqual(
      [isReady, digests.standsStill, digests.lastRunAt],
      [true, true, '2026-03-02T06:00:00.000Z'],
    );
    const shown = await page();
    assert.match(shown, /Nobody has looked for ten minutes.*quire digest run/s);
    assert.match(shown, /ended 2026-03-02 06:00:00 UTC: 0 prepared, 0 due/);
    assert.match(shown, /Next look due<\/dt><dd>2026-03-02 06:00:30 UTC/);
  });

  it('says when no look has come to its end since the process began', async () => {
    clock.advance(10 * 60_000 - 1);
    assert.equal((await ready()).digests.standsStill, false);
    clock.advance(1);
    assert.equal((await ready()).digests.standsStill, true);
    assert.match(await page(), /Nobody has looked for ten minutes/);
    assert.equal(await metric(/^quire_digest_scheduler_stands_still (\d+)/m), '1');
  });

  it('counts what is stuck and what is uncertain', async () => {
    await deliver(['uncertain', 'uncertain', 'deferred', 'sent']);
    assert.deepEqual([(await ready()).digests.stuck, (await ready()).digests.uncertain], [0, 2]);
    await deliver(['prepared'], new Date(clock.now().getTime() - 1));
    clock.advance(31 * 60_000);
    // Of the same state, and due just now.
    await deliver(['prepared']);
    const { stuck, uncertain } = (await ready()).digests;
    assert.deepEqual([stuck, uncertain], [2, 2]);
    const shown = await page();
    assert.match(shown, /May have been sent or not: 2\..*quire digest status.*quire digest resend/s);
    assert.match(shown, /not sent: 2\./);
    assert.match(shown, /Uncertain<\/dt><dd>2</);
    assert.match(shown, /To be tried again<\/dt><dd>1, next try 2026-03-02 06:00:00 UTC</);
    assert.match(shown, /Uncertain<\/dt><dd>2</);
  });

  it('shows papers and the last intake, and nobody’s address or file', async () => {
    const { prisma } = service.services.db;
    await prisma.intake.create({
      data: {
        ...{ name: '/home/ada/mine.bib', startedAt: clock.now(), finishedAt: clock.now() },
        ...{ entries: 3, added: 2, updated: 1, problems: 0 },
      },
    });
    await service.services.papers.takeIn([inventedPaper(1), inventedPaper(2)]);
    service.services.hintPapers();
    await untilReady(service.services);
    await deliver(['uncertain']);
    await prisma.digestRun.create({
      data: {
        ...{ startedAt: clock.now(), finishedAt: clock.now(), due: 1, deferred: 1 },
        problem: '550 <p0@secret.example> is refused, ask postmaster@secret.example',
      },
    });
    const answer = await service.app.inject({ url: '/health' });
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.match(answer.body, /Papers<\/dt><dd>2</);
    assert.match(answer.body, /Last intake<\/dt><dd>2026-03-02 06:00:00 UTC: 2 added, 1 updated, 0 problems/);
    assert.match(answer.body, /stopped: 550 &lt;\[address\]> is refused, ask \[address\]/);
    assert.doesNotMatch(answer.body, /@|mine\.bib/);
    assert.match((await service.app.inject({ url: '/' })).body, /href="\/health"/);
  });

  it('counts mails of the forms that failed in the last day', async () => {
    const { prisma } = service.services.db;
    const id = '6f1c1f1e-0000-4000-8000-000000000001';
    const failedAt = clock.now();
    await prisma.formFailure.create({ data: { id, failedAt, tries: 1, response: '550' } });
    assert.match(await page(), /form that failed in the last day: 1\..*quire digest status/s);
    clock.advance(24 * 3_600_000);
    assert.doesNotMatch(await page(), /failed in the last day/);
  });

  it('tells why the last run was stopped, to probes and Prometheus too', async () => {
    const { prisma } = service.services.db;
    const run = (problem: string | null) =>
      prisma.digestRun.create({ data: { startedAt: clock.now(), finishedAt: clock.now(), problem } });
    await run('connect ECONNREFUSED 127.0.0.1:25, says ada@secret.example');
    const { digests } = await ready();
    assert.deepEqual(
      [digests.error, digests.problem],
      [null, 'connect ECONNREFUSED 127.0.0.1:25, says [address]'],
    );
    assert.equal(await metric(/^quire_digest_run_stopped (\d+)/m), '1');
    await run(null);
    assert.equal((await ready()).digests.problem, null);
    assert.equal(await metric(/^quire_digest_run_stopped (\d+)/m), '0');
  });

  it('is told to Prometheus, as time goes by too', async () => {
    await deliver(['uncertain']);
    await service.services.digests.runOnce();
    await service.services.digests.status();
    assert.equal(await metric(/^quire_digests\{state="uncertain"\} (\d+)/m), '1');
    assert.equal(await metric(/^quire_digest_scheduler_stands_still (\d+)/m), '0');
    clock.advance(10 * 60_000);
    assert.equal(await metric(/^quire_digest_scheduler_stands_still (\d+)/m), '1');
  });
});
