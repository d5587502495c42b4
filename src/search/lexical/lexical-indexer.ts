import type { PaperFeedStore } from '../../papers/paper-feed-store.js';
import type { Clock } from '../../platform/clock.js';
import { isAppError } from '../../platform/errors.js';
import { createFollower } from '../../platform/follower.js';
import type { Logger } from '../../platform/log.js';
import type { LexicalDocument } from './document.js';
import { changesOf, documentOf } from './lexical-feed.js';
import type { LexicalEngine } from './ports.js';
import type { LexicalClient } from './worker/client.js';

/** Between two looks when nobody hints: how late a change of another process is seen at worst. */
const POLL_MS = 1_000;

/** Papers of one step: a search that comes meanwhile waits up to 0.1 s for the thread while a collection is taken in, and 5 ms for a few papers. */
const BATCH = 150;

/** A snapshot after so many changes, or after this long with any: replaying 5,000 takes a second. */
const SNAPSHOT_EVERY = 5_000;
const SNAPSHOT_INTERVAL_MS = 10 * 60_000;
/** At least between two, and after a failed one (mostly a full disk). */
const SNAPSHOT_RETRY_MS = 60_000;

/** Papers compared at either end of a snapshot with those of the database. */
const SAMPLES = 32;

export interface LexicalIndexerDeps {
  feed: PaperFeedStore;
  index: LexicalClient;
  countPapers: () => Promise<number>;
  log: Logger;
  clock: Clock;
}

export interface LexicalStatus {
  state: 'starting' | 'catching_up' | 'live';
  papers: number;
  /** Last change in the index, and in the database when it was looked at; decimal. */
  watermark: string;
  head: string;
  /** It holds everything that the database held at the last look, and the counts agree. */
  covered: boolean;
  error: string | null;
}

/**
 * Loads what was saved where it is of this database, and has the index catch up with the papers' changes.
 * @returns the watermark
 */
export async function openLexical(
  index: Pick<LexicalEngine, 'open' | 'reset'> & Comparable,
  feed: PaperFeedStore,
  log: Logger,
): Promise<bigint> {
  const { watermark, problems } = await index.open();
  for (const problem of problems) log.warn(problem);
  if (watermark === 0n) return 0n;
  if (watermark <= (await feed.head()) && (await matchesSamples(index, feed, watermark))) return watermark;
  log.warn(
    { watermark: String(watermark) },
    'the word index belongs to another state of the database: building it anew',
  );
  await index.reset();
  return 0n;
}

/** An engine in another thread, or in this one. */
interface Comparable {
  compare(documents: readonly LexicalDocument[]): Promise<number> | number;
}

/** Whether the oldest papers, and the latest that the snapshot should hold, are in it as they are. */
export async function matchesSamples(
  index: Comparable,
  feed: PaperFeedStore,
  watermark: bigint,
): Promise<boolean> {
  const last = watermark - BigInt(SAMPLES);
  for (const start of last > 0n ? [0n, last] : [0n]) {
    const changes = await feed.changesSince(start, SAMPLES);
    const known = changes.filter(({ seq }) => seq <= watermark).flatMap((change) => documentOf(change) ?? []);
    if ((await index.compare(known)) < known.length) return false;
  }
  return true;
}

/** Keeps the word index equal to the papers' table: loads its snapshot, replays what came after, then follows. */
export function createLexicalIndexer({ feed, index, countPapers, log, clock }: LexicalIndexerDeps) {
  let watermark = 0n;
  let head = 0n;
  /** The counts agreed since the index was opened. */
  let verified = false;
  let unsaved = 0;
  /** When the next snapshot is due with any change, and before which none is tried. */
  let saveAt = 0;
  let restUntil = 0;

  const now = (): number => clock.now().getTime();
  const covered = (): boolean => index.isOpen && verified && watermark >= head;

  async function catchUp(): Promise<void> {
    while (!follower.isClosed) {
      head = await feed.head();
      if (watermark >= head) return;
      const changes = await feed.changesSince(watermark, BATCH);
      const next = changes.at(-1)?.seq ?? head;
      await index.apply(changesOf(changes, next));
      watermark = next;
      unsaved += changes.length;
      await saveIfDue();
    }
  }

  /** A snapshot that misses papers, for whatever reason, must not stay in use. */
  async function verify(): Promise<void> {
    const difference = await compareCounts();
    if (difference === null) return;
    log.error(`${difference}: building it anew`);
    await index.reset();
    watermark = 0n;
    await catchUp();
    const left = await compareCounts();
    if (left !== null) throw new Error(`${left}, even after a rebuild`);
  }

  /** What is wrong; null where nothing is, or something came in meanwhile: then the next look compares. */
  async function compareCounts(): Promise<string | null> {
    const before = watermark;
    const expected = await countPapers();
    await catchUp();
    if (watermark !== before || follower.isClosed) return null;
    const { papers } = index.stats();
    verified = papers === expected;
    return verified ? null : `the word index holds ${papers} papers, the database ${expected}`;
  }

  async function saveIfDue(): Promise<void> {
    if (unsaved === 0 || now() < restUntil) return;
    if (unsaved >= SNAPSHOT_EVERY || now() >= saveAt) await save();
  }

  function putOffSaving(): void {
    restUntil = now() + SNAPSHOT_RETRY_MS;
    saveAt = now() + SNAPSHOT_INTERVAL_MS;
  }

  async function save(): Promise<void> {
    putOffSaving();
    try {
      const { file, bytes } = await index.save();
      unsaved = 0;
      log.info({ file, bytes, watermark: String(watermark) }, 'word index: snapshot written');
    } catch (error) {
      if (!isAppError(error, 'snapshot_failed')) throw error;
      saveAt = restUntil;
      log.error({ err: error }, error.message);
    }
  }

  const follower = createFollower({
    failure: 'the word index could not follow',
    log,
    pollMs: POLL_MS,
    async step() {
      if (!index.isOpen) {
        verified = false;
        watermark = await openLexical(index, feed, log);
        unsaved = 0;
        putOffSaving();
      }
      await catchUp();
      if (!verified && !follower.isClosed) await verify();
      await saveIfDue();
    },
  });
  index.onDeath((error) => {
    log.error({ err: error }, error.message);
    follower.hint();
  });

  return {
    start: follower.start,
    hint: follower.hint,

    /** The last change of the papers: what an index that is whole must hold. */
    readHead: () => feed.head(),

    status(): LexicalStatus {
      const isCovered = covered();
      return {
        state: isCovered ? 'live' : index.isOpen ? 'catching_up' : 'starting',
        papers: index.stats().papers,
        watermark: String(watermark),
        head: String(head),
        covered: isCovered,
        error: follower.error,
      };
    },

    /** Stops following, saves what is unsaved and closes the index. Never rejects. */
    async close(): Promise<void> {
      await follower.close();
      if (unsaved > 0 && index.isOpen)
        await save().catch((error: unknown) => log.error({ err: error }, 'not saved'));
      await index.close();
    },
  };
}

export type LexicalIndexer = ReturnType<typeof createLexicalIndexer>;
