import { join } from 'node:path';
import { createMatcher } from './digests/match.js';
import { createNewPapers } from './digests/new-papers.js';
import { createNewPapersStore } from './digests/new-papers-store.js';
import { openDigests, watchDigests } from './digests/open-digests.js';
import { openSubscriptions } from './digests/open-subscriptions.js';
import { createPreview } from './digests/preview.js';
import { embeddingModelOf } from './embedding/model/manifest.js';
import { resolveModel } from './embedding/model/source.js';
import { chooseModel, type FoundModel } from './engine/choose-model.js';
import type { Engine, EngineAccess } from './engine/engine.js';
import { createEngineHooks, type EngineHooks, watchEngines } from './engine/engine-metrics.js';
import { createEngineStore } from './engine/engine-store.js';
import { createEngines } from './engine/engines.js';
import { openIndexPart } from './engine/index-part.js';
import { createLabelMap } from './engine/label-map.js';
import { openModelPart } from './engine/model-part.js';
import { createIngest } from './ingest/ingest.js';
import { createIntakeStore } from './ingest/intake-store.js';
import { openSources } from './ingest/sources/open-sources.js';
import { watchSources } from './ingest/sources/source-scheduler.js';
import { createCatalog } from './papers/catalog.js';
import { createListingStore } from './papers/listing-store.js';
import { createPaperFeedStore } from './papers/paper-feed-store.js';
import { createPaperStore } from './papers/paper-store.js';
import { createApiKeys } from './platform/api-keys.js';
import { type Clock, systemClock } from './platform/clock.js';
import { type Config, DEFAULT_MODEL } from './platform/config.js';
import { createApiKeyStore } from './platform/db/api-key-store.js';
import type { DatabaseConnection } from './platform/db/connection.js';
import { openDatabase } from './platform/db/database.js';
import { startEmbeddedPostgres } from './platform/db/embedded/postgres.js';
import { migrate } from './platform/db/migrate.js';
import { listen } from './platform/db/notifications.js';
import { AppError } from './platform/errors.js';
import { ensureDataFolder } from './platform/folders.js';
import { createHttpClient } from './platform/http-client.js';
import type { Logger } from './platform/log.js';
import { createMailTransport } from './platform/mail/create-transport.js';
import type { MailTransport } from './platform/mail/transport.js';
import { createMetrics } from './platform/metrics.js';
import { projectRoot } from './platform/paths.js';
import type { ProgressOutput } from './platform/progress.js';
import { createProfile } from './recommendations/profile.js';
import { createRecommend } from './recommendations/recommend.js';
import { createLexicalIndexer } from './search/lexical/lexical-indexer.js';
import { watchLexical, watchLexicalSearches } from './search/lexical/lexical-metrics.js';
import { createStoredLexical } from './search/lexical/stored-lexical.js';
import { createLexicalClient } from './search/lexical/worker/client.js';
import { createListings } from './search/listings.js';
import { createReadiness } from './search/readiness.js';
import { createSearch } from './search/search.js';
import { createSuggest } from './search/suggest.js';
import { createStoredSearch } from './vectors/stored-search.js';
import { version } from './version.js';

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

/** What the service and every command have in common: the database, and what needs no model. */
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
    catalog: createCatalog(papers),
    listings: createListings({
      papers,
      store: createListingStore(db),
      latestIntake: async () => (await intakes.listRecent(1))[0] ?? null,
      clock,
    }),
    ingest: createIngest({ papers, intakes, clock, log }),
    apiKeys: createApiKeys(createApiKeyStore(db, clock), config.apiKey),
  };
}

type Core = Awaited<ReturnType<typeof createCore>>;

/** The word index's snapshots: apart from the vectors', whose folder is cleared of what no model needs. */
export const wordsDir = ({ dataDir }: Pick<Config, 'dataDir'>): string => join(dataDir, 'words');

/** Where models are looked for, and fetched from when they are nowhere. */
function modelResolver(config: Config, { log, signal, progress }: ServiceOverrides & { log: Logger }) {
  const { modelsDir, dataDir, modelHub: hub } = config;
  return (ref: string): Promise<FoundModel> =>
    resolveModel(ref, {
      modelsDir,
      dataDir,
      hub,
      log,
      progress: progress ?? process.stderr,
      ...(signal ? { signal } : {}),
    });
}

/** The model that answers, opened; nothing of it has begun to work. */
async function openActiveModel(
  config: Config,
  core: Core,
  overrides: ServiceOverrides & { maySwitch: boolean; hooks?: EngineHooks },
) {
  const { db, clock, log, engineStore } = core;
  const resolve = modelResolver(config, { ...overrides, log });
  const { model: configured, embedWorkers: workers } = config;
  const chosen = await chooseModel({
    store: engineStore,
    resolve,
    configured,
    fallback: DEFAULT_MODEL,
    maySwitch: overrides.maySwitch,
    log,
  });
  const open = (modelDir: string) =>
    openModelPart(modelDir, { db, clock, log, workers, onRun: overrides.hooks?.onRun });
  return { ...chosen, model: await open(chosen.modelDir), resolve, open };
}

