import type { Catalog } from '../papers/catalog.js';
import type { Clock } from '../platform/clock.js';
import type { Database } from '../platform/db/database.js';
import type { HttpClient } from '../platform/http-client.js';
import type { Logger } from '../platform/log.js';
import type { Mail, MailTransport } from '../platform/mail/transport.js';
import type { Metrics } from '../platform/metrics.js';
import { createComposer } from './composer.js';
import { createDelivery } from './deliver.js';
import { createDeliveryStore } from './delivery-store.js';
import { deliveryStates } from './digest.js';
import { COUNTED_DAYS, createHistoryStore } from './history-store.js';
import type { Matcher } from './match.js';
import type { NewPapersReader } from './new-papers.js';
import type { IndexMarks, NewPapersStore } from './new-papers-store.js';
import { createRunStore } from './run-store.js';
import { createScheduler, type Scheduler } from './scheduler.js';
import { createTokenStore } from './token-store.js';
import { createTokens, DIGEST_LINK_DAYS } from './tokens.js';
import { createWebhookSender } from './webhook-sender.js';

export interface DigestParts {
  db: Database;
  clock: Clock;
  log: Logger;
  transport: MailTransport;
  http: HttpClient;
  newPapersStore: NewPapersStore;
  newPapers: NewPapersReader;
  resolve: Catalog['resolve'];
  matcher: Matcher;
  /** How far the indexes have come. */
  marks: () => IndexMarks;
  from: Mail['from'];
  publicUrl: string;
  uncertain: 'hold' | 'resend';
  /** Forgets what nobody confirmed and what has expired. */
  prune: () => Promise<void>;
}

/** Digests from what came in to what was sent. Nothing has begun to run. */
export function openDigests(parts: DigestParts) {
  const { db, clock, log, transport, http } = parts;
  const deliveries = createDeliveryStore(db);
  const tokens = createTokens(createTokenStore(db), clock);
  const composer = createComposer({
    store: parts.newPapersStore,
    newPapers: parts.newPapers,
    matcher: parts.matcher,
    deliveries,
    resolve: parts.resolve,
    marks: parts.marks,
    issueToken: (scope) => tokens.issue({ ...scope, purpose: 'manage' }, DIGEST_LINK_DAYS),
    from: parts.from,
    publicUrl: parts.publicUrl,
  });
  const delivering = createDelivery({
    store: deliveries,
    composer,
    transport,
    webhooks: createWebhookSender(http),
    clock,
    log,
    uncertain: parts.uncertain,
  });
  const scheduler = createScheduler({
    ...{ delivering, history: createHistoryStore(db), runs: createRunStore(db), prune: parts.prune },
    ...{ db, clock, log },
  });
  return { deliveries, scheduler };
}

/** What the scheduler last said of itself, for Prometheus. */
export function watchDigests(
  metrics: Metrics,
  { lastStatus: read, standsStill }: Pick<Scheduler, 'lastStatus' | 'standsStill'>,
): void {
  metrics.read({
    name: 'digests',
    help: `Digests in each state; of those that were sent, failed or skipped the ones due in the last ${COUNTED_DAYS} days.`,
    type: 'gauge',
    read: () =>
      deliveryStates.map(
        (state) => [{ state }, read()?.states.find((one) => one.state === state)?.count ?? 0] as const,
      ),
  });
  metrics.read({
    name: 'digest_scheduler_stands_still',
    help: '1 where for ten minutes no run of digests has made progress or come to its end.',
    type: 'gauge',
    read: () => (standsStill() ? 1 : 0),
  });
  metrics.read({
    name: 'digest_run_stopped',
    help: '1 where the last run of digests was stopped, as where the mail server is away; `problem` of /readyz says why.',
    type: 'gauge',
    read: () => ((read()?.lastRun?.problem ?? null) === null ? 0 : 1),
  });
}
