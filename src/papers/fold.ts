import { hash } from 'node:crypto';

/**
 * Titles compare by their letters and digits alone, because case, spaces, dashes, quotes, mark-up, LaTeX and
 * Unicode forms differ between copies of one title. Hugging Face's pages drop backslashes and dollar signs
 * (`mathcal{O}` for `$\mathcal{O}$`), so commands are recognised with and without them.
 */

/** Greek letters, folded to lower case, by their names. */
export const greek: Readonly<Record<string, string>> = {
  α: 'alpha',
  β: 'beta',
  γ: 'gamma',
  δ: 'delta',
  ε: 'epsilon',
  ϵ: 'epsilon',
  ζ: 'zeta',
  η: 'eta',
  θ: 'theta',
  ϑ: 'theta',
  ι: 'iota',
  κ: 'kappa',
  λ: 'lambda',
  μ: 'mu',
  ν: 'nu',
  ξ: 'xi',
  π: 'pi',
  ρ: 'rho',
  σ: 'sigma',
  ς: 'sigma',
  τ: 'tau',
  υ: 'upsilon',
  φ: 'phi',
  ϕ: 'phi',
  χ: 'chi',
  ψ: 'psi',
  ω: 'omega',
};

/** Signs and letters that Unicode doesn't decompose. */
export const named: Readonly<Record<string, string>> = {
  '∞': 'infinity',
  '√': 'sqrt',
  '∑': 'sum',
  '×': 'x',
  '≤': 'leq',
  '≥': 'geq',
  '→': 'to',
  ß: 'ss',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  æ: 'ae',
  œ: 'oe',
  ı: 'i',
  '&': 'and',
};

/** Commands that only set type: they vanish. All others (`\alpha`, `\infty`) stay as words. */
const typeCommands =
  /\\?(?:math(?:cal|bb|bf|rm|sf|tt|it|frak|scr|up)|text(?:bf|it|rm|sc|sf|tt|up|sl)|operatorname|boldsymbol|emph|mbox|ensuremath)\*?\s*(?=\{)|\\(?:text|rm|bf|it|sc|sf|tt|em|left|right|displaystyle|bm|cal|url|underline|mathcal|mathbb|mathbf|mathrm)(?![a-z])/gi;

const wordCommands: Readonly<Record<string, string>> = {
  infty: 'infinity',
  times: 'x',
  rightarrow: 'to',
  ell: 'l',
};

const accents = /\\(?:["'`^~=.]|[uvHtcdbk](?![a-zA-Z]))\s*\{?\\?([a-zA-Z])\}?/g;
const ligatures = /\\(ae|oe|ss|aa|o|l|i|j)(?![a-z])\s?/gi;

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

/** The letters and digits of a text in one form; '' where it has none. Idempotent on its own output. */
export function foldTitle(title: string): string {
  const folded = title
    .replace(/<\/?[a-z][a-z0-9]*(?:\s[^<>]{0,200})?\/?>/gi, '')
    .replace(/&(amp|lt|gt|quot|apos|nbsp);/gi, (_, name: string) => entities[name.toLowerCase()]!)
    .replace(accents, '$1')
    .replace(typeCommands, '')
    .replace(ligatures, '$1')
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[\u0370-\u03ff]/g, (letter) => greek[letter] ?? letter)
    .replace(/[∞√∑×≤≥→ßøłđæœı&]/g, (sign) => named[sign]!)
    .replace(/\\?\b(infty|times|rightarrow|ell)\b/g, (_, command: string) => wordCommands[command]!)
    // "C++" and "C#" are other things than "C".
    .replace(/(?<=\p{L})\+\+/gu, 'plusplus')
    .replace(/(?<=\p{L})#/gu, 'sharp')
    .replace(/[^\p{L}\p{N}]+/gu, '');
  return folded;
}

const base32 = '0123456789abcdefghijklmnopqrstuv';

/** Hash of the folded title, 26 characters (128 bits): short enough for any index, whatever the title's length. */
export function titleKey(title: string): string {
  return shortHash(foldTitle(title) || title.normalize('NFKC').trim(), 26);
}

/** The first `length` base-32 characters (5 bits each) of the SHA-256 of a text. */
export function shortHash(text: string, length: number): string {
  const digest = hash('sha256', text, 'buffer');
  let out = '';
  for (let bit = 0; out.length < length; bit += 5) {
    const pair = (digest[bit >> 3]! << 8) | (digest[(bit >> 3) + 1] ?? 0);
    out += base32[(pair >> (11 - (bit & 7))) & 31];
  }
  return out;
}

/** SHA-256 of what is embedded: equal hashes need no new embedding. */
export function textHash(title: string, abstract: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hash('sha256', `${title}\n${abstract}`, 'buffer'));
}

/** Words of a text in their folded form, for comparing abstracts and names. */
export function foldWords(text: string): string[] {
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}
