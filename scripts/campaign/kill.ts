/**
 * `npm run campaign:kill`: SIGKILL at random moments of an intake, then a restart, and a look at what is left.
 * After each one every acknowledged paper must be there, the index must cover them, and no text may have
 * been embedded twice. Every third time the database server is killed as well.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { openDatabase } from '../../src/platform/db/database.js';
import { startEmbeddedPostgres } from '../../src/platform/db/embedded/postgres.js';
import { silentLogger } from '../../src/platform/log.js';
import { inventedPaper, jsonLines } from '../../tests/support/papers.js';
import { commandEnv, type RunningService, startQuire } from '../../tests/support/process.js';
import { recordResult } from '../bench/results.js';

const PAPERS_PER_REQUEST = 100;
const API_KEY = 'campaign-key-that-is-long-enough';

export interface KillCampaignOptions {
  rounds: number;
  /** Same seed, same moments (as far as the machine allows). */
  seed: number;
  /** A kill comes at most this long after the first request, ms. */
  maxDelayMs: number;
  log: (line: string) => void;
}

export interface KillCampaignResult {
  rounds: number;
  seed: number;
  acknowledged: number;
  papers: number;
  embeddings: number;
  /** Kills that found the service taking papers in, embedding, or saving. */
  killedAtWork: number;
  problems: string[];
}

