/** `npm run bench:lexical`: our word index beside PostgreSQL's full text. See `--help`. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type BenchQuery, loadDocuments, makeQueries } from './lexical-data.js';
import { measureOwn } from './lexical-own.js';
import { measurePostgres } from './lexical-postgres.js';
import { runBench } from './run-bench.js';
import { requireSharedData } from './shared-data.js';
import { mean, round } from './vectors-measure.js';

const HELP = `npm run bench:lexical -- [--count 100000] [--queries 1000] [--postgres 50] [--seed 1] [--json]

Our word index, on its thread and in this one, and PostgreSQL's full text (a stored tsvector under a GIN index, in a
server with the service's settings) with --count real papers of ../shared/data: the time to build, bytes a paper,
the snapshot, the time until an added paper is found, and milliseconds for queries of

  twelve     twelve words of one or two papers' titles; as served: with facets, titles, spelling and further scores
  three      three such words
  commonest  the twelve words that are in the most papers
  phrase     required phrases of common words (PostgreSQL passes over the stop words in them)
  filter     twelve words, a category and a year

PostgreSQL's candidates are scored by BM25 in JavaScript, with our index's parameters: the 500 best by ts_rank
(ranked), or what has one of the query's three rarest words, 5000 papers at most (rarest). It is given --postgres of
the --queries of each class (0: it is left out), and 10 seconds for each. Of the queries of twelve words also: how
many of the ten best both have, and how often a paper whose title gave the words is among them.
Appends a line to bench/results.jsonl.
`;

function parse() {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '100000' },
      queries: { type: 'string', default: '1000' },
      postgres: { type: 'string', default: '50' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const whole = (name: 'count' | 'queries' | 'postgres' | 'seed', min: number, max: number): number => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new Error(`--${name}: expected a whole number from ${min} to ${max}`);
  };
  if (!values.help) requireSharedData();
  return {
    ...values,
    count: whole('count', 1_000, 100_000),
    queries: whole('queries', 10, 10_000),
    postgres: whole('postgres', 0, 1_000),
    seed: whole('seed', 0, 2 ** 31),
  };
}

/** Share of the second list's keys that the first has too. */
const overlap = (one: readonly number[], other: readonly number[]): number =>
  other.filter((key) => one.includes(key)).length / Math.max(1, other.length);

/** How the ten best compare, over the queries that were answered. */
function compare(
  queries: readonly BenchQuery[],
  own: readonly number[][],
  tops: readonly (number[] | null)[],
) {
  const answered = tops.flatMap((top, at) => (top === null ? [] : [{ top, at }]));
  return {
    n: answered.length,
    overlapAt10: round(mean(answered.map(({ top, at }) => overlap(top, own[at]!)))),
    // Both: the share of the papers whose titles the words are of.
    known: round(mean(answered.map(({ top, at }) => overlap(top, queries[at]!.keys)))),
    knownToOurs: round(mean(answered.map(({ at }) => overlap(own[at]!, queries[at]!.keys)))),
  };
}

async function measure({ count, queries, postgres, seed }: ReturnType<typeof parse>) {
  const documents = await loadDocuments(count);
  const classes = makeQueries(documents, { queries, seed });
  const dir = await mkdtemp(join(tmpdir(), 'quire-bench-'));
  try {
    await mkdir(join(dir, 'words'));
    const own = await measureOwn({ dir: join(dir, 'words'), documents, classes });
    const run = { ...{ count, queries, postgres, seed }, commonest: classes.commonest[0]!.text };
    if (postgres === 0) return { ...run, own: own.result, other: null, quality: null };
    const other = await measurePostgres({ dataDir: join(dir, 'data'), documents, classes, limit: postgres });
    const quality = {
      ranked: compare(classes.twelve, own.tops, other.tops.ranked),
      rarest: compare(classes.twelve, own.tops, other.tops.rarest),
    };
    return { ...run, own: own.result, other: other.result, quality };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

type Result = Awaited<ReturnType<typeof measure>>;
type Times = { n: number; p50: number; p99: number; timeouts?: number };

function asText({ own, other, quality, ...run }: Result): string {
  const line = (name: string, value: object): string => `  ${name.padEnd(11)}${JSON.stringify(value)}\n`;
  const cell = (times: Times | undefined): string => {
    if (times === undefined) return '–'.padStart(20);
    const late = times.timeouts ? ` (${times.timeouts} gave up)` : '';
    return `${times.p50} / ${times.p99}${late}`.padStart(20);
  };
  const names = Object.keys(own.threadMs) as (keyof typeof own.threadMs)[];
  const table = names.map((name) => {
    const theirs = name === 'twelveAsServed' ? undefined : name;
    const cells = [
      own.threadMs[name],
      own.directMs[name],
      theirs && other?.rankedMs[theirs],
      theirs && other?.rarestMs[theirs],
    ];
    return `  ${name.padEnd(15)}${cells.map((times) => cell(times ?? undefined)).join('')}\n`;
  });
  const heads = ['ours, its thread', 'ours, this thread', 'PostgreSQL, ranked', 'PostgreSQL, rarest'];
  return [
    `${run.count} papers; commonest words: ${run.commonest}\n`,
    'ours\n',
    ...Object.entries(own).flatMap(([name, value]) => (name.endsWith('Ms') ? [] : [line(name, value)])),
    ...(other === null
      ? []
      : ['PostgreSQL\n', line('build', other.build), line('additions', other.additions)]),
    `ms a query, p50 / p99\n  ${''.padEnd(15)}${heads.map((head) => head.padStart(20)).join('')}\n`,
    ...table,
    ...(quality === null
      ? []
      : ['ten best of twelve words\n', line('ranked', quality.ranked), line('rarest', quality.rarest)]),
  ].join('');
}

await runBench({ name: 'lexical', help: HELP, parse, measure, asText });
