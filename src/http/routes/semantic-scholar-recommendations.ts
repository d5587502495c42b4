import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Static } from 'typebox';
import { Type } from 'typebox';
import type { Catalog } from '../../papers/catalog.js';
import type { Clock } from '../../platform/clock.js';
import { AppError } from '../../platform/errors.js';
import type { Recommend } from '../../recommendations/recommend.js';
import { MAX_EXAMPLES, MAX_RECOMMENDED, type RecommendRequest } from '../../recommendations/request.js';
import { clientErrors } from '../compat/client-error.js';
import { readFields, refOfS2Id, s2NotFound, s2Paper, s2StatusOf } from '../compat/semantic-scholar.js';
import { FieldsParameter, S2Recommendations } from '../compat/semantic-scholar-schema.js';
import { addClientErrors } from '../plugins/client-errors.js';
import { clientGone } from '../plugins/raw-body.js';

export interface SemanticScholarRecommendationsOptions {
  recommend: Recommend;
  catalog: Catalog;
  clock: Clock;
}

const DEFAULT_LIMIT = 100;

/** What their `from=recent`, the default of one paper's recommendations, looks back. */
const RECENT_DAYS = 60;
const DAY_MS = 86_400_000;

const Query = {
  ...FieldsParameter,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_RECOMMENDED, default: DEFAULT_LIMIT })),
};

const PoolQuery = Type.Object({
  ...Query,
  from: Type.Optional(
    Type.Unsafe<'recent' | 'all-cs'>({
      type: 'string',
      enum: ['recent', 'all-cs'],
      description: `\`recent\`, when not given: what came in within the last ${RECENT_DAYS} days; \`all-cs\`: the whole collection, of whatever field.`,
    }),
  ),
});

const Ids = Type.Array(Type.String({ maxLength: 2_048 }), { maxItems: MAX_EXAMPLES });

/** null stands for none: that is what the released client sends without negatives. */
const Lists = Type.Object({
  positivePaperIds: Type.Optional(Type.Unsafe<string[] | null>({ ...Ids, type: ['array', 'null'] })),
  negativePaperIds: Type.Optional(Type.Unsafe<string[] | null>({ ...Ids, type: ['array', 'null'] })),
});

const LIKE_THEIRS =
  'In the shape of Semantic Scholar’s recommendations, for its clients. `paperId` is Quire’s public id.';

/** Semantic Scholar's recommendations API. */
export const semanticScholarRecommendations: FastifyPluginAsyncTypebox<
  SemanticScholarRecommendationsOptions
> = async (app, options) => {
  addClientErrors(app, { statusOf: s2StatusOf });
  const answer = createAnswer(options);
  await app.register(forListsRoute, { answer });
  await app.register(forPaperRoute, { answer, clock: options.clock });
};

interface Asked extends Omit<RecommendRequest, 'positives' | 'negatives'> {
  positives: readonly string[];
  negatives?: readonly string[];
  fields: string | undefined;
}

/** From ids of their forms to an answer of theirs. */
function createAnswer({ recommend, catalog }: SemanticScholarRecommendationsOptions) {
  /** The public ids of papers that all have to be here. */
  async function examplesOf(ids: readonly string[]): Promise<{ ref: string }[]> {
    const papers = await catalog.resolve(ids.map((id) => refOfS2Id(id) ?? ''));
    return papers.map((paper, at) => {
      if (!paper) throw s2NotFound(ids[at]!);
      return { ref: paper.id };
    });
  }

  return async function answer({ positives, negatives = [], fields, ...rest }: Asked) {
    const wanted = readFields(fields);
    if (positives.length === 0) {
      throw new AppError('invalid_input', 'No positive paper examples given', {
        details: { field: 'positivePaperIds' },
      });
    }
    const request = {
      ...rest,
      positives: await examplesOf(positives),
      negatives: await examplesOf(negatives),
      reasons: false,
      // Their clients ask for a number of papers and take what they get for all there is.
      minScore: -1,
    };
    const { items } = await recommend.recommend(request);
    return { recommendedPapers: items.map(({ paper }) => s2Paper(paper, wanted)) };
  };
}

type Answer = ReturnType<typeof createAnswer>;

const forListsRoute: FastifyPluginAsyncTypebox<{ answer: Answer }> = async (app, { answer }) => {
  for (const hide of [false, true]) {
    app.post(
      // Their client sends the slash at the end; others leave it out.
      hide ? '/recommendations/v1/papers' : '/recommendations/v1/papers/',
      {
        schema: {
          hide,
          operationId: 's2RecommendForLists',
          summary: 'Papers like several papers, as Semantic Scholar gives them',
          description: LIKE_THEIRS,
          tags: ['compatible'],
          querystring: Type.Object(Query),
          body: Lists,
          response: { 200: S2Recommendations, ...clientErrors(400, 404, 429, 504) },
        },
      },
      async ({ query: { fields, limit = DEFAULT_LIMIT }, body }, reply) => {
        const { positivePaperIds: positives, negativePaperIds: negatives } = body;
        return answer({
          positives: positives ?? [],
          negatives: negatives ?? [],
          fields,
          limit,
          signal: clientGone(reply),
        });
      },
    );
  }
};

const forPaperRoute: FastifyPluginAsyncTypebox<{ answer: Answer; clock: Clock }> = async (
  app,
  { answer, clock },
) => {
  const recently = (): Date => new Date(clock.now().getTime() - RECENT_DAYS * DAY_MS);
  const forPaper = (
    id: string,
    { fields, limit = DEFAULT_LIMIT, from = 'recent' }: Static<typeof PoolQuery>,
    signal: AbortSignal,
  ) =>
    answer({
      positives: [id],
      fields,
      limit,
      signal,
      ...(from === 'recent' ? { addedSince: recently() } : {}),
    });

  app.get(
    '/recommendations/v1/papers/forpaper/:id',
    {
      schema: {
        operationId: 's2RecommendForPaper',
        summary: 'Papers like a paper, as Semantic Scholar gives them',
        description: `${LIKE_THEIRS} Slashes in an id may stand as they are.`,
        tags: ['compatible'],
        params: Type.Object({
          id: Type.String({ description: '`ARXIV:…`, `DOI:…`, `URL:…`, or any id of Quire.' }),
        }),
        querystring: PoolQuery,
        response: { 200: S2Recommendations, ...clientErrors(400, 404, 429, 504) },
      },
    },
    async ({ params, query, signal }) => forPaper(params.id, query, signal),
  );
  app.get(
    '/recommendations/v1/papers/forpaper/*',
    {
      schema: {
        hide: true,
        params: Type.Object({ '*': Type.String() }),
        querystring: PoolQuery,
        response: { 200: S2Recommendations },
      },
    },
    async ({ params, query, signal }) => forPaper(params['*'], query, signal),
  );
};
