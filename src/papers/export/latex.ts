import { mathsSpans } from '../maths.js';

/**
 * Texts as values of BibTeX fields. BibTeX counts every brace of a value, escaped or not
 * (https://www.ctan.org/pkg/btxdoc), so what comes out has balanced braces for such a reader too.
 */

const signs: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '{': '\\textbraceleft{}',
  '}': '\\textbraceright{}',
  '\\{': '\\textbraceleft{}',
  '\\}': '\\textbraceright{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '%': '\\%',
  '&': '\\&',
  $: '\\$',
  '#': '\\#',
  _: '\\_',
  // LaTeX's oldest font encoding, still the default, has other letters in these places.
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
};

const accent = String.raw`\\["'\`^~=.](?:\{\\?[a-zA-Z]\}|\\[ij](?![a-zA-Z])|[a-zA-Z])`;
const letter = String.raw`\\(?:ss|ae|AE|oe|OE|aa|AA|o|O|l|L|i|j)(?![a-zA-Z])`;

/**
 * What sources write in LaTeX outside of formulas and what is kept: accents, ligatures, escaped signs and
 * type-setting with plain text inside. Any other sign with a meaning in LaTeX stands for itself.
 */
const tokens = new RegExp(
  [
    String.raw`\{(?:${accent}|${letter})\}`,
    accent,
    String.raw`\\[uvHcdbkr]\{\\?[a-zA-Z]\}`,
    String.raw`${letter}(?:\{\})?`,
    String.raw`\\[%&$#_]`,
    String.raw`\\(?<command>emph|text(?:bf|it|tt|sc|sf|rm))\{(?<inside>[^{}\\$]{0,300})\}`,
    String.raw`\{\\(?<declaration>em|bf|it|sc|sf|tt|rm)\s(?<after>[^{}\\$]{0,300})\}`,
    String.raw`\\[{}]|[\\{}%&$#_~^<>|]`,
  ].join('|'),
  'g',
);

/** A title or an abstract: formulas as typed, everything else for LaTeX's text mode; one line. */
export function latexText(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  let out = '';
  let at = 0;
  for (const { start, end } of mathsSpans(line)) {
    out += escapeLatex(line.slice(at, start)) + formula(line.slice(start, end));
    at = end;
  }
  return out + escapeLatex(line.slice(at));
}

/** A text without formulas: names, venues. */
export function escapeLatex(text: string): string {
  return text.replace(tokens, (found, ...rest) => {
    const { command, inside, declaration, after } = rest.at(-1) as Record<string, string | undefined>;
    if (command !== undefined) return `\\${command}{${escapeLatex(inside ?? '')}}`;
    if (declaration !== undefined) return `{\\${declaration} ${escapeLatex(after ?? '')}}`;
    return signs[found] ?? found;
  });
}

/** URLs, DOIs and eprints, which biblatex and \url read letter by letter: only what would end the value goes. */
export function verbatim(text: string): string {
  return text.replace(/[{}\\\s]/g, encodeURIComponent);
}

function formula(source: string): string {
  if (!isBalanced(source.replace(/\\./gs, ''))) return escapeLatex(source);
  const aligned = source.includes('\\begin');
  const counted = isBalanced(source);
  return source.replace(/\\.|[%#&]/gs, (found) => {
    if (found === '\\{') return counted ? found : '\\lbrace ';
    if (found === '\\}') return counted ? found : '\\rbrace ';
    // Alone, % hides the rest of the line, and # and & are errors.
    return found === '%' || found === '#' || (found === '&' && !aligned) ? `\\${found}` : found;
  });
}

function isBalanced(text: string): boolean {
  let depth = 0;
  for (const [brace] of text.matchAll(/[{}]/g)) {
    depth += brace === '{' ? 1 : -1;
    if (depth < 0) return false;
  }
  return depth === 0;
}
