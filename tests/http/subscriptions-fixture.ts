import assert from 'node:assert/strict';
import { before } from 'node:test';
import { pino } from 'pino';
import { inventedPaper } from '../support/papers.js';
import { withService } from '../support/service.js';
import { captureMail, settableClock, tokenOf } from '../support/subscribing.js';

export interface SubscriptionView {
  id: number;
  kind: string;
  query: string;
  state: string;
  cap: number;
  timeZone: string;
  pausedUntil: string | null;
  endedBy: string | null;
  next: { localDate: string; at: string } | null;
  last: { localDate: string; papers: number } | null;
}

export interface ManagedAnswer {
  email: string;
  subscriptions: SubscriptionView[];
  feedback: { paper: string; verdict: string }[];
}

/** A service whose subscriptions are reached over the API, for the tests of one `describe`. */
export function subscriptionsApi() {
  const mail = captureMail();
  const clock = settableClock('2026-03-02T10:00:00Z');
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const service = withService({ mail, clock, log });

  before(async () => {
    await service.services.papers.takeIn([inventedPaper(1, { arxivId: '2401.00001' })]);
  });

  const call = async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, body?: object) => {
    const answer = await service.app.inject({
      method,
      url: `/api/v1${url}`,
      remoteAddress: '127.0.0.1',
      ...(body ? { payload: body } : {}),
    });
    await service.services.subscriptions.idle();
    return answer;
  };
  let people = 0;
  /** The tokens of a new address that has confirmed. */
  const subscribed = async (
    settings: object = { query: 'graphs' },
    email = `p${++people}@d${people}.example`,
  ) => {
    assert.equal((await call('POST', '/subscriptions', { email, ...settings })).statusCode, 202);
    const confirm = tokenOf(mail.mails.at(-1)!);
    const answer = await call('POST', `/subscriptions/${confirm}/confirm`);
    assert.equal(answer.statusCode, 200, answer.body);
    const { subscription, manageToken } = answer.json<{
      subscription: SubscriptionView;
      manageToken: string;
    }>();
    return { email, confirm, manage: manageToken, id: subscription.id };
  };
  const managed = async (token: string) =>
    (await call('GET', `/subscriptions/${token}`)).json<ManagedAnswer>();
  const query = async <T extends object>(text: string, values: unknown[] = []) =>
    (await service.database.db.pool.query<T>(text, values)).rows;
  return { mail, clock, lines, service, call, subscribed, managed, query };
}
