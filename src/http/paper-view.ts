import { type Static, type TInteger, type TString, Type } from 'typebox';
import type { Paper } from '../papers/paper.js';

/** One type with null: of `anyOf` the serialiser tries every alternative by validating it, ten times a paper. */
const nullable = <T extends TString | TInteger>(schema: T, description: string) =>
  Type.Unsafe<Static<T> | null>({ ...schema, type: [schema.type, 'null'], description });

export const PaperView = Type.Object(
  {
    id: Type.String({
      description:
        'Public id: the arXiv id without version, else `doi:…`, else `t:` and a hash of the title.',
    }),
    title: Type.String(),
    abstract: Type.String({ description: 'Empty where no source had one.' }),
    authors: Type.Array(Type.String()),
    authorCount: nullable(Type.Integer(), 'How many authors, where a source only counted them.'),
    date: nullable(Type.String(), '`2024`, `2024-03` or `2024-03-01`: as exact as the source was.'),
    venue: nullable(Type.String(), 'Where it was published.'),
    url: nullable(Type.String(), 'The source’s page.'),
    arxivId: nullable(Type.String(), 'Without version.'),
    arxivVersion: nullable(Type.Integer(), 'The highest version seen.'),
    doi: nullable(Type.String(), 'Lower case, without resolver.'),
    categories: Type.Array(Type.String(), { description: 'Primary first.' }),
    upvotes: nullable(Type.Integer(), 'As last seen.'),
    comments: nullable(Type.Integer(), 'As last seen.'),
    aliases: Type.Array(Type.String(), { description: 'Other ids that lead here.' }),
    origins: Type.Record(Type.String(), Type.String(), {
      description: 'Field → the source its value came from.',
    }),
    createdAt: Type.String({ format: 'date-time' }),
    updatedAt: Type.String({ format: 'date-time' }),
  },
  { $id: 'Paper', title: 'Paper' },
);
export type PaperView = Static<typeof PaperView>;

/** For other schemas: the document then has one Paper. app.ts adds the schema it names. */
export const PaperRef = Type.Unsafe<PaperView>(Type.Ref('Paper#'));

export function paperView(paper: Paper): PaperView {
  const { key: _key, origins, createdAt, updatedAt, ...rest } = paper;
  return {
    ...rest,
    origins: Object.fromEntries(Object.entries(origins).map(([field, origin]) => [field, origin.source])),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
