import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineStore } from '../../src/engine/engine-store.js';
import { createEngineStore } from '../../src/engine/engine-store.js';
import { linesOf, type PaperBooks } from './kill-papers.js';
import type { Work } from './kill-points.js';
import { untilOrGone, untilReady, type Victim, withDatabase } from './kill-service.js';
import type { Chance } from './random.js';

/** The key of every service in the campaigns. */
export const API_KEY = 'campaign-key-that-is-long-enough';

/** Papers a request: the size of an intake's transaction. */
const BATCH = 250;

/** Papers of a round, in requests of `BACKFILL_BATCH`: more than the points of embedding need. */
const BACKFILL_PAPERS = 240;
const BACKFILL_BATCH = 80;

/** How long after a broken connection the end of the process is heard of. */
const END_LIMIT_MS = 2_000;

/** New papers of a round whose subject is something else. */
const FEW_PAPERS = 50;

/** Beyond what makes a compaction due (live-index.ts), in case some updates meet unembedded texts. */
const COMPACTION_MARGIN = 20;
const COMPACTION_DEAD = 1_001;

export interface WorkContext {
  dataDir: string;
  books: PaperBooks;
  chance: Chance;
  /** The two models: ids, in no order. */
  models: readonly [string, string];
}

/** Sends papers. False where the service was gone before the answer; then nothing is acknowledged. */
async function post(
  victim: Victim,
  books: PaperBooks,
  papers: readonly { n: number; revision: number }[],
): Promise<boolean> {
  for (const { n, revision } of papers) books.sent.set(n, revision);
  try {
    const answer = await victim.request('/api/v1/ingest', {
      method: 'POST',
      body: linesOf(papers),
      headers: { authorization: `Bearer ${API_KEY}` },
    });
    const report = await answer.text();
    if (!answer.ok) throw new Error(`an intake was answered with ${answer.status}: ${report}`);
  } catch (error) {
    // A dead service refuses connections before its end is known here.
    await Promise.race([victim.gone, sleep(END_LIMIT_MS)]);
    if (victim.isGone) return false;
    throw error;
  }
  for (const { n, revision } of papers) books.acknowledged.set(n, revision);
  return true;
}

/** Takes new papers in, `batch` a request. False where the service died on the way. */
export async function addPapers(
  victim: Victim,
  books: PaperBooks,
  { count, batch }: { count: number; batch: number },
): Promise<boolean> {
  const first = books.sent.size;
  for (let at = 0; at < count; at += batch) {
    const size = Math.min(batch, count - at);
    const papers = Array.from({ length: size }, (_, i) => ({ n: first + at + i, revision: 1 }));
    if (!(await post(victim, books, papers))) return false;
  }
  return true;
}

/** Sends papers that are known to be stored again with other abstracts, from a random one on. */
async function changePapers(victim: Victim, { books, chance }: WorkContext, count: number): Promise<boolean> {
  const stored = [...books.acknowledged.keys()];
  const first = chance.between(0, stored.length - 1);
  for (let at = 0; at < count; at += BATCH) {
    const papers = Array.from({ length: Math.min(BATCH, count - at) }, (_, i) => {
      const n = stored[(first + at + i) % stored.length]!;
      return { n, revision: (books.sent.get(n) ?? 0) + 1 };
    });
    if (!(await post(victim, books, papers))) return false;
  }
  return true;
}

async function gaugesOf(victim: Victim): Promise<{ live: number; dead: number; rebuilds: number }> {
  const text = await (await victim.request('/metrics')).text();
  const read = (name: string): number =>
    Number(new RegExp(`^quire_${name} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
  return {
    live: read('index_live_vectors'),
    dead: read('index_dead_vectors'),
    rebuilds: read('index_rebuilds_total'),
  };
}

/** Retires vectors until the graph is built anew, and a snapshot of it written. */
async function compact(victim: Victim, context: WorkContext): Promise<void> {
  const before = await gaugesOf(victim);
  const due = Math.min(before.live - before.dead + 1, COMPACTION_DEAD - before.dead);
  // Each paper at most once a turn: a text that changes again before it is embedded leaves nothing dead.
  for (let missing = Math.max(due, 0) + COMPACTION_MARGIN; missing > 0; ) {
    const count = Math.min(missing, context.books.acknowledged.size);
    if (!(await changePapers(victim, context, count)) || (await untilReady(victim)) === null) return;
    missing -= count;
  }
  await untilOrGone(
    victim,
    'a graph built anew',
    async () => (await gaugesOf(victim)).rebuilds > before.rebuilds,
  );
}

async function withEngine<T>(dataDir: string, work: (store: EngineStore) => Promise<T>): Promise<T> {
  return withDatabase(dataDir, (db) => work(createEngineStore(db)));
}

/** Another index is built and saved behind the one that answers; or the service saves as it ends. */
async function save(victim: Victim, { dataDir, books, chance }: WorkContext): Promise<void> {
  if (chance.next() < 0.5) {
    const { epoch } = await withEngine(dataDir, (store) => store.reindex());
    await untilOrGone(victim, 'the new index', async () => {
      const answer = await victim.request('/readyz');
      return ((await answer.json()) as { epoch: number }).epoch === epoch;
    });
  }
  if (victim.isGone) return;
  if (!(await addPapers(victim, books, { count: FEW_PAPERS, batch: FEW_PAPERS }))) return;
  if ((await untilReady(victim)) !== null) victim.stop();
}

/** The model that doesn't answer is to: it gets the new papers embedded first. */
async function switchModel(victim: Victim, { dataDir, books, models }: WorkContext): Promise<void> {
  if (!(await addPapers(victim, books, { count: FEW_PAPERS, batch: FEW_PAPERS }))) return;
  const wanted = await withEngine(dataDir, async (store) => {
    const { activeModel } = await store.get();
    const other = models.find((id) => id !== activeModel)!;
    await store.want(other);
    return other;
  });
  await untilOrGone(victim, 'the switch', async () => {
    const answer = await victim.request('/readyz');
    return ((await answer.json()) as { model: { id: string } }).model.id === wanted;
  });
}

/** Has the service do this kind of work until it is done or the service dead. */
export async function doWork(work: Work, victim: Victim, context: WorkContext): Promise<void> {
  if (work === 'backfill') {
    const taken = await addPapers(victim, context.books, { count: BACKFILL_PAPERS, batch: BACKFILL_BATCH });
    if (taken) await untilReady(victim);
  } else if (work === 'compaction') await compact(victim, context);
  else if (work === 'snapshot') await save(victim, context);
  else if (work === 'switch') await switchModel(victim, context);
}
