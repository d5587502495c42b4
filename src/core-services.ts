import { join } from 'node:path';
import { createEngineStore } from './engine/engine-store.js';
import { createIntakeStore } from './ingest/intake-store.js';
import { createCatalog } from './papers/catalog.js';
import { createCountStore } from './papers/count-store.js';
import { createListingStore } from './papers/listing-store.js';
import { createPaperFeedStore } from './papers/paper-feed-store.js';
import { createPaperStore } from './papers/paper-store.js';
import { createSplitStore } from './papers/split-store.js';
import { createApiKeys } from './platform/api-keys.js';
import { type Clock, systemClock } from './platform/clock.js';
import type { Config } from './platform/config.js';
import { createApiKeyStore } from './platform/db/api-key-store.js';
import type { DatabaseConnection } from './platform/db/connection.js';
import { openDatabase } from './platform/db/database.js';
import { startEmbeddedPostgres } from './platform/db/embedded/postgres.js';
import { migrate } from './platform/db/migrate.js';
import type { Logger } from './platform/log.js';
import type { MailTransport } from './platform/mail/transport.js';
import { projectRoot } from './platform/paths.js';
import type { ProgressOutput } from './platform/progress.js';
import { createListings } from './search/listings.js';

export interface ServiceOverrides {
  clock?: Clock;
  /** A database that is running already, instead of what the configuration says. */
  connection?: DatabaseConnection;
  /** Where mails go, instead of what the configuration says. */
  mail?: MailTransport;
  /** Where the progress of a model's download is shown; standard error when not given. */
  progress?: ProgressOutput;
  /** Breaks a download off. */
  signal?: AbortSignal;
}

/** Things to close, in the reverse order of their making; also when a later one could not be made. */
export function createCleanup(log: Logger) {
  const steps: { name: string; close: () => Promise<unknown> }[] = [];
  return {
    add: (name: string, close: () => Promise<unknown>): void => {
      steps.push({ name, close });
    },
    async run(): Promise<void> {
      for (const { name, close } of steps.splice(0).reverse()) {
        await close().catch((error: unknown) => log.error({ err: error }, `${name} did not close`));
      }
    },
  };
}

export type Cleanup = ReturnType<typeof createCleanup>;

/** What the service and every command have in common: the database, and what needs no model. */
export async function createCore(
  config: Config,
  log: Logger,
  { clock = systemClock, connection: given }: ServiceOverrides,
  cleanup: Cleanup,
) {
  let connection = given ?? config.databaseUrl;
  if (connection === null) {
    const postgres = await startEmbeddedPostgres({ dataDir: config.dataDir, log });
    cleanup.add('PostgreSQL', postgres.close);
    connection = postgres.connection;
  }
  await migrate(connection, { migrationsDir: join(projectRoot, 'prisma/migrations'), log });
  const db = await openDatabase(connection, { log, poolSize: config.databasePool });
  cleanup.add('the database', db.close);

  const papers = createPaperStore(db);
  const intakes = createIntakeStore(db);
  return {
    log,
    clock,
    db,
    papers,
    intakes,
    engineStore: createEngineStore(db),
    feed: createPaperFeedStore(db),
    catalog: createCatalog({ papers, records: createSplitStore(db), counts: createCountStore(db) }),
    listings: createListings({
      papers,
      store: createListingStore(db),
      latestIntake: async () => (await intakes.listRecent(1))[0] ?? null,
      clock,
    }),
    apiKeys: createApiKeys(createApiKeyStore(db, clock), config.apiKey),
  };
}

export type Core = Awaited<ReturnType<typeof createCore>>;
