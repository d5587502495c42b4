import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createFormMailer, type FormResult } from '../../src/digests/form-mailer.js';
import { confirmMail } from '../../src/digests/form-mails.js';
import { silentLogger } from '../../src/platform/log.js';
import type { Mail, SendOutcome } from '../../src/platform/mail/transport.js';
import { isOf } from '../support/errors.js';

const mail = confirmMail(
  { to: 'a@b.example', token: 'x'.repeat(43), date: new Date(0) },
  { publicUrl: 'https://quire.example', from: { name: 'Quire', address: 'quire@quire.example' } },
);
const later: SendOutcome = { kind: 'deferred', response: '451 later', scope: 'message' };
const sent: SendOutcome = { kind: 'sent', response: '250 ok' };

/** A mailer whose transport gives these answers in turn, with what it was given and how long it paused. */
function setUp(...answers: SendOutcome[]) {
  const [mails, pauses]: [Mail[], number[]] = [[], []];
  const mailer = createFormMailer({
    transport: {
      send: async (given) => {
        mails.push(given);
        return answers.shift()!;
      },
    },
    log: silentLogger,
    pause: async (ms) => pauses.push(ms),
  });
  return { mailer, mails, pauses };
}

describe('createFormMailer', () => {
  it('tries three times, with the same message, and longer pauses', async () => {
    const { mailer, mails, pauses } = setUp(later, later, sent);
    mailer.accept(async () => mail);
    await mailer.idle();
    assert.deepEqual(new Set(mails.map(({ messageId }) => messageId)).size, 1);
    assert.deepEqual([mails.length, pauses, mailer.counts().get('sent')], [3, [5_000, 60_000], 1]);
  });

  it('counts what fails, and does not try again what is refused for good', async () => {
    const tired = setUp(later, later, later, sent);
    tired.mailer.accept(async () => mail);
    await tired.mailer.idle();
    assert.deepEqual([tired.mails.length, tired.mailer.counts().get('failed')], [3, 1]);
    const refused = setUp({ kind: 'failed', response: '550', why: 'address' });
    refused.mailer.accept(async () => mail);
    await refused.mailer.idle();
    assert.deepEqual([refused.mails.length, refused.mailer.counts().get('failed')], [1, 1]);
  });

  it('sends nothing where there is none, and outlives what throws', async () => {
    const { mailer, mails } = setUp();
    mailer.accept(async () => 'over_budget');
    mailer.accept(async () => {
      throw new Error('the database is gone');
    });
    await mailer.idle();
    assert.deepEqual(
      [mails.length, mailer.counts().get('over_budget'), mailer.counts().get('failed')],
      [0, 1, 1],
    );
  });

  it('has a bound, and says so when there is no mail', async () => {
    const { mailer } = setUp();
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const wait = async (): Promise<FormResult> => {
      await gate;
      return 'unknown';
    };
    for (let n = 0; n < 200; n++) mailer.accept(wait);
    assert.throws(() => mailer.accept(wait), isOf('overloaded'));
    open();
    await mailer.idle();
    mailer.accept(wait);
    await mailer.close();
    assert.equal(mailer.counts().get('unknown'), 201);
    assert.throws(() => mailer.accept(wait), isOf('shutting_down'));
    const none = createFormMailer({ transport: null, log: silentLogger });
    assert.throws(() => none.accept(wait), isOf('mail_unavailable'));
  });

  it('gives up a pause when the service stops', async () => {
    let pauses = (): void => undefined;
    const paused = new Promise<void>((resolve) => {
      pauses = resolve;
    });
    const mailer = createFormMailer({
      transport: { send: async () => later },
      log: silentLogger,
      pause: (_ms, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
          pauses();
        }),
    });
    mailer.accept(async () => mail);
    await paused;
    await mailer.close();
    assert.equal(mailer.counts().get('failed'), 1);
  });
});
