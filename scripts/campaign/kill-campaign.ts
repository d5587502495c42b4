import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEmbedder, type LocalEmbedder } from '../../src/embedding/create-embedder.js';
import { embeddingModelOf, readManifest } from '../../src/embedding/model/manifest.js';
import { createEngineStore } from '../../src/engine/engine-store.js';
import { messageOf } from '../../src/platform/errors.js';
import { silentLogger } from '../../src/platform/log.js';
import { changeManifest, tinyModelDir } from '../../tests/support/models.js';
import { commandEnv } from '../../tests/support/process.js';
import { makeReadyData } from '../../tests/support/ready-data.js';
import { checkAfterStart, NOTHING_REMEMBERED, type Remembered } from './kill-checks.js';
import type { PaperBooks } from './kill-papers.js';
import { RANDOM_POINT, type Round } from './kill-plan.js';
import {
  killDatabase,
  startVictim,
  untilOrGone,
  untilReady,
  type Victim,
  withDatabase,
} from './kill-service.js';
import { API_KEY, addPapers, doWork } from './kill-work.js';
import { chanceOf } from './random.js';

/** Kills that one data folder lives through; then a fresh one, so that checks stay quick. */
const ROUNDS_PER_LIFE = 40;

/** Of the index: graphs, snapshots and compaction are at work from the beginning. */
const EXACT_LIMIT = 200;
const FIRST_PAPERS = 500;
const FIRST_BATCH = 250;

/** After its work is done a service may yet pass its point: a snapshot is written behind it. */
const AFTER_WORK_MS = 1_000;

/** Rounds that break off, each after a minute perhaps, until a data folder is given up. */
const MOST_FAILURES = 3;

/** Problems of one check that are told. */
const TOLD = 5;

export interface KillCampaignOptions {
  plan: readonly Round[];
  /** Papers of a fresh data folder. */
  firstPapers?: number;
  log: (line: string) => void;
}

export interface KillCampaignResult {
  kills: number;
  byWork: Record<string, number>;
  byPoint: Record<string, number>;
  /** Rounds whose point was not passed; they were killed after their work. */
  missed: string[];
  withDatabase: number;
  acknowledged: number;
  reembedded: number;
  seconds: number;
  /** Each names its round and point. */
  problems: string[];
}

/** Kills a service again and again and looks after every start at what is left. */
export async function runKillCampaign({
  plan,
  firstPapers = FIRST_PAPERS,
  log,
}: KillCampaignOptions): Promise<KillCampaignResult> {
  const started = performance.now();
  const root = await mkdtemp(join(tmpdir(), 'quire-kill-'));
  const result: KillCampaignResult = {
    kills: 0,
    byWork: {},
    byPoint: {},
    missed: [],
    withDatabase: 0,
    acknowledged: 0,
    reembedded: 0,
    seconds: 0,
    problems: [],
  };
  const models = await openModels(join(root, 'other-model'));
  try {
    for (let at = 0; at < plan.length; at += ROUNDS_PER_LIFE) {
      const dataDir = join(root, `life-${at}`);
      const life = createLife({ dataDir, firstPapers, models, result, log, of: plan.length });
      await life.run(plan.slice(at, at + ROUNDS_PER_LIFE));
      await rm(dataDir, { recursive: true, force: true });
    }
  } finally {
    for (const embedder of models.embedders.values()) await embedder.close();
    await rm(root, { recursive: true, force: true });
  }
  result.seconds = Math.round((performance.now() - started) / 1_000);
  return result;
}

interface Models {
  otherDir: string;
  ids: [string, string];
  embedders: Map<string, LocalEmbedder>;
}

/** Two models with vectors of their own, and both of them in this process, to embed again what was stored. */
async function openModels(otherDir: string): Promise<Models> {
  await cp(tinyModelDir(), otherDir, { recursive: true });
  await changeManifest(otherDir, () => ({ name: 'other', prefixes: { query: '', document: 'paper: ' } }));
  const dirs = [tinyModelDir(), otherDir];
  const opened = await Promise.all(
    dirs.map((modelDir) => createEmbedder({ modelDir, workers: 1, log: silentLogger })),
  );
  const [first, second] = opened.map(({ model }) => model.id);
  return {
    otherDir,
    ids: [first!, second!],
    embedders: new Map(opened.map((embedder) => [embedder.model.id, embedder])),
  };
}

interface LifeOptions {
  dataDir: string;
  firstPapers: number;
  models: Models;
  result: KillCampaignResult;
  log: (line: string) => void;
  /** Rounds in all, for the progress. */
  of: number;
}

