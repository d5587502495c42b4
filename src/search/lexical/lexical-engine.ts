import type { LexicalDocument } from './document.js';
import { createLexicalIndex, type LexicalIndex } from './lexical-index.js';
import type {
  LexicalAnswer,
  LexicalChanges,
  LexicalQuery,
  LexicalSearcher,
  LexicalStats,
  Subset,
} from './ports.js';
import { completeText } from './queries/complete.js';
import { countFacets, type Facets } from './queries/facets.js';
import { deadlineAfter, type Mask, matchAll } from './queries/match.js';
import { listInOrder } from './queries/ordered.js';
import {
  explainScores,
  type RankTerm,
  type Scores,
  type Scratch,
  scoreAll,
  scratchOf,
  selectBest,
} from './queries/rank.js';
import { meantBy } from './queries/spelling.js';
import { titleCandidates } from './queries/titles.js';
import { wordsHash } from './segments/columns.js';
import {
  loadLexicalSnapshot,
  removeLexicalSnapshots,
  writeLexicalSnapshot,
} from './segments/snapshot-file.js';

/** What one query may take of the thread: a hundred times what twelve terms take at 100,000 papers. */
export const QUERY_BUDGET_MS = 1_000;

/** Words of a query that are checked for slips: a longer one is a text. */
const SPELLING_CHECKED = 32;

/**
 * The word index and its snapshots in this thread. Calls don't interleave: each one answers from one state. `isReader`: the
 * snapshots are another process's, and stay as they are.
 */
export function createLexicalEngine(dir: string, { isReader = false }: { isReader?: boolean } = {}) {
  let index: LexicalIndex = createLexicalIndex();
  let watermark = 0n;

  let scratch: Scratch | null = null;
  /** Of all papers: what the pages ask for again and again, until something changes. */
  let allFacets: Facets | null = null;

  const facetsOf = (mask: Mask | null): Facets => {
    if (mask !== null) return countFacets(index.view(), mask);
    allFacets ??= countFacets(index.view(), null);
    return allFacets;
  };

  const stats = (): LexicalStats => {
    const { live, size, segments } = index.view();
    return {
      papers: live,
      dead: size - live,
      segments: segments.length,
      bytes: index.bytes,
      watermark,
      latest: index.latest,
    };
  };

  function search({ terms, maxTerms, conditions, k, also = [], facets, words }: LexicalQuery): LexicalAnswer {
    const deadline = deadlineAfter(QUERY_BUDGET_MS);
    const view = index.view();
    const mask = matchAll(view, conditions, deadline);
    scratch = scratchOf(view.size, scratch);
    const { scores } = scratch;
    const counts = words === undefined ? null : scratch.titles;
    const rarity = scoreAll(view, terms, { scores, titles: counts, deadline, maxTerms });
    const { best, matches } = selectBest(view, scores, { mask, k });
    return {
      hits: best,
      also: also.map((key) => {
        const slot = view.slotOf(key);
        return slot < 0 ? 0 : scores[slot]!;
      }),
      passing: mask === null ? view.live : countPassing(mask),
      matching: matches,
      facets: facets ? facetsOf(facets === 'matching' ? found(scores, mask) : mask) : null,
      rarity,
      titles:
        words === undefined || counts === null
          ? []
          : titleCandidates(view, { words, terms, counts }, { mask, deadline }),
      meant: words?.map((word, at) => (at < SPELLING_CHECKED ? meantBy(view, word) : null)) ?? [],
    };
  }

  /** The papers in which a term is found, of those that pass. */
  function found(scores: Scores, mask: Mask | null): Mask {
    const both = new Uint8Array(index.view().size);
    for (let slot = 0; slot < both.length; slot++)
      if (scores[slot] !== 0 && (mask === null || mask[slot] === 1)) both[slot] = 1;
    return both;
  }

  function countPassing(mask: Mask): number {
    const { live } = index.view().columns;
    let count = 0;
    for (let slot = 0; slot < mask.length; slot++) count += mask[slot]! & live[slot]!;
    return count;
  }

  function subset(conditions: Parameters<LexicalSearcher['subset']>[0], maxKeys: number): Subset {
    const view = index.view();
    const { live, keys } = view.columns;
    const mask = matchAll(view, conditions, deadlineAfter(QUERY_BUDGET_MS)) ?? live;
    const found: number[] = [];
    let highest = 0;
    for (let slot = 0; slot < view.size; slot++) {
      if (mask[slot] === 0 || live[slot] === 0) continue;
      const key = keys[slot]!;
      found.push(key);
      if (key > highest) highest = key;
    }
    const sizes = { count: found.length, total: view.live };
    if (found.length <= maxKeys) return { ...sizes, keys: Uint32Array.from(found), bits: null };
    const bits = new Uint8Array((highest >> 3) + 1);
    for (const key of found) bits[key >> 3]! |= 1 << (key & 7);
    return { ...sizes, keys: null, bits };
  }

  return {
    async open() {
      const { loaded, problems } = await loadLexicalSnapshot(dir, { keepDamaged: isReader });
      index = createLexicalIndex(loaded?.state);
      allFacets = null;
      watermark = loaded?.watermark ?? 0n;
      return { watermark, problems };
    },

    compare(documents: readonly LexicalDocument[]): number {
      const { columns, slotOf } = index.view();
      return documents.filter((document) => {
        const slot = slotOf(document.key);
        return slot >= 0 && columns.hashes[slot] === wordsHash(document);
      }).length;
    },

    apply(changes: LexicalChanges): LexicalStats {
      allFacets = null;
      index.remove(changes.removed);
      index.put(changes.put);
      watermark = changes.watermark;
      return stats();
    },

    search,
    subset,
    ordered: (query: Parameters<LexicalSearcher['ordered']>[0]) =>
      listInOrder(index.view(), query, deadlineAfter(QUERY_BUDGET_MS)),
    explain: (terms: readonly RankTerm[], keys: readonly number[]) =>
      explainScores(index.view(), terms, { keys, deadline: deadlineAfter(QUERY_BUDGET_MS) }),
    complete: (text: string, limit: number) =>
      completeText(index.view(), { text, limit }, deadlineAfter(QUERY_BUDGET_MS)),

    save: () => writeLexicalSnapshot(dir, { state: index.state(), watermark }),

    async reset(): Promise<void> {
      index = createLexicalIndex();
      allFacets = null;
      watermark = 0n;
      if (!isReader) await removeLexicalSnapshots(dir);
    },

    latest: (): number => index.latest,

    /** Merges and clears out for about `budgetMs`; says whether there is more to do. */
    tidy: (budgetMs: number): boolean => index.tidy(budgetMs),
    stats,
  };
}

export type LocalLexicalEngine = ReturnType<typeof createLexicalEngine>;
