import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { matchFloors } from '../../src/digests/match.js';
import { readConfig } from '../../src/platform/config.js';
import { createLogger } from '../../src/platform/log.js';
import { createProgress } from '../../src/platform/progress.js';
import { createServices, type Services } from '../../src/services.js';
import { runBench } from '../bench/run-bench.js';
import { type Chance, chanceOf } from '../campaign/random.js';
import { takeIn, untilReady } from './run-set.js';
import { type EvalSet, hasSets, readSet } from './sets.js';

const help = `npm run eval:floors [-- OPTIONS]

What a digest's floors of a match let through, on the judged sets in ../shared/eval: each query is asked of an invented day of papers, of which
it wants a few. For every pair of floors: how many of the wanted pass, and how many others a day.

  --papers N   of the day that nobody wants; default: 1000
  --queries N  of each set at most; default: 100
  --data DIR   keep what was taken in there, for the next run; default: a folder that is removed
  --json
  --help
`;

/** Wanted papers of a day at most: what is new of a subject on one. */
const WANTED = 5;

/** What is tried. A score is half similarity, half words. */
const scores = [0.25, 0.3, 0.35, 0.4, 0.45];
const similarities = [0.4, 0.45, 0.5, 0.55, 0.6];

interface Options {
  papers: number;
  queries: number;
  data: string | undefined;
  json: boolean;
  help: boolean;
}

interface Scored {
  score: number;
  similarity: number;
  isWanted: boolean;
}

interface Passed {
  score: number;
  similarity: number;
  /** Of the wanted papers, 0 to 1. */
  recall: number;
  /** Others a day. */
  others: number;
  /** Days of which nothing but others would be told. */
  onlyOthers: number;
}

interface Result {
  papers: number;
  shipped: typeof matchFloors;
  sets: Record<string, { queries: number; wanted: number; floors: Passed[] }>;
}

