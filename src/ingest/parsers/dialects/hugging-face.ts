import type { JsonObject } from '../json-fields.js';
import { type Dialect, dayOf, isObject } from './dialect.js';

/**
 * Items of `/api/daily_papers` and of `/api/papers/search`, and the flat paper of `/api/papers/{id}`. Of an item the
 * inner `publishedAt` counts: the outer one is off by New York's distance from UTC.
 */
export const huggingFace: Dialect = {
  source: 'huggingface',
  nested: ['paper'],
  read(object) {
    const inner = object['paper'];
    const paper = isObject(inner) ? inner : object;
    if (paper === object ? !isFlatPaper(object) : !('id' in paper || 'title' in paper)) return null;
    if (paper['withdrawnAt']) {
      const day = dayOf(paper['withdrawnAt']);
      return {
        refused: `this paper was withdrawn from Hugging Face${day === undefined ? '' : ` on ${day}`}`,
      };
    }
    const { title, summary, numComments, githubStars } = object;
    return {
      paper: {
        ...paper,
        title: paper['title'] ?? title,
        summary: paper['summary'] ?? summary,
        numComments,
        githubStars: paper['githubStars'] ?? githubStars,
        // Some answers hold what was said.
        comments: Array.isArray(paper['comments']) ? undefined : paper['comments'],
      },
    };
  },
};

function isFlatPaper(object: JsonObject): boolean {
  return (
    'id' in object &&
    'summary' in object &&
    'publishedAt' in object &&
    ['discussionId', 'submittedOnDailyAt', 'upvotes', 'ai_summary', 'ai_keywords'].some(
      (key) => key in object,
    )
  );
}
