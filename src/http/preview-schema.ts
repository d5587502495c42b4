import { Type } from '@fastify/type-provider-typebox';
import type { Static } from 'typebox';
import { type Preview, type PreviewDays, previewDays } from '../digests/preview.js';
import { MAX_MUTED_LENGTH } from '../digests/read-settings.js';
import {
  DEFAULT_CAP,
  MAX_CAP,
  MAX_LIKES,
  MAX_MUTED,
  type SubscriptionKind,
  subscriptionKinds,
} from '../digests/subscription.js';
import { emptyReason } from '../digests/templates/words.js';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description });

const muted = (description: string) =>
  Type.Optional(
    Type.Array(Type.String({ maxLength: MAX_MUTED_LENGTH }), { maxItems: MAX_MUTED, description }),
  );

export const SettingsBody = Type.Object(
  {
    kind: Type.Unsafe<SubscriptionKind>({
      type: 'string',
      enum: [...subscriptionKinds],
      description: 'What matches a query, all that came in, or what is like some papers.',
    }),
    query: Type.Optional(
      Type.String({ maxLength: 2_048, description: 'Of `query`: as in a search, filters and all.' }),
    ),
    likes: Type.Optional(
      Type.Array(Type.String({ maxLength: 2_048 }), {
        maxItems: MAX_LIKES,
        description: 'Of `likes`: ids of papers.',
      }),
    ),
    days: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 7 }), {
        minItems: 1,
        maxItems: 7,
        description: '1 is Monday; every day when not given.',
      }),
    ),
    hour: Type.Optional(Type.Integer({ minimum: 0, maximum: 23, default: 8 })),
    timeZone: Type.Optional(
      Type.String({ maxLength: 64, default: 'UTC', description: 'IANA: `Europe/Berlin`.' }),
    ),
    cap: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_CAP,
        default: DEFAULT_CAP,
        description: 'Papers of one digest at most.',
      }),
    ),
    minScore: Type.Optional(nullable(Type.Number(), 'Papers with a lower score are left out.')),
    mutedWords: muted('Papers with one of these words or phrases in title or abstract are left out.'),
    mutedAuthors: muted('Papers by one of these people are left out.'),
    mutedCategories: muted('Papers of one of these categories, or archives of them, are left out.'),
    tellsEmpty: Type.Optional(
      Type.Boolean({
        default: false,
        description: 'Send a digest on a day without papers, too: it says why.',
      }),
    ),
  },
  { additionalProperties: false },
);

export const PreviewBody = Type.Object(
  {
    settings: SettingsBody,
    days: Type.Unsafe<PreviewDays>({ type: 'integer', enum: [...previewDays], description: 'How far back.' }),
  },
  { additionalProperties: false },
);

const Books = Type.Object(
  {
    announced: Type.Integer({ description: 'Papers that came in since the digest before.' }),
    matched: Type.Integer({ description: 'Those of them that the subscription asks for.' }),
    sent: Type.Integer(),
    cut: Type.Object({
      sentBefore: Type.Integer(),
      belowScore: Type.Integer(),
      muted: Type.Integer(),
      beyondCap: Type.Integer(),
    }),
  },
  { description: 'matched = sent + what was cut.' },
);

const PreviewPaper = Type.Object({
  id: Type.String(),
  title: Type.String(),
  authors: Type.Array(Type.String(), { description: 'The first ones.' }),
  authorCount: nullable(Type.Integer(), 'How many there are.'),
  date: nullable(Type.String(), '`2024`, `2024-03` or `2024-03-01`.'),
  categories: Type.Array(Type.String()),
  upvotes: nullable(Type.Integer(), 'As last seen.'),
  score: Type.Number(),
  why: Type.String(),
  sentence: nullable(Type.String(), 'Of the abstract, the one that fits best.'),
});

export const PreviewAnswer = Type.Object({
  days: Type.Array(
    Type.Object({
      localDate: Type.String({ description: 'YYYY-MM-DD in the time zone of the settings.' }),
      dueAt: Type.String({ format: 'date-time' }),
      books: Books,
      empty: nullable(Type.String(), 'Why there are no papers.'),
      notices: Type.Array(Type.String()),
      papers: Type.Array(PreviewPaper),
    }),
    { description: 'Each day on which a digest was due, the oldest first.' },
  ),
  announced: Type.Integer({ description: 'Of all days, as are `matched` and `sent`.' }),
  matched: Type.Integer(),
  sent: Type.Integer(),
  next: Type.Object({ localDate: Type.String(), at: Type.String({ format: 'date-time' }) }),
});

export function previewView({ days, next, ...totals }: Preview): Static<typeof PreviewAnswer> {
  return {
    days: days.map(({ localDate, dueAt, digest }) => ({
      localDate,
      dueAt: dueAt.toISOString(),
      books: digest.books,
      empty: emptyReason(digest),
      notices: digest.notices,
      papers: digest.papers.map(
        ({ id, title, authors, authorCount, date, categories, upvotes, score, why, sentence }) => ({
          ...{ id, title, authors, authorCount, date, categories, upvotes, score, why, sentence },
        }),
      ),
    })),
    ...totals,
    next: { localDate: next.localDate, at: next.at.toISOString() },
  };
}
