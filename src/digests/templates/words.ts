import type { Digest, DigestBooks, DigestPaper } from '../digest.js';
import { localDate } from '../schedule.js';
import type { Named, SubscriptionSettings } from '../subscription.js';
import { clip, oneLine } from './plain.js';

/** In the foot of a mail: its links act for whoever has them. */
export const LINKS_ARE_YOURS =
  'These links work for whoever has them: take them out before you forward this mail.';

/** Where a digest leads. What acts (`notForMe`, `save`, `unsubscribe`) is a page that asks first: mail scanners open every link. */
export interface DigestLinks {
  /** `id`: the paper's public id. Absolute, as are all. */
  paper(id: string): string;
  /** A search for the words. */
  search(words: string): string;
  related(id: string): string;
  notForMe(id: string): string;
  save(id: string): string;
  manage(): string;
  unsubscribe(): string;
}

const MAX_SUBJECT = 200;
/** Of a query in a subject or a heading. */
const MAX_NAME = 60;

const SHOWN_AUTHORS = 3;
/** Characters of a name: longer ones are a list that a source took for one. */
const MAX_AUTHOR = 60;

export const plural = (count: number, noun: string): string =>
  `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** “3 Mar 2024”, or as much of it as is known. */
export function readDate(date: string): string {
  const [year, month, day] = date.split('-');
  return [day && String(Number(day)), month && months[Number(month) - 1], year].filter(Boolean).join(' ');
}

/** The day of the digest, where its subscriber is. */
export const dayOf = (date: Date, { timeZone }: Pick<SubscriptionSettings, 'timeZone'>): string =>
  readDate(localDate(date, timeZone));

export function nameOf({ kind, query, likes, firstLike = null }: Named): string {
  if (kind === 'daily') return 'the day’s papers';
  if (kind === 'likes') {
    if (firstLike !== null)
      return `papers like “${clip(oneLine(firstLike), MAX_NAME)}”${andMore(likes.length - 1)}`;
    return likes.length === 1
      ? 'papers like the one you follow'
      : `papers like the ${likes.length} you follow`;
  }
  return `“${clip(oneLine(query), MAX_NAME)}”`;
}

export const andMore = (count: number): string => (count > 0 ? ` and ${count} more` : '');

/** One line, never empty, at most 200 characters. */
export function subjectOf(settings: Named, { papers, books }: Digest): string {
  const [first] = papers;
  const name = nameOf(settings);
  if (first === undefined)
    return clip(
      books.announced === 0
        ? `Nothing came in for ${name}`
        : `Nothing new for ${name}: ${plural(books.announced, 'paper')} looked at`,
      MAX_SUBJECT,
    );
  const title = oneLine(first.title);
  return clip(
    `${plural(papers.length, 'new paper')} for ${name}${title === '' ? '' : `: ${title}`}`,
    MAX_SUBJECT,
  );
}

/** First authors, date, venue, category, upvotes: what is known. */
export function factsOf(
  { authors, authorCount, date, venue, categories, upvotes }: DigestPaper,
  most = SHOWN_AUTHORS,
): string[] {
  const shown = authors.slice(0, most).map((name) => clip(oneLine(name), MAX_AUTHOR));
  const rest = Math.max(authorCount ?? 0, authors.length) - shown.length;
  const people =
    shown.length > 0 ? shown.join(', ') + (rest > 0 ? ` + ${rest}` : '') : rest > 0 && plural(rest, 'author');
  return [
    people,
    date && readDate(date),
    venue && clip(oneLine(venue), MAX_AUTHOR),
    categories[0] && clip(oneLine(categories[0]), MAX_AUTHOR),
    upvotes !== null && plural(upvotes, 'upvote'),
  ].filter((fact): fact is string => typeof fact === 'string' && fact !== '');
}

/** Mostly 0 to 1; the heat of a day's paper, which says nothing to its reader, and 0 of a filter, are left out. */
export const scoreOf = (
  { score }: DigestPaper,
  { kind }: Pick<SubscriptionSettings, 'kind'>,
): string | null => (kind === 'daily' || score === 0 ? null : score.toFixed(2));

/** Why a digest has no papers; null where it has some. */
export function emptyReason({ papers, books }: Digest): string | null {
  if (papers.length > 0) return null;
  const { announced, matched } = books;
  // The notice says since when.
  if (announced === 0) return 'There is nothing to tell today.';
  if (matched === 0)
    return `${plural(announced, 'paper')} came in, and none is what this subscription asks for.`;
  if (books.cut.sentBefore === matched)
    return matched === 1
      ? `Of ${plural(announced, 'new paper')} one matches: you were sent it before.`
      : `Of ${plural(announced, 'new paper')} ${matched} match: you were sent all of them before.`;
  return `Of ${plural(announced, 'new paper')} ${matched} ${matched === 1 ? 'matches' : 'match'}: ${cuts(books)}.`;
}

/** The sums, one sentence. */
export function booksLine(books: DigestBooks): string {
  const { announced, matched, sent } = books;
  const why = sent === matched ? '' : ` Cut: ${cuts(books)}.`;
  return `Announced ${announced}, matched ${matched}, sent ${sent}.${why}`;
}

function cuts({ cut }: DigestBooks): string {
  return [
    cut.sentBefore > 0 && `${cut.sentBefore} sent before`,
    cut.belowScore > 0 && `${cut.belowScore} below the score`,
    cut.muted > 0 && `${cut.muted} muted`,
    cut.beyondCap > 0 && `${cut.beyondCap} beyond the cap`,
  ]
    .filter(Boolean)
    .join(', ');
}
