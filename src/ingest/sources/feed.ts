import { createByteCollector } from '../../platform/byte-collector.js';
import { DamagedGzip, gunzipped, inPieces, isGzip } from '../parsers/bytes.js';
import { readXmlAnswer, type XmlAnswer } from '../parsers/xml/answer.js';
import { type Answer, MAX_ANSWER_BYTES, type ParsedAnswer, type PullRun, PullStopped } from './pull-run.js';
import type { FeedSettings } from './source.js';

interface FeedCursor extends Record<string, unknown> {
  etag?: string;
  lastModified?: string;
  /** The page to go on with; absent where everything was read. */
  next?: string;
}

/** More than the blank lines that end a file. */
const MAX_END_BYTES = 1_000;

/** What an address has, and the pages behind it: by `Link` (RFC 8288), a feed's own link (RFC 5005), or the service's cursor. */
export async function pullFeed(run: PullRun, { url, format }: FeedSettings): Promise<void> {
  const cursor: FeedCursor = run.cursor ?? {};
  const { next: _, ...marks } = cursor;
  let fresh: FeedCursor = marks;
  const seen = new Set<string>();
  let isResumed = cursor.next !== undefined;
  for (let page: string | null = cursor.next ?? url; page !== null; ) {
    const isFirst = page === url;
    seen.add(page);
    // What is still to be read of an earlier pull must not be hidden behind “unchanged”.
    const conditions = isFirst && cursor.next === undefined ? marks : {};
    const asked: Answer | 'unchanged' | null = await run
      .ask({ url: page, ...conditions })
      .catch(goneIf(isResumed));
    isResumed = false;
    if (asked === null) {
      run.note('the page to go on with is gone: it is read from its beginning');
      seen.clear();
      page = url;
      continue;
    }
    if (asked === 'unchanged') return run.note('nothing changed there since the last pull');
    const answer: Answer = { ...asked, bytes: await unpacked(asked.bytes) };
    const parsed: ParsedAnswer = await run.parse(answer.bytes, { format, name: 'the feed' });
    const xml = parsed.format === 'xml' ? await readXmlAnswer(answer.bytes) : null;
    refuseBroken(answer, parsed, { xml, isNamed: format !== undefined });
    if (isFirst) fresh = marksOf(answer);
    // What could not be read may be there the next time, and half an answer has the marks of the whole: “unchanged” must not hide it.
    if (parsed.problems.length > 0) fresh = {};
    const next: string | null = nextOf(answer, parsed, { xml, page });
    if (next !== null && seen.has(next)) throw new PullStopped('failed', 'its pages lead in a circle');
    await run.countPapers(parsed.records.length + parsed.problems.length);
    // The marks of the first page count once all are read: “unchanged” must not hide the rest.
    await run.take(parsed, { cursor: next === null ? fresh : { ...fresh, next } });
    page = next;
  }
}

/** A service forgets its cursors in time; the beginning is still there. */
function goneIf(isLeft: boolean): (error: unknown) => null {
  return (error) => {
    if (isLeft && error instanceof PullStopped && error.kind === 'failed') return null;
    throw error;
  };
}

/** What a gzip file holds, else the bytes themselves. @throws PullStopped later where it is cut off, failed where it holds too much */
async function unpacked(bytes: Uint8Array): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes;
  const collector = createByteCollector();
  try {
    for await (const part of gunzipped(inPieces(bytes))) {
      collector.push(part);
      if (collector.size > MAX_ANSWER_BYTES)
        throw new PullStopped(
          'failed',
          `its gzip file holds more than ${MAX_ANSWER_BYTES} bytes: take it in with \`quire ingest\``,
        );
    }
  } catch (error) {
    if (error instanceof DamagedGzip)
      throw new PullStopped('later', 'it can not be read: its gzip file is damaged or cut off');
    throw error;
  }
  return collector.take();
}

/** An error page, or half an answer: whatever is in it, the source is not where it says. */
function refuseBroken(
  { bytes }: Answer,
  { records, problems, format }: ParsedAnswer,
  { xml, isNamed }: { xml: XmlAnswer | null; isNamed: boolean },
): void {
  if (xml !== null && xml.fault !== null) throw new PullStopped('later', `it can not be read: ${xml.fault}`);
  const [problem] = problems;
  const isJson = format === 'jsonl' || format === 'csl';
  if (isJson && problem && records.length > 0 && !/[\]}]$/.test(endOf(bytes)))
    throw new PullStopped(
      'later',
      `it can not be read: it ends in the middle of its JSON (${problem.reason})`,
    );
  if (records.length > 0 || problem === undefined) return;
  const kind = format === null || isNamed ? '' : ` (it looks like ${format})`;
  throw new PullStopped('failed', `nothing in it is a paper${kind}: ${problem.reason}`);
}

/** The last characters that are no spaces. */
function endOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes.subarray(-MAX_END_BYTES)).trimEnd();
}

function marksOf({ headers }: Answer): FeedCursor {
  const { etag, 'last-modified': lastModified } = headers;
  return { ...(etag && { etag }), ...(lastModified && { lastModified }) };
}

function nextOf(
  { bytes, headers }: Answer,
  { format, records }: ParsedAnswer,
  { xml, page }: { xml: XmlAnswer | null; page: string },
): string | null {
  const linked = /<([^<>]+)>\s*;[^,]*\brel="?next"?/i.exec(headers['link'] ?? '')?.[1];
  if (linked !== undefined) return addressIn(linked, page);
  if (xml !== null) return xml.next === undefined ? null : addressIn(xml.next, page);
  // A page without papers ends every list.
  return format === 'jsonl' && records.length > 0 ? nextOfJson(new TextDecoder().decode(bytes), page) : null;
}

/**
 * `meta.next_cursor` of OpenAlex and `message.next-cursor` of Crossref where the address asks for a cursor, `token` and
 * `next` (an offset) of Semantic Scholar.
 */
function nextOfJson(text: string, page: string): string | null {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    // Lines of JSON have no pages.
    return null;
  }
  const address = new URL(page);
  const set = (name: string, value: unknown): string | null => {
    if ((typeof value !== 'string' && typeof value !== 'number') || value === '') return null;
    address.searchParams.set(name, String(value));
    return address.href;
  };
  const of = (value: unknown, key: string): unknown =>
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  if (address.searchParams.has('cursor'))
    return set('cursor', of(of(answer, 'meta'), 'next_cursor') ?? of(of(answer, 'message'), 'next-cursor'));
  return set('token', of(answer, 'token')) ?? set('offset', of(answer, 'next'));
}

function addressIn(text: string, page: string): string {
  if (URL.canParse(text, page)) return new URL(text, page).href;
  throw new PullStopped('failed', `its next page has no address: “${text.slice(0, 100)}”`);
}
