import { excerpt } from '../parsers/text.js';
import { addDays, dailyPapersDay, isWeekend } from './eastern.js';
import { type PullRun, PullStopped } from './pull-run.js';
import type { HuggingFaceSettings } from './source.js';

/** Papers of a page; the API gives 100 at most. */
const PAGE_SIZE = 100;

/** A page of 100 papers is less than 1 MB; what is read in one piece takes thirty times its size if it is brackets alone. */
const MAX_PAGE_BYTES = 8_000_000;

/** Pages of one day: 30 papers are usual. */
const MAX_PAGES = 50;

/** Days that are read again for their upvotes, and for papers that were added late. */
const REREAD_DAYS = 3;

/** How far a source without `since` goes back at its first pull. */
const FIRST_DAYS = 7;

interface HuggingFaceCursor extends Record<string, unknown> {
  /** The last day of which every page is in the books, YYYY-MM-DD. */
  day?: string;
}

/** The papers of each day, from the last one that was read to the one that Hugging Face lists now. */
export async function pullHuggingFace(run: PullRun, { base, since }: HuggingFaceSettings): Promise<void> {
  const last = dailyPapersDay(run.clock.now());
  let cursor: HuggingFaceCursor = run.cursor ?? {};
  if ((cursor.day ?? '') >= last) {
    run.note(`days up to ${cursor.day} were read by a clock that was ahead: they are read again`);
    cursor = { day: addDays(last, -1) };
  }
  let day =
    cursor.day === undefined ? (since ?? addDays(last, -FIRST_DAYS)) : addDays(cursor.day, 1 - REREAD_DAYS);
  const missed = cursor.day !== undefined && addDays(cursor.day, 1) < last;
  if (missed) run.note(`days since ${cursor.day} are caught up with`);
  let papers = 0;
  for (; day <= last; day = addDays(day, 1)) {
    const isBehind = cursor.day === undefined || day > cursor.day;
    papers += await pullDay(run, { base, day, isToday: day === last, cursor: isBehind ? { day } : null });
  }
  if (papers > 0) return;
  run.note(
    isWeekend(last) ? 'no papers: there are hardly any on Saturday and Sunday' : 'no papers of these days',
  );
}

async function pullDay(
  run: PullRun,
  {
    base,
    day,
    isToday,
    cursor,
  }: { base: string; day: string; isToday: boolean; cursor: HuggingFaceCursor | null },
): Promise<number> {
  let count = 0;
  for (let page = 0; ; page += 1) {
    const url = `${base}/api/daily_papers?date=${day}&limit=${PAGE_SIZE}&p=${page}`;
    const { bytes, headers } = await run.fetch(url).catch((error: unknown) => {
      // Before the first paper of a day, its list may not be there yet: 400 is a day that the service thinks is to come.
      const isNone = error instanceof PullStopped && (error.status === 404 || error.status === 400);
      if (isToday && page === 0 && isNone) return nothing;
      throw error;
    });
    const listed = listIn(bytes);
    const parsed = await run.parse(bytes, { format: 'jsonl', name: `papers of ${day}` });
    count += listed;
    const hasMore = /<[^<>]*>\s*;[^,]*\brel="?next"?/i.test(headers['link'] ?? '') && listed > 0;
    if (hasMore && page + 1 >= MAX_PAGES)
      throw new PullStopped('failed', `${day} has more than ${MAX_PAGES} pages`);
    await run.countPapers(listed);
    // What isn't over yet is read again.
    const isDone = !hasMore && cursor !== null && !isToday;
    await run.take(listed === 0 ? { records: [], problems: [] } : parsed, isDone ? { cursor } : {});
    if (!hasMore) return count;
  }
}

const nothing = { bytes: new TextEncoder().encode('[]'), headers: {} as Readonly<Record<string, string>> };

/** Entries of the array that the API answers with. @throws PullStopped where it is anything else */
function listIn(bytes: Uint8Array): number {
  if (bytes.length > MAX_PAGE_BYTES)
    throw new PullStopped('failed', `a page of ${PAGE_SIZE} papers is larger than ${MAX_PAGE_BYTES} bytes`);
  const text = new TextDecoder().decode(bytes);
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value.length;
  } catch {
    throw new PullStopped('later', `expected a JSON array of papers, got ${beginning(text)}`);
  }
  throw new PullStopped('failed', `expected a JSON array of papers, got ${beginning(text)}`);
}

function beginning(text: string): string {
  const shown = excerpt(text);
  return shown === '' ? 'nothing' : `“${shown}”`;
}
