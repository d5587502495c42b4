/** `npm run campaign:ingest-kill`: kills `quire ingest FILE` at random moments, again and again. See `--help`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { migrate } from '../../src/platform/db/migrate.js';
import { silentLogger } from '../../src/platform/log.js';
import { projectRoot } from '../../src/platform/paths.js';
import { createProgress } from '../../src/platform/progress.js';
import { recordResult } from '../bench/results.js';
import { startTcpPostgres, type TcpPostgres } from '../bench/tcp-postgres.js';
import {
  type Books,
  contentOf,
  type KilledIntake,
  type Report,
  readBooks,
  takeInWithKills,
  watchBatches,
  writeEntries,
} from './ingest-kills.js';
import { seedOf } from './random.js';

const help = `npm run campaign:ingest-kill -- [--files 20] [--kills 10] [--entries 10000] [--seed 1] [--json]

Takes invented files in (gzipped JSON lines in which papers come again with other ids and counts) with \`quire ingest\`, SIGKILLs each process
but the last at a random moment, and starts it again over the same file. After that every paper must be there once, each count kept once, no
batch committed twice, and everything be equal to what an intake in one go leaves. 20 files with 10 kills each take about ten minutes. Exit
code 1 when anything differs.
`;

function parse() {
  const { values } = parseArgs({
    options: {
      files: { type: 'string', default: '20' },
      kills: { type: 'string', default: '10' },
      entries: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const numberOf = (name: 'files' | 'kills' | 'entries' | 'seed', least: number, most: number): number => {
    const value = Number(values[name]);
    if (!(Number.isInteger(value) && value >= least && value <= most))
      throw new Error(`--${name}: expected ${least} to ${most}`);
    return value;
  };
  return {
    ...values,
    files: numberOf('files', 1, 1_000),
    kills: numberOf('kills', 1, 100),
    entries: numberOf('entries', 1_000, 100_000),
    seed: numberOf('seed', 0, 2 ** 31),
  };
}

interface Run {
  report: Report;
  killedAt: number[];
  books: Books;
  content: string[];
}

async function run(server: TcpPostgres, options: Omit<KilledIntake, 'connection' | 'url'>): Promise<Run> {
  const url = await server.fresh();
  await migrate(url, { migrationsDir: join(projectRoot, 'prisma/migrations'), log: silentLogger });
  await watchBatches(url);
  const taken = await takeInWithKills({ ...options, connection: url, url });
  return { ...taken, books: await readBooks(url), content: await contentOf(url) };
}

/** What of a killed intake isn't as in one go. */
function differences(whole: Run, killed: Run): string[] {
  const problems: string[] = [];
  for (const key of ['entries', 'papers', 'added', 'updated', 'unchanged', 'merged', 'problems'] as const) {
    if (killed.report[key] !== whole.report[key])
      problems.push(`${key}: ${killed.report[key]}, in one go ${whole.report[key]}`);
  }
  const { intakes, batches, twice, left } = killed.books;
  if (twice > 0) problems.push(`${twice} of ${batches} batches committed twice`);
  if (batches !== whole.books.batches) problems.push(`${batches} batches, in one go ${whole.books.batches}`);
  if (intakes !== 1) problems.push(`${intakes} intakes in the books`);
  if (left > 0) problems.push(`${left} batches left behind`);
  const [a, b] = [new Set(whole.content), new Set(killed.content)];
  const [lost, more] = [
    whole.content.filter((line) => !b.has(line)),
    killed.content.filter((line) => !a.has(line)),
  ];
  if (lost.length + more.length > 0 || whole.content.length !== killed.content.length)
    problems.push(
      `${lost.length} rows missing, ${more.length} others: ${[...lost, ...more][0]?.slice(0, 300)}`,
    );
  return problems;
}

async function main(): Promise<void> {
  const options = parse();
  if (options.help) {
    process.stdout.write(help);
    return;
  }
  const { files, kills, entries, seed } = options;
  const started = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'quire-ingest-kill-'));
  const server = await startTcpPostgres();
  const progress = createProgress('files', process.stderr);
  const problems: string[] = [];
  const killedAt: number[] = [];
  let resumed = 0;
  try {
    for (let number = 0; number < files; number++) {
      const file = join(folder, `entries-${number}.jsonl.gz`);
      const part = { dataDir: folder, file, entries, seed: seedOf(seed, number) };
      await writeEntries(file, { count: entries, seed: part.seed });
      const killed = await run(server, { ...part, kills });
      for (const problem of differences(await run(server, { ...part, kills: 0 }), killed))
        problems.push(`file ${number}: ${problem}`);
      killedAt.push(...killed.killedAt);
      if (killed.report.doneBefore > 0) resumed += 1;
      progress.update({ done: number + 1, total: files });
    }
  } finally {
    progress.end();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
  const inside = killedAt.filter((at) => at > 0 && at < entries).length;
  const seconds = Math.round((performance.now() - started) / 1_000);
  const told = { seed, files, entries, kills: killedAt.length, inside, resumed, seconds, problems };
  await recordResult('campaign:ingest-kill', { ...told, problems: problems.length });
  const text = `${killedAt.length} kills, ${inside} of them between the first batch and the last; ${resumed} of ${files} files gone on with; ${problems.length} problems, ${seconds} s`;
  process.stdout.write(`${options.json ? JSON.stringify(told) : [text, ...problems].join('\n')}\n`);
  if (problems.length > 0) process.exitCode = 1;
}

await main();
