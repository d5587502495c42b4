/** `npm run bench:throughput`: what of the processor's limit is left after the whole service. See `--help`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../../src/platform/paths.js';
import { commandEnv, type RunningService, startQuire } from '../../tests/support/process.js';
import { lap, median, type Runner, startContender, stopContender } from './embedding-race.js';
import { runBench } from './run-bench.js';
import { servePapers } from './serve-papers.js';
import { type RealPaper, realPapers, requireSharedData } from './shared-data.js';

const HELP = `npm run bench:throughput -- [--count 2000] [--rounds 3] [--json]

Papers a second through the whole service (sent to the intake over HTTP, stored, embedded, indexed, and found to be
searchable), against the limit: bare session.run loops, one single-threaded process a core, over the same texts,
tokenised and sorted by length beforehand. --count real papers of ../shared/data a round, other ones in each; limit
and service take turns. 3 rounds of 2,000 take about four minutes on two cores. Appends a line to
bench/results.jsonl.
`;

const MODEL = 'Xenova/all-MiniLM-L6-v2';
const API_KEY = 'quire_bench_throughput_00000000000000000';
/** Of the limit, in the service. */
const TARGET = 0.9;
/** Papers before the first round, for warm caches and grown memory. */
const WARM_UP = 100;

function parse() {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '2000' },
      rounds: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [count, rounds] = [Number(values.count), Number(values.rounds)];
  if (!(count >= 100 && count <= 10_000)) throw new Error('--count: expected 100 to 10000');
  if (!(rounds >= 1 && rounds <= 9)) throw new Error('--rounds: expected 1 to 9');
  if (!values.help) requireSharedData();
  return { ...values, count, rounds };
}

async function measure({ count, rounds }: ReturnType<typeof parse>) {
  const papers: RealPaper[] = [];
  for await (const paper of realPapers(WARM_UP + count * rounds)) papers.push(paper);
  const dataDir = await mkdtemp(join(tmpdir(), 'quire-throughput-'));
  let limit: Runner | null = null;
  let service: RunningService | null = null;
  try {
    limit = await startContender('limit', { modelDir: join(projectRoot, 'models', MODEL), cut: true });
    service = await startQuire(
      [],
      commandEnv(dataDir, {
        MODELS_DIR: join(projectRoot, 'models'),
        MODEL,
        SAMPLE: 'off',
        LOG_LEVEL: 'error',
        API_KEY,
      }),
    );
    const warmUp = papers.splice(0, WARM_UP);
    await lap(limit, warmUp);
    await servePapers(service, API_KEY, warmUp);
    const rates: { limit: number; service: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const part = papers.splice(0, count);
      // The order alternates, so that a machine that gets slower or faster favours neither.
      const first = round % 2 === 0 ? await lap(limit, part) : null;
      const ours = await servePapers(service, API_KEY, part);
      const { perSecond } = first ?? (await lap(limit, part));
      rates.push({ limit: perSecond, service: ours });
      process.stderr.write(
        `round ${round + 1} of ${rounds}: ${ours.toFixed(1)}/s, limit ${perSecond.toFixed(1)}\n`,
      );
    }
    const ratios = rates.map((rate) => Number((rate.service / rate.limit).toFixed(3)));
    return {
      benchmark: 'throughput',
      papers: count,
      rounds,
      perSecond: {
        service: Number(median(rates.map((rate) => rate.service)).toFixed(1)),
        limit: Number(median(rates.map((rate) => rate.limit)).toFixed(1)),
      },
      ratio: { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) },
      target: TARGET,
    };
  } finally {
    if (limit) stopContender(limit);
    await service?.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

function asText({ papers, rounds, perSecond, ratio, target }: Awaited<ReturnType<typeof measure>>): string {
  const verdict = ratio.median >= target ? 'reached' : 'MISSED';
  return `${rounds} rounds of ${papers} papers, medians
  whole service   ${perSecond.service} papers/s
  limit           ${perSecond.limit} texts/s
  the service is ${ratio.median} times the limit (${ratio.least} to ${ratio.most}), wanted ${target}: ${verdict}
`;
}

await runBench({ name: 'throughput', help: HELP, parse, measure, asText });
