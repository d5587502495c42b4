import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { pino } from 'pino';
import {
  createFormMailer,
  type FormMailerDeps,
  type FormResult,
  GIVE_UP_MS,
  LEASE_MS,
  MAX_OPEN,
} from '../../src/digests/form-mailer.js';
import { confirmMail } from '../../src/digests/form-mails.js';
import { createFormRequestStore, type FormRequest } from '../../src/digests/form-request-store.js';
import { createHistoryStore } from '../../src/digests/history-store.js';
import { silentLogger } from '../../src/platform/log.js';
import type { Mail, SendOutcome } from '../../src/platform/mail/transport.js';
import { isOf } from '../support/errors.js';
import { withDatabase } from '../support/postgres.js';
import { settableClock } from '../support/subscribing.js';

const later: SendOutcome = { kind: 'deferred', response: '451 later, reader@home.example', scope: 'message' };
const sent: SendOutcome = { kind: 'sent', response: '250 ok' };
const refused: SendOutcome = { kind: 'failed', response: '550', why: 'address' };

const asked = {
  email: 'reader@home.example',
  emailKey: 'reader@home.example',
  ip: '203.0.113.1',
  wish: { kind: 'manage' } as const,
};

const mailOf = ({ id, email }: FormRequest): Mail =>
  confirmMail(
    { id, to: email, token: 'x'.repeat(43), date: new Date(0) },
    { publicUrl: 'https://quire.example', from: { name: 'Quire', address: 'quire@quire.example' } },
  );

