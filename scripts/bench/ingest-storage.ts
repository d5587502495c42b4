import { createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createGzip } from 'node:zlib';
import { projectRoot } from '../../src/platform/paths.js';
import { createProgress } from '../../src/platform/progress.js';
import { commandEnv, quire, startQuire } from '../../tests/support/process.js';
import { type Ready, readinessOf } from './serve-papers.js';
import { papersFile, realPapers } from './shared-data.js';
import { startTcpPostgres } from './tcp-postgres.js';
import type { Usage } from './usage-at-exit.js';

export const databaseKinds = ['embedded', 'tcp'] as const;
export type DatabaseKind = (typeof databaseKinds)[number];

export interface StorageResult extends Usage {
  database: DatabaseKind;
  papers: number;
  /** To storage, from the first byte that is read until the last batch is committed. */
  perSecond: number;
  seconds: number;
  /** null: not measured. */
  vectorsPerSecond: number | null;
}

const ALL_PAPERS = 100_000;
const MODEL = 'Xenova/all-MiniLM-L6-v2';
/** At a tenth of the target: what takes longer hangs. */
const LIMIT_MS = 10 * 60_000;
/** Vectors before the clock runs: threads load one after another, and claims are made ahead. */
const WARM_UP = 200;
const POLL_MS = 200;

const usageAtExit = pathToFileURL(fileURLToPath(new URL('./usage-at-exit.js', import.meta.url))).href;

/** One size after another, each in an empty database. */
export async function measureStorage(
  database: DatabaseKind,
  { sizes, embedSeconds }: { sizes: readonly number[]; embedSeconds: number },
): Promise<StorageResult[]> {
  const server = database === 'tcp' ? await startTcpPostgres() : null;
  const results: StorageResult[] = [];
  try {
    for (const papers of sizes) {
      const dataDir = await mkdtemp(join(tmpdir(), 'quire-bench-ingest-'));
      try {
        const url = server === null ? {} : { DATABASE_URL: await server.fresh() };
        const env = commandEnv(dataDir, {
          ...url,
          ...{ MODELS_DIR: join(projectRoot, 'models'), MODEL, SAMPLE: 'off', LOG_LEVEL: 'error' },
        });
        const stored = await store({ env, dataDir, papers });
        const vectorsPerSecond = embedSeconds === 0 ? null : await embed(env, embedSeconds);
        results.push({ database, papers, ...stored, vectorsPerSecond });
        process.stderr.write(`${database}, ${papers} papers: ${stored.perSecond}/s\n`);
      } finally {
        await rm(dataDir, { recursive: true, force: true });
      }
    }
  } finally {
    await server?.close();
  }
  return results;
}

interface Storing {
  env: NodeJS.ProcessEnv;
  dataDir: string;
  papers: number;
}

async function store({ env, dataDir, papers }: Storing) {
  const file = papers === ALL_PAPERS ? papersFile : await writeFirst(papers, dataDir);
  const usageFile = join(dataDir, 'usage.json');
  const bench = { NODE_OPTIONS: `--import=${usageAtExit}`, QUIRE_BENCH_USAGE: usageFile };
  const args = ['ingest', '--no-embed', '--json', file];
  const { code, stdout, stderr } = await quire(args, { ...env, ...bench }, { limitMs: LIMIT_MS });
  if (code !== 0) throw new Error(`the intake ended with ${code}: ${stderr}`);
  const { files } = JSON.parse(stdout) as { files: { report: { entries: number; durationMs: number } }[] };
  const { entries, durationMs } = files[0]!.report;
  if (entries !== papers) throw new Error(`${entries} entries were taken in, expected ${papers}`);
  const { peakMb, cpuSeconds } = JSON.parse(await readFile(usageFile, 'utf8')) as Usage;
  return {
    perSecond: Math.round((entries / durationMs) * 1_000),
    seconds: Number((durationMs / 1_000).toFixed(1)),
    cpuSeconds: Number(cpuSeconds.toFixed(1)),
    peakMb,
  };
}

async function writeFirst(count: number, folder: string): Promise<string> {
  const file = join(folder, `first-${count}.jsonl.gz`);
  async function* lines(): AsyncGenerator<string> {
    for await (const { line } of realPapers(count)) yield `${line}\n`;
  }
  await pipeline(Readable.from(lines()), createGzip(), createWriteStream(file));
  return file;
}

/** Abstracts a second that the service embeds, stores and indexes of what waits; null where less than that waits. */
async function embed(env: NodeJS.ProcessEnv, seconds: number): Promise<number | null> {
  const service = await startQuire([], env);
  const progress = createProgress('vectors', process.stderr);
  try {
    const reached = async (isFar: (state: Ready) => boolean): Promise<Ready> => {
      const deadline = performance.now() + LIMIT_MS;
      for (;;) {
        const state = await readinessOf(service);
        progress.update({ done: state.searchable, total: state.papers });
        if (isFar(state) || state.ready) return state;
        if (performance.now() > deadline) throw new Error('no vectors came');
        await sleep(POLL_MS);
      }
    };
    const first = await reached(({ searchable }) => searchable >= WARM_UP);
    const started = performance.now();
    const last = await reached(() => performance.now() - started >= seconds * 1_000);
    const ms = performance.now() - started;
    return last.searchable === first.searchable
      ? null
      : Number((((last.searchable - first.searchable) / ms) * 1_000).toFixed(1));
  } finally {
    progress.end();
    await service.stop();
  }
}
