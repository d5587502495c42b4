import type { Clock } from '../platform/clock.js';
import type { Logger } from '../platform/log.js';
import type { Budgets } from './budgets.js';
import type { FormResult } from './form-mailer.js';
import { confirmMail, type FormMailOptions, manageMail } from './form-mails.js';
import type { FormRequest } from './form-request-store.js';
import type { Subscription, SubscriptionSettings } from './subscription.js';
import type { SubscriptionStore } from './subscription-store.js';
import { CONFIRM_DAYS, MANAGE_DAYS, type Tokens } from './tokens.js';

/**
 * A dead address may be asked again so long after it was found dead or asked last. A mailbox that was full, moved or misconfigured is put
 * right within days; a mail a week to one that is gone harms no sender's name.
 */
const ASK_AGAIN_DAYS = 7;

const DAY_MS = 86_400_000;

export interface FormRequestsDeps {
  store: Pick<SubscriptionStore, 'find' | 'addPending' | 'findConfirmed' | 'renewSuppression'>;
  tokens: Pick<Tokens, 'issue'>;
  budgets: Budgets;
  clock: Clock;
  log: Logger;
  mails: FormMailOptions;
}

/** What requests of the public forms come to. */
export function createFormRequests({ store, tokens, budgets, clock, log, mails }: FormRequestsDeps) {
  /** Whether a mail may go to the address, booked once; counted and logged without it. */
  async function isInBudget({ id, emailKey, ip }: FormRequest): Promise<boolean> {
    if (ip === null) return true;
    const full = await budgets.spend({ emailKey, ip, request: id });
    if (full !== null) log.warn({ budget: full }, 'a form is over its budget: no mail was sent');
    return full === null;
  }

  /** The subscription that the mail asks about; the same at each try. null: nothing may be sent to the address. */
  async function pendingOf(
    { id, email, emailKey, subscriptionId }: FormRequest,
    settings: SubscriptionSettings,
  ): Promise<Subscription | null> {
    if (subscriptionId !== null) return store.find(subscriptionId);
    const now = clock.now();
    const askAgain = new Date(now.getTime() - ASK_AGAIN_DAYS * DAY_MS);
    return store.addPending({ email, key: emailKey }, settings, { now, request: id, askAgain });
  }

  async function mailToConfirm(request: FormRequest, settings: SubscriptionSettings): Promise<FormResult> {
    const pending = await pendingOf(request, settings);
    if (pending === null) return 'suppressed';
    const { id: subscriptionId, subscriberId } = pending;
    const token = await tokens.issue({ subscriberId, subscriptionId, purpose: 'confirm' }, CONFIRM_DAYS);
    return confirmMail({ id: request.id, to: request.email, token, date: clock.now() }, mails);
  }

  async function mailToManage({ id, email, emailKey }: FormRequest): Promise<FormResult> {
    const known = await store.findConfirmed(emailKey);
    if (known === null) return 'unknown';
    const scope = { subscriberId: known.id, subscriptionId: null, purpose: 'manage' } as const;
    const token = await tokens.issue(scope, MANAGE_DAYS);
    return manageMail({ id, to: known.email ?? email, token, date: clock.now() }, mails);
  }

  return {
    /** At each try anew: of the token in it there is but the hash. */
    async mailFor(request: FormRequest): Promise<FormResult> {
      if (!(await isInBudget(request))) return 'over_budget';
      const { wish } = request;
      return wish.kind === 'confirm' ? mailToConfirm(request, wish.settings) : mailToManage(request);
    },

    /** The server refused its mail for good: an address that was asked again is dead anew. */
    onRefused: ({ emailKey }: FormRequest, response: string): Promise<void> =>
      store.renewSuppression(emailKey, { by: response, now: clock.now() }),
  };
}
