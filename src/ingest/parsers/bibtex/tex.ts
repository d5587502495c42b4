import { mathsSpans } from '../../../papers/maths.js';
import { namedCharacter } from '../markup.js';

/** Combining characters behind the letter; what comes out is composed by `cleanLine`. */
const accents: Readonly<Record<string, string>> = {
  ...{
    '`': '\u0300',
    "'": '\u0301',
    '^': '\u0302',
    '~': '\u0303',
    '=': '\u0304',
    u: '\u0306',
    '.': '\u0307',
  },
  ...{
    '"': '\u0308',
    r: '\u030a',
    H: '\u030b',
    v: '\u030c',
    d: '\u0323',
    c: '\u0327',
    k: '\u0328',
    b: '\u0331',
  },
};

const commands = new Map(
  Object.entries({
    ...{ ss: 'ß', ae: 'æ', AE: 'Æ', oe: 'œ', OE: 'Œ', aa: 'å', AA: 'Å', o: 'ø', O: 'Ø', l: 'ł', L: 'Ł' },
    ...{ i: 'ı', j: 'ȷ', dh: 'ð', DH: 'Ð', th: 'þ', TH: 'Þ', dj: 'đ', DJ: 'Đ', ng: 'ŋ', NG: 'Ŋ', SS: 'ẞ' },
    ...{ textendash: '–', textemdash: '—', textquoteleft: '‘', textquoteright: '’', textquotesingle: "'" },
    ...{
      textquotedblleft: '“',
      textquotedblright: '”',
      quotedblbase: '„',
      quotesinglbase: '‚',
      textquotedbl: '"',
    },
    ...{ guillemotleft: '«', guillemotright: '»', textellipsis: '…', ldots: '…', dots: '…', textbullet: '•' },
    ...{
      textasciitilde: '~',
      textasciicircum: '^',
      textasciigrave: '`',
      textbackslash: '\\',
      textunderscore: '_',
    },
    ...{ textless: '<', textgreater: '>', textbar: '|', textbraceleft: '{', textbraceright: '}', slash: '/' },
    ...{
      textdollar: '$',
      textregistered: '®',
      texttrademark: '™',
      copyright: '©',
      textcopyright: '©',
      S: '§',
    },
    ...{
      P: '¶',
      pounds: '£',
      textsterling: '£',
      texteuro: '€',
      euro: '€',
      textdegree: '°',
      textmu: 'µ',
      sim: '~',
    },
    ...{ textperiodcentered: '·', textexclamdown: '¡', textquestiondown: '¿', LaTeX: 'LaTeX', TeX: 'TeX' },
    ...{
      BibTeX: 'BibTeX',
      par: '\n\n',
      newline: ' ',
      quad: ' ',
      space: ' ',
      infty: '∞',
      rightarrow: '→',
      to: '→',
    },
  }),
);

/** Their argument is no part of the text. */
const silent = /^(?:cite[a-z]*|footnote|thanks|label|ref|vspace|hspace|index)$/;

const token = /\\([`'^~="])|\\([a-zA-Z]+)\*?|\\(\.)(?=\s*\{?\\?[a-zA-Z])|\\([\s\S])|(---?|``|''|~)|[{}\\]/g;
/** The letter under an accent: `{\'e}`, `\'{e}`, `\'\i`, `\v{\i}`, `\'{\i}`. */
const accented = /\s*(?:\{\s*(?:\\([ij])\s*|(\p{L}?)\s*)\}|\\([ij])(?![a-zA-Z])\s?|(\p{L}))/uy;
const argument = /\s*\{([^{}]*)\}/y;
const ligatures: Readonly<Record<string, string>> = {
  ...{ '--': '–', '---': '—', '``': '“', "''": '”', '~': ' ' },
};

/** `5\({}^{\mbox{th}}\)`, as DBLP writes it: no formula but a word's end. */
const ordinal =
  /(?:\\\(|\$)\s?(?:\{\})?\^\{?\s?\\(?:mbox|text|textrm|mathrm|rm)\s?\{?(st|nd|rd|th)\}{0,2}\s?(?:\\\)|\$)/g;

/**
 * What TeX would set, as plain text: accents and signs as characters, without braces and commands. Formulas stay as
 * they are typed, as everywhere in the collection. In linear time, for any text.
 */
export function texToText(source: string): string {
  if (!/[\\{}$~`'-]/.test(source)) return source;
  const tex = source.replace(ordinal, '$1');
  let out = '';
  let at = 0;
  for (const { start, end } of mathsSpans(tex)) {
    out += decode(tex.slice(at, start), true) + tex.slice(start, end);
    at = end;
  }
  return out + decode(tex.slice(at), true);
}

/** URLs, DOIs and ids: signs that were escaped for TeX come back, everything else is as written. */
export function texToVerbatim(tex: string): string {
  return /[\\{}]/.test(tex) ? decode(tex, false) : tex;
}

function decode(tex: string, text: boolean): string {
  let out = '';
  let at = 0;
  token.lastIndex = 0;
  for (let found = token.exec(tex); found; found = token.exec(tex)) {
    out += tex.slice(at, found.index);
    at = token.lastIndex;
    const [, mark, word, dot, sign, ligature] = found;
    const accent = mark ?? dot ?? (word !== undefined && word.length === 1 ? word : '');
    const letter = Object.hasOwn(accents, accent) ? letterAt(tex, at) : null;
    if (letter) {
      out += letter.text === '' ? bareAccent(accent, text) : letter.text + accents[accent]!;
      at = letter.end;
    } else if (word !== undefined) {
      out += commands.get(word) ?? namedCharacter(word) ?? '';
      at = behindCommand(tex, at, word);
    } else if (sign !== undefined) out += signOf(sign);
    else if (ligature !== undefined) out += text ? ligatures[ligature]! : ligature;
    token.lastIndex = at;
  }
  return out + tex.slice(at);
}

function letterAt(tex: string, at: number): { text: string; end: number } | null {
  accented.lastIndex = at;
  const found = accented.exec(tex);
  if (!found) return null;
  return { text: found[1] ?? found[2] ?? found[3] ?? found[4] ?? '', end: accented.lastIndex };
}

/** `\~{}` and `\^{}` are how a tilde and a circumflex alone are written. */
function bareAccent(accent: string, text: boolean): string {
  return accent === '~' || accent === '^' ? accent : text ? '' : accent;
}

/** Spaces behind a command end it and are not set; `{}` does the same. */
function behindCommand(tex: string, at: number, word: string): number {
  if (silent.test(word) || word === 'href') {
    argument.lastIndex = at;
    return argument.test(tex) ? argument.lastIndex : at;
  }
  let end = at;
  while (tex[end] === ' ' || tex[end] === '\n') end += 1;
  return end;
}

function signOf(sign: string): string {
  if (/[&%$#_{}]/.test(sign)) return sign;
  // `\-` is a place to break a word, `\/` and `\!` move letters; all others are spaces of some width.
  return /[-/!@()[\]]/.test(sign) ? '' : ' ';
}
