import type { PaperRecord } from '../../papers/paper.js';
import { readXmlAnswer, type XmlAnswer } from '../parsers/xml/answer.js';
import { addDays, announcementDaysBetween, easternDay, isWeekend } from './eastern.js';
import { type Answer, type ParsedAnswer, type PullRun, PullStopped } from './pull-run.js';
import type { ArxivSettings } from './source.js';

/** Ids of one request: https://info.arxiv.org/help/api/user-manual.html bounds the length of the address. */
const IDS_A_REQUEST = 100;

/** Results of one page of a query, a batch of ours; arXiv gives 2,000 at most and asks for less. */
const PAGE_SIZE = 200;

/** Results of a query that arXiv gives in all. */
const MAX_RESULTS = 30_000;

/** A feed has at most so many items: what is beyond is asked for as after a gap. */
const MAX_FEED_ITEMS = 2_000;

/** What is announced was sent in up to so many days before: a Friday's after 14:00 is announced on Monday night. */
const ANNOUNCED_AFTER_DAYS = 4;

/** The API has a paper some hours after its announcement; after so many tries it has another reason. */
const MAX_TRIES = 30;

/** Papers between an announcement that was missed and now, newest first. */
interface Gap {
  /** Day from which on changes are wanted. */
  since: string;
  /** Results that were read. */
  start: number;
}

interface ArxivCursor extends Record<string, unknown> {
  /** Eastern day of the last announcement whose papers are in the books. */
  day?: string;
  /** Of that announcement. */
  categories?: string;
  gap?: Gap;
}

/**
 * The announcement says which papers there are, the API what they are. Announced ids are kept until the API has
 * them: what it doesn't have yet is taken from the announcement, and asked for again.
 */
export async function pullArxiv(run: PullRun, settings: ArxivSettings): Promise<void> {
  let cursor: ArxivCursor = run.cursor ?? {};
  const feed = await readFeed(run, settings);
  const categories = settings.categories.join(' ');
  const areOther = cursor.categories !== undefined && cursor.categories !== categories;
  if (feed.day !== cursor.day || areOther) {
    const gap = gapBefore(feed, cursor, { ...settings, areOther });
    if (gap !== null) run.note(gap.note);
    cursor = {
      day: feed.day,
      categories,
      ...(gap === null ? cursor.gap && { gap: cursor.gap } : { gap: gap.gap }),
    };
    await run.announce(feed.announced, cursor);
  } else if (feed.announced.length > 0) run.note(`the announcement of ${feed.day} was read before`);
  noteQuiet(run, feed);
  await fetchAnnounced(run, settings, feed.parsed);
  if (cursor.gap) await catchUp(run, settings, { ...cursor, gap: cursor.gap });
}

interface Feed {
  /** Eastern, YYYY-MM-DD. */
  day: string;
  announced: { ref: string; version: number | null }[];
  items: number;
  skipDays: readonly string[];
  parsed: ParsedAnswer;
}

async function readFeed(run: PullRun, { feeds, categories }: ArxivSettings): Promise<Feed> {
  const answer = await run.fetch(`${feeds}/rss/${categories.join('+')}`);
  const xml = await xmlOf(answer, 'the announcement');
  const made = xml.made === undefined ? Number.NaN : Date.parse(xml.made);
  const now = run.clock.now();
  // A feed that says nothing of its time, or one to come, is of now.
  const day = easternDay(made <= now.getTime() + 86_400_000 ? new Date(made) : now);
  const byRef = new Map(xml.announced.map(({ arxivId, version }) => [arxivId, version ?? null]));
  const parsed = await run.parse(answer.bytes, { format: 'xml', name: 'the announcement' });
  // An announcement without items is that of a holiday; one without papers is none.
  if (xml.entries > 0 && byRef.size === 0)
    throw new PullStopped('failed', 'the announcement has entries, and none of them names a paper of arXiv');
  return {
    day,
    announced: [...byRef].map(([ref, version]) => ({ ref, version })),
    items: xml.entries,
    skipDays: xml.skipDays,
    parsed,
  };
}

function gapBefore(
  { day, items }: Feed,
  cursor: ArxivCursor,
  { since, areOther }: Pick<ArxivSettings, 'since'> & { areOther: boolean },
): { gap: Gap; note: string } | null {
  if (cursor.day === undefined)
    return since === undefined
      ? null
      : { gap: { since, start: 0 }, note: `what came since ${since} is asked for` };
  const missed = day > cursor.day ? announcementDaysBetween(cursor.day, day) : 0;
  if (missed === 0 && items < MAX_FEED_ITEMS && !areOther) return null;
  const from = cursor.gap && cursor.gap.since < cursor.day ? cursor.gap.since : cursor.day;
  const note =
    missed > 0
      ? `announcements of ${missed === 1 ? 'one day' : `${missed} days`} since ${cursor.day} were missed: what changed since is asked for`
      : areOther
        ? `other categories: what changed there since ${from} is asked for`
        : `the announcement has ${items} papers, as many as a feed can have: what is beyond is asked for`;
  return { gap: { since: addDays(from, -ANNOUNCED_AFTER_DAYS), start: 0 }, note };
}

function noteQuiet(run: PullRun, { day, announced, skipDays }: Feed): void {
  if (announced.length > 0) return;
  const today = easternDay(run.clock.now());
  if (isWeekend(today) || isWeekend(day)) {
    const days = skipDays.length > 0 ? skipDays.join(' and ') : 'Saturday and Sunday';
    run.note(`no announcement: arXiv has none on ${days}`);
  } else run.note(`nothing was announced on ${day}: a holiday`);
}

