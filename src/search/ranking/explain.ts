import type { LexicalSearcher } from '../lexical/ports.js';
import type { TermScore } from '../lexical/queries/rank.js';
import type { SearchMode } from '../request.js';
import type { Candidate } from './hybrid.js';
import type { SearchPlan } from './plan.js';

/** Why a hit stands where it does. */
export interface Explanation {
  /** In plain words. */
  reason: string;
  /** Cosine similarity to the query after the best hits have moved it, and before; null: not scored. Rank from 1 among the candidates of that side. */
  dense: { score: number; scoreAsked: number | null; rank: number | null; weight: number } | null;
  /** BM25, and what each word gave of it. */
  lexical: { score: number; rank: number | null; weight: number; terms: TermScore[] } | null;
}

export interface ExplainOptions {
  lexical: Pick<LexicalSearcher, 'explain'>;
  plan: Pick<SearchPlan, 'terms'>;
  ranking: { mode: SearchMode };
  /** Papers that the query named by their titles. */
  titles: ReadonlySet<number>;
  weight: number;
}

/** Of each candidate, by key. */
export async function explainHits(
  candidates: readonly Candidate[],
  options: ExplainOptions,
): Promise<Map<number, Explanation>> {
  const { lexical, plan, ranking, titles, weight } = options;
  const { mode } = ranking;
  const keys = candidates.map(({ key }) => key);
  const terms = mode === 'semantic' ? null : await lexical.explain(plan.terms, keys);
  const shares = { dense: mode === 'hybrid' ? weight : 1, lexical: mode === 'hybrid' ? 1 - weight : 1 };
  return new Map(
    candidates.map((candidate, at): [number, Explanation] => {
      const { key, dense, denseAsked, denseRank, lexical: score, lexicalRank } = candidate;
      return [
        key,
        {
          reason: titles.has(key) ? 'The query is its title.' : reasonOf(candidate, mode),
          dense:
            dense === null
              ? null
              : { score: dense, scoreAsked: denseAsked, rank: denseRank, weight: shares.dense },
          lexical:
            terms === null ? null : { score, rank: lexicalRank, weight: shares.lexical, terms: terms[at]! },
        },
      ];
    }),
  );
}

function reasonOf({ denseRank, lexicalRank, dense }: Candidate, mode: SearchMode): string {
  if (mode === 'semantic') return `${ordinal(denseRank!)} by meaning.`;
  if (mode === 'keyword') return `${ordinal(lexicalRank!)} by words.`;
  const meaning =
    denseRank !== null
      ? `${ordinal(denseRank)} by meaning`
      : dense === null
        ? 'not read yet, so not compared by meaning'
        : 'not among the nearest by meaning';
  const words = lexicalRank === null ? 'not among the best by words' : `${ordinal(lexicalRank)} by words`;
  return `${meaning}, ${words}.`;
}

function ordinal(rank: number): string {
  const tens = rank % 100;
  const ending = tens > 10 && tens < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][rank % 10] ?? 'th');
  return `${rank}${ending}`;
}
