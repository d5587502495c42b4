import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEmbedder, type LocalEmbedder } from '../../src/embedding/create-embedder.js';
import { messageOf } from '../../src/platform/errors.js';
import { silentLogger } from '../../src/platform/log.js';
import { tinyModelDir } from '../../tests/support/models.js';
import { commandEnv } from '../../tests/support/process.js';
import { checkAfterStart, NOTHING_REMEMBERED, type Remembered } from './kill-checks.js';
import { linesOf, type PaperBooks } from './kill-papers.js';
import { LIMIT_MS, startVictim, untilReady, type Victim } from './kill-service.js';
import { API_KEY } from './kill-work.js';
import { chanceOf } from './random.js';
import { mountSmallDisk, PAGE_BYTES, type SmallDisk } from './small-disk.js';

/** A cluster takes some 60 MB, and what is taken in on it some more. */
const DISK = { bytes: 512 * 2 ** 20, files: 20_000 };

/** Free KiB at which an intake begins: papers don't fit, vectors don't, the write-ahead log doesn't (16 MB a file). */
const FREE_KIB = [0, 64, 256, 1_024, 4_096, 12_288];

/** Papers a request, and requests until the disk has to be full: more than `FREE_KIB` hold. */
const BATCH = 250;
const MOST_REQUESTS = 60;

/** The collection before the disk gets full, and the papers that are embedded while it does. */
const FIRST_PAPERS = 500;

/** Between two tries once there is room again. */
const TRY_MS = 250;

/** How long a service is looked at while its disk is full. */
const FULL_MS = 3_000;

export interface DatabaseDiskResult {
  /** Full disks that it lived through. */
  filled: number;
  acknowledged: number;
  /** Answers to intakes on a full disk: status and code to how often. */
  refusals: Record<string, number>;
  /** Answers to a search while the disk was full. */
  searches: Record<string, number>;
  /** The longest way back once there was room, ms: an intake taken, and everything findable. */
  slowestIntakeMs: number;
  slowestReadyMs: number;
  problems: string[];
}

/** Fills the disk of a running service with its embedded database, at several moments, and makes room again. */
export async function runDatabaseDisk(
  root: string,
  log: (line: string) => void,
): Promise<DatabaseDiskResult> {
  const disk = await mountSmallDisk(join(root, 'data-disk'), DISK);
  const dataDir = join(disk.dir, 'data');
  const env = commandEnv(dataDir, { SAMPLE: 'off', API_KEY, INDEX_EXACT_LIMIT: '200', LOG_LEVEL: 'warn' });
  const embedder = await createEmbedder({ modelDir: tinyModelDir(), workers: 1, log: silentLogger });
  const books: PaperBooks = { sent: new Map(), acknowledged: new Map() };
  const result: DatabaseDiskResult = {
    filled: 0,
    acknowledged: 0,
    refusals: {},
    searches: {},
    slowestIntakeMs: 0,
    slowestReadyMs: 0,
    problems: [],
  };
  const victim = await startVictim({ dataDir, env, point: null });
  const scene = createScene({ victim, disk, dataDir, books, embedder, result });
  try {
    for (let at = 0; at < FIRST_PAPERS; at += BATCH) await scene.takeIn();
    await untilReady(victim);
    for (const kib of FREE_KIB) {
      await scene.live(`${kib} KiB free`, async () => {
        disk.fill((kib * 1_024) / PAGE_BYTES);
        for (let i = 0; i < MOST_REQUESTS && (await scene.takeIn()); i++);
      });
      log(`${kib} KiB free: ${JSON.stringify(result.refusals)}, ${result.problems.length} problems`);
    }
    await scene.live('full while vectors are stored', async () => {
      await scene.takeIn();
      disk.fill(0);
    });
    log(`full while vectors are stored: ${result.problems.length} problems`);
    victim.stop();
    const code = await victim.gone;
    if (code !== 0) result.problems.push(`it ended with ${code}: ${victim.lastWords()}`);
  } catch (error) {
    result.problems.push(messageOf(error));
    await victim.kill();
  } finally {
    await embedder.close();
    await disk.close().catch((error: unknown) => result.problems.push(messageOf(error)));
  }
  result.acknowledged = books.acknowledged.size;
  return result;
}

