import type { RecommendRequest, RecommendSort } from '../recommendations/request.js';
import { paperPath } from './links.js';

/** Of `RecommendRequest.diversity`: half of it would fill the list with papers that share a word or two. */
export const diversities = { low: 0, normal: 0.25, high: 0.45 } as const;
export type Diversity = keyof typeof diversities;

/** Papers of a page, and of one more step. */
export const RELATED_STEP = 10;
/** Each is given a reason, which takes a millisecond; beyond, a search leads on. */
export const MAX_RELATED_SHOWN = 100;

/** How the related papers of a page are to be; what is absent is as by default. */
export interface RelatedChoices {
  /** `30d`; any time by default. */
  since?: string | undefined;
  /** `low` by default, as in the API and the feed. */
  diversity?: Diversity | undefined;
  sort?: RecommendSort | undefined;
  show?: number | undefined;
}

/** Leads to the list itself, or to its `from`-th paper. */
export function relatedPath(id: string, choices: RelatedChoices, from?: number): string {
  const { since, diversity = 'low', sort = 'similar', show = RELATED_STEP } = choices;
  const params = new URLSearchParams();
  if (since !== undefined) params.set('since', since);
  if (diversity !== 'low') params.set('diversity', diversity);
  if (sort !== 'similar') params.set('sort', sort);
  if (show !== RELATED_STEP) params.set('show', String(show));
  const query = params.size === 0 ? '' : `?${params}`;
  return `${paperPath(id)}${query}#related${from === undefined ? '' : `-${from}`}`;
}

export function relatedRequest(id: string, choices: RelatedChoices): RecommendRequest {
  const { since, diversity = 'low', sort, show = RELATED_STEP } = choices;
  return {
    positives: [{ ref: id }],
    filters: { since },
    diversity: diversities[diversity],
    sort,
    limit: show,
    reasons: true,
  };
}
