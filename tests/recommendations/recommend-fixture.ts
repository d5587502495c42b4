import type { Paper } from '../../src/papers/paper.js';
import { createRecommend } from '../../src/recommendations/recommend.js';
import { toyEngine, toyLexical, toyVector } from '../search/search-fixture.js';

/** Recommendations over these papers without a database; those of `unread` have no vector. */
export function toyRecommend(papers: readonly Paper[], unread: readonly number[] = []) {
  const byKey = new Map(papers.map((paper) => [paper.key, paper]));
  const byId = new Map(papers.map((paper) => [paper.id, paper]));
  const read = papers.filter(({ key }) => !unread.includes(key));
  const { engine, failures } = toyEngine(
    new Map(read.map(({ key, title, abstract }) => [key, toyVector(`${title} ${abstract}`)])),
  );
  const { recommend } = createRecommend({
    papers: {
      listByKeys: async (keys) => keys.flatMap((key) => byKey.get(key) ?? []),
      listByIds: async (ids) =>
        new Map(ids.flatMap((id) => (byId.has(id) ? [[id, byId.get(id)!] as const] : []))),
    },
    engines: { with: (work) => work(engine) },
    lexical: toyLexical(papers),
    coverage: async () => ({ papers: papers.length, searchable: read.length, isCounted: true }),
    clock: { now: () => new Date('2024-03-20T12:00:00Z') },
  });
  return { recommend, failures };
}
