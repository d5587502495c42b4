/** A part of a text in UTF-16 offsets; `end` is exclusive. */
export interface Span {
  start: number;
  end: number;
}

/** Longer "formulas" are a stray sign and another one far away. */
const MAX_FORMULA_LENGTH = 2_000;

/**
 * The LaTeX formulas of a title or an abstract with their delimiters: `$…$`, `$$…$$`, `\(…\)`, `\[…\]`; in
 * order, apart, in linear time. A dollar is money unless it reads as Pandoc's `tex_math_dollars`: no space
 * inside of either sign and no digit after the second, or TeX between them.
 */
export function mathsSpans(text: string): Span[] {
  const spans: Span[] = [];
  const opener = /[$\\]/g;
  const closers = new ClosingMarks(text);
  for (let found = opener.exec(text); found; found = opener.exec(text)) {
    const start = found.index;
    const end = text[start] === '$' ? dollarEnd(text, start) : closers.endOf(start);
    if (end > 0) spans.push({ start, end });
    if (end > 0) opener.lastIndex = end;
    else if (text[start] === '\\' || text[start + 1] === '$') opener.lastIndex = start + 2;
  }
  return spans;
}

function dollarEnd(text: string, start: number): number {
  const sign = text[start + 1] === '$' ? '$$' : '$';
  const from = start + sign.length;
  let close = text.indexOf(sign, from);
  while (close > 0 && text[close - 1] === '\\') close = text.indexOf(sign, close + 1);
  if (close < 0 || !isFormula(text, from, close)) return -1;
  const end = close + sign.length;
  if (sign === '$$') return end;
  const body = text.slice(from, close);
  const tight = !/^\s|\s$/.test(body) && !/\d/.test(text[end] ?? '');
  const spaced = /^\s/.test(body) && /\s$/.test(body) && /[=<>+]/.test(body);
  return tight || spaced || /[\\^_{}]/.test(body) ? end : -1;
}

function isFormula(text: string, from: number, to: number): boolean {
  return to > from && to - from <= MAX_FORMULA_LENGTH && !/\n\s*\n/.test(text.slice(from, to));
}

/** Remembers the next closing mark: looking for it anew from every opening one would take quadratic time. */
class ClosingMarks {
  private readonly next = new Map<string, number>();

  constructor(private readonly text: string) {}

  /** The end of the formula that the backslash at `start` opens; -1 where it opens none. */
  endOf(start: number): number {
    const opening = this.text[start + 1];
    const mark = opening === '(' ? '\\)' : opening === '[' ? '\\]' : undefined;
    if (mark === undefined) return -1;
    let close = this.next.get(mark) ?? 0;
    if (close < start + 2) {
      close = this.text.indexOf(mark, start + 2);
      if (close < 0) close = Number.POSITIVE_INFINITY;
      this.next.set(mark, close);
    }
    // `\\)` is a line break and a parenthesis.
    if (this.text[close - 1] === '\\' || !isFormula(this.text, start + 2, close)) return -1;
    return close + 2;
  }
}
