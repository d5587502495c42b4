/**
 * `npm run campaign:faults`: every fault of tests/support/fault-server.ts against every source and shape. Each pull must end by
 * itself, in bounded time and memory, with the outcome that is expected, and lose nothing without saying so.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/platform/errors.js';
import { createProgress } from '../../src/platform/progress.js';
import { expectedOutcomes } from '../../tests/support/fault-outcomes.js';
import {
  type Fault,
  faults,
  type Payload,
  payloadPapers,
  startFaultServer,
} from '../../tests/support/fault-server.js';
import { recordResult } from '../bench/results.js';
import type { FaultReport } from './fault-child.js';
import { runChild } from './fault-process.js';
import { type FaultSource, faultSources } from './fault-sources.js';

const help = `npm run campaign:faults -- [OPTIONS]

Each fault of a source, in each shape of an answer, in a process of its own. Waiting takes no time. Prints a table in Markdown. Exits with 1
where a process died, took too long or too much memory, came to another outcome than expected, or lost papers without a word.

  --only WORD   faults, sources or shapes whose name holds it
  --json        the result as JSON, with each run
  --help
`;

const NOW = '2024-06-11T12:00:00Z';
/** Of a try. Those that hang are known, and needn't hang for long. */
const TIMEOUT_MS = 20_000;
const HANG_TIMEOUT_MS = 300;
/** A pull reads 32 MB at most; twice, while its parts are put together, and once more as text with what is made of it. */
const MAX_GROWTH_MB = 400;
/** Of the processor: the machine may be busy with something else. */
const MAX_CPU_MS = 30_000;
const CHILD_LIMIT_MS = 120_000;

interface Options {
  only: string | undefined;
  json: boolean;
  help: boolean;
}

interface Run extends Omit<FaultReport, 'error'> {
  fault: string;
  source: string;
  payload: string;
  requests: number;
  problem: string | null;
}

interface Result {
  faults: number;
  runs: Run[];
  seconds: number;
  slowestMs: number;
  mostCpuMs: number;
  longestBlockMs: number;
  mostGrowthMb: number;
  problems: string[];
}

interface Case {
  fault: Fault;
  source: FaultSource;
  payload: Payload;
}

const childFile = fileURLToPath(new URL('./fault-child.js', import.meta.url));
const nameOf = ({ fault, source, payload }: Case) => `${fault.name} ${source.name} ${payload.name}`;

function parse(): Options {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return { only: values.only, json: values.json, help: values.help };
}

function problemOf(report: FaultReport, requests: number, { fault }: Case): string | null {
  const { outcome, error, cpuMs, peakMb, baseMb } = report;
  if (outcome === null) return `it threw ${error}`;
  const expected = expectedOutcomes[fault.name];
  if (!expected) return 'nothing is expected of it';
  if (outcome.kind !== expected.kind)
    return `${outcome.kind}${outcome.why ? ` (${outcome.why})` : ''}, expected ${expected.kind}`;
  if (requests !== (expected.requests ?? 1))
    return `${requests} requests, expected ${expected.requests ?? 1}`;
  const { holds = payloadPapers } = fault;
  if (outcome.kind === 'fetched' && outcome.papers < holds && outcome.problems === 0)
    return `${outcome.papers} of ${holds} papers, and no word of the others`;
  if (cpuMs > MAX_CPU_MS) return `${cpuMs} ms of the processor, at most ${MAX_CPU_MS}`;
  return peakMb - baseMb > MAX_GROWTH_MB ? `${peakMb - baseMb} MB, at most ${MAX_GROWTH_MB}` : null;
}

