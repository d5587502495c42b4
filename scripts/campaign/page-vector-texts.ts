import { payloadOf, tagVector, texVector, urlVector, wholes } from './page-vector-shapes.js';
import type { Chance } from './random.js';

/** What breaks out of where a text may stand: an attribute, an element of raw text, a comment, a CDATA section, a script. */
const openers = [
  '"',
  "'",
  '`',
  '">',
  "'>",
  '>',
  '/>',
  '</title>',
  '</textarea>',
  '</style>',
  '</script>',
  '</mark></a></h2>',
  '</noscript>',
  '</template>',
  '</math>',
  '</svg>',
  '</annotation></semantics></math>',
  '-->',
  '--!>',
  ']]>',
  '*/',
  '\\"',
  '&quot;&gt;',
  '&#34;>',
  '<!--',
  '<![CDATA[',
  '<?xml ?>',
  '$',
  '$x',
  '\\(',
  '{{',
  '\u2028',
];
const closers = ['', '', '//', '<!--', '"', "'", '-->', ']]>', '$', '\\)', '<', '&', '/*', '\ud800'];

/** Signs that parsers drop, or read as something else. */
const strange = [
  '\0',
  '\u0001',
  '\u000b',
  '\f',
  '\u001b$B',
  '\u00a0',
  '\u00ad',
  '\u200b',
  '\u202e',
  '\u2028',
  '\ufeff',
  '\ufffd',
  '\ufffe',
  '\ud800',
  '\udc00',
  '\u0338',
  '+ADw-',
];

const encodings: readonly ((text: string) => string)[] = [
  (text) => text.replace(/[<>"'&]/g, (sign) => `&#${sign.charCodeAt(0)};`),
  (text) => text.replace(/[<>"'&]/g, (sign) => `&#x${sign.charCodeAt(0).toString(16)}`),
  (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  (text) => text.replaceAll('<', '&amp;lt;').replaceAll('>', '&amp;gt;'),
  (text) => encodeURIComponent(text.toWellFormed()),
  (text) => text.replace(/[<>]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`),
  (text) => text.replace(/[<>]/g, (sign) => `\\x${sign.charCodeAt(0).toString(16)}`),
  (text) => text.replaceAll('<', '\uff1c').replaceAll('>', '\uff1e'),
  (text) => text.replaceAll('<', '+ADw-').replaceAll('>', '+AD4-'),
];

/** A text that runs `alert(id)`, or asks for something of another host, where a page takes it for markup. */
export function makeVector(id: number, chance: Chance): string {
  const kind = chance.between(0, 9);
  const payload = payloadOf(id, chance);
  let text =
    kind < 2
      ? chance.pick(wholes)(payload, id)
      : kind < 5
        ? tagVector(payload, chance)
        : kind < 7
          ? urlVector(payload, id, chance)
          : kind < 9
            ? texVector(payload, chance)
            : `<x>${chance.pick(wholes)(payload, id)}`;
  if (chance.next() < 0.35) text = chance.pick(openers) + text;
  if (chance.next() < 0.2) text += chance.pick(closers);
  if (chance.next() < 0.3) text = mutate(text, chance);
  if (chance.next() < 0.12) text = chance.pick(encodings)(text);
  return text;
}

function mutate(text: string, chance: Chance): string {
  const at = chance.between(0, text.length);
  switch (chance.between(0, 5)) {
    case 0:
      return text.slice(0, at) + chance.pick(strange) + text.slice(at);
    case 1:
      return text.replace(/<\/?[a-z]+/g, (tag) => (chance.next() < 0.5 ? tag.toUpperCase() : tag));
    case 2:
      return text.replaceAll(' ', chance.pick(['\t', '\n', '\f', '/', '/**/', ' \u00a0']));
    case 3:
      return text.slice(0, at);
    case 4:
      return text + text;
    default:
      return `${text.slice(0, at)}&#${chance.pick(['x3c', '60', '34', '39', 'x0'])};${text.slice(at)}`;
  }
}

/** Texts that differ, by their number. */
export function makeVectors(count: number, chanceOf: (part: number) => Chance): string[] {
  return Array.from({ length: count }, (_, id) => makeVector(id, chanceOf(id)));
}
