import { Parser } from 'htmlparser2';
import type { ParsedEntry, SourceName } from '../../papers/paper.js';
import { paperShape } from './dialects/dialects.js';
import { createCardReader } from './html/cards.js';
import { createJsonCutter } from './json-values.js';
import { paperFromJson, paperOf, parseJsonObject } from './jsonl.js';
import type { Line, LineParser } from './line-parser.js';
import { excerpt } from './text.js';

/** Lines are handed to the HTML parser together: it keeps a list of the pieces that a value goes over. */
const PART_LENGTH = 65_536;
/** Of one tag: a month's papers are 15 million characters. */
const MAX_TAG_LENGTH = 32_000_000;
/** Of elements in each other: the HTML parser's time grows with it. Pages have some thirty. */
const MAX_DEPTH = 1_000;

export interface HtmlOptions {
  source?: SourceName | undefined;
  /** Of one tag, in characters. */
  maxTagLength?: number | undefined;
}

/** True for the beginning of a text in HTML that shows signs of a Hugging Face papers page. */
export function isPapersPage(text: string): boolean {
  return (
    /^[\s\ufeff]*<(?:!|\?xml|[a-z])/i.test(text) &&
    /\sdata-target=["']?DailyPapers\b|\bDailyPapersPage\b|\shref="(?:https:\/\/huggingface\.co)?\/papers\/\d{4}\.\d{4,5}"/.test(
      text,
    )
  );
}

/**
 * A Hugging Face papers page as HTML. Its papers are in an attribute, as JSON: `data-props` of the tag with
 * `data-target="DailyPapers"`. Where that is missing or broken, titles, ids and counts come from the cards that the page shows,
 * and a problem says so. Nothing else of the page is read.
 */
export function createHtmlParser({
  source = 'huggingface',
  maxTagLength = MAX_TAG_LENGTH,
}: HtmlOptions = {}): LineParser {
  const cards = createCardReader();
  const lines = createLineCounter();
  let props: { line: number; text: string } | null = null;
  let fault: { line: number; reason: string } | null = null;
  let waiting = '';
  let written = 0;
  /** Where the last tag or text came out: what the HTML parser holds began there. */
  let heardAt = 0;
  let depth = 0;
  let silent = 0;
  let tagLine = 1;

  const parser = new Parser({
    onopentagname() {
      tagLine = lines.at(parser.startIndex);
    },
    onopentag(name, attributes) {
      heardAt = written;
      depth += 1;
      if (depth > MAX_DEPTH)
        fault ??= { line: tagLine, reason: `elements stand in each other more than ${MAX_DEPTH} deep` };
      if (isSilent(name)) silent += 1;
      if (attributes['data-target'] === 'DailyPapers' && attributes['data-props'] !== undefined)
        props ??= { line: tagLine, text: attributes['data-props'] };
      cards.openTag(name, attributes, tagLine);
    },
    ontext(text) {
      heardAt = written;
      if (silent === 0) cards.text(text);
    },
    onclosetag(name) {
      heardAt = written;
      depth -= 1;
      if (isSilent(name)) silent -= 1;
      cards.closeTag(name);
    },
  });

  function write(): void {
    lines.add(waiting);
    written += waiting.length;
    parser.write(waiting);
    waiting = '';
    if (written - heardAt > maxTagLength)
      fault ??= { line: lines.last(), reason: `a tag is longer than ${maxTagLength} characters` };
  }

  return {
    takesParts: PART_LENGTH,
    isOver: () => fault !== null,
    push({ text, ends }: Line): ParsedEntry[] {
      if (fault) return [];
      waiting += ends === false ? text : `${text}\n`;
      if (waiting.length >= PART_LENGTH) write();
      return fault ? finish() : [];
    },
    end(): ParsedEntry[] {
      if (fault) return [];
      write();
      if (!fault) parser.end();
      return finish();
    },
  };

  function finish(): ParsedEntry[] {
    const read = props ? readProps(props, source) : { entries: [], isBroken: true };
    const entries = read.isBroken ? [...read.entries, ...fromCards(read.entries)] : read.entries;
    if (fault) entries.push(problem(fault.line, `the rest of this page was not read: ${fault.reason}`));
    return entries;
  }

  /** Papers of the cards that the page's data doesn't give, behind a problem that says so. */
  function fromCards(read: readonly ParsedEntry[]): ParsedEntry[] {
    const known = new Set(read.map((entry) => (entry.kind === 'paper' ? entry.record.arxivId : undefined)));
    const left = cards.cards().filter(({ object }) => !known.has(String(object['arxiv_id'])));
    const { line } = props ?? { line: 1 };
    const what = props
      ? 'the data of this page (data-props) is broken'
      : 'this page has no data of its papers (a tag with data-target="DailyPapers" and data-props)';
    if (left.length === 0 && props) return [problem(line, `${what}: expected JSON`)];
    if (left.length === 0)
      return [problem(line, `${what}, and no cards: expected a whole Hugging Face papers page`)];
    return [
      problem(
        line,
        `${what}: ${left.length} of its papers were read from their cards, without abstracts and authors`,
      ),
      ...left.flatMap((card) =>
        paperOf(card.object, { line: card.line, text: String(card.object['title']), source }),
      ),
    ];
  }
}

function isSilent(name: string): boolean {
  return name === 'script' || name === 'style' || name === 'template';
}

function readProps(
  { line, text }: { line: number; text: string },
  source: SourceName,
): { entries: ParsedEntry[]; isBroken: boolean } {
  const cutter = createJsonCutter(paperShape);
  const entries: ParsedEntry[] = [];
  let isBroken = text.trim() === '';
  // In one part, which doesn't end its line: a document, whatever it begins with.
  for (const piece of [...cutter.push({ line, text, ends: false }), ...cutter.end()]) {
    const read = piece.kind === 'value' ? parseJsonObject(piece.text, line) : null;
    if (read && 'object' in read) {
      entries.push(...paperFromJson(read.object, { line, text: piece.text, source }));
      continue;
    }
    isBroken = true;
    entries.push(read ? read.problem : problem(line, piece.kind === 'value' ? '' : piece.reason, piece.text));
  }
  return { entries, isBroken };
}

/** The lines of positions in a text that comes in parts; positions may only grow. */
function createLineCounter() {
  let part = '';
  let begin = 0;
  let at = 0;
  let line = 1;
  function moveTo(position: number): number {
    for (; at < position && at < begin + part.length; at += 1) if (part[at - begin] === '\n') line += 1;
    return line;
  }
  return {
    /** The line of a position; of one in a part before the last, that of its end. */
    at: moveTo,
    last: () => moveTo(Number.POSITIVE_INFINITY),
    add(text: string): void {
      moveTo(Number.POSITIVE_INFINITY);
      begin += part.length;
      part = text;
    },
  };
}

function problem(line: number, reason: string, text = ''): ParsedEntry {
  return { kind: 'problem', problem: { line, reason, excerpt: excerpt(text) } };
}
