import { createHash } from 'node:crypto';
import type { Paper } from '../../papers/paper.js';
import { readPeriod } from '../../papers/period.js';
import type { FeedEntry } from './feed.js';
import { cleanText, escapeText } from './xml.js';

/** Names in an entry: papers of ATLAS and CMS have three thousand, and a feed a hundred entries. */
const MAX_AUTHORS = 50;

/** Ours alone, drawn by lot: ids made with it are nobody else's (RFC 9562, 5.5). */
const NAMESPACE = 'c2429cf9-c62d-4355-8b4d-4f111dd749a9';

/** That somebody was told of a paper, and why. */
export interface Told {
  at: Date;
  /** null: not known any more. */
  why: string | null;
}

/** A paper in a feed whose links begin with `base` (platform/origin.ts). With `told` it is dated by that, as readers sort by dates. */
export function feedEntry(paper: Paper, base: string, told?: Told): FeedEntry {
  const url = `${base}/papers/${encodeURIComponent(paper.id)}`;
  const places = placesOf(paper);
  return {
    id: entryId(paper),
    title: paper.title,
    url,
    source: places[0]?.url ?? null,
    authors: named(paper.authors).slice(0, MAX_AUTHORS),
    categories: named(paper.categories),
    html: whyOf(told) + htmlOf(paper, [{ label: 'Quire', url }, ...places]),
    published: told?.at ?? publishedAt(paper),
    updated: told?.at ?? paper.updatedAt,
  };
}

/** Of a name that is nothing but what XML can't hold, nothing is left: Atom wants some text of each. */
const named = (names: readonly string[]): string[] => names.filter((name) => cleanText(name).trim() !== '');

/**
 * Of the row and when it came in: both stay while a paper's public id gets better (title, DOI, arXiv id), its title is corrected and
 * another row is taken in, and wherever the service moves to. Another database has other times, so that its papers have
 * other ids. Not of the public ids: which of them was the first can't be told from those that there are.
 */
function entryId({ key, createdAt }: Paper): string {
  return `urn:uuid:${nameUuid(`${key} ${createdAt.toISOString()}`)}`;
}

/** UUID of version 5 (RFC 9562). */
function nameUuid(name: string): string {
  const hash = createHash('sha1')
    .update(Buffer.from(NAMESPACE.replaceAll('-', ''), 'hex'))
    .update(name);
  const bytes = hash.digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/**
 * The paper's own day where it's known, else, as in listings, when it came in: a missing month or day is not made up. A journal's issue
 * may be dated months ahead, and readers hide what isn't there yet.
 */
function publishedAt({ date, createdAt }: Paper): Date {
  // Sources have days that the calendar hasn't.
  if (date === null || readPeriod('day', date) === null) return createdAt;
  const day = new Date(`${date}T00:00:00Z`);
  return day < createdAt ? day : createdAt;
}

interface Place {
  label: string;
  url: string;
}

/** Where the paper can be read, the surest first. */
function placesOf({ arxivId, doi, url }: Paper): Place[] {
  return [
    ...(arxivId === null ? [] : [{ label: 'arXiv', url: `https://arxiv.org/abs/${arxivId}` }]),
    ...(doi === null ? [] : [{ label: 'DOI', url: `https://doi.org/${pathOf(doi)}` }]),
    // In an address as it should be written: sources have spaces in theirs.
    ...(url === null || url.includes('arxiv.org/') || !/^https?:/i.test(url) || !URL.canParse(url)
      ? []
      : [{ label: 'Source', url: new URL(url).href }]),
  ];
}

/** A DOI may hold `#`, `?` and `%`. */
const pathOf = (doi: string): string => doi.split('/').map(encodeURIComponent).join('/');

function htmlOf(paper: Paper, places: readonly Place[]): string {
  const { abstract, date, venue, categories, origins } = paper;
  const facts = [authorsLine(paper), date, venue].filter(Boolean).join(' · ');
  const isOurSummary = origins.abstract?.source === 'sample';
  const links = places.map((place) => `<a href="${escapeText(place.url)}">${place.label}</a>`).join(' · ');
  return [
    facts === '' ? '' : paragraph(facts),
    isOurSummary ? paragraph('A summary in Quire’s own words, not the paper’s abstract:') : '',
    ...(abstract === '' ? ['No abstract is known.'] : abstract.split(/\n\s*\n/)).map(paragraph),
    categories.length === 0 ? '' : paragraph(categories.join(', ')),
    `<p>${links}</p>`,
  ].join('');
}

const whyOf = (told: Told | undefined): string => (told?.why ? paragraph(`Why it is here: ${told.why}`) : '');

const paragraph = (text: string): string => `<p>${escapeText(text)}</p>`;

function authorsLine({ authors, authorCount }: Paper): string {
  const total = Math.max(authorCount ?? 0, authors.length);
  if (authors.length === 0) return total === 0 ? '' : `${total} ${total === 1 ? 'author' : 'authors'}`;
  const shown = authors.slice(0, MAX_AUTHORS);
  return shown.join(', ') + (total > shown.length ? ` + ${total - shown.length}` : '');
}
