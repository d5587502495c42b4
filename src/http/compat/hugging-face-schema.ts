import { type Static, Type } from 'typebox';

const Author = Type.Object({ name: Type.String(), hidden: Type.Boolean() });

const Submitter = Type.Object({ user: Type.String(), name: Type.String(), fullname: Type.String() });

const links = {
  githubRepo: Type.Optional(
    Type.String({ description: 'The one repository that the abstract or the source’s link names.' }),
  ),
  projectPage: Type.Optional(
    Type.String({ description: 'The one page on github.io that the abstract or the source’s link names.' }),
  ),
};

const publishedAt = Type.Optional(
  Type.String({ description: 'Midnight UTC of the day; absent where only a year or month is known.' }),
);

/** A shared schema: app.ts adds it. */
export const HfPaper = Type.Object(
  {
    id: Type.String({ description: 'The arXiv id; of papers without one Quire’s public id.' }),
    authors: Type.Array(Author),
    publishedAt,
    submittedOnDailyAt: Type.Optional(
      Type.String({ description: 'The day under which lists show it, at midnight UTC.' }),
    ),
    submittedOnDailyBy: Type.Optional(Submitter),
    title: Type.String(),
    summary: Type.String({ description: 'The abstract; empty where no source had one.' }),
    upvotes: Type.Integer({ description: 'As last seen; 0 where nobody said.' }),
    ...links,
  },
  { $id: 'HfPaper', title: 'A paper of Hugging Face' },
);
export type HfPaper = Static<typeof HfPaper>;

/** For other schemas: the document then has it once. */
export const HfPaperRef = Type.Unsafe<HfPaper>(Type.Ref('HfPaper#'));

const outer = {
  publishedAt,
  title: Type.String(),
  summary: Type.String(),
  numComments: Type.Integer({ description: 'As last seen; 0 where nobody said.' }),
  isAuthorParticipating: Type.Boolean(),
  ...links,
};

export const HfItem = Type.Object({ paper: HfPaperRef, ...outer, submittedBy: Type.Optional(Submitter) });

const Segments = Type.Array(
  Type.Object({
    type: Type.Unsafe<'text' | 'highlight'>({ type: 'string', enum: ['text', 'highlight'] }),
    text: Type.String(),
  }),
  { description: 'The whole text in pieces.' },
);

export const HfSearchItem = Type.Object({
  paper: HfPaperRef,
  ...outer,
  upvoted: Type.Boolean(),
  highlightedTitle: Segments,
  highlightedSummary: Segments,
});
