import { Parser } from 'htmlparser2';

/** Deeper formulas lose their mark-up alone: the parser's time grows with depth. */
const MAX_DEPTH = 100;
/** Formulas of a text; more is no abstract. */
const MAX_FORMULAS = 1_000;
const MAX_FORMULA_LENGTH = 50_000;

const begin = /<(mml:)?math(?=[\s>])/gi;

interface OpenElement {
  name: string;
  /** The texts of its children, in order. */
  parts: string[];
}

/** A text with each formula in MathML as it is read: `x_i`, `1/2`, once and without its annotations. */
export function withReadableMath(text: string): string {
  let plain = '';
  let from = 0;
  begin.lastIndex = 0;
  for (let count = 0; count < MAX_FORMULAS; count += 1) {
    const found = begin.exec(text);
    if (!found) break;
    const endTag = `</${found[1] ?? ''}math>`;
    const end = text.indexOf(endTag, found.index);
    if (end < 0) break;
    const until = end + endTag.length;
    if (until - found.index <= MAX_FORMULA_LENGTH) {
      plain += text.slice(from, found.index) + readFormula(text.slice(found.index, until));
      from = until;
    }
    begin.lastIndex = until;
  }
  return plain + text.slice(from);
}

/** Its text; what it holds of references stays as it is, for whoever reads these. */
function readFormula(formula: string): string {
  const open: OpenElement[] = [{ name: '', parts: [] }];
  let isTooDeep = false;
  const parser = new Parser(
    {
      onopentag(name) {
        open.push({ name: name.replace(/^.*:/, '').toLowerCase(), parts: [] });
        if (open.length > MAX_DEPTH) {
          isTooDeep = true;
          parser.pause();
        }
      },
      ontext(text) {
        if (text.trim() !== '') open.at(-1)!.parts.push(text.trim());
      },
      onclosetag() {
        const { name, parts } = open.pop()!;
        const text = readElement(name, parts);
        if (text !== '') open.at(-1)!.parts.push(text);
      },
    },
    { xmlMode: true, decodeEntities: false },
  );
  parser.write(formula);
  if (isTooDeep) return formula.replace(/<[^<>]*>/g, ' ');
  parser.end();
  return open[0]!.parts.join('');
}

function readElement(name: string, parts: readonly string[]): string {
  const [first = '', second = '', third = ''] = parts;
  switch (name) {
    // The same again, for programs.
    case 'annotation':
    case 'annotation-xml':
      return '';
    case 'mfrac':
      return `${grouped(first)}/${grouped(second)}`;
    case 'msqrt':
      return `√${grouped(parts.join(''))}`;
    case 'msub':
    case 'munder':
      return `${first}_${grouped(second)}`;
    case 'msup':
      return `${first}^${grouped(second)}`;
    case 'msubsup':
    case 'munderover':
      return `${first}_${grouped(second)}^${grouped(third)}`;
    case 'mtd':
    case 'mtr':
      return ` ${parts.join('').trim()} `;
    case 'mtext':
      return ` ${parts.join(' ')} `;
    default:
      return joined(parts);
  }
}

/** A name of several letters stands apart from the next: `sin x`. */
function joined(parts: readonly string[]): string {
  return parts.reduce(
    (text, part) => text + (/\p{L}{2}$/u.test(text) && /^[\p{L}\p{N}]/u.test(part) ? ' ' : '') + part,
    '',
  );
}

function grouped(text: string): string {
  return /^(?:[\p{L}\p{N}′*+−-]|\p{N}+|&[^;\s]+;)$/u.test(text) ? text : `(${text})`;
}
