import { join } from 'node:path';
import { createCleanup, createCore, type ServiceOverrides } from './core-services.js';
import { createMatcher } from './digests/match.js';
import { createNewPapers } from './digests/new-papers.js';
import { createNewPapersStore } from './digests/new-papers-store.js';
import { openDigests, watchDigests } from './digests/open-digests.js';
import { openSubscriptions } from './digests/open-subscriptions.js';
import { createPreview } from './digests/preview.js';
import { embeddingModelOf } from './embedding/model/manifest.js';
import { createEngineHooks, watchEngines } from './engine/engine-metrics.js';
import { createEngines } from './engine/engines.js';
import { openIndexPart } from './engine/index-part.js';
import { createIngest } from './ingest/ingest.js';
import { watchSources } from './ingest/sources/source-scheduler.js';
import { digestParts, openActiveModel, wordsDir } from './model-services.js';
import type { Config } from './platform/config.js';
import { listen } from './platform/db/notifications.js';
import { AppError } from './platform/errors.js';
import { ensureDataFolder } from './platform/folders.js';
import type { Logger } from './platform/log.js';
import { createMailTransport } from './platform/mail/create-transport.js';
import { createMetrics } from './platform/metrics.js';
import { createProfile } from './recommendations/profile.js';
import { createRecommend } from './recommendations/recommend.js';
import { createLexicalIndexer } from './search/lexical/lexical-indexer.js';
import { watchLexical, watchLexicalSearches } from './search/lexical/lexical-metrics.js';
import { createLexicalClient } from './search/lexical/worker/client.js';
import { createReadiness } from './search/readiness.js';
import { createSearch } from './search/search.js';
import { createSuggest } from './search/suggest.js';
import { sourceParts } from './source-services.js';

/** The object graph of the service, in dependency order. Nothing in it has begun to work but the database. */
export async function createServices(config: Config, log: Logger, overrides: ServiceOverrides = {}) {
  const cleanup = createCleanup(log);
  try {
    // The index's snapshots go there, with whatever database.
    ensureDataFolder(config.dataDir);
    const core = await createCore(config, log, overrides, cleanup);
    const { db, papers, intakes, clock, engineStore, feed } = core;
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
      ingest: createIngest({ papers, intakes, clock, log }),
      ...subscribing,
      digests: digests.scheduler,
      /** Papers by the UTC day on which they came in. */
      countTakenIn: newPapersStore.countByDay,
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
