import type { Paper, PaperRecord } from '../../src/papers/paper.js';

const subjects = [
  'kernels',
  'graphs',
  'speech',
  'proteins',
  'robots',
  'translation',
  'search engines',
  'climate',
  'bees',
  'traffic',
];
const methods = [
  'attention',
  'diffusion',
  'sparse coding',
  'tree search',
  'distillation',
  'random forests',
  'variational inference',
];
const findings = [
  'halves the error',
  'needs a tenth of the data',
  'scales to a million examples',
  'fails on long inputs',
  'matches experts',
];

/** The n-th of as many invented papers as are wanted, all different. */
export function inventedPaper(n: number, fields: Partial<PaperRecord> = {}): PaperRecord {
  const [subject, method, finding] = [subjects[n % 10]!, methods[n % 7]!, findings[n % 5]!];
  return {
    source: 'jsonl',
    title: `${method[0]!.toUpperCase()}${method.slice(1)} for ${subject}, case ${n}`,
    abstract: `We apply ${method} to ${subject} in case ${n}. On ${n + 3} benchmarks the approach ${finding}, and we explain with ${method} why that is so. Code for ${subject} number ${n} is available.`,
    ...fields,
  };
}

/** The same as JSON lines. */
export function jsonLines(records: readonly PaperRecord[]): string {
  return records
    .map(({ title, abstract, authors, date, arxivId, doi }) =>
      JSON.stringify({ title, abstract, authors, date, id: arxivId, doi }),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** A paper as the table gives it, of which nothing but the title is known. */
export function storedPaper(fields: Partial<Paper> = {}): Paper {
  return {
    key: 1,
    id: 't:0',
    title: 'A Title',
    abstract: '',
    authors: [],
    authorCount: null,
    date: null,
    venue: null,
    url: null,
    categories: [],
    upvotes: null,
    comments: null,
    origins: {},
    arxivId: null,
    arxivVersion: null,
    doi: null,
    aliases: [],
    createdAt: new Date(0),
    updatedAt: new Date(0),
    ...fields,
  };
}
