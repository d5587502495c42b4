import { areInitials, displayName, isSuffix, readName } from '../../papers/person-name.js';
import { texToText } from './bibtex/tex.js';
import { plainText } from './markup.js';
import { bareName, isAffiliation, isDegree, isGroup, MAX_NAME_LENGTH } from './name-parts.js';
import { MAX_AUTHORS } from './record.js';
import { cleanLine, truncate } from './text.js';

/** The people of a text, by their display names (papers/paper.ts). */
export interface NameList {
  names: string[];
  /** How many more there are: 0 for a whole list, null where the text says only that there are some (`et al.`). */
  more: number | null;
}

/** Longer texts are no lists of names; 10,000 authors with their affiliations are shorter. */
const MAX_TEXT_LENGTH = 2_000_000;

/**
 * Reads names in one text, as people, programs and authors of arXiv write them: with semicolons, commas, `and`, `&`, `und`, `et` or new lines between
 * them, in either order (`Last, First`, `Last, F. M.`, `Last FM`), with affiliations, marks, addresses and degrees, which are left out. Braces keep a name
 * in one piece. `givenFirst`: nobody is `Last, First` there, as in arXiv's lists. At most 10,000 names of at most 300 characters. Any text will do.
 */
export function readNameList(text: string, { givenFirst = false } = {}): NameList {
  const kept: string[] = [];
  const plain = withoutNotes(keepBraces(text.slice(0, MAX_TEXT_LENGTH), kept));
  const { rest, more } = withoutOthers(joinLines(plain).replace(/\s+/g, ' '));
  // As medical databases write: only where all of them are so.
  const pieces = rest.split(/[;,]/).map(bareName).filter(Boolean);
  const areRuns = pieces.length > 1 && pieces.every((piece) => isGroup(piece) || familyFirst.test(piece));
  const names = rest
    .split(
      /[;；|]|\s[·•]\s|:\s|\bon behalf of\b|\bfor (?=the\b[^,;]{2,80}\b(?:collaboration|consortium|group)\b)/i,
    )
    .flatMap((part) => namesIn(part, { givenFirst, areRuns }))
    .map((name) => finished(name.replace(placeholder, (_, at: string) => kept[Number(at)] ?? '')))
    .filter((name) => name !== '');
  return { names: names.slice(0, MAX_AUTHORS), more: names.length > MAX_AUTHORS ? null : more };
}

