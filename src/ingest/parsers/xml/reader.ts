import { SaxesParser, type SaxesTagNS } from 'saxes';
import { MAX_VALUE_LENGTH } from '../json-values.js';
import type { Line } from '../line-parser.js';
import { legal, withoutTail } from './legal.js';
import { nameOf, type XmlNode } from './node.js';
import { createUnit, type Unit } from './unit.js';

/** Elements in each other; files of arXiv have seven. */
const MAX_DEPTH = 64;
/** Mistakes in a row. A mistake costs a stack trace, and a file that has more is none of XML. */
const MAX_MISTAKES = 1_000;
/** End tags that end nothing, of one document: each costs a new parser. */
const MAX_LOSSES = 10_000;

export type XmlPiece =
  /** An entry, or what stands beside entries. `fault` says why its content can't be trusted. */
  | { kind: 'element'; node: XmlNode; fault: string | null }
  /** Something is wrong outside of entries, or from here on (`isLast`). */
  | { kind: 'fault'; line: number; reason: string; isLast: boolean };

export const xmlRoots = ['atom:feed', 'rss', 'rdf:RDF', 'oai:OAI-PMH'] as const;
export type XmlRoot = (typeof xmlRoots)[number];

/** What holds entries: their elements are handed out one by one. */
const containers = new Set(['channel', 'oai:ListRecords', 'oai:GetRecord']);

const expected = 'expected a feed (Atom or RSS) or an answer of OAI-PMH';

/** Thrown out of the parser's handlers: what follows can't be read. */
class Refused extends Error {}

/** Thrown there at an end tag that ends nothing: the parser has closed everything for it, the root too. */
class Lost extends Error {}

/**
 * Cuts XML, line by line, into the elements below the root (below `channel`, `ListRecords` and `GetRecord`), of which memory
 * holds one. Several documents one behind another are read as one. Names are by namespace. Document types are refused, so
 * that no entity is ever expanded; a mistake in one entry costs that entry where the parser finds its end.
 */
export function createXmlReader() {
  let document = createDocument();
  let last = 0;
  let isOver = false;

  function run(action: () => void): XmlPiece[] {
    try {
      action();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      isOver = true;
      return [...document.taken(), { kind: 'fault', line: last, reason: error.message, isLast: true }];
    }
    return document.taken();
  }

  return {
    /** Null as long as there is none. */
    root: (): XmlRoot | null => document.root(),
    isOver: (): boolean => isOver,
    push(line: Line): XmlPiece[] {
      if (isOver) return [];
      last = line.number;
      return run(() => {
        if (document.isClosed() && line.text.trim() !== '') document = createDocument(document.root());
        document.write(line);
      });
    },
    end(): XmlPiece[] {
      return isOver ? [] : run(() => document.end());
    },
  };
}