/** What digests have in common in a service and in a command. */
function digestParts(config: Config, { catalog, db, clock, log }: Core) {
  const { publicUrl, webhookPrivate, digestUncertain: uncertain } = config;
  const userAgent = `Quire/${version} (+${publicUrl})`;
  const http = createHttpClient({ allowsPrivate: webhookPrivate, userAgent });
  const { resolve } = catalog;
  return { resolve, db, clock, log, http, from: config.mail.from, publicUrl, uncertain };
}

/** Where papers are pulled from: in the service with its scheduler, in a command to be pulled by hand. */
function sourceParts(config: Config, { db, papers, intakes, clock, log }: Core) {
  const userAgent = `Quire/${version} (+${config.contact})`;
  return openSources({ db, papers, intakes, clock, log, allowsPrivate: config.sourcesPrivate, userAgent });
}

/** What a command sees is in the database: no index has to catch up. */
const EVERYTHING = 2n ** 62n;

/** The object graph of the service, in dependency order. Nothing in it has begun to work but the database. */
export async function createServices(config: Config, log: Logger, overrides: ServiceOverrides = {}) {
  const cleanup = createCleanup(log);
  try {
    // The index's snapshots go there, with whatever database.
    ensureDataFolder(config.dataDir);
    const core = await createCore(config, log, overrides, cleanup);
    const { db, papers, clock, engineStore, feed } = core;
    const metrics = createMetrics();
    const hooks = createEngineHooks(metrics);
    const first = await openActiveModel(config, core, { ...overrides, maySwitch: true, hooks });
    const indexDir = join(config.dataDir, 'index');
    const engines = createEngines(first, {
      store: engineStore,
      openModel: async ({ id, ref }) => {
        const { modelDir, manifest } = await first.resolve(ref);
        const found = embeddingModelOf(manifest).id;
        if (found === id) return first.open(modelDir);
        const problem = `${modelDir} holds ${found} by now, expected ${id}`;
        throw new AppError('model_invalid', `${problem}: restore its files, or \`quire model use ${ref}\``);
      },
      openIndex: (model, generation) =>
        openIndexPart(model, generation, { indexDir, exactLimit: config.indexExactLimit, clock, log, hooks }),
      countPapers: papers.count,
      indexDir,
      log,
    });
    cleanup.add('the engine', engines.close);
    watchEngines(metrics, engines);
    const lexical = createLexicalClient({ dir: wordsDir(config), onSearch: watchLexicalSearches(metrics) });
    const words = createLexicalIndexer({ feed, index: lexical, countPapers: papers.count, log, clock });
    cleanup.add('the word index', words.close);
    watchLexical(metrics, lexical, words);
    const readiness = createReadiness({ papers, engines, words });
    const search = createSearch({ papers, clock, engines, lexical, coverage: readiness.coverage });
    const recommend = createRecommend({ papers, clock, engines, lexical, coverage: readiness.coverage });
    const newPapersStore = createNewPapersStore(db);
    const newPapers = createNewPapers({ store: newPapersStore, papers });
    const matcher = createMatcher({ search, recommend, clock });
    const { publicUrl } = config;
    const { from } = config.mail;
    const transport = overrides.mail ?? (await createMailTransport(config.mail));
    cleanup.add('the mails', transport.close);
    const subscribing = openSubscriptions({
      db,
      catalog: core.catalog,
      clock,
      log,
      metrics,
      transport,
      mails: { publicUrl, from },
    });
    cleanup.add('the subscriptions', subscribing.subscriptions.close);
    const digests = openDigests({
      ...{ ...digestParts(config, core), transport, newPapersStore, newPapers, matcher },
      prune: subscribing.subscriptions.prune,
      marks: () => ({
        modelId: engines.serving.model.id,
        words: BigInt(words.status().watermark),
        vectors: BigInt(engines.serving.index.indexer.status().watermark),
      }),
    });
    cleanup.add('the digests', digests.scheduler.close);
    watchDigests(metrics, digests.scheduler);
    const pulls = sourceParts(config, core);
    cleanup.add('the sources', pulls.scheduler.close);
    watchSources(metrics, pulls.scheduler);
    const notifications = listen(db.pool, {
      log,
      onChange(what) {
        if (what === 'digests') return digests.scheduler.hint();
        if (what === 'sources') return pulls.scheduler.hint();
        readiness.hint();
        if (what === 'papers' || what === null) words.hint();
        if (what !== 'embeddings') engines.hint();
        if (what !== 'papers') engines.hintIndex();
      },
    });
    cleanup.add('the notifications', notifications.close);
    return {
      ...core,
      ...subscribing,
      digests: digests.scheduler,
      sources: pulls.sources,
      sourceScheduler: pulls.scheduler,
      deliveries: digests.deliveries,
      mail: transport,
      /** Begins to embed, index and follow, and to do what the forms were asked for; returns at once. */
      start(): void {
        engines.start();
        words.start();
        subscribing.subscriptions.start();
      },
      /** Begins to send digests that are due; returns at once. */
      startDigests: digests.scheduler.start,
      /** Begins to pull sources that are due, those of the file as they stand there now. @throws AppError invalid_config */
      async startSources(): Promise<void> {
        if (config.sourcesFile !== null) {
          const { put, off } = await pulls.sources.follow(config.sourcesFile);
          log.info({ sources: put, off }, 'the sources are those of SOURCES_FILE');
        }
        pulls.scheduler.start();
      },
      /** Papers were taken in. */
      hintPapers(): void {
        engines.hint();
        words.hint();
      },
      /** Changes whenever the answer to a search may change. */
      stateTag(): string {
        const { model, index, epoch } = engines.serving;
        const { watermark, live } = index.indexer.status();
        // `since:30d` counts from today.
        const day = clock.now().toISOString().slice(0, 10);
        const { isWarm } = model.embedder;
        return [model.id, epoch, watermark, live, words.status().watermark, isWarm, day].join(' ');
      },
      metrics,
      engines,
      words,
      lexical,
      resolveModel: first.resolve,
      readiness,
      search,
      suggest: createSuggest({ papers, lexical }),
      recommend,
      profile: createProfile({ papers, recommend, search }),
      newPapersStore,
      newPapers,
      matcher,
      preview: createPreview({ newPapers, matcher, clock }),
      close: cleanup.run,
    };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

export type Services = Awaited<ReturnType<typeof createServices>>;

/** What a command needs that asks no model: it works although the model's files are missing. */
export async function createStoreServices(config: Config, log: Logger, overrides: ServiceOverrides = {}) {
  const cleanup = createCleanup(log);
  try {
    const core = await createCore(config, log, overrides, cleanup);
    return {
      ...core,
      ...sourceParts(config, core),
      resolveModel: modelResolver(config, { ...overrides, log }),
      close: cleanup.run,
    };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

export type StoreServices = Awaited<ReturnType<typeof createStoreServices>>;

/** The object graph of a command, which may run beside the service: exact search, and no index of its own. */
export async function createCommandServices(config: Config, log: Logger, overrides: ServiceOverrides = {}) {
  const cleanup = createCleanup(log);
  try {
    const core = await createCore(config, log, overrides, cleanup);
    const { papers, clock, feed } = core;
    const { model, state } = await openActiveModel(config, core, { ...overrides, maySwitch: false });
    cleanup.add('the embedder', model.close);
    const { embedder, embeddings } = model;
    const labels = createLabelMap();
    const engine: Engine = {
      modelId: model.id,
      epoch: state.epoch,
      embedder,
      embeddings,
      vectors: createStoredSearch(embeddings),
      labels,
    };
    const engines: EngineAccess = {
      async with(work) {
        // Anew each time: a command may search, wait for papers, and search again.
        for (const [label, key] of await embeddings.listLabels()) labels.change(label, key);
        return work(engine);
      },
    };
    const lexical = createStoredLexical(wordsDir(config), feed, log);
    const coverage = async () => {
      const [all, { failed }] = await Promise.all([papers.count(), model.pending.count()]);
      return { papers: all - failed, searchable: await embeddings.countLive(), isCounted: true };
    };
    const search = createSearch({ papers, clock, engines, lexical, coverage });
    const recommend = createRecommend({ papers, clock, engines, lexical, coverage });
    const newPapersStore = createNewPapersStore(core.db);
    const newPapers = createNewPapers({ store: newPapersStore, papers });
    const matcher = createMatcher({ search, recommend, clock });
    const transport = overrides.mail ?? (await createMailTransport(config.mail));
    cleanup.add('the mails', transport.close);
    const digests = openDigests({
      ...{ ...digestParts(config, core), transport, newPapersStore, newPapers, matcher },
      // The service does, in its own time.
      prune: async () => {},
      marks: () => ({ modelId: model.id, words: EVERYTHING, vectors: EVERYTHING }),
    });
    cleanup.add('the digests', digests.scheduler.close);
    return {
      ...core,
      model,
      search,
      recommend,
      profile: createProfile({ papers, recommend, search }),
      preview: createPreview({ newPapers, matcher, clock }),
      digests: digests.scheduler,
      close: cleanup.run,
    };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

export type CommandServices = Awaited<ReturnType<typeof createCommandServices>>;