async function measure({ only }: Options): Promise<Result> {
  const begun = performance.now();
  const server = await startFaultServer({ now: () => new Date(NOW) });
  const cases = faultSources
    .flatMap((source) =>
      source.payloads.flatMap((payload) => faults.map((fault): Case => ({ fault, source, payload }))),
    )
    .filter(({ fault, payload }) => fault.only === undefined || fault.only === payload.kind)
    .filter((one) => only === undefined || nameOf(one).includes(only));
  const progress = createProgress('Faults', process.stderr);
  const left = cases.entries();
  const runs: Run[] = [];

  async function work(): Promise<void> {
    for (const [at, one] of left) {
      const { fault, source, payload } = one;
      const url = `${server.urlOf(fault, payload)}?${at}`;
      const timeoutMs = expectedOutcomes[fault.name]?.hangs ? HANG_TIMEOUT_MS : TIMEOUT_MS;
      const order = { source: source.name, url, base: server.base, timeoutMs, now: NOW };
      const report = await runChild<FaultReport>(childFile, order, CHILD_LIMIT_MS);
      const { pathname, search } = new URL(url);
      const requests = server.requests.get(pathname + search) ?? 0;
      const names = { fault: fault.name, source: source.name, payload: payload.name, requests };
      const none = { outcome: null, ms: 0, cpuMs: 0, blockedMs: 0, waitedS: 0, peakMb: 0, baseMb: 0 };
      runs.push(
        'died' in report
          ? { ...names, ...none, problem: report.died }
          : { ...names, ...report, problem: problemOf(report, requests, one) },
      );
      progress.update({ done: runs.length, total: cases.length });
    }
  }

  try {
    await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, work));
  } finally {
    progress.end();
    await server.close();
  }
  const problems = runs
    .filter(({ problem }) => problem !== null)
    .map(({ fault, source, payload, problem }) => `${fault}, ${source} of ${payload}: ${problem}`);
  const most = (of: (run: Run) => number) => runs.reduce((value, run) => Math.max(value, of(run)), 0);
  return {
    faults: new Set(runs.map(({ fault }) => fault)).size,
    runs,
    seconds: Math.round((performance.now() - begun) / 1_000),
    slowestMs: most(({ ms }) => ms),
    mostCpuMs: most(({ cpuMs }) => cpuMs),
    longestBlockMs: most(({ blockedMs }) => blockedMs),
    mostGrowthMb: most(({ peakMb, baseMb }) => peakMb - baseMb),
    problems,
  };
}

const range = (values: readonly number[]): string => {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least === most ? String(least) : `${least}–${most}`;
};

/** A row a fault and source, over all of the shapes. */
function asText(result: Result): string {
  const { runs, problems, seconds } = result;
  const rows = faults.flatMap(({ name, what }) =>
    faultSources.flatMap((source) => {
      const own = runs.filter((run) => run.fault === name && run.source === source.name);
      if (own.length === 0) return [];
      const of = (value: (run: Run) => number) => range(own.map(value));
      const kinds = [...new Set(own.map(({ outcome }) => outcome?.kind ?? 'died'))].join(', ');
      const why = own.map(({ outcome }) => outcome?.why ?? outcome?.firstProblem).find(Boolean) ?? '';
      const most = (value: (run: Run) => number) => Math.max(...own.map(value));
      return [
        [
          what,
          source.name,
          kinds,
          of(({ requests }) => requests),
          of(({ outcome }) => outcome?.papers ?? 0),
          of(({ outcome }) => outcome?.problems ?? 0),
          why.slice(0, 80).replaceAll('|', '/'),
          most(({ ms }) => ms),
          most(({ blockedMs }) => blockedMs),
          most(({ peakMb, baseMb }) => peakMb - baseMb),
        ].join(' | '),
      ];
    }),
  );
  const heads = [
    'Fault',
    'Source',
    'Outcome',
    'Requests',
    'Papers',
    'Problems',
    'Why',
    'ms',
    'blocked ms',
    'MB',
  ];
  const table = [heads.join(' | '), heads.map(() => '---').join(' | '), ...rows].map((row) => `| ${row} |`);
  const end = `${result.faults} faults, ${runs.length} runs, ${problems.length} problems, ${seconds} s`;
  return `${[...table, '', end, ...problems.map((problem) => `  ${problem}`)].join('\n')}\n`;
}

const options = parse();
if (options.help) process.stdout.write(help);
else {
  try {
    const result = await measure(options);
    const { problems, runs, ...sums } = result;
    // The runs are too many to keep.
    await recordResult('campaign:faults', { ...sums, runs: runs.length, problems });
    process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : asText(result));
    if (problems.length > 0) process.exitCode = 1;
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}
