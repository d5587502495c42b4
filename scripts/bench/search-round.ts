import { setTimeout as sleep } from 'node:timers/promises';
import { seedOf } from '../campaign/random.js';
import { until } from './ready.js';
import type { LoadGenerator } from './search-client.js';
import type { Material } from './search-data.js';
import { type Findable, measureFindable } from './search-findable.js';
import type { Load, LoadResult } from './search-protocol.js';
import { type Service, startFeed } from './search-services.js';

/** Filtered queries: name -> what is added to a search. */
export const FILTERS: Readonly<Record<string, string>> = {
  'many years': '&from=2018&to=2023',
  'one month': '&from=2021-06&to=2021-06',
  category: '&category=cs.LG',
};

/** Questions that many ask. */
const POPULAR = 50;
const LIMIT = 20;
const CLOSED: Load = { kind: 'closed', connections: 8 };
/** More than any service answers from a search on two cores. */
const MOST_PER_SECOND = 2_000;
const WARM_UP_SECONDS = 2;
/** During intake at least: the plain service answers in rounds of several seconds. */
const INTAKE_SECONDS = 15;
/** Papers whose way into the index is timed. */
const FINDABLE = 10;

export interface Scenario {
  service: Service['name'];
  what: string;
  /** null: the plain service has but one. */
  mode: string | null;
  load: Load;
  /** While papers come in. */
  intake: boolean;
}

export type Row = Scenario & LoadResult;

export interface Round {
  rows: Row[];
  /** Papers a second that came in and were embedded meanwhile. */
  intake: Record<Service['name'], { sentPerSecond: number; embeddedPerSecond: number }>;
  findable: { idle: Findable; underLoad: Findable };
}

export interface RoundOptions {
  /** The first one also for repeated and filtered queries. */
  modes: readonly string[];
  filters: readonly string[];
  seconds: number;
  /** Queries a second of the open loops; the first one also while papers come in. */
  rates: readonly number[];
  papersPerSecond: number;
  ids: readonly string[];
  material: Material;
  load: LoadGenerator;
  seed: number;
  report: (row: Row) => void;
}

type Measure = (scenario: Omit<Scenario, 'service'>) => Promise<Row>;

export function searchPath(service: Service['name'], query: string, mode: string | null): string {
  const path = service === 'ours' ? '/api/v1/search' : '/search';
  return `${path}?q=${encodeURIComponent(query)}&limit=${LIMIT}${mode === null ? '' : `&mode=${mode}`}`;
}

/** Measures scenarios of one service; every scenario asks other things. */
function measurer(service: Service, options: RoundOptions): Measure {
  const { material, seconds, load: generator } = options;
  let part = service.name === 'ours' ? 0 : 1_000;
  return async (scenario) => {
    const { what, mode, load } = scenario;
    const seed = seedOf(options.seed, part++);
    const count = Math.ceil(seconds * (load.kind === 'open' ? load.perSecond * 1.5 + 20 : MOST_PER_SECOND));
    const filter = FILTERS[what] ?? '';
    const cycle = what === 'repeated' || what === 'related';
    const paths =
      what === 'related'
        ? turned(options.ids, seed).map(
            (id) => `/api/v1/papers/${encodeURIComponent(id)}/related?limit=${LIMIT}`,
          )
        : material
            .queries(what === 'repeated' ? POPULAR : count, seed)
            .map((query) => searchPath(service.name, query, mode) + filter);
    const plan = { url: service.url, paths, cycle, seed };
    if (what === 'repeated') await generator.run({ ...plan, load: CLOSED, seconds: 1 });
    const result = await generator.run({ ...plan, load, seconds });
    const row = { service: service.name, ...scenario, ...result };
    options.report(row);
    return row;
  };
}

/** The same in the same order, begun elsewhere. */
function turned<T>(values: readonly T[], seed: number): T[] {
  const from = seed % values.length;
  return [...values.slice(from), ...values.slice(0, from)];
}

