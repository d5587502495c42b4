import { heatOn } from '../papers/heat.js';
import type { Paper } from '../papers/paper.js';
import type { Recommendation } from '../recommendations/request.js';
import type { SearchItem } from '../search/search.js';
import type { Range } from '../search/text/highlight.js';
import { termOf } from '../search/text/terms.js';
import { tokensOf } from '../search/text/tokens.js';
import type { Match } from './match.js';
import type { NewPaper } from './new-papers.js';

/** Words named as the reason. */
const MAX_WORDS = 5;
const MAX_TERMS = 3;

/** What a query found. */
export function matchOfHit({ paper, score, named, highlights, explanation }: SearchItem): Match {
  const { title, abstract, sentence } = highlights;
  const words = wordsAt([
    ...title.map((range) => textAt(paper.title, range)),
    ...abstract.map((range) => textAt(paper.abstract, range)),
  ]);
  const nearness = explanation?.dense?.scoreAsked ?? explanation?.dense?.score ?? null;
  const byWords = words.length > 0 ? `matches: ${words.join(', ')}` : null;
  const byMeaning = nearness === null ? null : `by meaning, ${nearness.toFixed(2)}`;
  const why = named !== null ? `named by its ${named}` : (byWords ?? byMeaning ?? 'fulfils what is required');
  return { key: paper.key, score, why, sentence: sentence && textAt(paper.abstract, sentence) };
}

const textAt = (text: string, { start, end }: Range): string => text.slice(start, end);

/** Each word once, in whatever form it comes first. */
function wordsAt(texts: readonly string[]): string[] {
  const words = new Map<string, string>();
  for (const text of texts) {
    const key = tokensOf(text)
      .map(({ word }) => termOf(word))
      .join(' ');
    if (key !== '' && !words.has(key)) words.set(key, text.toLowerCase() === text ? text : lowered(text));
    if (words.size === MAX_WORDS) break;
  }
  return [...words.values()];
}

/** `Graph` at the beginning of a title is `graph`; `GAN` and `PyTorch` stay. */
const lowered = (text: string): string => (/^\p{Lu}\p{Ll}+$/u.test(text) ? text.toLowerCase() : text);

/** What is like the papers that are followed; without a reason it only says so. */
export function matchOfRecommendation({ paper, score, similarity, reason }: Recommendation): Match {
  const terms = (reason?.terms ?? []).slice(0, MAX_TERMS).map(({ term }) => term);
  const shared = terms.length > 0 ? `; both: ${terms.join(', ')}` : '';
  const nearness = similarity === null ? '' : ` (${similarity.toFixed(2)})`;
  const why = reason === null ? 'like what it follows' : `like: ${reason.nearest.title}${nearness}${shared}`;
  return { key: paper.key, score, why, sentence: reason?.sentences?.result ?? null };
}

/** One of the day's papers; `day`: YYYY-MM-DD, for its heat. */
export function matchOfDay({ paper, heat }: NewPaper, day: string): Match {
  const score = heat === null ? 0 : Math.round(heatOn(heat, day) * 100) / 100;
  return { key: paper.key, score, why: whyOfDay(paper), sentence: null };
}

function whyOfDay({ upvotes }: Pick<Paper, 'upvotes'>): string {
  if (upvotes === null || upvotes === 0) return 'came in';
  return `came in, ${upvotes} upvote${upvotes === 1 ? '' : 's'}`;
}
