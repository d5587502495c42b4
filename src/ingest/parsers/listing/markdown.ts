import { parseArxivId } from '../../../papers/paper-id.js';

/** Saved by a tool that writes links as Markdown: only then are brackets mark-up. */
export function looksLikeMarkdown(text: string): boolean {
  if (/\]\((?:https?:\/\/(?:www\.)?(?:huggingface|hf)\.co)?\/papers\//.test(text)) return true;
  const heading = /^#{1,6} {1,3}\[?\p{L}/gmu;
  return heading.test(text) && heading.test(text);
}

export interface Link {
  text: string;
  url: string;
}

export interface Unwrapped {
  /** The line with links replaced by their texts. */
  text: string;
  /** Inner before outer ones; pictures are left out, numbered references have no URL. */
  links: Link[];
  /** Nothing but links, spaces and punctuation. */
  onlyLinks: boolean;
  /** A bracket was opened and not closed: the link's text goes on in the next line. */
  open: boolean;
  /** Holds one half of a link that is broken over lines. */
  broken: boolean;
}

/** Longest URL followed; a longer one is text. */
const MAX_URL_LENGTH = 2_048;

/** Second halves of links in one line; a line of a page has one. */
const MAX_HALVES = 8;

/** A link around a picture with a name in brackets nests three deep; deeper brackets are text. */
const MAX_DEPTH = 4;

interface Bracket {
  /** Where it was opened in the line. */
  at: number;
  picture: boolean;
  parts: string[];
}

/**
 * Takes Markdown links apart: `[text](url)`, `[text][12]`, pictures, and the two halves of a link that is
 * broken over lines (`[Upvote`, `117](url)`). One pass: time is linear in the line's length.
 */
export function unwrapLinks(line: string): Unwrapped {
  const stack: Bracket[] = [{ at: 0, picture: false, parts: [] }];
  const links: Link[] = [];
  const special = /[[\]\\]/g;
  let linked = 0;
  let halves = 0;
  let from = 0;
  for (let found = special.exec(line); found; found = special.exec(line)) {
    const at = found.index;
    const top = stack[stack.length - 1]!;
    if (found[0] === '\\') {
      // Not the escapes that are accents in TeX: titles hold those.
      if (!/[[\]_*#|\\]/.test(line[at + 1] ?? '')) continue;
      top.parts.push(line.slice(from, at), line[at + 1]!);
      from = special.lastIndex = at + 2;
      continue;
    }
    const picture = found[0] === '[' && line[at - 1] === '!';
    top.parts.push(line.slice(from, picture ? at - 1 : at));
    from = at + 1;
    if (found[0] === '[') {
      if (stack.length < MAX_DEPTH) stack.push({ at, picture, parts: [] });
      else top.parts.push('[');
      continue;
    }
    const target = linkTarget(line, at + 1);
    const bracket = stack.length > 1 ? stack.pop()! : null;
    if (target) {
      from = special.lastIndex = at + 1 + target.length;
      if (!bracket) halves += 1;
      if (stack.length === 1) linked += from - (bracket?.at ?? 0);
    }
    closeBracket({ stack, bracket, url: target?.url ?? null, links });
  }
  stack[stack.length - 1]!.parts.push(line.slice(from));
  const open = stack.length > 1;
  // An unclosed bracket opens a link that goes on below where it begins the line; elsewhere it is text.
  const text = stack
    .map(({ at, parts }, depth) => `${depth > 0 && at > 1 ? '[' : ''}${parts.join('')}`)
    .join('');
  return {
    text: text.replace(/\\+(?= |$)/g, '').trim(),
    links,
    onlyLinks: links.length > 0 && line.length - linked <= 3 + links.length * 2,
    open,
    broken: halves > 0 || (open && (stack[1]?.at ?? 0) <= 1),
  };
}

function closeBracket({
  stack,
  bracket,
  url,
  links,
}: {
  stack: readonly Bracket[];
  bracket: Bracket | null;
  /** null: no link; '': a numbered reference. */
  url: string | null;
  links: Link[];
}): void {
  const outer = stack[stack.length - 1]!;
  if (!bracket) {
    // The second half of a link: everything so far was its text.
    if (url === null) outer.parts.push(']');
    else if (url !== '' && links.length < MAX_HALVES) links.push({ text: outer.parts.join('').trim(), url });
    return;
  }
  const inner = bracket.parts.join('');
  if (bracket.picture) return;
  if (url === null) {
    // Brackets inside a link name a picture; others are text.
    if (stack.length === 1) outer.parts.push(`[${inner}]`);
    return;
  }
  links.push({ text: inner.trim(), url });
  // The space keeps `Sep 9[9](…)` from becoming the 99th.
  outer.parts.push(outer.parts.length > 0 ? ' ' : '', inner);
}

function linkTarget(line: string, at: number): { url: string; length: number } | null {
  if (line[at] === '[') {
    const reference = /^\[\d{1,5}\]/.exec(line.slice(at, at + 8));
    return reference ? { url: '', length: reference[0].length } : null;
  }
  if (line[at] !== '(') return null;
  const match = /^\(((?:https?:\/)?\/[^\s()]*(?:\([^\s()]*\)[^\s()]*)?)(?: "[^"]*")?\)/.exec(
    line.slice(at, at + MAX_URL_LENGTH),
  );
  return match ? { url: match[1]!, length: match[0].length } : null;
}

/** The arXiv id that a link of a card names; login links and other sites name none. */
export function linkedArxivId(url: string): { id: string; version?: number } | null {
  const absolute = url.startsWith('/papers/') ? `https://huggingface.co${url}` : url;
  if (!/^https?:\/\/(?:[a-z0-9-]+\.)*(?:huggingface\.co|hf\.co|arxiv\.org|alphaxiv\.org)\//i.test(absolute)) {
    return null;
  }
  return parseArxivId(absolute.replace(/#[^#]*$/, ''));
}
