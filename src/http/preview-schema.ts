import type { Static } from 'typebox';
import { Type } from 'typebox';
import type { Digest } from '../digests/digest.js';
import { type Preview, type PreviewDays, previewDays } from '../digests/preview.js';
import { emptyReason } from '../digests/templates/words.js';
import { SettingsFields } from './subscription-schema.js';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description });

export const PreviewBody = Type.Object(
  {
    settings: Type.Object(SettingsFields, { additionalProperties: false }),
    days: Type.Unsafe<PreviewDays>({ type: 'integer', enum: [...previewDays], description: 'How far back.' }),
  },
  { additionalProperties: false },
);

/** What became of the papers of a digest. */
export const Books = Type.Object(
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

const digestFields = {
  books: Books,
  empty: nullable(Type.String(), 'Why there are no papers.'),
  notices: Type.Array(Type.String()),
  papers: Type.Array(PreviewPaper),
};

export const PreviewAnswer = Type.Object({
  days: Type.Array(
    Type.Object({
      localDate: Type.String({ description: 'YYYY-MM-DD in the time zone of the settings.' }),
      dueAt: Type.String({ format: 'date-time' }),
      ...digestFields,
    }),
    { description: 'Each day on which a digest was due, the oldest first.' },
  ),
  soFar: Type.Object(
    { since: Type.String({ format: 'date-time' }), ...digestFields },
    { description: 'What came in since the last of the days, as the next digest would have it now.' },
  ),
  announced: Type.Integer({ description: 'Of all days, as are `matched` and `sent`.' }),
  matched: Type.Integer(),
  sent: Type.Integer(),
  next: Type.Object({ localDate: Type.String(), at: Type.String({ format: 'date-time' }) }),
});

export function previewView({ days, soFar, next, ...totals }: Preview): Static<typeof PreviewAnswer> {
  return {
    days: days.map(({ localDate, dueAt, digest }) => ({
      localDate,
      dueAt: dueAt.toISOString(),
      ...digestView(digest),
    })),
    soFar: { since: soFar.since.toISOString(), ...digestView(soFar.digest) },
    ...totals,
    next: { localDate: next.localDate, at: next.at.toISOString() },
  };
}

function digestView(digest: Digest) {
  return {
    books: digest.books,
    empty: emptyReason(digest),
    notices: digest.notices,
    papers: digest.papers.map(
      ({ id, title, authors, authorCount, date, categories, upvotes, score, why, sentence }) => ({
        ...{ id, title, authors, authorCount, date, categories, upvotes, score, why, sentence },
      }),
    ),
  };
}
