import { readXmlAnswer, type XmlAnswer } from '../parsers/xml/answer.js';
import { type Answer, type ParsedAnswer, type PullRun, PullStopped } from './pull-run.js';
import type { FeedSettings } from './source.js';

interface FeedCursor extends Record<string, unknown> {
  etag?: string;
  lastModified?: string;
  /** The page to go on with; absent where everything was read. */
  next?: string;
}

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
    const answer: Answer | 'unchanged' | null = await run
      .ask({ url: page, ...conditions })
      .catch(goneIf(isResumed));
    isResumed = false;
    if (answer === null) {
      run.note('the page to go on with is gone: it is read from its beginning');
      seen.clear();
      page = url;
      continue;
    }
    if (answer === 'unchanged') return run.note('nothing changed there since the last pull');
    const parsed: ParsedAnswer = await run.parse(answer.bytes, { format, name: 'the feed' });
    const xml = parsed.format === 'xml' ? await readXmlAnswer(answer.bytes) : null;
    refuseBroken(parsed, xml, format !== undefined);
    if (isFirst) fresh = marksOf(answer);
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

/** An error page, or half an answer: whatever is in it, the source is not where it says. */
function refuseBroken(
  { records, problems, format }: ParsedAnswer,
  xml: XmlAnswer | null,
  isNamed: boolean,
): void {
  if (xml !== null && xml.fault !== null) throw new PullStopped('later', `it can not be read: ${xml.fault}`);
  const [problem] = problems;
  if (records.length > 0 || problem === undefined) return;
  const kind = format === null || isNamed ? '' : ` (it looks like ${format})`;
  throw new PullStopped('failed', `nothing in it is a paper${kind}: ${problem.reason}`);
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
