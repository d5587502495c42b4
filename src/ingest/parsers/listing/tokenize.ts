import { cleanLine, forEachLine } from '../text.js';
import { freeGlued, furnitureOf } from './furniture.js';
import { linkedArxivId, looksLikeMarkdown, type Unwrapped, unwrapLinks } from './markdown.js';
import { metaOf, starsOf } from './metadata.js';
import { dropRecurring } from './recurring.js';
import { titleScore } from './title-score.js';
import type { Meta, TextToken, Token } from './tokens.js';
import { endsSentence } from './wrapping.js';

/** Non-blank lines read; a page of 64 MB wrapped at 64 columns has about as many. Bounds memory. */
export const MAX_LISTING_LINES = 1_000_000;

/** Characters of a line that are read: twice what an abstract may have. The rest is cut like an abstract's. */
const MAX_LINE_LENGTH = 100_000;

/** A title in a link that is broken over lines takes at most this many. */
const MAX_HEADING_LINES = 5;

export interface Tokens {
  tokens: Token[];
  /** The line from which on nothing was read because there are too many; null: all were. */
  unreadFrom: number | null;
}

/** What the next line is expected to be. */
type Expected = 'handle' | 'upvotes' | 'stars' | null;

interface State {
  tokens: Token[];
  markdown: boolean;
  gap: boolean;
  afterFurniture: boolean;
  expected: Expected;
  /** A heading whose link goes on in the next line. */
  heading: { raw: string; line: number; lines: number; gap: boolean } | null;
  /** Inside the properties that some tools write before a page, between two lines of `---`. */
  properties: boolean;
}

/** Every non-blank line as tokens. Blank lines only leave their mark on the next token. */
export function tokenize(text: string): Tokens {
  const state: State = {
    tokens: [],
    markdown: looksLikeMarkdown(text),
    gap: true,
    afterFurniture: true,
    expected: null,
    heading: null,
    properties: false,
  };
  let read = 0;
  let unreadFrom: number | null = null;
  forEachLine(text, (raw, line) => {
    const cleaned = cleanLine(raw.length > MAX_LINE_LENGTH ? raw.slice(0, MAX_LINE_LENGTH) : raw);
    if (cleaned === '') {
      endHeading(state);
      state.gap = true;
      return true;
    }
    read += 1;
    if (read > MAX_LISTING_LINES) {
      unreadFrom = line;
      return false;
    }
    addLine(state, cleaned, line);
    state.gap = false;
    return true;
  });
  endHeading(state);
  return { tokens: dropRecurring(state.tokens), unreadFrom };
}

function addLine(state: State, cleaned: string, line: number): void {
  if (isProperty(state, cleaned)) {
    state.tokens.push({ line, gap: state.gap, kind: 'furniture' });
    return;
  }
  const { heading } = state;
  if (heading) {
    heading.raw = `${heading.raw} ${cleaned}`;
    heading.lines += 1;
    if (heading.lines >= MAX_HEADING_LINES || !unwrapLinks(heading.raw).open) endHeading(state);
    return;
  }
  if (state.markdown && /^#{1,6} /.test(cleaned) && cleaned.length <= 2_000 && unwrapLinks(cleaned).open) {
    state.heading = { raw: cleaned, line, lines: 1, gap: state.gap };
    return;
  }
  readLine(state, cleaned, { line, gap: state.gap });
}

function isProperty(state: State, cleaned: string): boolean {
  if (cleaned === '---') {
    state.properties = state.tokens.length === 0;
    return true;
  }
  state.properties &&= /^[\w-]{1,40}:/.test(cleaned);
  return state.properties;
}

function endHeading(state: State): void {
  const { heading } = state;
  if (!heading) return;
  state.heading = null;
  readLine(state, heading.raw, { line: heading.line, gap: heading.gap });
}

interface Place {
  line: number;
  gap: boolean;
}

