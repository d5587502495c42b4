import { join } from 'node:path';
import { createBacklog } from './embedding/backlog.js';
import { createEmbedder } from './embedding/create-embedder.js';
import { createEmbeddingStore } from './embedding/embedding-store.js';
import { createIngest } from './ingest/ingest.js';
import { createIntakeStore } from './ingest/intake-store.js';
import { createCatalog } from './papers/catalog.js';
import { createPaperStore } from './papers/paper-store.js';
import { createApiKeys } from './platform/api-keys.js';
import { type Clock, systemClock } from './platform/clock.js';
import type { Config } from './platform/config.js';
import { tryAdvisoryLock } from './platform/db/advisory-lock.js';
import { createApiKeyStore } from './platform/db/api-key-store.js';
import type { DatabaseConnection } from './platform/db/connection.js';
import { openDatabase } from './platform/db/database.js';
import { startEmbeddedPostgres } from './platform/db/embedded/postgres.js';
import { migrate } from './platform/db/migrate.js';
import { ensureDataFolder } from './platform/folders.js';
import type { Logger } from './platform/log.js';
import { projectRoot } from './platform/paths.js';
import { createRelated } from './recommendations/related.js';
import { createLexical } from './search/lexical.js';
import { createReadiness } from './search/readiness.js';
import { createSearch } from './search/search.js';
import { createVectorIndex } from './vectors/index-client.js';
import { createIndexer } from './vectors/indexer.js';
import type { VectorSource } from './vectors/ports.js';
import { createStoredSearch } from './vectors/stored-search.js';

export interface ServiceOverrides {
  clock?: Clock;
  /** A database that is running already, instead of what the configuration says. */
  connection?: DatabaseConnection;
}

/** Things to close, in the reverse order of their making; also when a later one could not be made. */
function createCleanup(log: Logger) {
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

type Cleanup = ReturnType<typeof createCleanup>;

/** What the service and every command have in common: the database, the model, and what needs no index. */
async function createCore(
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
  const embedder = await createEmbedder({ modelDir: config.modelDir, workers: config.embedWorkers, log });
  cleanup.add('the embedder', embedder.close);

  const papers = createPaperStore(db);
  const embeddings = createEmbeddingStore(db, embedder.model.id, clock);
  const intakes = createIntakeStore(db);
  const source: VectorSource = { ...embeddings, dimension: embedder.model.dimension };
  return {
    log,
    clock,
    db,
    embedder,
    papers,
    embeddings,
    intakes,
    source,
    lexical: createLexical(db),
    catalog: createCatalog(papers),
    ingest: createIngest({ papers, intakes, clock, log }),
    apiKeys: createApiKeys(createApiKeyStore(db, clock), config.apiKey),
  };
}

/** The name under which one process at a time embeds with a model. */
const embedderLock = (modelId: string) => `embed ${modelId}`;

/** The object graph of the service, in dependency order. Nothing in it has begun to work but the database. */
export async function createServices(config: Config, log: Logger, overrides: ServiceOverrides = {}) {
  const cleanup = createCleanup(log);
  try {
    // The index's snapshots go there, with whatever database.
    ensureDataFolder(config.dataDir);
    const core = await createCore(config, log, overrides, cleanup);
    const { db, embedder, papers, embeddings, source, clock } = core;
    const index = createVectorIndex({
      dimension: embedder.model.dimension,
      modelId: embedder.model.id,
      dir: join(config.dataDir, 'index'),
      exactLimit: config.indexExactLimit,
      log,
    });
    const indexer = createIndexer({ source, index, log, clock });
    cleanup.add('the indexer', indexer.close);
    const backlog = createBacklog({
      store: embeddings,
      embedder,
      lock: () => tryAdvisoryLock(db.pool, embedderLock(embedder.model.id)),
      log,
      onStored: indexer.hint,
    });
    cleanup.add('the embedding backlog', backlog.close);
    const readiness = createReadiness({ papers, embeddings, embedder, backlog, indexer });
    const { coverage } = readiness;
    const search = createSearch({ ...core, vectors: index, coverage });
    const related = createRelated({ ...core, search });
    return { ...core, indexer, backlog, readiness, search, related, close: cleanup.run };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

export type Services = Awaited<ReturnType<typeof createServices>>;

/** The object graph of a command, which may run beside the service: exact search, and no index of its own. */
export async function createCommandServices(config: Config, log: Logger, overrides: ServiceOverrides = {}) {
  const cleanup = createCleanup(log);
  try {
    const core = await createCore(config, log, overrides, cleanup);
    const { db, embedder, papers, embeddings, source } = core;
    const backlog = createBacklog({
      store: embeddings,
      embedder,
      lock: () => tryAdvisoryLock(db.pool, embedderLock(embedder.model.id)),
      log,
      onStored: () => undefined,
    });
    cleanup.add('the embedding backlog', backlog.close);
    const coverage = async () => ({ papers: await papers.count(), searchable: await embeddings.countLive() });
    const search = createSearch({ ...core, vectors: createStoredSearch(source), coverage });
    const related = createRelated({ ...core, search });
    return { ...core, backlog, search, related, close: cleanup.run };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

export type CommandServices = Awaited<ReturnType<typeof createCommandServices>>;
