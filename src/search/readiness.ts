import type { BacklogStatus } from '../embedding/backlog.js';
import type { Engines, SwitchProgress } from '../engine/engines.js';
import type { PaperStore } from '../papers/paper-store.js';
import type { IndexerStatus } from '../vectors/indexer.js';
import type { LexicalIndexer, LexicalStatus } from './lexical/lexical-indexer.js';

/** How much of the collection can be found by meaning right now. */
export interface Coverage {
  papers: number;
  searchable: number;
  /** The word index holds all of them. */
  isCounted: boolean;
}

/** Counts are looked up at most this often: a burst of searches must not count 100,000 rows each. */
const REFRESH_MS = 1_000;

/** … and this often where nobody said that something changed: a count reads every row. */
const IDLE_REFRESH_MS = 15_000;

export interface Readiness {
  /** Everything that the database holds can be found by meaning, and the model is loaded. */
  ready: boolean;
  /** What is missing, for people; empty when ready. */
  reasons: string[];
  papers: number;
  /** Papers in the index. */
  searchable: number;
  /** Papers that wait for a vector of their present text. */
  pending: number;
  /** Papers whose text the model can't take. They stay without a vector, and keyword search finds them. */
  failed: number;
  embedding: BacklogStatus;
  index: IndexerStatus;
  words: LexicalStatus;
  model: { id: string; loaded: boolean };
  epoch: number;
  /** Another model, or a new index, that is being made ready. */
  switching: SwitchProgress | null;
}

export interface ReadinessDeps {
  papers: Pick<PaperStore, 'count'>;
  engines: Pick<Engines, 'serving' | 'progress'>;
  words: Pick<LexicalIndexer, 'status' | 'readHead'>;
}

interface Counts {
  modelId: string;
  papers: number;
  waiting: number;
  failed: number;
  /** The last change of the vectors, and of the papers. */
  head: bigint;
  wordsHead: bigint;
}

/** How complete the answers are right now. */
export function createReadiness({ papers, engines, words }: ReadinessDeps) {
  let last: { at: number; modelId: string; counts: Promise<Counts> } | null = null;
  let changed = true;

  function count(): Promise<Counts> {
    const { model } = engines.serving;
    changed = false;
    const counts = (async () => {
      const [all, pending] = await Promise.all([papers.count(), model.pending.count()]);
      // Asked last: every vector that made `waiting` zero is at or before the head.
      const [head, wordsHead] = await Promise.all([model.embeddings.head(), words.readHead()]);
      return { modelId: model.id, papers: all, ...pending, head, wordsHead };
    })();
    last = { at: performance.now(), modelId: model.id, counts };
    counts.catch(() => {
      last = null;
    });
    return counts;
  }

  function recentCounts(): Promise<Counts> {
    if (last === null || last.modelId !== engines.serving.model.id) return count();
    const age = performance.now() - last.at;
    return age < (changed ? REFRESH_MS : IDLE_REFRESH_MS) ? last.counts : count();
  }

  async function describe(counting: Promise<Counts>): Promise<Readiness> {
    const { modelId, papers: all, waiting, failed, head, wordsHead } = await counting;
    const { model, index: indexPart, epoch } = engines.serving;
    const embedding = model.backlog.status();
    const status = indexPart.indexer.status();
    const loaded = model.embedder.isWarm;
    // What the indexer saw at its last look may be older than the count; a count of another model says nothing.
    const covered = status.covered && BigInt(status.watermark) >= head && modelId === model.id;
    const index = { ...status, covered };
    const reasons: string[] = [];
    const { loadError } = model;
    if (!loaded && loadError === null) reasons.push('the embedding model is being loaded');
    else if (!loaded) reasons.push(`the embedding model can't be loaded: ${loadError}`);
    if (waiting > 0) reasons.push(`${waiting} of ${all} papers wait to be embedded`);
    if (!covered) {
      const state = status.state === 'live' ? 'catching up' : status.state.replace('_', ' ');
      reasons.push(`the index is ${state} (${index.live} vectors)`);
    }
    const found = words.status();
    const wordsCovered = found.covered && BigInt(found.watermark) >= wordsHead;
    if (!wordsCovered) {
      const trouble = found.error === null ? '' : `: ${found.error}`;
      reasons.push(`the word index is ${found.state.replace('_', ' ')} (${found.papers} papers)${trouble}`);
    }
    return {
      ready: reasons.length === 0,
      reasons,
      papers: all,
      searchable: Math.min(index.live, all),
      pending: waiting,
      failed,
      embedding,
      index,
      words: { ...found, covered: wordsCovered },
      model: { id: model.id, loaded },
      epoch,
      switching: engines.progress(),
    };
  }

  return {
    /** What a probe relies on: “ready” is never said of an older count. */
    async check(): Promise<Readiness> {
      const recent = await describe(recentCounts());
      return recent.ready ? describe(count()) : recent;
    },

    /** From counts made now: for whoever waits for something that has just come in, and asks rarely. */
    checkAnew: (): Promise<Readiness> => describe(count()),

    /** From counts that are at most a second old, or older where nothing has changed: for pages. */
    glance: (): Promise<Readiness> => describe(recentCounts()),

    /** As `glance`, but never “nothing” when something has just come in. */
    async coverage(): Promise<Coverage> {
      const { live } = engines.serving.index.indexer.status();
      const { papers: all, failed } = live === 0 ? await count() : await recentCounts();
      return { papers: Math.max(all - failed, live), searchable: live, isCounted: words.status().covered };
    },

    /** Papers or vectors have changed. */
    hint(): void {
      changed = true;
    },
  };
}

export type ReadinessService = ReturnType<typeof createReadiness>;
