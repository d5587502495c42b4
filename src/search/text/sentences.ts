import { mathsSpans, type Span } from '../../papers/maths.js';

/** What follows is one sentence: nobody shows or marks more of an abstract. */
const MAX_SENTENCES = 200;

/** Longer brackets are two signs that don't belong together. */
const MAX_BRACKET_LENGTH = 400;

/** How far a decision looks back and forth. */
const MAX_WORD_LENGTH = 40;

/** Never at the end of a sentence. */
const inside =
  /^(?:e\.?g|i\.e|cf|vs|viz|approx|resp|ca|w\.?r\.?t|a\.k\.a|s\.t|w\.l\.o\.g|dr|mr|mrs|ms|prof|st|esp|incl|dept|proc|univ)$/i;

/** Abbreviations only before a number, a formula or a single letter: "Fig. 3", "no. 5". */
const beforeNumber =
  /^(?:figs?|eqs?|eqns?|secs?|sects?|refs?|tabs?|chs?|chap|vols?|nos?|pp?|thms?|lem|defs?|props?|algs?|apps?|app|art|ver|v|ex|para?)$/i;

/** At the end or not, as the next word says: `et al.`, `U.S.`, `Inc.`, `J.` */
const either = /^(?:al|etc|inc|ltd|corp|co|jr|sr|ph\.d|i\.i\.d|(?:\p{L}\.)+\p{L})$/iu;

/** Words that begin a sentence and hardly ever a name. */
const starters = new Set(
  `A According Additionally All Also Although Among An And Another Any Are Are As At Based Because Besides Between Both
  But By Can Code Compared Consequently Current Currently Despite Do Does Due Each Existing Experiments Extensive Finally
  First Firstly Following For From Further Furthermore Given Hence Here How However If In Indeed Instead Is It Its Last
  Lastly Let Many More Moreover Most Motivated Next No Not Notably On Once One Or Our Over Overall Previous Prior Recent
  Recently Results Second Secondly Several Similarly Since So Some Specifically Such That The Their Then There Therefore
  These They Third This Those Though Through Thus To Together Towards Two Under Unfortunately Unlike Using Via We What
  When Where Whereas Which While Who Why With Within Without Yet You`.split(/\s+/),
);

const names = /(?:^|\s)(?:by|of|and|to|with|from|see)\s+$/;