/** One name that its source gave apart, in reading order; '' for what is nobody's. Its marks are left out, its letters stay as they are. */
export function readSingleName(text: string): string {
  const plain = /[\\{$~]/.test(text) ? texToText(withoutTexMarks(text)) : text;
  return finished(inReadingOrder(bareName(plainText(plain).replace(noteBehind, ''))));
}

/** `Ann Lee (CAPES)`, `(1)`; a second name in brackets stays. */
const noteBehind =
  /\s{0,5}[([](?:[\d,*†‡§¶]{1,6}|\p{Lu}{2,12}|[^()[\]]{0,80}\b(?:[Uu]niversit|[Ii]nstitut|[Ll]aborator|[Cc]ollege|[Dd]epartment)[^()[\]]{0,80})[)\]]\s{0,5}$/u;

function finished(name: string): string {
  const clean = cleanLine(name);
  return /\p{L}/u.test(clean) && !isOthers(clean) ? truncate(clean, MAX_NAME_LENGTH) : '';
}

/** `others`, `et al.`: nobody in particular. */
export function isOthers(name: string): boolean {
  return /^(?:(?:and|&)\s+)?(?:many\s+)?(?:others|et\.?\s*al\.?)$/i.test(name.trim());
}

/** A character of nobody's name, with a number and itself. */
const placeholder = /\ue000(\d+)\ue000/g;

/** `{Barnes and Noble}` is one name: it is taken out before anything is cut, and put back at the end. */
function keepBraces(text: string, kept: string[]): string {
  const tex = withoutTexMarks(text.replaceAll('\ue000', ''));
  if (!/[\\{]/.test(tex)) return tex;
  const held = tex.replace(/(?<![\\\p{L}"'`^~=.])\{(\p{L}[^{}\\]*\s[^{}\\]*)\}/gu, (_, name: string) => {
    kept.push(name);
    return `\ue000${kept.length - 1}\ue000`;
  });
  return texToText(held);
}

function withoutTexMarks(text: string): string {
  return text
    .replace(
      /\\(?:textsuperscript|thanks|footnote(?:mark)?|inst|orcid)\*?\s*(?:\[[^\]]{0,40}\])?\{[^{}]{0,300}\}/g,
      '',
    )
    .replace(/\$\s*(?:\{\})?\^\s*(?:\{[^{}$]{0,60}\}|[^$]{0,20})\s*\$/g, '')
    .replace(/\^(?:\{[^{}]{0,60}\}|[\w*†‡])/g, '');
}

/** Nicknames stand within a name: `Xin (Luna) Dong`; affiliations and notes behind it. */
const nickname = /\(((?:\p{Lu}[\p{Ll}.'’-]{0,20} ?){1,2})\)(?=\s+(?!and\b|und\b|et\b)\p{L})/gu;

/** Without mark-up, addresses, and what stands in brackets. */
function withoutNotes(text: string): string {
  let plain = plainText(text.replace(/<sup\b[^<>]{0,100}>[^<>]{0,60}<\/sup>/gi, '')).replace(
    /[（）［］，、]/g,
    (sign) => ({ '（': '(', '）': ')', '［': '[', '］': ']' })[sign] ?? ',',
  );
  plain = plain
    .replace(/<?[^\s<>,;:()]{1,64}@[^\s<>,;()]{1,255}>?/g, ' ')
    .replace(
      /(?:orcid(?:\s*id)?\s*:?\s*)?(?:https?:\/\/\S{0,20}?orcid\.org\/)?\d{4}-\d{4}-\d{4}-\d{3}[\dX]\b/gi,
      ' ',
    )
    .replace(/https?:\/\/[^\s,;()]{1,2000}/g, ' ');
  plain = plain.replace(nickname, '\ue001$1\ue002');
  // Institutions have brackets of their own: the innermost first. `((1) A, (2) B)` is two deep.
  for (let depth = 0; depth < 4 && /[([]/.test(plain); depth += 1)
    plain = plain.replace(/\([^()]*\)|\[[^[\]]*\]/g, (note) => (moreInBrackets.test(note) ? note : ' '));
  // What was opened and never closed ends the names.
  return plain
    .replace(/[([](?!\+|and\b|\d+ (?:more|other)).*$/s, '')
    .replace(/\ue001/g, '(')
    .replace(/\ue002/g, ')');
}

const moreInBrackets = /^[([]\s*(?:\+\s*\d|and \d+ (?:more|other)|\d+ (?:more|other))/i;

/** Lines that are names become parts; those of a wrapped text are joined. */
function joinLines(text: string): string {
  const lines = text
    .split(/\r\n?|\n/)
    .map(cleanLine)
    .filter((line) => line !== '');
  if (lines.length < 2) return lines.join('');
  const isWrapped = lines.slice(0, -1).some((line) => /(?:[,;&]|\band|\bund|\bet)$/i.test(line));
  const areNames =
    !isWrapped && lines.every((line) => !/[;]|\s(?:and|&)\s/.test(line) && !/,.*,.*,/.test(line));
  const areSorted = lines.every((line) => !line.includes(',') || isLastFirst(line));
  return lines.join(areNames && areSorted ? ' ; ' : ' ');
}

const isLastFirst = (line: string): boolean =>
  /^[^,]+,[^,]+$/.test(line) && isFamily(line.split(',')[0]!.trim());

const otherAuthors =
  /[\s,;]{0,5}(?:\band\b|&|\+|,)?\s{0,2}[([]?\s{0,2}(?:\+\s?(\d{1,5})(?:\s(?:more|other|others|authors?|co-?authors?|people|contributors)){0,3}|(\d{1,5})\s(?:(?:more|other|additional)(?:\s(?:co-?)?(?:authors?|people|contributors))?|others))\s{0,2}[)\]]?\s{0,2}\.?\s{0,2}$/i;

/** `et al.`, `and others`, `…` and `+3 authors` stand for people whose names aren't there. */
function withoutOthers(text: string): { rest: string; more: number | null } {
  const counted = otherAuthors.exec(text);
  const named = counted ? text.slice(0, counted.index) : text;
  const rest = named
    .replace(/[\s,;]{0,5}(?:\band\s|&\s?)?\bet\.?\s?al(?:ii|iae|ia)?\b\.?/gi, ', ')
    .replace(
      /[\s,;]{0,5}(?:\band|\bund|&)\s(?:many\s)?(?:others|co-?workers|colleagues|anderen?)\b\.?/gi,
      ', ',
    )
    .replace(/[\s,;]{0,5}\bu\.\s?a\.\s?$/, '')
    .replace(/(?:^|[\s,;])(?:\.{3,9}|…|\. \. \.)(?=$|[\s,;])/g, ', ');
  if (rest !== named) return { rest, more: null };
  return { rest, more: counted ? Number(counted[1] ?? counted[2]) : 0 };
}

/** Between names: words, whatever commas stand with them. */
const conjunction = /\s*,?\s+(?:and|AND|And|und|et)\s+|\s*,?\s*&\s*/;

interface Reading {
  givenFirst: boolean;
  /** All are `Last FM`. */
  areRuns: boolean;
}

/** The names of a part without semicolons. */
function namesIn(part: string, reading: Reading): string[] {
  const text = part.replace(/^[\s,.]*(?:(?:and|und|&|by|authors?)\b[\s:]*)?|[\s,]+$/gi, '');
  if (text === '') return [];
  if (
    /\b(?:department|institute|ministry|cent(?:er|re)|school|society|office|council) (?:of|for)\b/i.test(
      text,
    ) &&
    !text.includes(',')
  )
    return [text];
  const joined = text.split(conjunction).filter((name) => name.trim() !== '');
  const typed = joined.filter((name) => !name.startsWith('\ue000'));
  if (!reading.givenFirst && typed.length > 0 && typed.every((name) => isPair(name, joined.length)))
    return joined.map((name) => inReadingOrder(name.split(',').map(bareName).join(', ')));
  return people(joined.flatMap((name) => name.split(',')).map(bareName), reading);
}

/**
 * `Last, First` alone between `and`s. More than one ` and ` is BibTeX's. With one, `Ann Lee, Bob Ray and Cy Dee, Dan Poe` is a list of four: there a
 * surname has one capital (`van der Berg`). Alone, `Lee, Ann Maria` is one person.
 */
function isPair(text: string, parts: number): boolean {
  const [last = '', first = '', ...more] = text.split(',').map((name) => bareName(name));
  if (more.length > 0 || first === '' || isAffiliation(first) || isDegree(first, last)) return false;
  if (isSuffix(first)) return false;
  if (parts > 2) return true;
  if (first.includes(' ') && !areInitials(first) && !isPlainFamily(last)) return false;
  return isFamily(last) && (parts === 2 || first.split(' ').length < 3 || areInitials(first));
}

/** An initial, or the whole name of a Chinese, a Japanese or a Korean. */
const noFamily = /^[A-Z]\.?$|^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]{2,}$/u;

/** One word, but for particles in lower case, that isn't an initial. */
function isPlainFamily(text: string): boolean {
  const { family, given, isWhole } = readName(text);
  return !isWhole && given === '' && !family.includes(' ') && !noFamily.test(text);
}

/** … or in upper case: `Van Gool`, which may as well be a whole name (`Van Jacobson`). */
function isFamily(text: string): boolean {
  return (
    isPlainFamily(text) ||
    /^(?:Van|Von|De|Del|Della|Di|Da|Dos|La|Le|El|Al|St\.)(?: (?:der|den|la))? \p{Lu}[\p{L}'’-]+$/u.test(text)
  );
}

/** Pieces between commas: names, or the parts of names. */
function people(all: readonly string[], { givenFirst, areRuns }: Reading): string[] {
  const pieces = all.filter((piece) => /[\p{L}\ue000]/u.test(piece) && !isOthers(piece));
  const inPairs = !givenFirst && arePairs(pieces);
  const names: string[] = [];
  let isBehindAffiliation = false;
  for (let at = 0; at < pieces.length; at += 1) {
    const piece = pieces[at]!;
    const before = pieces[at - 1] ?? '';
    if (names.length > 0 && isSuffix(piece)) {
      names.push(`${names.pop()} ${piece}`);
      continue;
    }
    if (names.length > 0 && isDegree(piece, before)) continue;
    if (names.length > 0 && (isAffiliation(piece) || (isBehindAffiliation && !piece.includes(' ')))) {
      isBehindAffiliation = true;
      continue;
    }
    isBehindAffiliation = false;
    const found = personAt(pieces, at, { inPairs, areRuns });
    names.push(found.name);
    at += found.used - 1;
  }
  return names;
}

/** `Smith JA`, `van der Berg C`. */
const familyFirst = /^(?:\p{Ll}[\p{L}'’]* )*\p{Lu}[\p{L}'’-]+(?: \p{Lu}[\p{L}'’-]+)? \p{Lu}{1,3}$/u;

function personAt(
  pieces: readonly string[],
  at: number,
  { inPairs, areRuns }: { inPairs: boolean; areRuns: boolean },
): { name: string; used: number } {
  const piece = pieces[at]!;
  const next = pieces[at + 1] ?? '';
  const afterNext = pieces[at + 2] ?? '';
  if (isFamily(piece) && isSuffix(next)) {
    // `King, Jr., Martin Luther`, but `King, Jr.` alone.
    const given =
      afterNext !== '' && !isFamily(afterNext) && !isSuffix(afterNext) ? afterNext : inPairs ? afterNext : '';
    if (given !== '') return { name: `${given} ${piece} ${next}`, used: 3 };
  }
  const isGiven = next.includes('.') ? !/(?:^|\s)\p{Lu}\.?(?:\s|$)/u.test(piece) : isFamily(piece);
  if ((areInitials(next) && isGiven) || (inPairs && isFamily(piece) && next !== ''))
    return { name: displayName({ ...readName(`${piece}, ${next}`), suffix: '' }), used: 2 };
  return { name: areRuns ? displayName(readName(piece)) : piece, used: 1 };
}

/**
 * Whether pieces alternate between family and given names: `Lee, Ann, Ray, Bob`. Whole names have two words or more, so that where every
 * other piece is one word (with particles), it is a family name.
 */
function arePairs(all: readonly string[]): boolean {
  const pieces = all.filter((piece) => !isSuffix(piece));
  if (pieces.length < 2 || pieces.length % 2 === 1) return false;
  return pieces.every((piece, at) => {
    if (at % 2 === 1) return !isGroup(piece) && !isAffiliation(piece) && !piece.includes('\ue000');
    const given = pieces[at + 1]!;
    return isPlainFamily(piece) || (isFamily(piece) && (!given.includes(' ') || areInitials(given)));
  });
}

/** `Last, First` and its like, the other way round; what is no person's name stays. */
function inReadingOrder(name: string): string {
  if (!name.includes(',')) return name;
  const parts = name.split(',').map((part) => part.trim());
  if (parts.slice(1).some((part) => isGroup(part) || isAffiliation(part) || isCompany(part))) return name;
  const read = readName(
    parts.filter((part, at) => part !== '' && (at === 0 || !isDegree(part, parts[0]!))).join(', '),
  );
  return read.isWhole ? name : displayName(read);
}

const isCompany = (part: string): boolean => /^(?:inc|ltd|llc|gmbh|corp|co|plc|s\.?a)\.?$/i.test(part);