/** All that wait, page by page in the order of their ids. */
async function fetchAnnounced(run: PullRun, { api }: ArxivSettings, feed: ParsedAnswer): Promise<void> {
  const fromFeed = new Map(feed.records.map((record) => [record.arxivId ?? '', record]));
  for (let after = ''; ; ) {
    const waiting = await run.listAnnounced(after, IDS_A_REQUEST);
    if (waiting.length === 0) return;
    after = waiting.at(-1)!.ref;
    const ids = waiting.map(({ ref }) => ref).join(',');
    const answer = await run.fetch(`${api}/api/query?id_list=${ids}&max_results=${IDS_A_REQUEST}`);
    const xml = await xmlOf(answer, 'the API');
    const parsed = await run.parse(answer.bytes, { format: 'xml', name: 'the API' });
    const has = new Map(parsed.records.map((record) => [record.arxivId ?? '', record]));
    // An entry that is no paper (withdrawn, broken) is answered too, and will not become one.
    const refused = parsed.records.length < xml.entries ? refusedIds(xml, parsed) : new Set<string>();
    const settled: string[] = [];
    const late: PaperRecord[] = [];
    const given: string[] = [];
    for (const { ref, version, tries } of waiting) {
      const found = has.get(ref);
      // The API lags behind: of a new version it may still have the one before.
      const isPresent =
        found !== undefined && (found.arxivVersion ?? 1) >= (version ?? 1) && !isDamaged(found);
      if (isPresent || refused.has(ref)) settled.push(ref);
      else {
        if (tries + 1 >= MAX_TRIES) given.push(ref);
        const announced = fromFeed.get(ref);
        if (announced) late.push(announced);
      }
    }
    const problems = [
      ...parsed.problems,
      ...given.map((ref) => ({
        line: 1,
        reason: `was announced, but the API had it, whole and in this version, in none of ${MAX_TRIES} tries`,
        excerpt: ref,
      })),
    ];
    await run.countTry(waiting.map(({ ref }) => ref));
    await run.take({ records: [...parsed.records, ...late], problems }, { settled: [...settled, ...given] });
  }
}

/** Ids of entries that were answered and that no paper came of. */
function refusedIds({ ids }: XmlAnswer, { records }: ParsedAnswer): Set<string> {
  const taken = new Set(records.map(({ arxivId }) => arxivId));
  return new Set(ids.filter((id) => !taken.has(id)));
}

/** What changed since an announcement that nobody read, newest first, until what is older. */
async function catchUp(
  run: PullRun,
  { api, categories }: ArxivSettings,
  cursor: ArxivCursor & { gap: Gap },
): Promise<void> {
  const query = categories.map((category) => `cat:${category}`).join('+OR+');
  const { since } = cursor.gap;
  for (let { start } = cursor.gap; ; start += PAGE_SIZE) {
    const answer = await run.fetch(
      `${api}/api/query?search_query=${query}&sortBy=lastUpdatedDate&sortOrder=descending&start=${start}&max_results=${PAGE_SIZE}`,
    );
    const xml = await xmlOf(answer, 'the API');
    const parsed = await run.parse(answer.bytes, { format: 'xml', name: 'the API' });
    const total = xml.totalResults;
    if (total === undefined)
      throw new PullStopped(
        'later',
        'expected a page of the API, got one that does not say how many papers there are',
      );
    // It is known for empty pages in the midst of a list (https://info.arxiv.org/help/api/user-manual.html#paging).
    if (xml.entries === 0 && start < total)
      throw new PullStopped('later', 'the API answered with an empty page');
    const isOver = xml.entries === 0 || start + xml.entries >= total || (xml.oldestUpdate ?? '') < since;
    const isCut = !isOver && start + PAGE_SIZE >= MAX_RESULTS;
    if (isCut)
      run.note(`more than ${MAX_RESULTS} papers changed since ${since}: a source of kind oai has the rest`);
    const { gap: _, ...behind } = cursor;
    const next = isOver || isCut ? behind : { ...cursor, gap: { since, start: start + PAGE_SIZE } };
    // Bytes that were no UTF-8: the same papers are asked for again, by their ids.
    const damaged = parsed.records.flatMap((record) =>
      record.arxivId !== undefined && isDamaged(record)
        ? [{ ref: record.arxivId, version: record.arxivVersion ?? null }]
        : [],
    );
    if (damaged.length > 0) await run.announce(damaged, cursor);
    await run.countPapers(xml.entries - damaged.length);
    await run.take(parsed, { cursor: next });
    if (isOver || isCut) return;
  }
}

/** Something in it could not be read as UTF-8, and was replaced. */
function isDamaged({ title, abstract }: PaperRecord): boolean {
  return title.includes('\ufffd') || abstract.includes('\ufffd');
}

/** @throws PullStopped where it isn't an answer of arXiv's, whole and without an error */
async function xmlOf(answer: Answer, what: string): Promise<XmlAnswer> {
  const xml = await readXmlAnswer(answer.bytes);
  if (xml.fault !== null) throw new PullStopped('later', `${what} can not be read: ${xml.fault}`);
  if (xml.root === null) throw new PullStopped('later', `${what} is empty`);
  const [error] = xml.errors;
  if (error) throw new PullStopped('failed', `${what} says: ${error.reason}`);
  return xml;
}
