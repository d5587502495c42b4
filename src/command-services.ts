import { createCleanup, createCore, type ServiceOverrides } from './core-services.js';
import { createMatcher } from './digests/match.js';
import { createNewPapers } from './digests/new-papers.js';
import { createNewPapersStore } from './digests/new-papers-store.js';
import { openDigests } from './digests/open-digests.js';
import { createPreview } from './digests/preview.js';
import type { Engine, EngineAccess } from './engine/engine.js';
import { createLabelMap } from './engine/label-map.js';
import { createIngest } from './ingest/ingest.js';
import { digestParts, openActiveModel, wordsDir } from './model-services.js';
import type { Config } from './platform/config.js';
import type { Logger } from './platform/log.js';
import { createMailTransport } from './platform/mail/create-transport.js';
import { createProfile } from './recommendations/profile.js';
import { createRecommend } from './recommendations/recommend.js';
import { createStoredLexical } from './search/lexical/stored-lexical.js';
import { createSearch } from './search/search.js';
import { createStoredSearch } from './vectors/stored-search.js';

/** What a command sees is in the database: no index has to catch up. */
const EVERYTHING = 2n ** 62n;

/** The object graph of a command, which may run beside the service: exact search, and no index of its own. */
export async function createCommandServices(config: Config, log: Logger, overrides: ServiceOverrides = {}) {
  const cleanup = createCleanup(log);
  try {
    const core = await createCore(config, log, overrides, cleanup);
    const { papers, intakes, clock, feed } = core;
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
      ingest: createIngest({ papers, intakes, clock, log }),
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
