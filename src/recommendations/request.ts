import type { Paper } from '../papers/paper.js';
import type { QueryFilters } from '../search/query/filters.js';

export const recommendSorts = ['similar', 'newest', 'upvoted'] as const;
export type RecommendSort = (typeof recommendSorts)[number];

export const DEFAULT_RECOMMENDED = 20;
export const MAX_RECOMMENDED = 500;

/** Papers and texts given at most, on either side: each one is searched for by itself. */
export const MAX_EXAMPLES = 200;

/** Characters of a free text; an abstract has some 1,500, and the model reads the first 256 tokens. */
export const MAX_EXAMPLE_TEXT = 20_000;

/** Something that results are to be like, or unlike. */
export type Example =
  /** A paper of the collection: any spelling of an id. */
  | { ref: string }
  /** Anything else: words, an abstract, a paper that isn't here. `title` is what reasons call it by. */
  | { text: string; title?: string | undefined };

export interface RecommendRequest {
  positives: readonly Example[];
  negatives?: readonly Example[] | undefined;
  filters?: QueryFilters | undefined;
  /** `similar` unless asked otherwise: the others order the `limit` most similar ones. */
  sort?: RecommendSort | undefined;
  /** 0: by score alone; 1: each as unlike those before it as can be (MMR, Carbonell and Goldstein, 1998). */
  diversity?: number | undefined;
  limit?: number | undefined;
  /** Hits with a lower score are left out. */
  minScore?: number | undefined;
  /** Share of meaning in the score, 0 to 1; the rest are words. */
  weight?: number | undefined;
  /** Only papers that came in at or after this time. */
  addedSince?: Date | undefined;
  /** Papers that are no hits besides the examples, by row number. Not over HTTP. */
  without?: readonly number[] | undefined;
  /** Papers that may be hits, by row number. Not over HTTP. */
  within?: readonly number[] | undefined;
  /** Which hits are results at all, in the place of `minScore`. Not over HTTP. */
  accepts?: ((hit: { score: number; similarity: number | null }) => boolean) | undefined;
  /** Say why it's there: of each result unless asked otherwise, of none, or of the first so many. */
  reasons?: boolean | number | undefined;
  signal?: AbortSignal | undefined;
}

/** Why a paper is recommended: from embeddings and words alone. */
export interface Reason {
  /** The given paper that is nearest to it. */
  nearest: { id: string | null; title: string; similarity: number };
  /** Words that both have, as the result spells them, the rarest and most frequent in both first. */
  terms: { term: string; weight: number }[];
  /** The sentence of each that is nearest to one of the other; null where nothing is shared. */
  sentences: { given: string; result: string; similarity: number } | null;
}

export interface Recommendation {
  paper: Paper;
  /** Mostly 0 to 1; comparable within one answer. */
  score: number;
  /** Cosine similarity to the nearest positive; null: not embedded yet. */
  similarity: number | null;
  /** Which of the answer's interests it belongs to, from 0. */
  interest: number;
  reason: Reason | null;
}

/** Positives that belong together, the largest group first. */
export interface Interest {
  /** What its papers have in common, in words of theirs. */
  name: string;
  /** Public ids, and the titles of texts that have none. */
  members: { id: string | null; title: string }[];
}

export interface RecommendResult {
  items: Recommendation[];
  interests: Interest[];
  /** What names no paper here. */
  missing: string[];
  /** Why the answer is less than what was asked for; null where it's whole. */
  notice: string | null;
  model: string;
  epoch: number;
}
