import type { Digest, DigestPaper } from '../../src/digests/digest.js';
import type { NewPapers } from '../../src/digests/new-papers.js';
import type { Subscription, SubscriptionSettings } from '../../src/digests/subscription.js';
import type { DigestLinks } from '../../src/digests/templates/words.js';
import type { Paper } from '../../src/papers/paper.js';

export function settingsOf(fields: Partial<SubscriptionSettings> = {}): SubscriptionSettings {
  return {
    kind: 'query',
    query: 'graph kernels',
    likes: [],
    days: [1, 2, 3, 4, 5, 6, 7],
    hour: 8,
    timeZone: 'UTC',
    cap: 10,
    minScore: null,
    mutedWords: [],
    mutedAuthors: [],
    mutedCategories: [],
    tellsEmpty: false,
    ...fields,
  };
}

export function subscriptionOf(fields: Partial<Subscription> = {}): Subscription {
  return {
    ...settingsOf(),
    id: 7,
    subscriberId: 3,
    email: 'ada@example.org',
    channel: { kind: 'mail' },
    state: 'active',
    pausedUntil: null,
    confirmedAt: new Date(0),
    endedAt: null,
    endedBy: null,
    seenUntil: 0n,
    createdAt: new Date(0),
    ...fields,
  };
}

/** As if these papers had just come in, in their order. */
export function newsOf(
  papers: readonly Paper[],
  { heats = [], ...rest }: Partial<NewPapers> & { heats?: readonly (number | null)[] } = {},
): NewPapers {
  const all = papers.map((paper, at) => ({ paper, heat: heats[at] ?? null }));
  return {
    papers: all,
    byKey: new Map(all.map((one) => [one.paper.key, one])),
    left: 0,
    from: papers[0]?.createdAt ?? null,
    to: papers.at(-1)?.createdAt ?? null,
    lastBefore: null,
    ...rest,
  };
}

export function digestPaperOf(fields: Partial<DigestPaper> = {}): DigestPaper {
  return {
    key: 1,
    id: '2401.00001',
    title: 'Kernels of wide graphs',
    abstract: 'We widen graphs.',
    authors: ['Ada Björk', 'Lin Ó Briain', 'Max Ruh', 'Eva Licht'],
    authorCount: 4,
    date: '2024-03-01',
    venue: null,
    url: null,
    categories: ['cs.LG'],
    upvotes: 3,
    score: 0.712,
    why: 'matches: graph, kernel',
    sentence: 'We widen graphs.',
    ...fields,
  };
}

export function digestOf(papers: DigestPaper[], fields: Partial<Digest> = {}): Digest {
  const cut = { sentBefore: 0, belowScore: 0, muted: 0, beyondCap: 0 };
  return {
    papers,
    books: { announced: papers.length, matched: papers.length, sent: papers.length, cut },
    from: null,
    to: null,
    notices: [],
    ...fields,
  };
}

const token = 'A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0U1v';
const base = 'https://papers.example.org';

export const links: DigestLinks = {
  paper: (id) => `${base}/papers/${encodeURIComponent(id)}`,
  search: (words) => `${base}/?q=${encodeURIComponent(words)}`,
  related: (id) => `${base}/papers/${encodeURIComponent(id)}#related`,
  notForMe: (id) => `${base}/digests/not-for-me?token=${token}&paper=${encodeURIComponent(id)}`,
  save: (id) => `${base}/digests/save?token=${token}&paper=${encodeURIComponent(id)}`,
  manage: () => `${base}/digests/manage?token=${token}`,
  unsubscribe: () => `${base}/digests/unsubscribe?token=${token}`,
};
