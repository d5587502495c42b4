import { Fragment } from 'preact';
import temml from 'temml';
import { mathsSpans, type Span } from '../../papers/maths.js';
import type { Range } from '../../search/text/highlight.js';

/** Of one formula, in characters: longer ones are shown as they were typed. */
const MAX_FORMULA_LENGTH = 600;
/** Of one text: an abstract with more is an accident, and each takes a quarter of a millisecond. */
const MAX_FORMULAS = 60;
/** Of all formulas of a text, in characters: they take 10 ms, 30 where they are chemistry. */
const MAX_TEX_LENGTH = 4_000;
/** MathML is some ten times as long as its TeX; what is far beyond was made to be. */
const MAX_GROWTH = 60;
/** Nobody's abstract defines macros, and eight characters of them can be made to stand for a megabyte. */
const DEFINITION =
  /\\(?:[egx]?def|(?:re)?newcommand|providecommand|let|futurelet|global|long|DeclareMathOperator)(?![A-Za-z])/;

/**
 * A title or an abstract as people read it: formulas as MathML, the ranges marked. A formula that can't be read stays as it was typed.
 * `within`: only this part; a formula that it cuts is left out of it.
 */
export function RichText({
  text,
  ranges = [],
  within,
}: {
  text: string;
  ranges?: readonly Range[] | undefined;
  within?: Range | undefined;
}) {
  const { start, end } = within ?? { start: 0, end: text.length };
  const formulas = text.includes('$') || text.includes('\\') ? mathsSpans(text) : [];
  const parts: { span: Span; formula: string | null }[] = [];
  let at = start;
  let left = MAX_TEX_LENGTH;
  for (const span of formulas.slice(0, MAX_FORMULAS)) {
    if (span.end <= start || span.start >= end) continue;
    left -= span.end - span.start;
    if (left < 0) break;
    if (span.start > at) parts.push({ span: { start: at, end: span.start }, formula: null });
    const isWhole = span.start >= start && span.end <= end;
    if (isWhole) parts.push({ span, formula: text.slice(span.start, span.end) });
    at = Math.min(span.end, end);
  }
  if (at < end) parts.push({ span: { start: at, end }, formula: null });
  return (
    <>
      {parts.map(({ span, formula }) => (
        <Fragment key={span.start}>
          {formula === null ? (
            <Marked text={text} ranges={ranges} within={span} />
          ) : (
            <Formula source={formula} isMarked={ranges.some((range) => touch(range, span))} />
          )}
        </Fragment>
      ))}
    </>
  );
}

const touch = (a: Span, b: Span): boolean => a.start < b.end && b.start < a.end;

/** The part of the text in `within`, with the ranges marked. */
function Marked({ text, ranges, within }: { text: string; ranges: readonly Range[]; within: Range }) {
  const { start, end } = within;
  const inside = ranges
    .filter((range) => touch(range, within))
    .map((range) => ({ start: Math.max(range.start, start), end: Math.min(range.end, end) }));
  return (
    <>
      {inside.map((range, at) => (
        <Fragment key={range.start}>
          {text.slice(inside[at - 1]?.end ?? start, range.start)}
          <mark>{text.slice(range.start, range.end)}</mark>
        </Fragment>
      ))}
      {text.slice(inside.at(-1)?.end ?? start, end)}
    </>
  );
}

function Formula({ source, isMarked }: { source: string; isMarked: boolean }) {
  const html = mathml(source);
  if (html === null) return isMarked ? <mark>{source}</mark> : <span>{source}</span>;
  // Temml escapes what it is given, and `trust` keeps links and attributes out.
  const maths = { dangerouslySetInnerHTML: { __html: html } };
  return isMarked ? <mark class="maths" {...maths} /> : <span class="maths" {...maths} />;
}

/** null: too long, or no TeX that can be shown. @param source a formula with its delimiters */
function mathml(source: string): string | null {
  const sign = source.startsWith('$') && !source.startsWith('$$') ? 1 : 2;
  const tex = source.slice(sign, -sign).trim();
  if (tex === '' || tex.length > MAX_FORMULA_LENGTH || DEFINITION.test(tex)) return null;
  try {
    const html = temml.renderToString(tex, {
      throwOnError: true,
      trust: false,
      // No macro needs more, and one that calls itself ends here.
      maxExpand: 100,
      // Of \rule and \kern, in em.
      maxSize: [4, 4],
    });
    if (html.length > MAX_GROWTH * (tex.length + 20)) return null;
    // The content security policy refuses styles of attributes; what they set is spacing.
    return html.replaceAll(/ style="[^"]*"/g, '');
  } catch {
    return null;
  }
}
