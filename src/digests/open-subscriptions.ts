import type { Catalog } from '../papers/catalog.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/db/database.js';
import type { Logger } from '../platform/log.js';
import type { MailTransport } from '../platform/mail/transport.js';
import type { Metrics } from '../platform/metrics.js';
import { createBudgetStore } from './budget-store.js';
import { createBudgets } from './budgets.js';
import { createFeedback } from './feedback.js';
import { createFeedbackStore } from './feedback-store.js';
import { createFormMailer } from './form-mailer.js';
import type { FormMailOptions } from './form-mails.js';
import { createFormRequestStore } from './form-request-store.js';
import { createFormRequests } from './form-requests.js';
import { createHistoryStore } from './history-store.js';
import { createOutlook } from './outlook.js';
import { createSubscriptionStore } from './subscription-store.js';
import { createSubscriptions } from './subscriptions.js';
import { createTokenStore } from './token-store.js';
import { createTokens } from './tokens.js';
import { createWebhooks } from './webhooks.js';

export interface SubscriptionParts {
  db: Pick<Database, 'prisma' | 'pool'>;
  catalog: Catalog;
  clock: Clock;
  log: Logger;
  metrics: Pick<Metrics, 'read'>;
  /** null: the forms say that there is no mail. */
  transport: Pick<MailTransport, 'send'> | null;
  mails: FormMailOptions;
}

/** Everything of subscribers but the digests themselves. Nothing has begun to run; `subscriptions.close` ends what is under way. */
export function openSubscriptions(parts: SubscriptionParts) {
  const { db, catalog, clock, log, metrics, transport, mails } = parts;
  const store = createSubscriptionStore(db);
  const said = createFeedbackStore(db);
  const tokens = createTokens(createTokenStore(db), clock);
  const budgets = createBudgets(createBudgetStore(db), clock);
  const requests = createFormRequests({ store, tokens, budgets, clock, log, mails });
  const mailer = createFormMailer({ store: createFormRequestStore(db), ...requests, transport, clock, log });
  const outlook = createOutlook({ history: createHistoryStore(db), catalog, clock });
  const subscriptions = createSubscriptions({
    ...{ store, feedback: said, tokens, mailer, outlook, catalog, clock },
  });
  metrics.read({
    name: 'form_requests_total',
    help: 'Requests of the subscription forms: accepted, and of these over a budget. What else became of them would tell which addresses are known.',
    type: 'counter',
    read: () => subscriptions.openCounts().map(([outcome, count]) => [{ outcome }, count] as const),
  });
  return {
    subscriptions,
    feedback: createFeedback({ store: said, subscriptions: store, tokens, catalog, clock }),
    webhooks: createWebhooks({ store, catalog, clock }),
  };
}
