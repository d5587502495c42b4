import { greek } from '../../papers/fold.js';
import { mathsSpans } from '../../papers/maths.js';

/** Columns of a line of text. */
export const COLUMNS = 72;

/** Reads as Unicode what LaTeX has a name for; other commands stay as their names. */
const signs: ReadonlyMap<string, string> = new Map([
  ...Object.entries(greek)
    .reverse()
    .map(([letter, name]): [string, string] => [name, letter]),
  ...Object.entries({
    infty: '∞',
    times: '×',
    cdot: '·',
    leq: '≤',
    le: '≤',
    geq: '≥',
    ge: '≥',
    neq: '≠',
    approx: '≈',
    sim: '~',
    pm: '±',
    to: '→',
    rightarrow: '→',
    ell: 'ℓ',
    sqrt: '√',
    sum: '∑',
    partial: '∂',
    nabla: '∇',
    in: '∈',
    subset: '⊂',
    ldots: '…',
    dots: '…',
    left: '',
    right: '',
    quad: ' ',
    Gamma: 'Γ',
    Delta: 'Δ',
    Theta: 'Θ',
    Lambda: 'Λ',
    Sigma: 'Σ',
    Phi: 'Φ',
    Psi: 'Ψ',
    Omega: 'Ω',
  }),
]);

const typeCommand =
  /\\(?:math(?:cal|bb|bf|rm|sf|tt|it|frak|scr)|text(?:bf|it|rm|sc|sf|tt)?|operatorname|boldsymbol|emph|mbox)\*?\s*(?=\{)/g;

const breaks = /[\p{Cc}\u2028\u2029]+/gu;
/** Directions, soft hyphens and other signs of no width; but for the joiners that Persian and Hindi are written with. */
const unseen = /(?![\u200c\u200d])\p{Cf}/gu;

/**
 * A text from anywhere as one line of characters that are seen: nothing in it breaks a line, turns the direction or ends a header.
 * Formulas are put as text: `$O(\alpha n)$` is `O(α n)`.
 */
export function oneLine(text: string): string {
  return withoutMaths(text.toWellFormed())
    .replace(unseen, '')
    .replace(breaks, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

function withoutMaths(text: string): string {
  let at = 0;
  let out = '';
  for (const { start, end } of mathsSpans(text)) {
    out += text.slice(at, start) + formula(text.slice(start, end));
    at = end;
  }
  return (out + text.slice(at)).replace(typeCommand, '').replace(/\{([^{}]{0,200})\}/g, '$1');
}

function formula(tex: string): string {
  return tex
    .replace(/^(?:\$\$?|\\[([])|(?:\$\$?|\\[)\]])$/g, '')
    .replace(typeCommand, '')
    .replace(/\\([a-zA-Z]+)/g, (_, name: string) => signs.get(name) ?? `${name} `)
    .replace(/\\[,;:! ]|~/g, ' ')
    .replace(/[{}\\]/g, '')
    .trim();
}

/** At most `most` UTF-16 units, cut between words where that costs little; ends with `…` where something is missing. */
export function clip(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${trimmedEnd(text.slice(0, Math.max(0, most - 1)))}…`;
}

/** The same by what `weigh` gives for each character. */
export function clipBy(text: string, most: number, weigh: (character: string) => number): string {
  let weight = 0;
  let end = 0;
  for (const character of text) {
    weight += weigh(character);
    if (weight > most) return `${trimmedEnd(text.slice(0, end))}…`;
    end += character.length;
  }
  return text;
}

/** Without half of a pair, and without a word that was cut, if it is short. */
function trimmedEnd(text: string): string {
  const whole = /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text;
  const space = whole.lastIndexOf(' ');
  return (space > whole.length * 0.8 ? whole.slice(0, space) : whole).trimEnd();
}

/**
 * Lines of at most `COLUMNS` columns, each with `indent` before it, the first with `first` of the same length. Longer words are cut: a
 * text without spaces is one (Chinese, or an attack).
 */
export function wrap(text: string, indent = '', first = indent): string {
  const room = COLUMNS - indent.length;
  const lines: string[] = [];
  let line = '';
  let width = 0;
  const end = (): void => {
    lines.push((lines.length === 0 ? first : indent) + line);
    line = '';
    width = 0;
  };
  for (const word of text.split(' ')) {
    const characters = [...word];
    if (width > 0 && width + 1 + widthOf(characters) > room) end();
    if (width > 0) {
      line += ' ';
      width++;
    }
    for (const character of characters) {
      const wide = widthOf([character]);
      if (width + wide > room) end();
      line += character;
      width += wide;
    }
  }
  if (width > 0 || lines.length === 0) end();
  return lines.join('\n');
}

const wide = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\uFF01-\uFF60]/u;

/** Chinese, Japanese and Korean characters take two columns. */
const widthOf = (characters: readonly string[]): number =>
  characters.reduce((sum, character) => sum + (wide.test(character) ? 2 : 1), 0);
