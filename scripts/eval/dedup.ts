import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { parse as parseCsv } from 'csv-parse/sync';
import { readNameList } from '../../src/ingest/parsers/names.js';
import { createResolver, type Draft } from '../../src/papers/identity.js';
import type { PaperRecord } from '../../src/papers/paper.js';
import { runBench } from '../bench/run-bench.js';
import { folder } from './sets.js';

const help = `npm run eval:dedup [-- --json]

Takes DBLP's and ACM's records of ../shared/eval/dblp-acm-dedup in, as an intake settles them, and compares the papers that come of it with the
pairs that people found (Köpcke, Thor and Rahm, 2010). The records have no ids and no abstracts.
Exits with 1 below a precision of .99 or a recall of .95.

  --json
  --help
`;

interface Options {
  json: boolean;
  help: boolean;
}

interface Result {
  records: number;
  /** Pairs that are one paper, and those that came out as one: rightly, wrongly. */
  pairs: number;
  right: number;
  wrong: number;
  precision: number;
  recall: number;
}

/** [id, title, authors, venue, year] */
type Row = [string, string, string, string, string];

const LEAST = { precision: 0.99, recall: 0.95 };

const read = (name: string, encoding: 'utf8' | 'latin1' = 'utf8'): string[][] => {
  const file = join(folder, 'dblp-acm-dedup', `${name}.csv.gz`);
  return parseCsv(gunzipSync(readFileSync(file)).toString(encoding), {
    from_line: 2,
    relax_column_count: true,
  });
};

/** ACM writes HTML's references. */
const text = (html: string): string =>
  html
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('&mdash;', '—');

function recordOf([, title, authors, venue, year]: Row): PaperRecord {
  const { names } = readNameList(text(authors));
  return {
    ...{ source: 'csv', title: text(title), abstract: '', date: year },
    ...(names.length > 0 && { authors: names }),
    ...(venue !== '' && { venue: text(venue) }),
  };
}

async function measure(): Promise<Result> {
  if (!existsSync(join(folder, 'dblp-acm-dedup'))) throw new Error(`the judged set is not there: ${folder}`);
  const [dblp, acm] = [read('DBLP2') as Row[], read('ACM', 'latin1') as Row[]];
  const resolver = createResolver([]);
  const take = (rows: Row[]): [string, Draft][] =>
    rows.map((row) => [row[0], resolver.take(recordOf(row)).draft]);
  const drafts = { dblp: take(dblp), acm: take(acm) };
  const papers = new Map<Draft, string[]>();
  for (const [id, draft] of drafts.dblp) {
    const paper = resolver.current(draft);
    papers.set(paper, [...(papers.get(paper) ?? []), id]);
  }
  const found = drafts.acm.flatMap(([id, draft]) =>
    (papers.get(resolver.current(draft)) ?? []).map((other) => `${other} ${id}`),
  );
  const pairs = new Set(read('DBLP-ACM_perfectMapping').map(([one, other]) => `${one} ${other}`));
  const right = found.filter((pair) => pairs.has(pair)).length;
  const share = (of: number): number => Math.round((right / of) * 10_000) / 10_000;
  return {
    ...{ records: dblp.length + acm.length, pairs: pairs.size, right, wrong: found.length - right },
    ...{ precision: share(found.length), recall: share(pairs.size) },
  };
}

function asText(result: Result): string {
  const { records, pairs, right, wrong, precision, recall } = result;
  if (precision < LEAST.precision || recall < LEAST.recall) process.exitCode = 1;
  return `${records} records, ${pairs} pairs: ${right} found rightly, ${wrong} wrongly; precision ${precision}, recall ${recall}\n`;
}

function parse(): Options {
  const options = {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  } as const;
  return parseArgs({ options }).values;
}

await runBench({ name: 'dedup', help, parse, measure, asText });
