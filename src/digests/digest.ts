/** A paper of a digest, frozen: what is sent stays what was prepared. */
export interface DigestPaper {
  key: number;
  id: string;
  title: string;
  abstract: string;
  authors: string[];
  authorCount: number | null;
  date: string | null;
  venue: string | null;
  url: string | null;
  categories: string[];
  upvotes: number | null;
  score: number;
  /** In plain words: “matches: kernel, width”, “like: Neural Tangent Kernel (0.71)”. */
  why: string;
  /** The sentence of the abstract that fits best; null where none is known. */
  sentence: string | null;
}

/** What became of the papers that came in: they add up. */
export interface DigestBooks {
  /** Papers that came in since the last digest. */
  announced: number;
  /** Those of them that the subscription asks for. */
  matched: number;
  sent: number;
  /** announced = matched + not asked for; matched = sent + what was cut. */
  cut: { sentBefore: number; belowScore: number; muted: number; beyondCap: number };
}

export interface Digest {
  papers: DigestPaper[];
  books: DigestBooks;
  /** When the first and last of the papers that were looked at came in; null where there were none. */
  from: string | null;
  to: string | null;
  /** Why the day may be incomplete or empty: nothing was taken in since …, papers that are still being read. */
  notices: string[];
}

/** With fewer papers: the others were sent before. */
export function withPapers(digest: Digest, papers: DigestPaper[]): Digest {
  const { books } = digest;
  const sentBefore = books.cut.sentBefore + digest.papers.length - papers.length;
  return { ...digest, papers, books: { ...books, sent: papers.length, cut: { ...books.cut, sentBefore } } };
}

export const deliveryStates = [
  'prepared',
  'claimed',
  'sent',
  'deferred',
  'failed',
  'uncertain',
  'skipped',
] as const;
export type DeliveryState = (typeof deliveryStates)[number];
