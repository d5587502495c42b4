import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { type InputFormat, inputFormats } from '../../ingest/format-names.js';
import { MAX_REFERENCES, readReferences } from '../../ingest/references.js';
import type { ParseProblem } from '../../papers/paper.js';
import type { Clock } from '../../platform/clock.js';
import { AppError } from '../../platform/errors.js';
import type { Profile, ProfileEntry } from '../../recommendations/profile.js';
import { MAX_EXAMPLES } from '../../recommendations/request.js';
import { clientGone, limited, takeRawBodies } from '../plugins/raw-body.js';
import { problemResponses } from '../problem.js';
import { choicesOf, ProfileAnswer, ProfileQuery, recommendView, timeOf } from '../recommend-schema.js';

export interface ProfileRoutesOptions {
  profile: Profile;
  clock: Clock;
  /** Largest body, bytes. */
  bodyLimit: number;
}

/** What could not be read, as the answer lists it; the rest is counted. */
const MAX_PROBLEMS = 100;

export const profileRoutes: FastifyPluginAsyncTypebox<ProfileRoutesOptions> = async (
  app,
  { profile, clock, bodyLimit },
) => {
  takeRawBodies(app);
  app.post(
    '/profile',
    {
      schema: {
        operationId: 'profile',
        summary: 'What is new for somebody, from a library of papers',
        description: `The body is a library: BibTeX, RIS or CSL JSON (as Zotero, JabRef and Mendeley export them), a list of ids, JSON lines, or a listing; at most ${MAX_REFERENCES} entries. Its papers are put into groups that belong together, and the answer is what is like these groups and in none of them. Of more than ${MAX_EXAMPLES} papers the newest count. Nothing is stored.`,
        tags: ['recommendations'],
        consumes: [
          'text/plain',
          'application/x-bibtex',
          'application/x-research-info-systems',
          'application/vnd.citationstyles.csl+json',
          'application/x-ndjson',
        ],
        querystring: Type.Object(
          {
            ...ProfileQuery,
            library: Type.Optional(
              Type.Unsafe<InputFormat>({
                type: 'string',
                enum: [...inputFormats],
                description: 'What the body is; by its first bytes when absent.',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: {
          200: {
            description: 'The groups, and papers like them.',
            content: { 'application/json': { schema: ProfileAnswer } },
          },
          ...problemResponses(400, 404, 413, 503),
        },
      },
    },
    async ({ query, body }, reply) => {
      const { library, limit, addedSince, ...choices } = query;
      const signal = clientGone(reply);
      const { entries, problems, count } = await readLibrary(limited(body, bodyLimit), {
        name: 'library',
        asOf: clock.now().toISOString().slice(0, 10),
        format: library,
        signal,
      });
      const [problem] = problems;
      if (entries.length === 0 && problem) {
        throw new AppError(
          'invalid_input',
          `body: nothing could be read as a library. Line ${problem.line}: ${problem.reason}.`,
          {
            details: { field: 'body', problems },
          },
        );
      }
      const { books, ...result } = await profile.profile({
        entries,
        limit,
        addedSince: timeOf(addedSince),
        ...choicesOf(choices),
        signal,
      });
      return { ...recommendView(result), books: { ...books, problems: count }, problemList: problems };
    },
  );
};

async function readLibrary(...input: Parameters<typeof readReferences>) {
  const entries: ProfileEntry[] = [];
  const problems: ParseProblem[] = [];
  let count = 0;
  for await (const entry of readReferences(...input)) {
    if (entry.kind !== 'problem') entries.push(entry);
    else if (++count <= MAX_PROBLEMS) problems.push(entry.problem);
  }
  return { entries, problems, count };
}