/** One data folder, from its first start over many kills to a clean end. */
function createLife({ dataDir, firstPapers, models, result, log, of }: LifeOptions) {
  const books: PaperBooks = { sent: new Map(), acknowledged: new Map() };
  const env = commandEnv(dataDir, {
    SAMPLE: 'off',
    API_KEY,
    INDEX_EXACT_LIMIT: String(EXACT_LIMIT),
    LOG_LEVEL: 'warn',
    LOG_FORMAT: 'json',
  });
  let remembered: Remembered = NOTHING_REMEMBERED;

  /** The first start: a collection, and the other model made known. */
  async function begin(): Promise<void> {
    await makeReadyData(dataDir);
    const victim = await startVictim({ dataDir, env, point: null });
    await addPapers(victim, books, { count: firstPapers, batch: FIRST_BATCH });
    await untilReady(victim);
    const { dimension, id } = embeddingModelOf(await readManifest(models.otherDir));
    await withDatabase(dataDir, (db) =>
      createEngineStore(db).register({ id, ref: models.otherDir, dimension }),
    );
    await victim.kill();
  }

  /** Ready by itself, a switch that was under way at its end, and everything as it should be. */
  async function settleAndCheck(victim: Victim, seed: number): Promise<string[]> {
    if ((await untilReady(victim)) === null) return [`it died before it was ready: ${victim.lastWords()}`];
    await withDatabase(dataDir, async (db) => {
      const store = createEngineStore(db);
      return untilOrGone(victim, 'the end of a switch', async () => (await store.get()).targetModel === null);
    });
    const ready = await untilReady(victim);
    if (ready === null) return [`it died after it was ready: ${victim.lastWords()}`];
    const context = { dataDir, books, chance: chanceOf(seed), embedders: models.embedders };
    const found = await checkAfterStart(victim, { ready, before: remembered }, context);
    remembered = found.remembered;
    result.reembedded += found.reembedded;
    return found.problems;
  }

  /** One start, one check of what the kill before has left, one kill. Returns whether its own point did it. */
  async function live(round: Round, problems: string[]): Promise<boolean> {
    const { work, point, at, delayMs, seed } = round;
    const named = point === RANDOM_POINT ? null : { name: point, at };
    if (work === 'start') {
      const early = named === null ? { killAfterMs: delayMs } : { armed: true };
      const victim = await startVictim({ dataDir, env, point: named, ...early });
      // What passes the point at the start has done so once everything is ready.
      if (named !== null) await untilReady(victim);
      else await victim.gone;
      return endOf(victim, problems);
    }
    const victim = await startVictim({ dataDir, env, point: named });
    problems.push(...(await settleAndCheck(victim, seed)));
    await victim.arm();
    const context = { dataDir, books, chance: chanceOf(seed), models: models.ids };
    const working = doWork(work, victim, context).catch(async (error: unknown) => {
      await Promise.race([victim.gone, sleep(AFTER_WORK_MS)]);
      // What breaks off because the service is dead is meant to.
      if (!victim.isGone) problems.push(`${work} failed: ${messageOf(error)}`);
    });
    if (named === null) {
      await Promise.race([working, sleep(delayMs)]);
      await victim.kill();
      await working;
      return true;
    }
    await working;
    return endOf(victim, problems);
  }

  return {
    async run(rounds: readonly Round[]): Promise<void> {
      let failures = 0;
      try {
        await begin();
      } catch (error) {
        result.problems.push(`before round ${rounds[0]!.number}: ${messageOf(error)}`);
        return;
      }
      for (const round of rounds) {
        const problems: string[] = [];
        const began = performance.now();
        const struck = await live(round, problems).catch((error: unknown) => {
          failures += 1;
          problems.push(messageOf(error));
          return false;
        });
        if (round.withDatabase) await killDatabase(dataDir).catch((error) => problems.push(String(error)));
        note(round, { struck, problems, ms: performance.now() - began });
        if (failures === MOST_FAILURES) return;
      }
      await end(rounds.at(-1)!);
    },
  };

  function note(
    round: Round,
    { struck, problems, ms }: { struck: boolean; problems: string[]; ms: number },
  ): void {
    const { number, work, point, at, withDatabase: both } = round;
    const name = `round ${number}, ${point}${point === RANDOM_POINT ? '' : ` (${at})`} in ${work}`;
    result.kills += 1;
    result.byWork[work] = (result.byWork[work] ?? 0) + 1;
    if (struck) result.byPoint[point] = (result.byPoint[point] ?? 0) + 1;
    else result.missed.push(name);
    if (both) result.withDatabase += 1;
    const told = problems.slice(0, TOLD).map((problem) => `before ${name}: ${problem}`);
    result.problems.push(...told);
    for (const problem of told) log(`PROBLEM ${problem}`);
    log(
      `${result.kills}/${of} ${name}${both ? ', database too' : ''}${struck ? '' : ', not passed'}: ${Math.round(ms)} ms, ${books.acknowledged.size} papers, ${result.problems.length} problems`,
    );
  }

  /** After the last kill: one more look, and a clean end. */
  async function end(last: Round): Promise<void> {
    const problems: string[] = [];
    try {
      const victim = await startVictim({ dataDir, env, point: null });
      problems.push(...(await settleAndCheck(victim, last.seed)));
      victim.stop();
      const code = await victim.gone;
      if (code !== 0) problems.push(`it ended with ${code}: ${victim.lastWords()}`);
    } catch (error) {
      problems.push(messageOf(error));
    }
    result.acknowledged += books.acknowledged.size;
    for (const problem of problems.slice(0, TOLD))
      result.problems.push(`after round ${last.number}, ${last.point} in ${last.work}: ${problem}`);
  }
}

/** Whether the point struck; if not, the service is killed now. An end of its own by an error is a problem. */
async function endOf(victim: Victim, problems: string[]): Promise<boolean> {
  const ended = await Promise.race([victim.gone, sleep(AFTER_WORK_MS, 'alive' as const)]);
  if (ended === 'alive') await victim.kill();
  else if (ended !== 'SIGKILL' && ended !== 0)
    problems.push(`it ended by itself with ${ended}: ${victim.lastWords()}`);
  return ended === 'SIGKILL';
}