function readLine(state: State, cleaned: string, place: Place): void {
  // The first word of a page that was appended to another without a line break.
  const separate = cleaned.length < 60 ? cleaned.replace(/(?<=\d)new$/, '') : cleaned;
  const { text: freed } = freeGlued(separate, state.afterFurniture);
  if (freed !== cleaned) state.tokens.push({ ...place, kind: 'furniture' });
  const level = state.markdown ? (/^#{1,6}(?= )/.exec(freed)?.[0].length ?? 0) : 0;
  const content = level > 0 ? freed.slice(level).trim() : freed;
  const markup = state.markdown && /[[\]\\]/.test(content) ? unwrapLinks(content) : null;
  const plain = cleanLine(markup?.text ?? content);
  // A link inside an abstract stays as its author wrote it.
  const whole = markup !== null && (level > 0 || markup.onlyLinks || markup.broken);
  const text = whole ? plain : state.markdown ? content.replace(/\\{1,4}$/, '') : content;
  if (plain === '') {
    state.tokens.push({ ...place, kind: 'furniture' });
    return;
  }
  if (takeExpected(state, plain, place) || (markup?.onlyLinks && pushLinks(state, markup, place))) return;
  const meta = metaOf(plain);
  if (meta && !(meta[0]?.kind === 'link' && goesOn(state, place))) {
    pushMeta(state, meta, plain, place);
    return;
  }
  if (/^submitted by(?: .{1,70}|\S{1,64})?$/i.test(text)) {
    pushSubmitter(state, text, place);
    return;
  }
  const link = /^<?(https?:\/\/\S{1,2000}?)>?$/.exec(text)?.[1];
  if (link !== undefined && isPageLink(state, link, place)) {
    state.tokens.push({ ...place, kind: 'link', arxiv: linkedArxivId(link), text });
    return;
  }
  const furniture = furnitureOf(plain);
  if (furniture === 'fixed' || (furniture && level > 0 && markup?.links.length !== 1)) {
    if (plain.startsWith('Get trending')) freeAppendedPage(state);
    state.afterFurniture = true;
    state.tokens.push({ ...place, kind: 'furniture' });
    return;
  }
  const word = plain.toLowerCase();
  if (word === 'upvote' || word === 'upvotes') state.expected = 'upvotes';
  if (word === 'github') state.expected = 'stars';
  state.afterFurniture = furniture !== null;
  state.tokens.push(textToken(text, { ...place, level, likely: furniture !== null, markup }));
}

/** A page appended to another that ended without a line break leaves its first word on the last abstract. */
function freeAppendedPage({ tokens }: State): void {
  const above = tokens[tokens.length - 1];
  if (above?.kind === 'text') above.text = above.text.replace(/(?<=[\p{P}\d])new$/u, '');
}

function textToken(
  text: string,
  { line, gap, level, likely, markup }: Place & { level: number; likely: boolean; markup: Unwrapped | null },
): TextToken {
  // Only a line that is a link as a whole: an abstract may link to other papers.
  const own = level > 0 || markup?.onlyLinks ? markup?.links : undefined;
  const link = own?.find(({ url }) => linkedArxivId(url) !== null);
  return {
    kind: 'text',
    line,
    gap,
    text,
    heading: level,
    likelyFurniture: likely,
    arxiv: link ? linkedArxivId(link.url) : null,
    url: link && /^https?:/.test(link.url) ? link.url : null,
  };
}

/** A line that the one before has announced: the submitter's handle, the number of upvotes or of stars. */
function takeExpected(state: State, text: string, place: Place): boolean {
  const { expected } = state;
  if (expected === null) return false;
  if (expected === 'handle') {
    // Pictures between the words and the handle leave their names.
    if (furnitureOf(text) === 'fixed') {
      state.tokens.push({ ...place, kind: 'furniture' });
      return true;
    }
    state.expected = null;
    if (!/^[\w.-]{1,64}$/.test(text) || /^\d+$/.test(text)) return false;
    state.tokens.push({ ...place, kind: 'submitter', text });
    return true;
  }
  state.expected = null;
  const meta = metaOf(text)?.[0];
  if (meta?.kind !== 'count') return false;
  // The word that announced it was no title after all.
  const announced = state.tokens.pop();
  if (announced) state.tokens.push({ line: announced.line, gap: announced.gap, kind: 'furniture' });
  const counted: Meta =
    expected === 'upvotes'
      ? { kind: 'upvotes', value: meta.value }
      : { kind: 'repository', stars: meta.value };
  state.tokens.push({ ...place, ...counted, text });
  return true;
}

/** A line of nothing but links to a card's things: `[GitHub 131](…) [arXiv Page](…)`. */
function pushLinks(state: State, markup: Unwrapped, place: Place): boolean {
  const metas: Meta[] = [];
  for (const { text, url } of markup.links) {
    const meta: Meta[] | null = isRepository(url)
      ? [{ kind: 'repository', stars: starsOf(text) }]
      : metaOf(text);
    if (!meta && text !== '' && !furnitureOf(text)) return false;
    metas.push(...(meta ?? []));
    // A link around a picture may belong to the next card.
    const arxiv = text === '' ? null : linkedArxivId(url);
    if (arxiv) metas.push({ kind: 'link', arxiv });
  }
  if (markup.text.toLowerCase() === 'upvote') return false;
  pushMeta(state, metas, markup.text, place);
  if (metas.length === 0) {
    state.tokens.push({ ...place, kind: 'furniture' });
    state.afterFurniture = true;
  }
  return true;
}

/** A card links to its code; an abstract's own link stands in a sentence. */
function isRepository(url: string): boolean {
  return /^https:\/\/(?:github|gitlab)\.com\/[\w.-]+\/[\w.-]+\/?$/i.test(url);
}

function pushMeta(state: State, metas: readonly Meta[], text: string, place: Place): void {
  for (const [index, meta] of metas.entries()) {
    state.tokens.push({ ...place, gap: index === 0 && place.gap, ...meta, text });
  }
  state.afterFurniture = false;
}

function pushSubmitter(state: State, text: string, place: Place): void {
  const rest = text.slice('submitted by'.length).trim();
  if (rest === '') state.expected = 'handle';
  state.tokens.push({ ...place, kind: 'submitter', text });
  state.afterFurniture = true;
}

function isPageLink(state: State, url: string, place: Place): boolean {
  if (linkedArxivId(url)) return !goesOn(state, place);
  const above = state.tokens[state.tokens.length - 1];
  if (!place.gap && above?.kind === 'text') return false;
  return /^https?:\/\/(?:www\.)?(?:huggingface|hf)\.co(?:[/?#]|$)/.test(url);
}

/**
 * A sentence that ends in an id or a URL may be broken before it. Taken for the paper's own, such an id would
 * make two papers one.
 */
function goesOn(state: State, { gap }: Place): boolean {
  const above = state.tokens[state.tokens.length - 1];
  return !gap && above?.kind === 'text' && !endsSentence(above.text) && titleScore(above.text) < 2;
}
