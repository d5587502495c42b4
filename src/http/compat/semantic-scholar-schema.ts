import { type Static, type TProperties, Type } from 'typebox';

/** One type with null: `anyOf` would make the serialiser try both. */
const nullable = (type: 'string' | 'integer', description: string) =>
  Type.Optional(Type.Unsafe<string | number | null>({ type: [type, 'null'], description }));

const notKnown = Type.Optional(Type.Null({ description: 'Not known here.' }));

/** Fields that their clients ask for, and of which Quire knows nothing. */
const unknownPaperFields = {
  corpusId: notKnown,
  publicationVenue: notKnown,
  referenceCount: notKnown,
  citationCount: notKnown,
  influentialCitationCount: notKnown,
  isOpenAccess: notKnown,
  openAccessPdf: notKnown,
  fieldsOfStudy: notKnown,
  s2FieldsOfStudy: notKnown,
  publicationTypes: notKnown,
  journal: notKnown,
  citations: notKnown,
  references: notKnown,
  embedding: notKnown,
  tldr: notKnown,
  textAvailability: notKnown,
} satisfies TProperties;

const unknownAuthorFields = {
  authorId: notKnown,
  externalIds: notKnown,
  url: notKnown,
  affiliations: notKnown,
  homepage: notKnown,
  paperCount: notKnown,
  citationCount: notKnown,
  hIndex: notKnown,
} satisfies TProperties;

const S2Author = Type.Object({ ...unknownAuthorFields, name: Type.Optional(Type.String()) });

const paperFields = {
  paperId: Type.String({ description: 'Quire’s public id.' }),
  externalIds: Type.Optional(
    Type.Object({ ArXiv: Type.Optional(Type.String()), DOI: Type.Optional(Type.String()) }),
  ),
  url: nullable('string', 'The source’s page.'),
  title: Type.Optional(Type.String()),
  abstract: nullable('string', 'null where no source had one.'),
  venue: Type.Optional(Type.String({ description: 'Empty where it isn’t known.' })),
  year: nullable('integer', 'Of the date.'),
  publicationDate: nullable('string', 'Full days only.'),
  authors: Type.Optional(Type.Array(S2Author)),
  citationStyles: Type.Optional(Type.Object({ bibtex: Type.String() })),
  ...unknownPaperFields,
};

/** A shared schema: app.ts adds it. */
export const S2Paper = Type.Object(paperFields, { $id: 'S2Paper', title: 'A paper of Semantic Scholar' });
export type S2Paper = Static<typeof S2Paper>;

/** For other schemas: the document then has it once. */
export const S2PaperRef = Type.Unsafe<S2Paper>(Type.Ref('S2Paper#'));

export const paperFieldNames = Object.keys(paperFields) as (keyof typeof paperFields)[];
export const unknownPaperFieldNames = Object.keys(unknownPaperFields) as (keyof typeof unknownPaperFields)[];
export const authorFieldNames = [...Object.keys(unknownAuthorFields), 'name'];
export type S2FieldName = (typeof paperFieldNames)[number];

export const S2SearchAnswer = Type.Object({
  total: Type.Integer({ description: 'At least so many fit.' }),
  offset: Type.Integer(),
  next: Type.Optional(Type.Integer({ description: 'Offset of the next page; absent on the last one.' })),
  data: Type.Array(S2PaperRef),
});

export const S2Recommendations = Type.Object({ recommendedPapers: Type.Array(S2PaperRef) });

/** The released client asks for some 60 fields, 1,300 characters, unless told otherwise. */
const MAX_FIELDS_LENGTH = 4_096;

export const FieldsParameter = {
  fields: Type.Optional(
    Type.String({
      maxLength: MAX_FIELDS_LENGTH,
      description:
        'What to give besides `paperId`, with commas between: `title,year,authors.name`. The title when not given.',
    }),
  ),
};
