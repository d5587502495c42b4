import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Catalog } from '../../papers/catalog.js';
import { isSourceName } from '../../papers/paper.js';
import { onePeriod } from '../../papers/period.js';
import { AppError } from '../../platform/errors.js';
import type { OriginOf } from '../../platform/origin.js';
import type { Listings } from '../../search/listings.js';
import { invalid, MAX_LIMIT } from '../../search/request.js';
import type { Search } from '../../search/search.js';
import { clientErrors } from '../compat/client-error.js';
import { hfItem, hfPaper, hfSearchItem } from '../compat/hugging-face.js';
import { HfItem, HfPaperRef, HfSearchItem } from '../compat/hugging-face-schema.js';
import { plainRequest, searchWindow } from '../compat/search-window.js';
import { addAnswers } from '../plugins/answers.js';
import { addClientErrors } from '../plugins/client-errors.js';

export interface HuggingFaceRoutesOptions {
  listings: Listings;
  search: Search;
  catalog: Catalog;
  /** For the link to the next page. */
  originOf: OriginOf;
}

const DEFAULT_DAILY = 50;
const MAX_PAGE = 10_000;
const MAX_QUERY = 250;
const DEFAULT_FOUND = 20;
const MAX_FOUND = 120;

const LEFT_OUT =
  'In the shape of Hugging Face Papers, for its clients. Quire doesn’t know `_id`, `discussionId`, `thumbnail`, `organization`, `mediaUrls`, `githubStars`, `ai_summary` and `ai_keywords`, accounts of authors and other people, and leaves them out.';

const sorts = { publishedAt: 'newest', trending: 'trending' } as const;

const DailyQuery = Type.Object({
  p: Type.Optional(Type.Integer({ minimum: 0, maximum: MAX_PAGE, default: 0, description: 'Page, from 0.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_DAILY })),
  date: Type.Optional(Type.String({ description: 'A day: `2024-08-01`.' })),
  week: Type.Optional(Type.String({ description: 'An ISO week: `2024-W31`.' })),
  month: Type.Optional(Type.String({ description: 'A month: `2024-08`.' })),
  submitter: Type.Optional(
    Type.String({
      description: 'The source that the papers came from: `listing`, `huggingface`, `arxiv` and so on.',
    }),
  ),
  sort: Type.Optional(
    Type.Unsafe<keyof typeof sorts>({
      type: 'string',
      enum: Object.keys(sorts),
      description:
        'Of a list without a period. `trending`: by heat, the papers of `/api/v1/listings/trending`.',
    }),
  ),
});

const SearchQuery = Type.Object({
  q: Type.String({
    maxLength: MAX_QUERY,
    description: 'Words, or an id or a URL of a paper. Nothing in it is an operator.',
  }),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_FOUND, default: DEFAULT_FOUND })),
});

/** Hugging Face Papers' API, so that its clients work with `HF_ENDPOINT` pointed here. */
export const huggingFaceRoutes: FastifyPluginAsyncTypebox<HuggingFaceRoutesOptions> = async (
  app,
  options,
) => {
  addClientErrors(app);
  addAnswers(app, { state: null });
  await app.register(dailyRoute, options);
  await app.register(searchRoute, options);
  await app.register(paperRoute, options);

  // The client asks once a day which agents there are, and does without when told that nobody knows.
  app.get('/api/agent-harnesses', { schema: { hide: true } }, async () => {
    throw new AppError('route_not_found', 'Quire keeps no registry of agent harnesses.');
  });
};

const dailyRoute: FastifyPluginAsyncTypebox<Pick<HuggingFaceRoutesOptions, 'listings' | 'originOf'>> = async (
  app,
  { listings, originOf },
) => {
  app.get(
    '/api/daily_papers',
    {
      schema: {
        operationId: 'hfDailyPapers',
        summary: 'Papers by day, as Hugging Face lists them',
        description: `${LEFT_OUT} A paper belongs to its own date; where no full date is known to the UTC day on which it came in, or to the first of its month or year. The list of a day, week or month is in the order of upvotes; without one the newest come first. \`Link: <…>; rel="next"\` leads to the next page. \`submittedBy\` names the source that the paper came from.`,
        tags: ['compatible'],
        querystring: DailyQuery,
        response: { 200: Type.Array(HfItem), ...clientErrors(400, 503) },
      },
    },
    async (request, reply) => {
      const { p = 0, limit = DEFAULT_DAILY, sort = 'publishedAt', submitter, ...period } = request.query;
      const days = onePeriod(period);
      // Who is no source has brought nothing.
      if (submitter !== undefined && !isSourceName(submitter)) return [];
      const { papers, more } = await listings.window({
        days,
        sort: days === null ? sorts[sort] : 'upvoted',
        source: submitter ?? null,
        offset: p * limit,
        limit,
      });
      if (more && p < MAX_PAGE)
        reply.header('link', `<${nextPage(originOf(request), request.url, p + 1)}>; rel="next"`);
      return papers.map(hfItem);
    },
  );
};

const searchRoute: FastifyPluginAsyncTypebox<Pick<HuggingFaceRoutesOptions, 'search'>> = async (
  app,
  { search },
) => {
  app.get(
    '/api/papers/search',
    {
      schema: {
        operationId: 'hfSearchPapers',
        summary: 'Search, as Hugging Face answers it',
        description: LEFT_OUT,
        tags: ['compatible'],
        querystring: SearchQuery,
        response: { 200: Type.Array(HfSearchItem), ...clientErrors(400, 503) },
      },
    },
    async ({ query: { q, limit = DEFAULT_FOUND }, signal }) => {
      if (q.trim() === '') throw invalid('q', 'some words to search for');
      const { items } = await searchWindow(search, { ...plainRequest(q), signal }, { offset: 0, limit });
      return items.map(hfSearchItem);
    },
  );
};

const paperRoute: FastifyPluginAsyncTypebox<Pick<HuggingFaceRoutesOptions, 'catalog'>> = async (
  app,
  { catalog },
) => {
  const paper = async (id: string) => hfPaper(await catalog.get(id));
  app.get(
    '/api/papers/:id',
    {
      schema: {
        operationId: 'hfPaper',
        summary: 'One paper, as Hugging Face gives it',
        description: `${LEFT_OUT} Slashes in an id may stand as they are.`,
        tags: ['compatible'],
        params: Type.Object({ id: Type.String({ description: 'Any id of the paper.' }) }),
        response: { 200: HfPaperRef, ...clientErrors(404, 503) },
      },
    },
    async ({ params: { id } }) => paper(id),
  );
  // Old arXiv ids and DOIs with their slashes: the clients don't escape them, and some follow no redirect.
  app.get<{ Params: { '*': string } }>(
    '/api/papers/*',
    { schema: { hide: true, response: { 200: HfPaperRef } } },
    async ({ params }) => paper(params['*']),
  );
};

/** Absolute, because clients open it as it is; `page` in place of the one asked for. */
function nextPage(origin: string, url: string, page: number): string {
  const next = new URL(url, 'http://quire.invalid');
  next.searchParams.set('p', String(page));
  return `${origin}${next.pathname}${next.search}`;
}
