import type { PaperRecord, ParseProblem, SourceName } from '../../papers/paper.js';
import { normalizePaperRef } from '../../papers/paper-id.js';
import { assemble, type Card } from './listing/assemble.js';
import { labelUnits } from './listing/labels.js';
import { toPage } from './listing/paragraphs.js';
import { MAX_LISTING_LINES, tokenize } from './listing/tokenize.js';
import type { Token } from './listing/tokens.js';
import { limitRecord } from './record.js';
import { excerpt } from './text.js';

/** `empty`: nothing was written in it. */
export type ListingShape = 'with-metadata' | 'titles-and-abstracts' | 'compact' | 'trending' | 'empty';

export interface ListingOptions {
  /** The day at which the page was saved, YYYY-MM-DD: dates without a year are not after it. */
  asOf: string;
  source?: SourceName | undefined;
}

export interface ParsedListing {
  /** In order; a page that holds a card twice in a row gives one paper, a page saved twice gives two. */
  papers: { line: number; record: PaperRecord }[];
  problems: ParseProblem[];
  shape: ListingShape;
}

/**
 * Papers from the text of a Hugging Face papers page as people save it: with metadata, titles and abstracts
 * only, compact (no blank lines), or the trending page with its links.
 *
 * Lines become tokens (furniture, metadata, text), text lines become paragraphs, and paragraphs are labelled
 * as titles or abstracts all at once, by what they look like and by what stands between them. Never throws for
 * bad input: a text line is in a paper or in a problem.
 */
export function parseListing(text: string, { asOf, source = 'listing' }: ListingOptions): ParsedListing {
  const { tokens, unreadFrom } = tokenize(text);
  const page = toPage(tokens);
  const { cards, problems } = assemble(page, labelUnits(page), asOf);
  const papers: ParsedListing['papers'] = [];
  for (const card of foldTwins(cards)) {
    if (normalizePaperRef(card.title) !== null) {
      const reason = 'an id stands where a title was expected: a list of ids is read with the format `ids`';
      problems.push({ line: card.line, reason, excerpt: excerpt(card.title) });
      continue;
    }
    const limited = limitRecord(recordOf(card, { asOf, source }), card.line);
    papers.push({ line: card.line, record: limited.record });
    problems.push(...limited.problems);
  }
  if (unreadFrom !== null) {
    problems.push({
      line: unreadFrom,
      reason: `nothing was read from this line on: a listing may have ${MAX_LISTING_LINES} lines; split the file`,
      excerpt: '',
    });
  }
  if (papers.length === 0 && problems.length === 0 && tokens.length > 0) {
    problems.push({
      line: tokens[0]!.line,
      reason: 'no paper was found: expected titles, each with its abstract below it',
      excerpt: excerpt(text.slice(0, 1_000)),
    });
  }
  problems.sort((a, b) => a.line - b.line);
  return { papers, problems, shape: shapeOf(tokens, cards) };
}

/** The trending page holds every card twice in a row, once for narrow screens: one paper. */
function foldTwins(cards: readonly Card[]): Card[] {
  const kept: Card[] = [];
  for (const card of cards) {
    const before = kept[kept.length - 1];
    if (before && isTwin(before, card)) {
      if (card.paragraphs.join('').length > before.paragraphs.join('').length)
        before.paragraphs = card.paragraphs;
      for (const key of ['authorCount', 'date', 'comments', 'upvotes', 'stars'] as const)
        fill(before, card, key);
    } else kept.push(card);
  }
  return kept;
}

/** Nothing is lost by keeping the longer one: its text holds the other's. */
function isTwin(a: Card, b: Card): boolean {
  if (a.title !== b.title || (a.arxiv && b.arxiv && a.arxiv.id !== b.arxiv.id)) return false;
  const [one, other] = [a.paragraphs.join('\n\n'), b.paragraphs.join('\n\n')];
  if (!(a.arxiv && b.arxiv)) return a.heading && b.heading && one !== '' && one === other;
  return one.includes(other) || other.includes(one);
}

function fill<K extends keyof Card>(card: Card, from: Card, key: K): void {
  card[key] ??= from[key];
}

function recordOf(
  card: Card,
  { asOf, source }: Required<ListingOptions> & { source: SourceName },
): PaperRecord {
  const { authorCount, date, comments, upvotes, stars, arxiv, url } = card;
  return {
    source,
    title: card.title,
    abstract: card.paragraphs.join('\n\n'),
    asOf,
    ...(authorCount !== null && { authorCount }),
    ...(date !== null && { date }),
    ...(comments !== null && { comments }),
    ...(upvotes !== null && { upvotes }),
    ...(stars !== null && { stars }),
    ...(arxiv && { arxivId: arxiv.id }),
    ...(arxiv?.version !== undefined && { arxivVersion: arxiv.version }),
    ...(url !== null && { url }),
  };
}

function shapeOf(tokens: readonly Token[], cards: readonly Card[]): ListingShape {
  if (tokens.length === 0) return 'empty';
  const withId = cards.filter((card) => card.arxiv !== null).length;
  if (withId * 2 > cards.length) return 'trending';
  const closed = cards.filter((card) => card.closed).length;
  if (closed * 2 > cards.length) return 'with-metadata';
  const texts = tokens.filter((token) => token.kind === 'text');
  const apart = texts.filter((token) => token.gap).length;
  return apart * 2 > texts.length ? 'titles-and-abstracts' : 'compact';
}
