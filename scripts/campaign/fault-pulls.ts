/**
 * `npm run campaign:fault-pulls`: every fault of tests/support/fault-server.ts in every answer of every kind of source, pulled into a
 * database, and then once more without the fault. Nothing may be lost, nobody private asked, and time and memory are bounded.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { DatabaseConnection } from '../../src/platform/db/connection.js';
import { startEmbeddedPostgres } from '../../src/platform/db/embedded/postgres.js';
import { migrate } from '../../src/platform/db/migrate.js';
import { messageOf } from '../../src/platform/errors.js';
import { silentLogger } from '../../src/platform/log.js';
import { projectRoot } from '../../src/platform/paths.js';
import { createProgress } from '../../src/platform/progress.js';
import { type PullScenario, scenariosOf } from '../../tests/support/fault-scenarios.js';
import { faults, startFaultServer } from '../../tests/support/fault-server.js';
import { recordResult } from '../bench/results.js';
import { runChild } from './fault-process.js';
import type { FaultPullOrder, FaultPullReport } from './fault-pull-child.js';
import { asDocument, asTable, type Cell } from './fault-table.js';

const help = `npm run campaign:fault-pulls -- [OPTIONS]

Each fault in the answers of each source, pulled twice into a database: with the fault, and without. A process a fault and source.
Waiting takes no time. Prints a table in Markdown. Exits with 1 where a run has no end or no reason, is done without all papers or a word of the others,
moves on from what it could not read, isn't done without the fault, misses a paper then, connects elsewhere, or takes too long or too much memory.

  --only WORD    faults and sources whose “FAULT SOURCE” holds it
  --json         the result as JSON, with each scenario
  --write-docs   the table goes to docs/faults.md too; of all faults and sources
  --help
`;

const NOW = '2024-06-11T12:00:00Z';
/** Children at a time. */
const LANES = 2;
/** 32 MB at most of an answer, as bytes, as text, and as what is made of it. */
const MAX_GROWTH_MB = 400;
/** Of the processor, for both pulls; a download may have 4 GB. */
const MAX_CPU_MS = 30_000;
const CHILD_LIMIT_MS = 240_000;

interface Result {
  faults: number;
  sources: number;
  scenarios: number;
  seconds: number;
  mostCpuMs: number;
  mostGrowthMb: number;
  problems: string[];
  cells: Cell[];
}

interface Options {
  only: string | undefined;
  json: boolean;
  writesDocs: boolean;
  help: boolean;
}

const childFile = fileURLToPath(new URL('./fault-pull-child.js', import.meta.url));

function parse(): Options {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      'write-docs': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return { only: values.only, json: values.json, writesDocs: values['write-docs'], help: values.help };
}

function problemsOf({ fault, column, report }: Cell): string[] {
  const where = `${fault}, ${column}`;
  if ('died' in report) return [`${where}: ${report.died}`];
  const { scenarios, peakMb, baseMb } = report;
  const growth = peakMb - baseMb;
  return [
    ...scenarios.flatMap(({ name, problem, cpuMs }) => [
      ...(problem === null ? [] : [`${where} (${name}): ${problem}`]),
      ...(cpuMs > MAX_CPU_MS
        ? [`${where} (${name}): ${cpuMs} ms of the processor, at most ${MAX_CPU_MS}`]
        : []),
    ]),
    ...(growth > MAX_GROWTH_MB ? [`${where}: ${growth} MB, at most ${MAX_GROWTH_MB}`] : []),
  ];
}

/** Every fault with every source that it makes sense for. */
function listCases(only: string | undefined): Pick<PullScenario, 'fault' | 'column'>[] {
  return faults.flatMap((fault) =>
    [...new Set(scenariosOf(fault).map(({ column }) => column))]
      .filter((column) => only === undefined || `${fault.name} ${column}`.includes(only))
      .map((column) => ({ fault, column })),
  );
}

/** A server for one lane: its children empty the tables. */
async function withOwnDatabase(use: (connection: DatabaseConnection) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'quire-faults-'));
  try {
    const postgres = await startEmbeddedPostgres({ dataDir, log: silentLogger, settings: { fsync: 'off' } });
    try {
      const migrationsDir = join(projectRoot, 'prisma/migrations');
      await migrate(postgres.connection, { migrationsDir, log: silentLogger });
      await use(postgres.connection);
    } finally {
      await postgres.close();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function measure({ only }: Options): Promise<Result> {
  const begun = performance.now();
  const server = await startFaultServer({ now: () => new Date(NOW) });
  const cases = listCases(only);
  const progress = createProgress('Pulls with faults', process.stderr);
  const left = cases.values();
  const cells: Cell[] = [];

  const port = Number(new URL(server.base).port);
  const work = (): Promise<void> =>
    withOwnDatabase(async (connection) => {
      for (const { fault, column } of left) {
        const order: FaultPullOrder = { fault: fault.name, column, port, connection, now: NOW };
        const report = await runChild<FaultPullReport>(childFile, order, CHILD_LIMIT_MS);
        cells.push({ fault: fault.name, column, report });
        progress.update({ done: cells.length, total: cases.length });
      }
    });

  try {
    await Promise.all(Array.from({ length: LANES }, work));
  } finally {
    progress.end();
    await server.close();
  }
  const reports = cells.flatMap(({ report }) => ('died' in report ? [] : [report]));
  const scenarios = reports.flatMap((report) => report.scenarios);
  return {
    faults: new Set(cells.map(({ fault }) => fault)).size,
    sources: new Set(cells.map(({ column }) => column)).size,
    scenarios: scenarios.length,
    seconds: Math.round((performance.now() - begun) / 1_000),
    mostCpuMs: Math.max(0, ...scenarios.map(({ cpuMs }) => cpuMs)),
    mostGrowthMb: Math.max(0, ...reports.map(({ peakMb, baseMb }) => peakMb - baseMb)),
    problems: cells.flatMap(problemsOf),
    cells,
  };
}

async function writeDocs({ cells, ...sums }: Result): Promise<void> {
  await mkdir(join(projectRoot, 'docs'), { recursive: true });
  await writeFile(join(projectRoot, 'docs/faults.md'), asDocument(cells, sums));
}

const options = parse();
if (options.help) process.stdout.write(help);
else {
  try {
    if (options.writesDocs && options.only !== undefined)
      throw new Error('--write-docs is for the whole table: leave out --only');
    const result = await measure(options);
    const { problems, cells, ...sums } = result;
    // A part of it is a look, and no result.
    if (options.only === undefined) await recordResult('campaign:fault-pulls', { ...sums, problems });
    const end = `${sums.faults} faults, ${sums.scenarios} scenarios, ${problems.length} problems, ${sums.seconds} s`;
    const text = [asTable(cells), '', end, ...problems.map((problem) => `  ${problem}`), ''].join('\n');
    process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : text);
    if (options.writesDocs) await writeDocs(result);
    if (problems.length > 0) process.exitCode = 1;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}