function parse(): Options {
  const { values } = parseArgs({
    options: {
      papers: { type: 'string', default: '1000' },
      queries: { type: 'string', default: '100' },
      data: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [papers, queries] = [Number(values.papers), Number(values.queries)];
  if (![papers, queries].every((value) => Number.isInteger(value) && value > 0))
    throw new Error('--papers and --queries: expected whole numbers from 1');
  return { ...values, data: values.data, papers, queries };
}

async function measure(options: Options): Promise<Result> {
  if (!hasSets()) throw new Error('the judged sets are not there: ../shared/eval');
  const dir = options.data ?? (await mkdtemp(join(tmpdir(), 'quire-floors-')));
  const sets: Result['sets'] = {};
  try {
    for (const [name, split, kind] of [
      ['cacm', 'test', 'query'],
      ['scifact', 'train', 'query'],
      ['csfcube', 'test', 'likes'],
    ] as const)
      sets[`${name} (${kind})`] = await measureSet(readSet(name, split), { ...options, dir, kind });
  } finally {
    if (options.data === undefined) await rm(dir, { recursive: true, force: true });
  }
  return { papers: options.papers, shipped: matchFloors, sets };
}

interface SetOptions extends Options {
  dir: string;
  kind: 'query' | 'likes';
}

async function measureSet(set: EvalSet, options: SetOptions): Promise<Result['sets'][string]> {
  const config = readConfig({ DATA_DIR: join(options.dir, set.name), SAMPLE: 'off' });
  const services = await createServices(config, createLogger({ level: 'warn', format: 'json' }));
  try {
    services.start();
    const documents = await takeIn(set, services);
    await untilReady(set, services);
    const keys = new Map([...documents].flatMap(([key, ids]) => ids.map((id) => [id, key] as const)));
    const chance = chanceOf(1);
    const queries = chance.shuffle(set.queries).slice(0, options.queries);
    const progress = createProgress(set.name, process.stderr);
    const days: Scored[][] = [];
    for (const [at, query] of queries.entries()) {
      progress.update({ done: at, total: queries.length });
      const day = inventDay(set, { query: query.id, keys, chance, papers: options.papers });
      const found =
        options.kind === 'query'
          ? await askQuery(services, { text: query.text, ...day })
          : await askLikes(services, { paper: query.id.split('_')[0]!, set, ...day });
      days.push(found.map((one) => ({ ...one, isWanted: day.wanted.has(one.key) })));
    }
    progress.end();
    const wanted = queries.reduce((sum, { id }) => sum + Math.min(WANTED, wantedOf(set, id).length), 0);
    return { queries: queries.length, wanted, floors: floorsOf(days, wanted) };
  } finally {
    await services.close();
  }
}

const wantedOf = ({ judgements, least }: EvalSet, query: string): string[] =>
  [...judgements.get(query)!].filter(([, gain]) => gain >= least).map(([id]) => id);

/** Papers at random of which nobody says that they are wanted, and a few that are. */
function inventDay(
  set: EvalSet,
  asked: { query: string; keys: ReadonlyMap<string, number>; chance: Chance; papers: number },
): { wanted: Set<number>; within: number[] } {
  const { query, keys, chance, papers } = asked;
  const judged = set.judgements.get(query)!;
  const own = query.split('_')[0];
  const others = set.documents.filter(({ id }) => (judged.get(id) ?? 0) < set.least && id !== own);
  const toKeys = (ids: readonly string[]): number[] => ids.flatMap((id) => keys.get(id) ?? []);
  const wanted = toKeys(chance.shuffle(wantedOf(set, query)).slice(0, WANTED));
  const rest = toKeys(Array.from({ length: papers }, () => chance.pick(others).id));
  return { wanted: new Set(wanted), within: [...new Set([...wanted, ...rest])] };
}

type Found = Omit<Scored, 'isWanted'> & { key: number };

async function askQuery(
  { search }: Services,
  { text, within }: { text: string; within: number[] },
): Promise<Found[]> {
  const { items } = await search.search({ query: '', text, within, limit: 100, explain: true });
  return items.map(({ paper, score, explanation }) => ({
    key: paper.key,
    score,
    similarity: explanation?.dense?.scoreAsked ?? 0,
  }));
}

async function askLikes(
  { recommend }: Services,
  { paper, set, within }: { paper: string; set: EvalSet; within: number[] },
): Promise<Found[]> {
  const ref = `10.5555/${set.name}.${paper}`.toLowerCase();
  const { items } = await recommend.recommend({
    ...{ positives: [{ ref }], within, limit: 100, reasons: false, minScore: -1 },
  });
  return items.map(({ paper: { key }, score, similarity }) => ({ key, score, similarity: similarity ?? 0 }));
}

function floorsOf(days: readonly Scored[][], wanted: number): Passed[] {
  return scores.flatMap((score) =>
    similarities.map((similarity) => {
      const passed = days.map((day) =>
        day.filter((one) => one.score >= score || one.similarity >= similarity),
      );
      const hits = passed.flat().filter(({ isWanted }) => isWanted).length;
      return {
        score,
        similarity,
        recall: Math.round((hits / wanted) * 1_000) / 1_000,
        others: Math.round(((passed.flat().length - hits) / days.length) * 10) / 10,
        onlyOthers: passed.filter((day) => day.length > 0 && !day.some(({ isWanted }) => isWanted)).length,
      };
    }),
  );
}

function asText({ papers, shipped, sets }: Result): string {
  const tables = Object.entries(sets).map(([name, { queries, wanted, floors }]) => {
    const lines = floors.map(({ score, similarity, recall, others, onlyOthers }) => {
      const mark = score === shipped.score && similarity === shipped.similarity ? '  <- shipped' : '';
      return `  ${score.toFixed(2)}   ${similarity.toFixed(2)}        ${recall.toFixed(3)}  ${String(others).padStart(6)}  ${String(onlyOthers).padStart(11)}${mark}`;
    });
    return `${name}: ${queries} days of ${papers} papers, ${wanted} wanted\n  score  similarity  recall  others  only others\n${lines.join('\n')}\n`;
  });
  return tables.join('\n');
}

await runBench({ name: 'floors', help, parse, measure, asText });