export async function runKillCampaign({
  rounds,
  seed,
  maxDelayMs,
  log,
}: KillCampaignOptions): Promise<KillCampaignResult> {
  const dataDir = await mkdtemp(join(tmpdir(), 'quire-kill-'));
  // A low limit, so that the approximate index and its snapshots are at work and not the exact one.
  const env = commandEnv(dataDir, {
    SAMPLE: 'off',
    API_KEY: API_KEY,
    INDEX_EXACT_LIMIT: '200',
    LOG_LEVEL: 'warn',
  });
  const random = randomOf(seed);
  const acknowledged = new Map<number, string>();
  const problems: string[] = [];
  let labels = new Map<string, number>();
  let killedAtWork = 0;
  let next = 0;
  try {
    for (let round = 0; round < rounds; round++) {
      const service = await startQuire([], env);
      const delay = Math.floor(random() * maxDelayMs);
      const withDatabase = round % 3 === 2;
      const posting = post(service, next, acknowledged);
      // The first round is sure to acknowledge something, however slow the machine is.
      if (round === 0) await posting.firstAnswer;
      await sleep(delay);
      await killAll(service, withDatabase ? dataDir : null);
      const sent = await posting.done;
      if (sent.brokenOff) killedAtWork += 1;
      next = sent.next;
      const after = await startQuire([], env);
      const found = await check(after, dataDir, acknowledged, labels);
      labels = found.labels;
      problems.push(...found.problems.map((problem) => `round ${round}: ${problem}`));
      if ((await after.stop()) !== 0) problems.push(`round ${round}: unclean stop: ${after.stderr()}`);
      log(
        `round ${round + 1}/${rounds}: killed after ${delay} ms${withDatabase ? ', database too' : ''}; ${acknowledged.size} acknowledged, ${labels.size} embedded, ${problems.length} problems`,
      );
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
  return {
    rounds,
    seed,
    acknowledged: acknowledged.size,
    papers: labels.size,
    embeddings: labels.size,
    killedAtWork,
    problems,
  };
}

interface Posting {
  /** Resolves with the first answer, or when there won't be one. */
  firstAnswer: Promise<void>;
  done: Promise<{ next: number; brokenOff: boolean }>;
}

/** Sends papers until the service is gone, and keeps what it acknowledged. */
function post(service: RunningService, from: number, acknowledged: Map<number, string>): Posting {
  let answered = () => {};
  const firstAnswer = new Promise<void>((resolve) => {
    answered = resolve;
  });
  async function run(): Promise<{ next: number; brokenOff: boolean }> {
    for (let next = from; ; next += PAPERS_PER_REQUEST) {
      const numbers = Array.from({ length: PAPERS_PER_REQUEST }, (_, at) => next + at);
      const body = jsonLines(numbers.map((n) => inventedPaper(n, { arxivId: arxivIdOf(n) })));
      const headers = { authorization: `Bearer ${API_KEY}` };
      try {
        const answer = await fetch(`${service.url}/api/v1/ingest`, { method: 'POST', body, headers });
        if (!answer.ok) throw new Error(await answer.text());
        await answer.json();
      } catch {
        return { next, brokenOff: true };
      }
      for (const n of numbers) acknowledged.set(n, arxivIdOf(n));
      answered();
      // Leave the embedder some of the processor, so that a kill can meet every stage.
      await sleep(50);
    }
  }
  return { firstAnswer, done: run().finally(answered) };
}

function arxivIdOf(n: number): string {
  return `24${String(1 + Math.floor(n / 90_000)).padStart(2, '0')}.${String(n % 90_000).padStart(5, '0')}`;
}

async function killAll(service: RunningService, dataDir: string | null): Promise<void> {
  if (dataDir !== null) {
    const { readFile } = await import('node:fs/promises');
    const [pid] = (await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGKILL');
  }
  await service.kill();
}

async function check(
  service: RunningService,
  dataDir: string,
  acknowledged: ReadonlyMap<number, string>,
  before: ReadonlyMap<string, number>,
): Promise<{ labels: Map<string, number>; problems: string[] }> {
  const problems: string[] = [];
  await service.says(/^Ready: /m);
  const ready = (await (await fetch(`${service.url}/readyz`)).json()) as {
    ready: boolean;
    papers: number;
    searchable: number;
  };
  if (!ready.ready || ready.searchable !== ready.papers)
    problems.push(`not covered: ${JSON.stringify(ready)}`);
  if (ready.papers < acknowledged.size)
    problems.push(`${ready.papers} papers, ${acknowledged.size} were acknowledged`);

  const postgres = await startEmbeddedPostgres({ dataDir, log: silentLogger });
  const db = await openDatabase(postgres.connection, { log: silentLogger, poolSize: 2 });
  const { rows } = await db.pool.query<{ arxiv_id: string; labels: number[] }>(
    `SELECT p.arxiv_id, array_agg(e.id) AS labels FROM papers p LEFT JOIN embeddings e ON e.paper_id = p.id GROUP BY p.id`,
  );
  await db.close();
  await postgres.close();
  const labels = new Map<string, number>();
  for (const row of rows) {
    if (row.labels.length !== 1 || row.labels[0] === null)
      problems.push(`${row.arxiv_id} was embedded ${row.labels.length} times`);
    labels.set(row.arxiv_id, row.labels[0]!);
  }
  for (const id of acknowledged.values())
    if (!labels.has(id)) problems.push(`${id} was acknowledged and is gone`);
  for (const [id, label] of before) if (labels.get(id) !== label) problems.push(`${id} lost its vector`);
  await checkSearch(service, acknowledged, problems);
  return { labels, problems };
}

/** A sample of the papers must be found by their own text, in the index and not only in the database. */
async function checkSearch(
  service: RunningService,
  acknowledged: ReadonlyMap<number, string>,
  problems: string[],
): Promise<void> {
  const step = Math.max(1, Math.floor(acknowledged.size / 20));
  const sample = [...acknowledged].filter((_, at) => at % step === 0);
  for (const [, id] of sample) {
    const related = await fetch(`${service.url}/api/v1/papers/${id}/related?limit=3`);
    const { items } = (await related.json()) as { items?: unknown[] };
    if (acknowledged.size > 3 && items?.length !== 3) problems.push(`${id} has no neighbours`);
  }
}

/** Mulberry32: a small seeded generator, so that a failed campaign can be run again. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
      'max-delay': { type: 'string', default: '4000' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(
      'npm run campaign:kill -- [--rounds 20] [--seed 1] [--max-delay 4000] [--json]\n\nKills the service at random moments of an intake and checks what is left. Exit code 1 when anything was lost.\n',
    );
    return;
  }
  const result = await runKillCampaign({
    rounds: Number(values.rounds),
    seed: Number(values.seed),
    maxDelayMs: Number(values['max-delay']),
    log: (line) => process.stderr.write(`${line}\n`),
  });
  await recordResult('campaign:kill', { ...result, problems: result.problems.length });
  if (values.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else
    process.stdout.write(
      `${result.rounds} kills (${result.killedAtWork} in the middle of a request), ${result.acknowledged} papers acknowledged, ${result.problems.length} problems\n${result.problems.map((line) => `  ${line}\n`).join('')}`,
    );
  if (result.problems.length > 0) process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
