import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Engine } from '../../src/engine/engine.js';
import { readConfig } from '../../src/platform/config.js';
import { silentLogger } from '../../src/platform/log.js';
import { createProgress } from '../../src/platform/progress.js';
import { vectorsOf } from '../../src/search/ranking/dense.js';
import {
  exampleParameters,
  type PositiveExample,
  rankByExamples,
} from '../../src/search/ranking/examples.js';
import { readExamples } from '../../src/search/ranking/read-examples.js';
import { createStages } from '../../src/search/stages.js';
import { createServices, type Services } from '../../src/services.js';
import { dot } from '../../src/vectors/vector.js';
import { fillDataFolder } from '../bench/fill.js';
import { runBench } from '../bench/run-bench.js';
import { requireSharedData } from '../bench/shared-data.js';
import { type Chance, chanceOf } from '../campaign/random.js';
import { averagePrecision, recall } from './metrics.js';
import { untilReady } from './run-set.js';

const help = `npm run eval:profiles -- [OPTIONS]

People and their papers, from ../shared/data: of each author a third of the papers are hidden among ten thousand others, the rest (at most
twenty) are the profile. How many of the hidden ones are among the first 50? A name stands for several people: papers count
as one author's where coauthors link them.

  --count N    papers to take authors from; default: 30000
  --authors N  default: 200
  --data DIR   keep what was taken in there, for the next run; default: a folder that is removed
  --split test|train   half of the authors each; parameters were chosen on train; default: test
  --seed N     default: 1
  --json       the result as JSON
  --help
`;

const MIN_PAPERS = 6;
/** Beyond, coauthors link whole departments. */
const MAX_PAPERS = 30;
const MAX_PROFILE = 20;
const COLLECTION = 10_000;
const DEPTH = 50;

const ways = ['centroid', 'nearest', 'three nearest and mean', 'words', 'one group', 'shipped'] as const;
type Way = (typeof ways)[number];

interface Options {
  count: number;
  authors: number;
  seed: number;
  split: 'test' | 'train';
  data?: string | undefined;
  json: boolean;
  help: boolean;
}

interface Row {
  id: number;
  authors: string[];
}

interface Person {
  name: string;
  profile: number[];
  hidden: number[];
}

interface Profiles {
  count: number;
  authors: number;
  split: string;
  seed: number;
  profilePapers: number;
  hiddenPapers: number;
  results: Record<Way, { 'recall@50': number; MAP: number; ms: number }>;
}

function parse(): Options {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '30000' },
      authors: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      split: { type: 'string', default: 'test' },
      data: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [count, authors, seed] = [values.count, values.authors, values.seed].map(Number);
  if (![count, authors, seed].every((value) => Number.isInteger(value) && value! > 0))
    throw new Error('--count, --authors and --seed: expected whole numbers from 1');
  const { split } = values;
  if (split !== 'test' && split !== 'train') throw new Error('--split: expected test or train');
  return { ...values, split, count: count!, authors: authors!, seed: seed! };
}

/** Every second author by the sum of the name's letters. */
const splitOf = (name: string): 'test' | 'train' =>
  [...name].reduce((sum, char) => sum + char.codePointAt(0)!, 0) % 2 === 0 ? 'test' : 'train';

function choosePeople(rows: readonly Row[], { authors, split }: Options, chance: Chance): Person[] {
  const papers = new Map<string, Row[]>();
  for (const row of rows)
    for (const name of new Set(row.authors)) papers.set(name, [...(papers.get(name) ?? []), row]);
  const known = [...papers]
    .filter(([name]) => splitOf(name) === split)
    .map(([name, own]) => [name, sameHand(name, own)] as [string, number[]])
    .filter(([, { length }]) => length >= MIN_PAPERS && length <= MAX_PAPERS);
  const chosen: Person[] = [];
  while (chosen.length < authors && known.length > 0) {
    const [[name, ids]] = known.splice(chance.between(0, known.length - 1), 1) as [[string, number[]]];
    const rest = [...ids];
    const hidden = Array.from(
      { length: Math.floor(ids.length / 3) },
      () => rest.splice(chance.between(0, rest.length - 1), 1)[0]!,
    );
    chosen.push({ name, profile: rest.slice(0, MAX_PROFILE), hidden });
  }
  return chosen;
}

/** Of the papers that bear one name the most that are linked by coauthors: many names are several people's. */
function sameHand(name: string, papers: readonly Row[]): number[] {
  if (papers.length < MIN_PAPERS) return [];
  const rest = new Set(papers);
  let largest: number[] = [];
  while (rest.size > largest.length) {
    const [first] = rest as Set<Row> & Iterable<Row>;
    const group = [first!];
    rest.delete(first!);
    for (const { authors } of group) {
      const coauthors = new Set(authors.filter((author) => author !== name));
      for (const other of rest) {
        if (!other.authors.some((author) => coauthors.has(author))) continue;
        rest.delete(other);
        group.push(other);
      }
    }
    if (group.length > largest.length) largest = group.map(({ id }) => id);
  }
  return largest.sort((a, b) => a - b);
}

/** The hidden papers of all, and others up to ten thousand. */
function collectionOf(rows: readonly Row[], people: readonly Person[], chance: Chance): number[] {
  const within = new Set(people.flatMap(({ hidden }) => hidden));
  const others = rows.map(({ id }) => id);
  while (within.size < COLLECTION && others.length > 0)
    within.add(others.splice(chance.between(0, others.length - 1), 1)[0]!);
  return [...within];
}