/** What can be resolved from outside. */
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describe('createFormMailer', () => {
  const database = withDatabase();
  const clock = settableClock('2026-03-02T10:00:00Z');
  const running: { close(): Promise<void> }[] = [];

  const rows = async () =>
    (
      await database.db.pool.query<{ tries: number; next_try_at: Date; text: string }>(
        'SELECT tries, next_try_at, row_to_json(form_requests)::text AS text FROM form_requests ORDER BY created_at, id',
      )
    ).rows;

  /** A mailer whose transport gives these answers in turn, with what it was given; as of a process of its own. */
  function setUp(answers: SendOutcome[], more: Partial<FormMailerDeps> = {}) {
    const mails: Mail[] = [];
    const mailer = createFormMailer({
      store: createFormRequestStore(database.db),
      mailFor: async (request) => mailOf(request),
      onRefused: async () => {},
      transport: {
        send: async (given) => {
          mails.push(given);
          return answers.shift()!;
        },
      },
      log: silentLogger,
      clock,
      ...more,
    });
    mailer.start();
    running.push(mailer);
    return { mailer, mails };
  }

  beforeEach(async () => {
    await database.db.pool.query('TRUNCATE form_requests, form_failures');
    clock.set('2026-03-02T10:00:00Z');
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((one) => one.close()));
  });

  it('tries again after longer and longer waits, as the same message, and forgets what is sent', async () => {
    const { mailer, mails } = setUp([later, later, later, sent]);
    await mailer.accept(asked);
    for (const waitMs of [10_000, 60_000, 300_000]) {
      await mailer.idle();
      const [row] = await rows();
      assert.equal(row?.next_try_at.getTime(), clock.now().getTime() + waitMs);
      const before = mails.length;
      clock.advance(waitMs - 1);
      await mailer.idle();
      assert.equal(mails.length, before, 'not before it is due');
      clock.advance(1);
    }
    await mailer.idle();
    assert.equal(new Set(mails.map(({ messageId }) => messageId)).size, 1);
    assert.deepEqual([mails.length, mailer.counts().get('sent'), await rows()], [4, 1, []]);
  });

  it('gives up after a day, and at once what is refused for good', async () => {
    const tired = setUp(Array<SendOutcome>(50).fill(later));
    await tired.mailer.accept(asked);
    const start = clock.now().getTime();
    for (let hour = 0; (await rows()).length > 0; hour++) {
      assert.ok(hour <= 24, 'nothing is kept for longer than a day');
      await tired.mailer.idle();
      clock.advance(3_600_000);
    }
    assert.ok(clock.now().getTime() - start > 12 * 3_600_000, 'a server may be away for hours');
    assert.ok(tired.mails.length >= 6, String(tired.mails.length));
    assert.equal(tired.mailer.counts().get('failed'), 1);
    const dead = setUp([refused]);
    await dead.mailer.accept(asked);
    await dead.mailer.idle();
    assert.deepEqual([dead.mails.length, dead.mailer.counts().get('failed'), await rows()], [1, 1, []]);
  });

  it('keeps for a day that a mail was given up, by the id in the log, without the address', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
    const response = '550 5.7.1 <reader@home.example> is refused, see postmaster@home.example';
    const { mailer } = setUp([{ kind: 'failed', response, why: 'message' }], { log });
    await mailer.accept(asked);
    await mailer.idle();
    const history = createHistoryStore(database.db);
    const { count, recent } = await history.findFormFailures(clock.now());
    const { id, failedAt, ...failure } = recent[0]!;
    assert.deepEqual(
      [count, failedAt, failure],
      [1, clock.now(), { tries: 1, response: '550 5.7.1 <[address]> is refused, see [address]' }],
    );
    const ofIt = lines.map((line) => JSON.parse(line)).filter(({ request }) => request === id);
    assert.deepEqual(
      // Whoever sends may be quicker than whoever says that there is something to send.
      ofIt.map(({ msg }) => msg).sort(),
      ['a form asked for a mail', 'a mail of a form was not sent'],
    );
    assert.doesNotMatch(lines.join(''), /home\.example/);
    clock.advance(24 * 3_600_000);
    assert.equal((await history.findFormFailures(clock.now())).count, 0);
    await mailer.idle();
    const { rows: left } = await database.db.pool.query('SELECT 1 FROM form_failures');
    assert.deepEqual(left, []);
  });

  it('forgets what nobody looked at for a day, untried', async () => {
    const store = createFormRequestStore(database.db);
    await store.add({ ...asked, id: '6f1c1f1e-0000-4000-8000-000000000001' }, clock.now(), 1);
    clock.advance(GIVE_UP_MS);
    const { mailer, mails } = setUp([sent]);
    await mailer.idle();
    assert.deepEqual([mails.length, mailer.counts().get('failed'), await rows()], [0, 1, []]);
  });

  it('sends nothing where there is none, and tries again what throws', async () => {
    const results: (FormResult | Error)[] = ['over_budget', new Error('the database is gone'), 'unknown'];
    const { mailer, mails } = setUp([], {
      mailFor: async () => {
        const result = results.shift()!;
        if (result instanceof Error) throw result;
        return result;
      },
    });
    await mailer.accept(asked);
    await mailer.idle();
    await mailer.accept(asked);
    await mailer.idle();
    assert.deepEqual([mails.length, mailer.counts().get('over_budget'), (await rows()).length], [0, 1, 1]);
    clock.advance(10_000);
    await mailer.idle();
    assert.deepEqual(
      [mailer.counts().get('unknown'), mailer.counts().get('failed'), await rows()],
      [1, 0, []],
    );
  });

  it('sends two at once, and keeps a third one for them', async () => {
    const { opened, open } = gate();
    let [now, most] = [0, 0];
    const { mailer } = setUp([], {
      transport: {
        send: async () => {
          most = Math.max(most, ++now);
          // The first two meet here; a third would come in, were there room for it.
          if (now === 2) open();
          await opened;
          now--;
          return sent;
        },
      },
    });
    for (let n = 0; n < 6; n++) await mailer.accept(asked);
    await mailer.idle();
    assert.deepEqual([most, mailer.counts().get('sent')], [2, 6]);
  });

  it('has a bound, and says so when there is no mail or it stops', async () => {
    await database.db.pool.query(
      `INSERT INTO form_requests (id, kind, email, email_key, next_try_at, created_at)
       SELECT gen_random_uuid(), 'manage', 'x', 'x', $1::timestamptz + interval '1 hour', $1 FROM generate_series(1, $2)`,
      [clock.now(), MAX_OPEN - 1],
    );
    const { mailer } = setUp([later]);
    await mailer.accept(asked);
    await assert.rejects(mailer.accept(asked), isOf('overloaded'));
    assert.equal((await rows()).length, MAX_OPEN);
    await mailer.close();
    await assert.rejects(mailer.accept(asked), isOf('shutting_down'));
    const none = setUp([], { transport: null });
    await assert.rejects(none.mailer.accept(asked), isOf('mail_unavailable'));
  });

  it('gives what it breaks off to whoever starts next', async () => {
    const { opened, open } = gate();
    const { mailer } = setUp([], {
      transport: {
        send: (_mail, options) =>
          new Promise((resolve) => {
            options?.signal?.addEventListener('abort', () => resolve(later));
            open();
          }),
      },
    });
    await mailer.accept(asked);
    await opened;
    await mailer.close();
    const next = setUp([sent]);
    await next.mailer.idle();
    assert.deepEqual([next.mails.length, await rows()], [1, []]);
  });

  it('loses nothing with a process that ends while it sends, and is not in two at once', async () => {
    const { opened, open } = gate();
    const { opened: freed, open: free } = gate();
    let begun = 0;
    const { mailer: dead } = setUp([], {
      transport: {
        // Never answers: as if it had been killed here. Both of its workers are in it, or the other would go on.
        send: async () => {
          if (++begun === 2) open();
          await freed;
          return sent;
        },
      },
    });
    await dead.accept(asked);
    await dead.accept(asked);
    await opened;
    const { mailer, mails } = setUp([sent, sent]);
    clock.advance(LEASE_MS - 1);
    await mailer.idle();
    assert.equal(mails.length, 0, 'it is another’s');
    clock.advance(1);
    await mailer.idle();
    assert.deepEqual([mails.length, mails[0]?.to, await rows()], [2, asked.email, []]);
    free();
  });

  it('leaves to another what it comes back to too late', async () => {
    const { opened, open } = gate();
    const { opened: freed, open: free } = gate();
    let begun = 0;
    const late = setUp([], {
      transport: {
        send: async () => {
          if (++begun === 2) open();
          await freed;
          return sent;
        },
      },
    });
    await late.mailer.accept(asked);
    await late.mailer.accept(asked);
    await opened;
    clock.advance(LEASE_MS);
    const other = setUp([later, later]);
    await other.mailer.idle();
    const before = await rows();
    assert.equal(before.length, 2);
    free();
    await late.mailer.idle();
    assert.deepEqual(await rows(), before, 'the rows are of the later try');
  });
});