interface SceneDeps {
  victim: Victim;
  disk: SmallDisk;
  dataDir: string;
  books: PaperBooks;
  embedder: LocalEmbedder;
  result: DatabaseDiskResult;
}

function createScene({ victim, disk, dataDir, books, embedder, result }: SceneDeps) {
  let remembered: Remembered = NOTHING_REMEMBERED;

  const count = (counts: Record<string, number>, key: string): void => {
    counts[key] = (counts[key] ?? 0) + 1;
  };

  /** Sends new papers; false where they were refused, as a problem that says why. */
  async function takeIn(): Promise<boolean> {
    const first = books.sent.size;
    const papers = Array.from({ length: BATCH }, (_, i) => ({ n: first + i, revision: 1 }));
    for (const { n, revision } of papers) books.sent.set(n, revision);
    const headers = { authorization: `Bearer ${API_KEY}` };
    const answer = await victim.request('/api/v1/ingest', { method: 'POST', body: linesOf(papers), headers });
    const body = (await answer.json()) as { code?: string; detail?: string };
    if (answer.ok) {
      for (const { n, revision } of papers) books.acknowledged.set(n, revision);
      return true;
    }
    count(result.refusals, `${answer.status} ${body.code}`);
    if (answer.headers.get('content-type')?.startsWith('application/problem+json') !== true || !body.detail)
      result.problems.push(
        `an intake was refused without a problem: ${answer.status} ${JSON.stringify(body)}`,
      );
    return false;
  }

  async function search(): Promise<void> {
    const answer = await victim.request('/api/v1/search?q=case&limit=3');
    const body = (await answer.json()) as { code?: string; mode?: string };
    count(result.searches, `${answer.status} ${body.code ?? body.mode}`);
    if (body.code === 'internal')
      result.problems.push(`a search failed without words: ${JSON.stringify(body)}`);
  }

  async function within(what: string, work: () => Promise<boolean>): Promise<number> {
    const started = performance.now();
    while (!(await work())) {
      if (performance.now() - started > LIMIT_MS) throw new Error(`${what}: not within ${LIMIT_MS} ms`);
      await sleep(TRY_MS);
    }
    return Math.round(performance.now() - started);
  }

  return {
    takeIn,

    /** One full disk: nothing acknowledged may be lost, and with room again everything goes on, without a restart. */
    async live(what: string, fillUp: () => Promise<void>): Promise<void> {
      await fillUp();
      result.filled += 1;
      const until = performance.now() + FULL_MS;
      while (performance.now() < until) {
        await search();
        await sleep(TRY_MS);
      }
      const alive = await victim.request('/livez');
      if (!alive.ok) result.problems.push(`${what}: /livez says ${alive.status}`);
      disk.makeRoom();
      const refused = { ...result.refusals };
      const intakeMs = await within(`${what}: an intake with room again`, takeIn);
      // Those of the way back are not refusals of a full disk.
      result.refusals = refused;
      const started = performance.now();
      const ready = await untilReady(victim);
      if (ready === null) throw new Error(`${what}: it ended: ${victim.lastWords()}`);
      result.slowestIntakeMs = Math.max(result.slowestIntakeMs, intakeMs);
      result.slowestReadyMs = Math.max(result.slowestReadyMs, Math.round(performance.now() - started));
      const embedders = new Map([[embedder.model.id, embedder]]);
      const context = { dataDir, books, chance: chanceOf(result.filled), embedders };
      const found = await checkAfterStart(victim, { ready, before: remembered }, context);
      remembered = found.remembered;
      for (const problem of found.problems.slice(0, 5)) result.problems.push(`${what}: ${problem}`);
    },
  };
}