const end = /[.!?…]+|[。！？]+|\$\$?|\\[)\]]|\n\s*\n/g;
const closing = /["'”’»)\]}」』]*/y;
/** What a sentence may begin with: not a small letter, a comma or another mark in the middle of one. */
const opening = /[\p{Lu}\p{Lt}\p{Lo}\p{N}"'“‘«([{$\\•\-–—*#]/u;
/** Small letters that names begin with: `mRNA`, `t-SNE`, `k-means`, `arXiv`. */
const smallName = /^\p{Ll}{1,4}(?:\p{Lu}|\d|-[\p{L}\d])/u;

/**
 * The sentences of an abstract in UTF-16 offsets, without the spaces around them: in order, apart, and together the
 * whole text. By rules for English with LaTeX and for CJK marks, in linear time; at most 200, of which the last has
 * all the rest.
 */
export function splitSentences(text: string): { start: number; end: number }[] {
  const whole = atoms(text);
  const sentences: Span[] = [];
  let start = 0;
  let atom = 0;
  const add = (to: number): void => {
    const span = trimmed(text, start, to);
    if (span) sentences.push(span);
    start = to;
  };
  for (const found of text.matchAll(end)) {
    if (sentences.length === MAX_SENTENCES - 1) break;
    if (found.index < start) continue;
    while (atom < whole.length && whole[atom]!.end <= found.index) atom += 1;
    const after = found.index + found[0].length;
    const cut = found[0].startsWith('\n')
      ? after
      : cutAt(text, { sentence: start, mark: { start: found.index, end: after }, around: whole[atom] });
    if (cut > 0) add(cut);
  }
  add(text.length);
  return sentences;
}

interface Place {
  /** Where the present sentence begins. */
  sentence: number;
  mark: Span;
  /** The formula or bracket that ends last after the mark's begin; the mark may stand before it. */
  around: Span | undefined;
}

/** Where the sentence ends if one does at this mark; otherwise -1. */
function cutAt(text: string, { sentence, mark, around }: Place): number {
  const delimiter = /[$\\]/.test(text[mark.start]!);
  if (around === undefined || around.start > mark.start)
    return delimiter ? -1 : cutAfter(text, sentence, mark);
  if (mark.end !== around.end) return -1;
  // "(As we know.) We": the bracket ends right behind the full stop.
  if (!delimiter) return text[mark.start] === '.' ? cutAfter(text, sentence, mark) : -1;
  // "$x = 1.$ We": the formula has the full stop.
  const last =
    text
      .slice(Math.max(around.start, mark.start - 3), mark.start)
      .trimEnd()
      .at(-1) ?? '';
  return /[.!?]/.test(last) && /\s/.test(text[mark.end] ?? '') && mayBegin(text, mark.end) ? mark.end : -1;
}

function cutAfter(text: string, sentence: number, mark: Span): number {
  closing.lastIndex = mark.end;
  const to = mark.end + closing.exec(text)![0].length;
  const sign = text[mark.start]!;
  if (/[。！？]/.test(sign)) return to;
  if (to >= text.length) return -1;
  if (!/\s/.test(text[to]!)) return to === mark.end && isMissingSpace(text, mark) ? to : -1;
  if (!mayBegin(text, to)) return -1;
  return sign === '.' && mark.end - mark.start === 1 && !isFullStop(text, sentence, mark) ? -1 : to;
}

function mayBegin(text: string, from: number): boolean {
  const next = text.slice(from, from + MAX_WORD_LENGTH).trimStart();
  return next === ''
    ? false
    : opening.test(String.fromCodePoint(next.codePointAt(0)!)) || smallName.test(next);
}

/** "word.The", "LLM.We", "why?The": letters, the mark, and a word that begins a sentence; not in an address. */
function isMissingSpace(text: string, mark: Span): boolean {
  const before = text.slice(Math.max(0, mark.start - MAX_WORD_LENGTH), mark.start);
  const next = text.slice(mark.end, mark.end + MAX_WORD_LENGTH);
  const token = /\S*$/.exec(before)![0] + /^\S*/.exec(next)![0];
  if (/[/@\\]|www|https?:|\.\p{Ll}/u.test(token)) return false;
  const word = /^\p{L}+(?=['’,\s-]|$)/u.exec(next)?.[0] ?? '';
  if (starters.has(word)) return /(?:\p{L}{2}|[\d%)\]])$/u.test(before);
  return text[mark.start] === '.' && /\p{Ll}{3}$/u.test(before) && /^\p{Lu}\p{Ll}+$/u.test(word);
}

function isFullStop(text: string, sentence: number, mark: Span): boolean {
  const from = Math.max(sentence, mark.start - MAX_WORD_LENGTH);
  const before = text.slice(from, mark.start);
  const word = lastWord(before);
  const next = /^["'”’»)\]}]*\s*(\S{0,40})/.exec(text.slice(mark.end, mark.end + MAX_WORD_LENGTH))![1]!;
  if (inside.test(word)) return false;
  if (beforeNumber.test(word)) return !/^(?:[\d$([\\]|[IVX]+\b|\p{Lu}\b)/u.test(next);
  // "1. First": the number is the head of what follows.
  if (/^\d{1,2}$/.test(word) && text.slice(sentence, mark.start).trim() === word) return false;
  const isStarter = starters.has(/^["'“‘([]*([\p{L}]*)/u.exec(next)![1]!);
  if (/^\p{Lu}$/u.test(word)) return isStarter || !isInitial(before.slice(0, -1));
  if (either.test(word)) return isStarter || (/^(?:al|etc)$/i.test(word) && /^\p{Lu}\p{Ll}/u.test(next));
  return true;
}

const inWord = /[\p{L}\p{N}\p{M}.-]/u;
const isPlain = (unit: number): boolean => (unit >= 97 && unit <= 122) || (unit >= 65 && unit <= 90);

/** Its letters, digits, full stops and hyphens at the end. Backwards: the expression alone begins anew at every sign. */
function lastWord(text: string): string {
  let at = text.length;
  while (at > 0) {
    if (!isPlain(text.charCodeAt(at - 1)) && !inWord.test(signBefore(text, at))) break;
    at -= signBefore(text, at).length;
  }
  return text.slice(at);
}

const signBefore = (text: string, at: number): string =>
  at > 1 && (text.charCodeAt(at - 1) & 0xfc00) === 0xdc00 ? text.slice(at - 2, at) : text[at - 1]!;

/** Of the text before a single capital: part of a name, not "in C." or "type B.". */
function isInitial(before: string): boolean {
  return (
    before.trim() === '' ||
    names.test(before) ||
    /(?:^|\s|\.|-)\p{Lu}[\p{L}'’.-]*\s*$/u.test(before) ||
    /[([,;:.-]\s*$/.test(before)
  );
}

/** Formulas and short brackets, outermost only: no sentence ends inside. */
function atoms(text: string): Span[] {
  const formulas = mathsSpans(text);
  const brackets: Span[] = [];
  const open: number[] = [];
  let formula = 0;
  for (const { 0: sign, index } of text.matchAll(/[()]/g)) {
    while (formula < formulas.length && formulas[formula]!.end <= index) formula += 1;
    if (formulas[formula] && formulas[formula]!.start <= index) continue;
    if (sign === '(') open.push(index);
    else {
      const start = open.pop();
      if (start !== undefined && index - start <= MAX_BRACKET_LENGTH) brackets.push({ start, end: index });
    }
  }
  const sorted = [...formulas, ...brackets].sort((a, b) => a.start - b.start || b.end - a.end);
  const outer: Span[] = [];
  for (const span of sorted) if (span.start >= (outer.at(-1)?.end ?? 0)) outer.push(span);
  return outer;
}

function trimmed(text: string, from: number, to: number): Span | null {
  const slice = text.slice(from, to);
  const start = from + slice.length - slice.trimStart().length;
  return start === to ? null : { start, end: start + slice.trim().length };
}
