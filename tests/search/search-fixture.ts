import type { Engine } from '../../src/engine/engine.js';
import type { Paper } from '../../src/papers/paper.js';
import { AppError } from '../../src/platform/errors.js';
import { pointsToCode } from '../../src/search/lexical/document.js';
import { createLexicalEngine } from '../../src/search/lexical/lexical-engine.js';
import type { LexicalSearcher } from '../../src/search/lexical/ports.js';
import { createSearch } from '../../src/search/search.js';
import { termOf } from '../../src/search/text/terms.js';
import { tokensOf } from '../../src/search/text/tokens.js';
import { dot } from '../../src/vectors/vector.js';
import { storedPaper } from '../support/papers.js';

const DIMENSION = 32;

/** Texts with the same words are near one another: each stem adds to one of 32 places. */
export function toyVector(text: string): Float32Array {
  const vector = new Float32Array(DIMENSION);
  for (const { word } of tokensOf(text)) {
    let hash = 7;
    for (const char of termOf(word)) hash = (hash * 31 + char.charCodeAt(0)) % 9_973;
    vector[hash % DIMENSION]! += 1;
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

/** Papers 1, 2, … of a title and an abstract each. */
export function papersOf(...texts: [title: string, abstract: string][]): Paper[] {
  return texts.map(([title, abstract], at) =>
    storedPaper({ key: at + 1, id: `t:0000000${at}`, title, abstract }),
  );
}

/** A vector index, exact, over papers whose labels are ten times their keys; `vectors` may change at any time. */
export function toyEngine(vectors: ReadonlyMap<number, Float32Array>, isWarm = () => true) {
  /** What the next calls throw; null: nothing. */
  const failures: { embed: AppError | null; search: AppError | null } = { embed: null, search: null };
  /** `k` and the number of labels of each vector search. */
  const asked: { k: number; within: number | null }[] = [];
  const engine: Engine = {
    modelId: 'toy@1',
    epoch: 1,
    embedder: {
      get isWarm() {
        return isWarm();
      },
      async embedQuery(text) {
        if (failures.embed) throw failures.embed;
        return toyVector(text);
      },
      embedDocuments: async (texts) => texts.map(({ title, abstract }) => toyVector(`${title} ${abstract}`)),
    },
    embeddings: { findVector: async () => null },
    vectors: {
      async search(vector, k, { within } = {}) {
        if (failures.search) throw failures.search;
        asked.push({ k, within: within?.length ?? null });
        const allowed = within && new Set(within);
        return [...vectors]
          .map(([key, one]) => ({ label: key * 10, score: dot(one, vector) }))
          .filter(({ label }) => !allowed || allowed.has(label))
          .sort((a, b) => b.score - a.score || a.label - b.label)
          .slice(0, k);
      },
      async scoresOf(vector, labels) {
        if (failures.search) throw failures.search;
        return Float64Array.from(labels, (label) => {
          const one = vectors.get(label / 10);
          return one ? dot(one, vector) : Number.NaN;
        });
      },
      vectorsOf: async (labels) => labels.map((label) => vectors.get(label / 10) ?? null),
    },
    labels: {
      keyOf: (label) => (vectors.has(label / 10) ? label / 10 : 0),
      labelOf: (key) => (vectors.has(key) ? key * 10 : 0),
    },
  };
  return { engine, failures, asked };
}

/** The word index over papers. */
export function toyLexical(papers: readonly Paper[]): LexicalSearcher {
  const index = createLexicalEngine('unused', { isReader: true });
  index.apply({
    put: papers.map(({ createdAt, url, ...paper }) => ({
      ...paper,
      sources: ['jsonl'],
      heat: null,
      hasCode: pointsToCode({ abstract: paper.abstract, url }),
      createdAt: createdAt.getTime(),
    })),
    removed: [],
    watermark: 1n,
  });
  return {
    search: async (query) => index.search(query),
    subset: async (conditions, maxKeys) => index.subset(conditions, maxKeys),
    ordered: async (query) => index.ordered(query),
    explain: async (terms, keys) => index.explain(terms, keys),
    complete: async (text, limit) => index.complete(text, limit),
    latest: async () => index.latest(),
  };
}

/** The whole search over these papers without a database; the papers of `unread` have no vector. */
export function toySearch(papers: readonly Paper[], unread: readonly number[] = []) {
  const state = { isWarm: true };
  const byKey = new Map(papers.map((paper) => [paper.key, paper]));
  const byId = new Map(papers.map((paper) => [paper.id, paper]));
  const read = papers.filter(({ key }) => !unread.includes(key));
  const vectors = new Map(read.map(({ key, title, abstract }) => [key, toyVector(`${title} ${abstract}`)]));
  const { engine, failures, asked } = toyEngine(vectors, () => state.isWarm);
  const { search } = createSearch({
    papers: {
      listByKeys: async (keys) => keys.flatMap((key) => byKey.get(key) ?? []),
      listTitles: async (keys) =>
        new Map(keys.flatMap((key) => (byKey.has(key) ? [[key, byKey.get(key)!.title] as const] : []))),
      findById: async (id) => byId.get(id) ?? null,
      async getByRef(ref) {
        const paper = byId.get(ref);
        if (!paper) throw new AppError('paper_not_found', ref);
        return paper;
      },
    },
    engines: { with: (work) => work(engine) },
    lexical: toyLexical(papers),
    coverage: async () => ({ papers: papers.length, searchable: vectors.size, isCounted: true }),
    clock: { now: () => new Date('2024-03-20T12:00:00Z') },
  });
  /** As if the paper were gone from the database and not yet from the indexes. */
  const lose = (key: number): boolean => byKey.delete(key);
  return { search, state, failures, asked, lose };
}
