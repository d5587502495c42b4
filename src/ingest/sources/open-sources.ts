import type { PaperStore } from '../../papers/paper-store.js';
import type { Clock } from '../../platform/clock.js';
import type { Database } from '../../platform/db/database.js';
import { createFetcher, fetchTimeoutMs } from '../../platform/fetcher.js';
import { createHttpClient } from '../../platform/http-client.js';
import type { Logger } from '../../platform/log.js';
import type { IntakeStore } from '../intake-store.js';
import { createPuller } from './puller.js';
import { createSourceScheduler } from './source-scheduler.js';
import { createSourceStore } from './source-store.js';
import { createSources } from './sources.js';

export interface OpenSourcesDeps {
  db: Database;
  papers: Pick<PaperStore, 'takeIn'>;
  intakes: IntakeStore;
  clock: Clock;
  log: Logger;
  /** Whether sources may be on private networks. */
  allowsPrivate: boolean;
  /** With a contact, as arXiv's and Crossref's rules ask for. */
  userAgent: string;
}

/** Sources with what pulls them; nothing is pulled before the scheduler is started. */
export function openSources({ allowsPrivate, userAgent, ...deps }: OpenSourcesDeps) {
  const { db, clock, log } = deps;
  const store = createSourceStore(db);
  const http = createHttpClient({ allowsPrivate, userAgent, timeoutMs: fetchTimeoutMs });
  const puller = createPuller({ ...deps, store, fetcher: createFetcher({ http, clock }) });
  return {
    sources: createSources({ store, clock, allowsPrivate }),
    puller,
    scheduler: createSourceScheduler({ store, puller, clock, log }),
  };
}