function createDocument(rootBefore: XmlRoot | null = null) {
  let pieces: XmlPiece[] = [];
  let root: XmlRoot | null = rootBefore;
  /** The root and a container in it, as they are written. */
  let outer: Outer[] = [];
  /** `outer` as it was before the end tag at that position of the parser. */
  let before = { at: -1, outer };
  let unit: Unit | null = null;
  let finishedAt = -1;
  /** Name of an entry that had a mistake: until the next good one, mistakes are its aftermath. */
  let broken: string | null = null;
  let line = 0;
  let held = '';
  let isBegun = false;
  let isClosed = false;
  let mistakes = 0;
  let losses = 0;
  /** Elements of entries that never ended stay open in the parser, up to the end of what holds them. */
  let unclosed = 0;
  /** Characters given to the parser, and of them up to the last event: what it holds begins there. */
  let written = 0;
  let given = 0;
  let parser = start();

  function start(): SaxesParser<{ xmlns: true; position: false }> {
    const created = new SaxesParser({ xmlns: true, position: false });
    const prelude = outer.map(({ tag }) => tag).join('');
    created.write(prelude);
    written = prelude.length;
    given = written;
    unclosed = 0;
    finishedAt = -1;
    const passed = (): void => {
      given = created.position;
    };
    created.on('opentag', openTag);
    created.on('closetag', closeTag);
    created.on('text', addText);
    created.on('cdata', addText);
    created.on('comment', passed);
    created.on('processinginstruction', passed);
    created.on('doctype', refuseDoctype);
    created.on('error', onMistake);
    return created;
  }

  function finish(fault: string | null): void {
    const { node } = unit!;
    if (fault !== null) unit!.blame(fault);
    pieces.push({ kind: 'element', node, fault: unit!.fault() });
    finishedAt = parser.position;
    if (unit!.fault() !== null) broken = node.name;
    else {
      mistakes = 0;
      if (broken === node.name) broken = null;
    }
    unit = null;
  }

  function openTag(tag: SaxesTagNS): void {
    given = parser.position;
    const name = nameOf(tag);
    if (outer.length === 0) {
      root = rootOf(name, tag);
      outer = [outerOf(tag)];
      return;
    }
    if (unit?.node.name === name) {
      unclosed += unit.depth();
      finish(`${malformed}: its element is not closed`);
    }
    if (outer.length + (unit?.depth() ?? 0) + unclosed >= MAX_DEPTH)
      throw new Refused(
        `elements stand in each other more than ${MAX_DEPTH} deep here: the rest was not read`,
      );
    if (unit) unit.open(tag, line);
    else if (outer.length === 1 && containers.has(name)) outer = [...outer, outerOf(tag)];
    else unit = createUnit(tag, line);
  }

  function addText(text: string): void {
    given = parser.position;
    unit?.text(text);
  }

  function closeTag({ name }: SaxesTagNS): void {
    given = parser.position;
    if (unit) {
      if (unit.depth() === 1) finish(null);
      else unit.close();
    } else if (outer.at(-1)?.name === name) {
      if (before.at !== parser.position) before = { at: parser.position, outer };
      outer = outer.slice(0, -1);
      isClosed = outer.length === 0;
    }
  }

  function onMistake({ message }: Error): void {
    mistakes += 1;
    if (mistakes > MAX_MISTAKES)
      throw new Refused(
        `this is no XML: more than ${MAX_MISTAKES} mistakes in a row, the last one: ${message}`,
      );
    if (isHarmless(message)) return;
    if (!unit && unclosed > 0 && /^unexpected close tag/.test(message)) {
      unclosed -= 1;
      return;
    }
    const fault = `${malformed}: ${message.replace(/\.$/, '')}`;
    const finished = finishedAt === parser.position ? pieces.at(-1) : undefined;
    if (unit) unit.blame(fault);
    else if (finished?.kind === 'element') {
      finished.fault ??= fault;
      broken = finished.node.name;
    } else if (broken === null)
      pieces.push({ kind: 'fault', line, reason: `this XML: ${fault}`, isLast: false });
    if (/^unmatched closing tag/.test(message)) throw new Lost(message);
  }

  /** In a parser that knows nothing of what was in the container. */
  function startAgain(): void {
    losses += 1;
    if (losses > MAX_LOSSES)
      throw new Refused(`this is no XML: more than ${MAX_LOSSES} end tags that end nothing`);
    if (before.at === parser.position) outer = before.outer;
    before = { at: -1, outer };
    isClosed = false;
    parser = start();
  }

  function feed(text: string): void {
    let rest = text;
    while (rest !== '') {
      const from = written;
      written += rest.length;
      try {
        parser.write(rest);
        return;
      } catch (error) {
        if (!(error instanceof Lost)) throw error;
        rest = rest.slice(parser.position - from);
        startAgain();
      }
    }
  }

  return {
    root: () => root,
    isClosed: () => isClosed,
    taken(): XmlPiece[] {
      const taken = pieces;
      pieces = [];
      return taken;
    },
    write({ number, text, ends = true }: Line): void {
      line = number;
      const [whole, rest] = withoutTail(held + text, ends);
      held = rest;
      const clean = legal(isBegun ? whole : whole.trimStart());
      isBegun ||= clean !== '';
      if (!isBegun) return;
      feed(ends ? `${clean}\n` : clean);
      if (written - given > MAX_VALUE_LENGTH)
        throw new Refused(
          `a tag or a text here is longer than ${MAX_VALUE_LENGTH} characters: the rest was not read`,
        );
    },
    /** Text or comments behind the last document are no document that was cut off. */
    end(): void {
      if (isClosed || (outer.length === 0 && rootBefore !== null)) return;
      const inside = unit?.node.name.replace(/^.*:/, '');
      throw new Refused(
        root === null
          ? `this XML has no root element: ${expected}`
          : `the file ends in the middle${inside === undefined ? '' : ` of an element <${inside}>, which was not read`}: it was cut off`,
      );
    },
  };
}

const malformed = 'it is not well-formed XML';

function rootOf(name: string, { name: written, uri }: SaxesTagNS): XmlRoot {
  const known = xmlRoots.find((root) => root === name);
  if (known) return known;
  if (/^(?:.*:)?html$/i.test(written)) throw new Refused(`this is HTML, not XML: ${expected}`);
  const where = uri === '' ? 'without a namespace' : `in the namespace ${uri}`;
  throw new Refused(`the root element is <${written}> ${where}: ${expected}`.slice(0, 500));
}

/** Entities defined there can grow without bounds, and name files and addresses. */
function refuseDoctype(doctype: string): void {
  throw new Refused(
    /^\s*html\b/i.test(doctype)
      ? `this is HTML, not XML: ${expected}`
      : 'this XML declares a document type (<!DOCTYPE …>), which could define entities without bounds: nothing was read behind it; expected it without',
  );
}

/** Mistakes after which text is text as it was typed: HTML's entities, `]]>`. */
function isHarmless(message: string): boolean {
  return /\bentity\b|"]]>"|^disallowed character\.?$/.test(message);
}

interface Outer {
  name: string;
  /** The start tag with its namespaces. */
  tag: string;
}

function outerOf({ name, attributes }: SaxesTagNS): Outer {
  const declared = Object.values(attributes)
    .filter((attribute) => attribute.name === 'xmlns' || attribute.prefix === 'xmlns')
    .map((attribute) => ` ${attribute.name}="${escaped(attribute.value)}"`);
  return { name, tag: `<${name}${declared.join('')}>` };
}

function escaped(value: string): string {
  return value.replace(/[&<"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
