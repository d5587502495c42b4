import { withReadableMath } from './mathml.js';

/**
 * Plain text of texts that publishers' files hold with HTML, JATS or MathML mark-up and character references.
 * Only known tags go, so that `x <y and z> w` and `<mask>` stay.
 */

const attributes = `(?:\\s{1,9}[\\w:-]{1,40}=(?:"[^"<>]{0,300}"|'[^'<>]{0,300}'|[^\\s<>"']{1,300})){0,20}\\s{0,9}/?`;
const inline =
  'i|b|em|strong|sub|sup|u|tt|small|sc|scp|italic|bold|underline|monospace|span|font|inline-formula|tex-math|math|xref|ext-link|alternatives|inline-graphic|named-content|styled-content|(?:mml|jats|ce):[a-z-]{1,30}';
const block =
  'p|br|div|sec|h[1-6]|li|ul|ol|jats:(?:p|sec|title|label|list|list-item|abstract|disp-formula)|ce:(?:para|simple-para|section-title)';
const blockTag = new RegExp(`</?(?:${block})${attributes}>`, 'gi');
const inlineTag = new RegExp(`</?(?:${inline})${attributes}>`, 'gi');
const reference = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z][a-z\d]{1,30}));/gi;

const link = new RegExp(`<a(?=\\s)${attributes}>([^<]{0,500})</a>`, 'gi');
/** Of `10<sup>5</sup>`, which would be read as 105. */
const exponent = new RegExp(`(?<=\\d)<(?:jats:)?sup${attributes}>(?=\\s?[-−–+]?\\d)`, 'gi');
const comment = /<!--.{0,2000}?-->/gs;
const alternatives = /<((?:jats:)?alternatives)>(.{0,5000}?)<\/\1>/gis;
const texMath = /<((?:jats:)?tex-math)(?:\s[^<>]{0,300})?>.{0,5000}?<\/\1>/gis;
/** A formula as a TeX document of its own: how Springer writes them. */
const texDocument = /\\documentclass(?:.{0,2000}?)\\begin\{document\}(.{0,2000}?)\\end\{document\}/gs;
/** References that were escaped once more: `&amp;lt;`. */
const twice = /&(?:amp;){1,5}(?=(?:#\d{1,7}|#x[\da-f]{1,6}|([a-z][a-z\d]{1,30}));)/gi;
const escapedTag = new RegExp(`&lt;(/?(?:${block}|${inline})(?:\\s(?:[^<>&]|&quot;){0,300})?/?)&gt;`, 'gi');
const escapedEnd = new RegExp(`&lt;/(?:${block}|${inline})&gt;`, 'i');

/**
 * Without mark-up; blocks become paragraphs (a blank line between them), and formulas are there once. Mark-up that was escaped
 * counts as mark-up where it ends what it begins; a tag alone (`&lt;b&gt;`) is a text about mark-up.
 */
export function plainText(text: string): string {
  let plain = text;
  if (plain.includes('&amp;'))
    plain = plain.replace(twice, (whole, name?: string) =>
      name === undefined || namedCharacter(name) !== undefined ? '&' : whole,
    );
  if (escapedEnd.test(plain))
    plain = plain.replace(escapedTag, (_, tag: string) => `<${tag.replaceAll('&quot;', '"')}>`);
  if (plain.includes('<')) plain = withoutTags(plain);
  // References last: `&lt;b&gt;` is a text about mark-up.
  if (plain.includes('&')) plain = plain.replace(reference, decodeReference);
  return plain;
}

function withoutTags(text: string): string {
  const plain = text
    .replace(comment, '')
    .replace(/<!\[CDATA\[|\]\]>/g, (mark) => (text.includes('<![CDATA[') ? '' : mark))
    .replace(alternatives, (_, _name, all: string) =>
      /<(?:mml:)?math\b/i.test(all) ? all.replace(texMath, '') : all,
    )
    .replace(texDocument, '$1');
  return withReadableMath(plain)
    .replace(link, '$1')
    .replace(exponent, '^')
    .replace(blockTag, '\n\n')
    .replace(inlineTag, '');
}

/** The character that HTML, and often TeX, calls by this name: `alpha`, `times`. */
export function namedCharacter(name: string): string | undefined {
  const code = named.get(name);
  return code === undefined ? undefined : String.fromCodePoint(code);
}

function decodeReference(whole: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return namedCharacter(name) ?? whole;
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  // 128 to 159 are the letters of Windows-1252 there, as in browsers (HTML, 13.2.5.84).
  if (code >= 0x80 && code <= 0x9f) return windows1252[code - 0x80]!;
  return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
    ? String.fromCodePoint(code)
    : '\ufffd';
}

/** Written out: Node 20's TextDecoder reads Windows-1252 as Latin-1. */
const windows1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** The named references of HTML 4: those that files of papers use. */
const named = new Map<string, number>([
  ...sequence(
    160,
    `nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute
    micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig
    Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash
    Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute
    ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc
    uuml yacute thorn yuml`,
  ),
  ...sequence(913, 'Alpha Beta Gamma Delta Epsilon Zeta Eta Theta Iota Kappa Lambda Mu Nu Xi Omicron Pi Rho'),
  ...sequence(931, 'Sigma Tau Upsilon Phi Chi Psi Omega'),
  ...sequence(
    945,
    `alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigmaf sigma tau
    upsilon phi chi psi omega`,
  ),
  ...sequence(8592, 'larr uarr rarr darr harr'),
  ...Object.entries({
    ...{ quot: 34, amp: 38, apos: 39, lt: 60, gt: 62, OElig: 338, oelig: 339, Scaron: 352, scaron: 353 },
    ...{
      ensp: 8194,
      emsp: 8195,
      thinsp: 8201,
      ndash: 8211,
      mdash: 8212,
      lsquo: 8216,
      rsquo: 8217,
      sbquo: 8218,
    },
    ...{ ldquo: 8220, rdquo: 8221, bdquo: 8222, dagger: 8224, Dagger: 8225, bull: 8226, hellip: 8230 },
    ...{
      prime: 8242,
      Prime: 8243,
      euro: 8364,
      trade: 8482,
      forall: 8704,
      part: 8706,
      exist: 8707,
      empty: 8709,
    },
    ...{ nabla: 8711, isin: 8712, notin: 8713, sum: 8721, minus: 8722, radic: 8730, prop: 8733, infin: 8734 },
    ...{ and: 8743, or: 8744, cap: 8745, cup: 8746, int: 8747, sim: 8764, cong: 8773, asymp: 8776, ne: 8800 },
    ...{ equiv: 8801, le: 8804, ge: 8805, sub: 8834, sup: 8835, sube: 8838, supe: 8839, oplus: 8853 },
    ...{
      otimes: 8855,
      perp: 8869,
      sdot: 8901,
      fnof: 402,
      approx: 8776,
      leq: 8804,
      geq: 8805,
      ell: 8467,
      rightarrow: 8594,
      circ: 710,
      tilde: 732,
      permil: 8240,
    },
  }),
]);

function sequence(first: number, names: string): [string, number][] {
  return names.split(/\s+/).map((name, index) => [name, first + index]);
}
