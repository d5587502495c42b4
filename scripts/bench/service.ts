/**
 * `npm run bench`: what a user waits for. Starts the service with the default model in an empty folder and
 * measures the cold start, the start after that, and what a paper costs to take in and to embed.
 */
import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { createGunzip } from 'node:zlib';
import { projectRoot } from '../../src/platform/paths.js';
import { inventedPaper, jsonLines } from '../../tests/support/papers.js';
import { commandEnv, quire, startQuire } from '../../tests/support/process.js';
import { recordResult } from './results.js';

const realPapers = join(projectRoot, '../shared/data/papers-100k.jsonl.gz');
const searchesTimed = 50;

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(
    'npm run bench -- [--count 1000] [--runs 3] [--json]\n\nMedians over the runs, in milliseconds. --count papers are taken in and embedded (real abstracts where\n../shared lies beside the checkout, else invented ones). Appends a line to bench/results.jsonl.\n',
  );
} else {
  await main(Number(values.count), Number(values.runs));
}

interface Run {
  coldListeningMs: number;
  coldReadyMs: number;
  warmListeningMs: number;
  warmReadyMs: number;
  takeInMsPerPaper: number;
  embedMsPerPaper: number;
  takeInAgainMsPerPaper: number;
  searchP50Ms: number;
}

async function main(count: number, runs: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'quire-bench-'));
  try {
    const listing = join(folder, 'papers.jsonl');
    const source = await writePapers(listing, count);
    const all: Run[] = [];
    for (let run = 0; run < runs; run++) {
      all.push(await measure(join(folder, String(run)), listing, count));
      process.stderr.write(`run ${run + 1} of ${runs}\n`);
    }
    const result = Object.fromEntries(
      (Object.keys(all[0]!) as (keyof Run)[]).map((key) => [key, median(all.map((one) => one[key]))]),
    );
    await recordResult('service', { papers: count, source, runs, ...result });
    if (values.json)
      process.stdout.write(`${JSON.stringify({ papers: count, source, runs, ...result }, null, 2)}\n`);
    else
      for (const [key, value] of Object.entries(result)) process.stdout.write(`${key.padEnd(24)} ${value}\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(dataDir: string, listing: string, count: number): Promise<Run> {
  const env = commandEnv(dataDir, {
    MODELS_DIR: join(projectRoot, 'models'),
    MODEL: 'Xenova/all-MiniLM-L6-v2',
    LOG_LEVEL: 'error',
  });
  const cold = await timeStart(env);
  const warm = await timeStart(env);
  const first = await ingest(listing, env);
  const again = await ingest(listing, env);
  const searchP50Ms = await timeSearches(env);
  return {
    coldListeningMs: cold.listening,
    coldReadyMs: cold.ready,
    warmListeningMs: warm.listening,
    warmReadyMs: warm.ready,
    takeInMsPerPaper: round(first.takenMs / count),
    embedMsPerPaper: round(first.embedMs / Math.max(1, first.embedded)),
    takeInAgainMsPerPaper: round(again.takenMs / count),
    searchP50Ms,
  };
}

async function timeStart(env: NodeJS.ProcessEnv): Promise<{ listening: number; ready: number }> {
  const started = performance.now();
  const service = await startQuire([], env);
  const listening = Math.round(performance.now() - started);
  await service.says(/^Ready: /m);
  const ready = Math.round(performance.now() - started);
  await service.stop();
  return { listening, ready };
}

async function ingest(
  listing: string,
  env: NodeJS.ProcessEnv,
): Promise<{ takenMs: number; embedMs: number; embedded: number }> {
  const { code, stdout, stderr } = await quire(['ingest', '--json', listing], env, { limitMs: 10 * 60_000 });
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as { takenMs: number; embedMs: number; embedded: number };
}

async function timeSearches(env: NodeJS.ProcessEnv): Promise<number> {
  const service = await startQuire([], env);
  await service.says(/^Ready: /m);
  const times: number[] = [];
  for (let n = 0; n < searchesTimed; n++) {
    const query = inventedPaper(n).title;
    const started = performance.now();
    await (await fetch(`${service.url}/api/v1/search?q=${encodeURIComponent(query)}`)).json();
    times.push(performance.now() - started);
  }
  await service.stop();
  return round(median(times));
}

async function writePapers(file: string, count: number): Promise<'real' | 'invented'> {
  if (!existsSync(realPapers)) {
    await writeFile(file, jsonLines(Array.from({ length: count }, (_, n) => inventedPaper(n))));
    return 'invented';
  }
  const lines: string[] = [];
  for await (const line of createInterface({ input: createReadStream(realPapers).pipe(createGunzip()) })) {
    lines.push(line);
    if (lines.length === count) break;
  }
  await writeFile(file, `${lines.join('\n')}\n`);
  return 'real';
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
