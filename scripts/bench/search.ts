/** `npm run bench:search`: searches under load, beside a plain service of the same libraries. See `--help`. */
import { parseArgs } from 'node:util';
import { seedOf } from '../campaign/random.js';
import { runBench } from './run-bench.js';
import { type LoadGenerator, startLoadGenerator } from './search-client.js';
import { loadMaterial, requireEvalData } from './search-data.js';
import { type Prepared, prepare } from './search-prepare.js';
import { findableLine, lineOf, ratioLine, ratiosOf, stagesOf, summarise } from './search-report.js';
import {
  capacityOf,
  FILTERS,
  ourRound,
  plainRound,
  type Round,
  type RoundOptions,
  searchPath,
} from './search-round.js';
import { type Service, startOurs, startPlain } from './search-services.js';
import { requireSharedData } from './shared-data.js';

const HELP = `npm run bench:search -- [--count 100000] [--rounds 3] [--seconds 6] [--data DIR] [--modes semantic,hybrid]
                        [--rate 20] [--papers 100] [--seed 1] [--json]

Our service and a plain one of the same libraries (plain-service.ts: semantic alone, one process), in turn, with
--count real papers of ../shared/data: queries/s, p50 and p99, in milliseconds.

  8 clients   each asks again as soon as it is answered: the capacity
  N/s         requests at random, timed from when they were due: --rate, and half of the plain one's capacity
  new         every query another one       repeated   50 queries
  related     random papers                 others     new queries with a filter
  intake      while --papers come in every second (or as many as the service takes)

Every scenario lasts --seconds (15 at least during intake), for each of --modes; the first mode also for filters. What our service doesn't know
is skipped, and said. Then ten papers, one after another: milliseconds until each is found. Stages are shown
where answers name them (Server-Timing).

Filling two folders with 100,000 papers takes ten minutes: --data DIR keeps them for the next run. Three rounds of
6 seconds take about 12 minutes. Appends a line to bench/results.jsonl.
`;

function parse() {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '100000' },
      rounds: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '6' },
      data: { type: 'string' },
      modes: { type: 'string', default: 'semantic,hybrid' },
      rate: { type: 'string', default: '20' },
      papers: { type: 'string', default: '100' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const number = (
    name: 'count' | 'rounds' | 'seconds' | 'rate' | 'papers' | 'seed',
    least: number,
    most: number,
  ) => {
    const value = Number(values[name]);
    if (!(value >= least && value <= most)) throw new Error(`--${name}: expected ${least} to ${most}`);
    return value;
  };
  const options = {
    json: values.json,
    help: values.help,
    data: values.data ?? null,
    modes: values.modes.split(','),
    count: number('count', 100, 100_000),
    rounds: number('rounds', 1, 20),
    seconds: number('seconds', 1, 120),
    rate: number('rate', 1, 2_000),
    papers: number('papers', 1, 1_000),
    seed: number('seed', 0, 2 ** 32 - 1),
  };
  if (!values.help) {
    requireSharedData();
    requireEvalData();
  }
  return options;
}

type Options = ReturnType<typeof parse>;

const note = (text: string): void => void process.stderr.write(`${text}\n`);

/** Runs one service alone. */
async function withService<T>(start: Promise<Service>, work: (service: Service) => Promise<T>): Promise<T> {
  const service = await start;
  try {
    return await work(service);
  } finally {
    await service.stop();
  }
}

/** Leaves out, and says so, what our service doesn't know or has no paper for. */
async function known(service: Service, modes: readonly string[]) {
  async function isKnown(what: string, path: string): Promise<boolean> {
    const answer = await fetch(service.url + path);
    const { items = [] } = (await answer.json()) as { items?: unknown[] };
    if (answer.ok && items.length > 0) return true;
    note(
      `!!! ${what} IS SKIPPED: ${answer.ok ? 'it finds nothing' : `the service answers ${answer.status}`}`,
    );
    return false;
  }
  const query = 'neural networks';
  const found: { modes: string[]; filters: string[] } = { modes: [], filters: [] };
  for (const mode of modes)
    if (await isKnown(`mode ${mode}`, searchPath('ours', query, mode))) found.modes.push(mode);
  for (const [name, filter] of Object.entries(FILTERS))
    if (await isKnown(`filter “${name}” (${filter})`, searchPath('ours', query, null) + filter))
      found.filters.push(name);
  if (found.modes.length === 0) throw new Error('--modes: our service knows none of them');
  return found;
}