async function warmUp(service: Service, mode: string | null, options: RoundOptions): Promise<void> {
  const queries = options.material.queries(WARM_UP_SECONDS * MOST_PER_SECOND, seedOf(options.seed, 2_000));
  const paths = queries.map((query) => searchPath(service.name, query, mode));
  await options.load.run({
    url: service.url,
    paths,
    cycle: false,
    seconds: WARM_UP_SECONDS,
    load: CLOSED,
    seed: 0,
  });
}

/** Queries a second of new queries, eight at a time. */
export async function capacityOf(service: Service, mode: string | null, options: RoundOptions) {
  await warmUp(service, mode, options);
  const row = await measurer(service, options)({ what: 'new', mode, load: CLOSED, intake: false });
  return row.perSecond;
}

/** New queries in each mode while papers come in. */
async function duringIntake(service: Service, modes: readonly (string | null)[], options: RoundOptions) {
  const seconds = Math.max(options.seconds, INTAKE_SECONDS);
  const measure = measurer(service, { ...options, seconds, seed: seedOf(options.seed, 3_000) });
  const { papersPerSecond: perSecond, material, rates } = options;
  const feed = await startFeed(service, { papers: material.papers, perSecond });
  await sleep(1_000);
  const rows: Row[] = [];
  for (const mode of modes) rows.push(await measure({ what: 'new', mode, load: CLOSED, intake: true }));
  const modest: Load = { kind: 'open', perSecond: rates[0]! };
  for (const mode of modes) rows.push(await measure({ what: 'new', mode, load: modest, intake: true }));
  return { rows, fed: await feed.stop() };
}

export async function plainRound(service: Service, options: RoundOptions) {
  const measure = measurer(service, options);
  await warmUp(service, null, options);
  const rows: Row[] = [];
  for (const what of ['new', 'repeated'])
    rows.push(await measure({ what, mode: null, load: CLOSED, intake: false }));
  for (const perSecond of options.rates)
    rows.push(await measure({ what: 'new', mode: null, load: { kind: 'open', perSecond }, intake: false }));
  const intake = await duringIntake(service, [null], options);
  return { rows: [...rows, ...intake.rows], fed: intake.fed };
}

export async function ourRound(service: Service, dataDir: string, options: RoundOptions) {
  const { modes, filters, rates, material } = options;
  const measure = measurer(service, options);
  const settle = () => until(service.url, { what: 'all papers', holds: ({ ready }) => ready });
  const rows: Row[] = [];
  await settle();
  for (const mode of modes) {
    await warmUp(service, mode, options);
    for (const what of ['new', 'repeated'])
      rows.push(await measure({ what, mode, load: CLOSED, intake: false }));
  }
  const mode = modes[0]!;
  for (const perSecond of rates) {
    const open = { load: { kind: 'open', perSecond }, intake: false } as const;
    for (const each of modes) rows.push(await measure({ what: 'new', mode: each, ...open }));
    for (const what of ['repeated', ...filters]) rows.push(await measure({ what, mode, ...open }));
    rows.push(await measure({ what: 'related', mode: null, ...open }));
  }
  const find = () =>
    measureFindable({ service, dataDir, papers: Array.from({ length: FINDABLE }, material.papers) });
  const idle = await find();
  const background = inBackground(service, options);
  const underLoad = await find();
  await background.stop();
  const intake = await duringIntake(service, modes, options);
  await settle();
  return { rows: [...rows, ...intake.rows], fed: intake.fed, findable: { idle, underLoad } };
}

/** Searches at the modest rate for as long as something else is measured. */
function inBackground(service: Service, options: RoundOptions): { stop: () => Promise<void> } {
  let going = true;
  const perSecond = options.rates[0]!;
  const turns = (async () => {
    for (let turn = 0; going; turn++) {
      const paths = options.material
        .queries(perSecond * 2 + 50, seedOf(options.seed, 4_000 + turn))
        .map((query) => searchPath(service.name, query, options.modes[0]!));
      const load: Load = { kind: 'open', perSecond };
      await options.load.run({ url: service.url, paths, cycle: true, seconds: 1, load, seed: turn });
    }
  })();
  turns.catch(() => undefined);
  return {
    async stop() {
      going = false;
      await turns;
    },
  };
}