async function measure(options: Options): Promise<Profiles> {
  requireSharedData();
  const dir = options.data ?? (await mkdtemp(join(tmpdir(), 'quire-profiles-')));
  try {
    const services = await start(dir, options.count);
    try {
      const { rows } = await services.db.pool.query<Row>('SELECT id, authors FROM papers ORDER BY id');
      const chance = chanceOf(options.seed);
      const people = choosePeople(rows, options, chance);
      const within = collectionOf(rows, people, chance);
      return await tryAll(services, { people, within, options });
    } finally {
      await services.close();
    }
  } finally {
    if (options.data === undefined) await rm(dir, { recursive: true, force: true });
  }
}

async function start(dir: string, count: number): Promise<Services> {
  const config = readConfig({ DATA_DIR: dir, SAMPLE: 'off' });
  const open = () => createServices(config, silentLogger);
  let services = await open();
  if ((await services.papers.count()) === 0) {
    await services.close();
    await fillDataFolder(dir, count);
    services = await open();
  }
  services.start();
  await untilReady({ name: 'profiles' }, services);
  return services;
}

interface Asked {
  people: readonly Person[];
  within: readonly number[];
  options: Options;
}

async function tryAll(services: Services, { people, within, options }: Asked): Promise<Profiles> {
  const results = Object.fromEntries(
    ways.map((way) => [way, { 'recall@50': 0, MAP: 0, ms: 0 }]),
  ) as Profiles['results'];
  const progress = createProgress('profiles', process.stderr);
  await services.engines.with(async (engine) => {
    const [collection, inOrder] = [new Set(within), [...within]];
    const vectors = await readVectors(engine, inOrder);
    for (const [at, { profile, hidden }] of people.entries()) {
      progress.update({ done: at, total: people.length });
      const own = new Set(profile);
      const pool = inOrder.filter((key) => !own.has(key));
      const examples = await readExamples(await services.papers.listByKeys(profile), { engine });
      const judged = new Map(hidden.map((key) => [String(key), 1]));
      for (const way of ways) {
        const started = performance.now();
        const ranked =
          exactly(way, examples, vectors, pool) ?? (await byService(way, { services, examples, pool }));
        results[way].ms += performance.now() - started;
        const found = ranked.filter((key) => collection.has(key)).map(String);
        results[way]['recall@50'] += recall(found, judged, { k: DEPTH });
        results[way].MAP += averagePrecision(found, judged);
      }
    }
  });
  progress.end();
  for (const way of ways) {
    for (const metric of ['recall@50', 'MAP', 'ms'] as const)
      results[way][metric] = Math.round((results[way][metric] / people.length) * 10_000) / 10_000;
  }
  const sum = (part: 'profile' | 'hidden') => people.reduce((total, one) => total + one[part].length, 0);
  const { count, split, seed } = options;
  return {
    ...{ count, split, seed, authors: people.length, results },
    profilePapers: sum('profile'),
    hiddenPapers: sum('hidden'),
  };
}

async function readVectors(engine: Engine, keys: readonly number[]): Promise<Map<number, Float32Array>> {
  const found = new Map<number, Float32Array>();
  for (let from = 0; from < keys.length; from += 1_000) {
    const part = keys.slice(from, from + 1_000);
    const vectors = await vectorsOf(engine, part);
    for (const [at, key] of part.entries()) if (vectors[at]) found.set(key, vectors[at]);
  }
  return found;
}

/** By vectors alone, over all of them; null for a way that isn't so simple. */
function exactly(
  way: Way,
  examples: readonly PositiveExample[],
  vectors: ReadonlyMap<number, Float32Array>,
  pool: readonly number[],
): number[] | null {
  const combine = combinations[way as keyof typeof combinations];
  if (combine === undefined) return null;
  const centroid = Float32Array.from(examples[0]!.vector, (_, at) =>
    examples.reduce((sum, { vector }) => sum + vector[at]!, 0),
  );
  const scored = pool.flatMap((key) => {
    const vector = vectors.get(key);
    if (!vector) return [];
    const similar =
      way === 'centroid' ? [dot(centroid, vector)] : examples.map((one) => dot(one.vector, vector));
    return [{ key, score: combine(similar) }];
  });
  return scored.sort((a, b) => b.score - a.score).map(({ key }) => key);
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const combinations = {
  centroid: mean,
  nearest: (similar: readonly number[]): number => Math.max(...similar),
  'three nearest and mean': (similar: readonly number[]): number =>
    mean([...similar].sort((a, b) => b - a).slice(0, 3)) + mean(similar),
} as const;

async function byService(
  way: Way,
  { services, examples, pool }: { services: Services; examples: PositiveExample[]; pool: number[] },
): Promise<number[]> {
  const { engines, lexical } = services;
  const conditions = [{ op: 'keys' as const, keys: pool }];
  const subset = await lexical.subset(conditions, 2 * COLLECTION);
  return engines.with(async (engine) => {
    const { ranked } = await rankByExamples(engine, lexical, {
      positives: examples,
      negatives: [],
      conditions,
      subset,
      weight: way === 'words' ? 0 : exampleParameters.weight,
      ...(way === 'one group' ? { interestAt: -1 } : {}),
      pool: 200,
      stages: createStages(),
    });
    return ranked.map(({ key }) => key);
  });
}

function asText({ authors, split, profilePapers, hiddenPapers, results }: Profiles): string {
  const lines = ways.map((way) => {
    const { 'recall@50': found, MAP, ms } = results[way];
    return `${way.padEnd(24)} recall@50 ${found.toFixed(4)}  MAP ${MAP.toFixed(4)}  ${ms.toFixed(1)} ms`;
  });
  return `${authors} authors (${split}), ${profilePapers} papers in profiles, ${hiddenPapers} hidden among ${COLLECTION}\n${lines.join('\n')}\n`;
}

await runBench({ name: 'profiles', help, parse, measure, asText });
