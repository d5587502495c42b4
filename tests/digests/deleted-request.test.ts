import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MailTransport, SendOptions } from '../../src/platform/mail/transport.js';
import { withService } from '../support/service.js';
import { captureMail, tokenOf } from '../support/subscribing.js';

describe('data that is deleted while a form’s request of its address is under way', () => {
  const captured = captureMail();
  /** What happens when the connection stands. */
  let beforeMail = async (): Promise<void> => undefined;
  const mail: Pick<MailTransport, 'send'> = {
    async send(given, { mayStillSend }: SendOptions = {}) {
      await beforeMail();
      if (mayStillSend && !(await mayStillSend())) return { kind: 'withdrawn' };
      return captured.send(given);
    },
  };
  const service = withService({ mail });
  const post = (path: string, payload?: object) =>
    service.app.inject({ method: 'POST', url: `/api/v1/subscriptions${path}`, ...(payload && { payload }) });

  async function subscribed(email: string): Promise<{ deleteData: () => Promise<void> }> {
    await post('', { email, kind: 'daily' });
    await service.services.subscriptions.idle();
    const answer = await post(`/${tokenOf(captured.mails.at(-1)!)}/confirm`);
    const { manageToken } = answer.json<{ manageToken: string }>();
    return {
      deleteData: async () => {
        const url = `/api/v1/subscriptions/${manageToken}/data`;
        assert.equal((await service.app.inject({ method: 'DELETE', url })).statusCode, 204);
      },
    };
  }
  async function assertGone(email: string, mails: number): Promise<void> {
    await service.services.subscriptions.idle();
    const { prisma } = service.database.db;
    assert.equal(captured.mails.length, mails, 'no mail after the answer');
    assert.equal(await prisma.subscriber.count({ where: { emailKey: email } }), 0);
    assert.equal(await prisma.formRequest.count(), 0);
  }

  it('stays deleted where the subscription that waits was not made yet', async () => {
    const email = 'one@reader.example';
    const { deleteData } = await subscribed(email);
    const mails = captured.mails.length;
    const { pool } = service.database.db;
    const holder = await pool.connect();
    try {
      // The request is claimed, and waits for its budget.
      await holder.query('BEGIN');
      await holder.query('LOCK TABLE form_budgets IN ACCESS EXCLUSIVE MODE');
      await post('', { email, kind: 'daily' });
      const isClaimed = async () =>
        (await pool.query('SELECT 1 FROM form_requests WHERE tries = 1')).rowCount === 1;
      while (!(await isClaimed())) await sleep(5);
      await deleteData();
      await holder.query('COMMIT');
    } finally {
      holder.release();
    }
    await assertGone(email, mails);
  });

  for (const [path, settings] of [
    ['', { kind: 'daily' }],
    ['/link', {}],
  ] as const)
    it(`is written to no more where its mail was made: ${path === '' ? 'to confirm' : 'the link'}`, async () => {
      const email = `two${path.length}@reader.example`;
      const { deleteData } = await subscribed(email);
      const mails = captured.mails.length;
      beforeMail = deleteData;
      await post(path, { email, ...settings });
      await assertGone(email, mails);
      beforeMail = async () => undefined;
      assert.equal(service.services.subscriptions.counts().get('failed'), 0);
    });
});