async function measureRounds(options: Options, prepared: Prepared, load: LoadGenerator) {
  const { seconds, papers: papersPerSecond, rate, seed } = options;
  const { modes, filters } = await withService(startOurs(prepared.ours), (service) =>
    known(service, options.modes),
  );
  const shared = {
    ...{
      modes,
      filters,
      seconds,
      papersPerSecond,
      load,
      ids: prepared.ids,
      material: await loadMaterial(options.count),
    },
    report: (row: Parameters<RoundOptions['report']>[0]) => note(lineOf(row)),
  };
  const calibration = { ...shared, rates: [rate], seed: seedOf(seed, 1_000) };
  const capacity = await withService(startPlain(prepared.plain), (service) =>
    capacityOf(service, null, calibration),
  );
  const rates = [rate, Math.max(1, Math.round(capacity / 2))];
  const rounds: Round[] = [];
  for (let number = 0; number < options.rounds; number++) {
    note(`round ${number + 1} of ${options.rounds}`);
    const round: RoundOptions = { ...shared, rates, seed: seedOf(seed, number) };
    const plainly = () => withService(startPlain(prepared.plain), (service) => plainRound(service, round));
    // The order alternates, so that a machine that gets slower or faster favours neither.
    const first = number % 2 === 0 ? await plainly() : null;
    const ours = await withService(startOurs(prepared.ours), (service) =>
      ourRound(service, prepared.ours, round),
    );
    const plain = first ?? (await plainly());
    rounds.push({
      rows: [...ours.rows, ...plain.rows],
      intake: { ours: ours.fed, plain: plain.fed },
      findable: ours.findable,
    });
  }
  return { rounds, modes };
}

async function measure(options: Options) {
  const prepared = await prepare(options.count, options.data);
  const load = startLoadGenerator();
  try {
    const { rounds, modes } = await measureRounds(options, prepared, load);
    return {
      benchmark: 'search',
      papers: options.count,
      rounds: rounds.length,
      seconds: options.seconds,
      seed: options.seed,
      ratios: ratiosOf(rounds, modes),
      findable: rounds.map(({ findable }) => findable),
      intake: rounds.map(({ intake }) => intake),
      scenarios: summarise(rounds),
    };
  } finally {
    load.stop();
    await prepared.remove();
  }
}

function asText(result: Awaited<ReturnType<typeof measure>>): string {
  const { papers, rounds, seconds, ratios, findable, intake, scenarios } = result;
  const stages = scenarios.flatMap(stagesOf);
  const fed = intake.flatMap((one) =>
    Object.entries(one).map(
      ([name, { sentPerSecond, embeddedPerSecond }]) =>
        `  ${name}: ${sentPerSecond} papers/s sent, ${embeddedPerSecond} embedded`,
    ),
  );
  return `${papers} papers, medians of ${rounds} rounds of ${seconds} s a scenario
${'scenario'.padEnd(44)}${'answers'.padStart(10)}${'p50'.padStart(12)}${'p99'.padStart(13)}   cores of the load
${scenarios.map(lineOf).join('\n')}
ours by the plain one
${ratios.map(ratioLine).join('\n')}
until found, wanted 100 ms after its vector, and by words 1 s after its intake
${findable.flatMap(({ idle, underLoad }) => [findableLine('idle', idle), findableLine('under searches', underLoad)]).join('\n')}
intake
${fed.join('\n')}
stages
${stages.length > 0 ? stages.join('\n') : '  the answers name none'}
`;
}

await runBench({ name: 'search', help: HELP, parse, measure, asText });
