import type { Static } from 'typebox';
import type { Paper } from '../../papers/paper.js';
import { isFullDay, listedDay } from '../../papers/period.js';
import type { SearchItem } from '../../search/search.js';
import type { HfItem, HfPaper, HfSearchItem } from './hugging-face-schema.js';

/**
 * Papers as Hugging Face Papers gives them. What isn't known is absent, never null: its client reads an absent field as
 * None, and several others crash on null.
 */

type Links = Pick<HfPaper, 'githubRepo' | 'projectPage'>;

/** The flat object of `GET /api/papers/{id}`, and what a daily item has inside. */
export function hfPaper(paper: Paper): HfPaper {
  return {
    ...hfFound(paper),
    submittedOnDailyAt: midnight(listedDay(paper)),
    ...submitter(paper, 'submittedOnDailyBy'),
  };
}

/** An item of `GET /api/daily_papers`. The links stand twice, because the released client reads them outside alone. */
export function hfItem(paper: Paper): Static<typeof HfItem> {
  return { paper: hfPaper(paper), ...hfOuter(paper), ...submitter(paper, 'submittedBy') };
}

/** An item of `GET /api/papers/search`. */
export function hfSearchItem({ paper, highlights }: SearchItem): Static<typeof HfSearchItem> {
  return {
    paper: hfFound(paper),
    ...hfOuter(paper),
    // Nobody is logged in.
    upvoted: false,
    highlightedTitle: segments(paper.title, highlights.title),
    highlightedSummary: segments(paper.abstract, highlights.abstract),
  };
}

/** `hidden`, and below `isAuthorParticipating`: there is nobody here to hide a name or to join a discussion. */
function hfFound(paper: Paper): HfPaper {
  const { id, authors, title, abstract, upvotes } = paper;
  return {
    id,
    authors: authors.map((name) => ({ name, hidden: false })),
    ...published(paper),
    title,
    summary: abstract,
    upvotes: upvotes ?? 0,
    ...linksOf(paper),
  };
}

function hfOuter(paper: Paper) {
  return {
    ...published(paper),
    title: paper.title,
    summary: paper.abstract,
    numComments: paper.comments ?? 0,
    isAuthorParticipating: false,
    ...linksOf(paper),
  };
}

/** A year or a month is no time: a day in it would be invented. */
function published({ date }: Paper): { publishedAt?: string } {
  return isFullDay(date) ? { publishedAt: midnight(date) } : {};
}

const midnight = (day: string): string => `${day}T00:00:00.000Z`;

/**
 * The source that the title came from, which is who brought the paper here. One client reads the handle as `user`, others
 * as `name`.
 */
function submitter<F extends 'submittedBy' | 'submittedOnDailyBy'>({ origins }: Paper, field: F) {
  const source = origins.title?.source;
  if (source === undefined) return {};
  return { [field]: { user: source, name: source, fullname: source } } as Record<
    F,
    { user: string; name: string; fullname: string }
  >;
}

const repositories = /\bgithub\.com\/([\w-]+\/[\w.-]+)/gi;
const projectPages = /\bhttps?:\/\/[\w-]+\.github\.io\/[^\s<>()[\]{}"'“”]*/gi;

/** Where the code is and what has a page, as far as the abstract or the source's link says: of several none is the paper's. */
function linksOf({ abstract, url }: Paper): Links {
  const text = `${url ?? ''} ${abstract}`;
  const named = [...text.matchAll(repositories)].map(([, name]) => tidyEnd(name!).replace(/\.git$/, ''));
  const repository = onlyOne(named);
  const page = onlyOne([...text.matchAll(projectPages)].map(([found]) => tidyEnd(found)));
  return {
    ...(repository === null ? {} : { githubRepo: `https://github.com/${repository}` }),
    ...(page === null ? {} : { projectPage: page }),
  };
}

/** Without what ends the sentence that it stands in. */
const tidyEnd = (name: string): string => name.replace(/[.,;:!?]+$/, '');

/** The one thing that all of these name; null where there are none or several. */
function onlyOne(found: readonly string[]): string | null {
  const names = new Map(found.map((name) => [name.toLowerCase(), name]));
  return names.size === 1 ? [...names.values()][0]! : null;
}

interface Range {
  start: number;
  end: number;
}

/** The text in pieces, in order and without gaps; `ranges` ascending, not touching. */
export function segments(
  text: string,
  ranges: readonly Range[],
): { type: 'text' | 'highlight'; text: string }[] {
  const pieces: { type: 'text' | 'highlight'; text: string }[] = [];
  const add = (type: 'text' | 'highlight', start: number, end: number): void => {
    if (end > start) pieces.push({ type, text: text.slice(start, end) });
  };
  let at = 0;
  for (const { start, end } of ranges) {
    add('text', at, start);
    add('highlight', start, end);
    at = end;
  }
  add('text', at, text.length);
  return pieces;
}
