import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Database, openDatabase } from '../../src/platform/db/database.js';
import { startEmbeddedPostgres } from '../../src/platform/db/embedded/postgres.js';
import { silentLogger } from '../../src/platform/log.js';
import { ARMED_VARIABLE, AT_VARIABLE, POINT_VARIABLE } from './kill-points.js';

const cliFile = fileURLToPath(new URL('../../src/cli.js', import.meta.url));
const preload = new URL('./kill-point.js', import.meta.url).href;

/** A start after a crash, ready or dead: seconds on two busy cores. One that needs longer hangs. */
export const LIMIT_MS = 60_000;

/** Between two looks at a service that is getting ready. */
const LOOK_MS = 50;

/** A request that isn't answered by then never is: the largest takes in 250 papers. */
const REQUEST_LIMIT_MS = 30_000;

/** Of what a service said, kept for a problem's text, characters. */
const KEPT_OUTPUT = 2_000;

export interface Readyz {
  ready: boolean;
  reasons: string[];
  papers: number;
  searchable: number;
  model: { id: string };
  epoch: number;
  switching: unknown;
}

export interface Victim {
  readonly url: string;
  /** Whether it is dead by now. */
  readonly isGone: boolean;
  /** Resolves with how it ended; never rejects. */
  readonly gone: Promise<NodeJS.Signals | number | null>;
  /** From now on its point counts. */
  arm(): Promise<void>;
  kill(): Promise<void>;
  /** SIGTERM; `gone` tells how it went. */
  stop(): void;
  /** The end of what it wrote to its standard output and error. */
  lastWords(): string;
  request(path: string, init?: RequestInit): Promise<Response>;
}

export interface VictimOptions {
  dataDir: string;
  env: NodeJS.ProcessEnv;
  /** null: it dies of `kill` alone. */
  point: { name: string; at: number } | null;
  /** The point counts from the first instruction on. */
  armed?: boolean;
  /** Killed so many ms after its start, whether it listens by then or not. */
  killAfterMs?: number;
}

/** `quire serve` as a child that can be killed. Resolves once it listens, or is dead before. */
export async function startVictim({
  dataDir,
  env,
  point,
  armed = false,
  killAfterMs,
}: VictimOptions): Promise<Victim> {
  const armedFile = join(dataDir, 'armed');
  if (armed) await writeFile(armedFile, '');
  else await rm(armedFile, { force: true });
  const pointEnv = point && {
    NODE_OPTIONS: `--import=${preload}`,
    [POINT_VARIABLE]: point.name,
    [AT_VARIABLE]: String(point.at),
    [ARMED_VARIABLE]: armedFile,
  };
  const child = spawn(process.execPath, [cliFile, 'serve'], {
    env: { ...env, ...pointEnv },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let url = '';
  let ended: NodeJS.Signals | number | null | undefined;
  let heard = (): void => {};
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      url ||= / is at (http:\S+)\n/.exec(output)?.[1] ?? '';
      output = output.slice(-KEPT_OUTPUT);
      heard();
    });
  }
  // Not `close`: an embedded database that was started by this process has inherited nothing that matters here.
  const gone = once(child, 'exit').then(([code, signal]: (NodeJS.Signals | number | null)[]) => {
    ended = signal ?? code ?? null;
    heard();
    return ended;
  });
  if (killAfterMs !== undefined) {
    const timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    void gone.then(() => clearTimeout(timer));
  }
  const started = performance.now();
  while (url === '' && ended === undefined) {
    if (performance.now() - started > LIMIT_MS) {
      child.kill('SIGKILL');
      throw new Error(`it doesn't listen within ${LIMIT_MS} ms; it said: ${output}`);
    }
    await Promise.race([new Promise<void>((resolve) => (heard = resolve)), sleep(LOOK_MS)]);
  }
  return {
    url,
    get isGone() {
      return ended !== undefined;
    },
    gone,
    arm: () => writeFile(armedFile, ''),
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
    stop: () => void child.kill('SIGTERM'),
    lastWords: () => output.trim(),
    request: (path, init = {}) =>
      fetch(`${url}${path}`, { ...init, signal: AbortSignal.timeout(REQUEST_LIMIT_MS) }),
  };
}

/** Resolves with true once `condition` holds, with false where the victim dies before. Rejects after the limit. */
export async function untilOrGone(
  victim: Victim,
  what: string,
  condition: () => Promise<boolean>,
): Promise<boolean> {
  const started = performance.now();
  for (;;) {
    if (victim.isGone) return false;
    const holds = await condition().catch((error: unknown) => {
      if (victim.isGone || performance.now() - started < LIMIT_MS) return false;
      throw error;
    });
    if (holds) return true;
    if (performance.now() - started > LIMIT_MS) throw new Error(`${what}: not within ${LIMIT_MS} ms`);
    await sleep(LOOK_MS);
  }
}

/** Resolves with the last look at a service that is ready; null where it died on the way. */
export async function untilReady(victim: Victim): Promise<Readyz | null> {
  let last: Readyz | null = null;
  const isReady = await untilOrGone(victim, 'ready', async () => {
    const answer = await victim.request('/readyz');
    last = (await answer.json()) as Readyz;
    return answer.status === 200;
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}; ${JSON.stringify(last)}; it said: ${victim.lastWords()}`);
  });
  return isReady ? last : null;
}

/** The running embedded database of a service, for as long as `work` takes. */
export async function withDatabase<T>(dataDir: string, work: (db: Database) => Promise<T>): Promise<T> {
  const postgres = await startEmbeddedPostgres({ dataDir, log: silentLogger });
  try {
    const db = await openDatabase(postgres.connection, { log: silentLogger, poolSize: 2 });
    try {
      return await work(db);
    } finally {
      await db.close();
    }
  } finally {
    await postgres.close();
  }
}

/** SIGKILLs the embedded database's server. */
export async function killDatabase(dataDir: string): Promise<void> {
  const [pid] = (await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n');
  process.kill(Number(pid), 'SIGKILL');
}
