import { AppError } from '../platform/errors.js';
import { createTurns } from '../recommendations/turns.js';
import type { Digest, DigestBooks, DigestPaper } from './digest.js';
import type { Match, Matches } from './match.js';
import { createMutes } from './mutes.js';
import type { NewPaper, NewPapers } from './new-papers.js';
import { localDate } from './schedule.js';
import type { SubscriptionSettings } from './subscription.js';

/** Characters that are kept of an abstract, and authors: what is sent shows fewer. */
const MAX_ABSTRACT = 1_500;
const MAX_AUTHORS = 10;

/** Days without a paper that a weekend explains: arXiv and Hugging Face bring nothing on Saturday, Sunday, and Monday before they announce. */
const WEEKEND_DAYS = 3;

export interface ComposeOptions {
  settings: Pick<
    SubscriptionSettings,
    'cap' | 'minScore' | 'mutedWords' | 'mutedAuthors' | 'mutedCategories' | 'timeZone'
  >;
  news: NewPapers;
  matches: Matches;
  /** Papers that the subscriber was sent before, by row number. */
  sent: ReadonlySet<number>;
  now: Date;
  /** Papers that the channel can show; a shape of webhooks may show fewer than the cap. */
  room?: number | undefined;
  /** Of `settings`, where several digests of them are composed. */
  mutes?: ReturnType<typeof createMutes>;
  signal?: AbortSignal | undefined;
}

/**
 * One digest, from what came in and what of it is asked for. Each paper is cut for one reason, the first of: sent before, score, muted,
 * cap. Others get their turn meanwhile: thousands of papers by a hundred muted phrases take half a second.
 * @throws AppError cancelled where `signal` aborts
 */
export async function composeDigest(options: ComposeOptions): Promise<Digest> {
  const { settings, news, matches, sent, now, room, mutes, signal } = options;
  const { cap, minScore } = settings;
  const most = Math.min(cap, room ?? cap);
  const { isMuted } = mutes ?? createMutes(settings);
  const turn = createTurns();
  const papers: DigestPaper[] = [];
  const cut = { sentBefore: 0, belowScore: 0, muted: 0, beyondCap: 0 };
  let matched = 0;
  for (const match of matches.matches) {
    const one = news.byKey.get(match.key);
    if (!one) continue;
    await turn();
    if (signal?.aborted) throw new AppError('cancelled', 'The digest was cancelled by whoever asked for it.');
    matched++;
    if (sent.has(match.key)) cut.sentBefore++;
    else if (minScore !== null && match.score < minScore) cut.belowScore++;
    else if (isMuted(one.paper)) cut.muted++;
    else if (papers.length >= most) cut.beyondCap++;
    else papers.push(digestPaper(one, match));
  }
  const announced = news.papers.length;
  const books = checkBooks({ announced, matched, sent: papers.length, cut });
  const notices = [...matches.notices];
  if (news.left > 0)
    notices.push(
      `${news.left + announced} papers came in at once: the last ${announced} of them were looked at.`,
    );
  if (announced === 0) notices.unshift(nothingCameIn(news.lastBefore, { now, timeZone: settings.timeZone }));
  const isoOf = (time: Date | null): string | null => time?.toISOString() ?? null;
  return { papers, books, from: isoOf(news.from), to: isoOf(news.to), notices };
}

/** @throws AppError internal: sums that don't come out must not be sent */
export function checkBooks(books: DigestBooks): DigestBooks {
  const { announced, matched, sent, cut } = books;
  const all = sent + cut.sentBefore + cut.belowScore + cut.muted + cut.beyondCap;
  if (all === matched && matched <= announced) return books;
  throw new AppError('internal', `a digest's books don't balance: ${JSON.stringify(books)}`);
}

function digestPaper({ paper }: NewPaper, { score, why, sentence }: Match): DigestPaper {
  const { key, id, title, abstract, authors, authorCount, date, venue, url, categories, upvotes } = paper;
  const known = authors.length > 0 ? Math.max(authorCount ?? 0, authors.length) : authorCount;
  return {
    ...{
      key,
      id,
      title,
      abstract: abstract.slice(0, MAX_ABSTRACT).toWellFormed(),
      authors: authors.slice(0, MAX_AUTHORS),
    },
    ...{ authorCount: known, date, venue, url, categories, upvotes, score, why, sentence },
  };
}

function nothingCameIn(last: Date | null, { now, timeZone }: { now: Date; timeZone: string }): string {
  if (last === null) return 'No paper had come in yet.';
  const day = localDate(last, timeZone);
  const days = (Date.parse(localDate(now, timeZone)) - Date.parse(day)) / 86_400_000;
  const said = `Nothing came in since ${day}`;
  if (days <= WEEKEND_DAYS && isWeekend(localDate(now, timeZone)))
    return `${said}: nothing is announced at weekends.`;
  if (days <= 1) return `${said}.`;
  return `${said}, ${days} days ago: a holiday, or a source that stands still.`;
}

/** Saturday, Sunday or Monday. */
const isWeekend = (day: string): boolean => [6, 0, 1].includes(new Date(`${day}T00:00:00Z`).getUTCDay());
