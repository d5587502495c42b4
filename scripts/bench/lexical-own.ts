import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { projectRoot } from '../../src/platform/paths.js';
import { type LexicalDocument, SPELLING_MARK } from '../../src/search/lexical/document.js';
import { createLexicalEngine } from '../../src/search/lexical/lexical-engine.js';
import type { LexicalState } from '../../src/search/lexical/lexical-index.js';
import type { LexicalAnswer, LexicalQuery } from '../../src/search/lexical/ports.js';
import { segmentBytes, termsFrom } from '../../src/search/lexical/segments/segment.js';
import { loadLexicalSnapshot } from '../../src/search/lexical/segments/snapshot-file.js';
import { createLexicalClient, type LexicalClient } from '../../src/search/lexical/worker/client.js';
import { rankTermsOf } from '../../src/search/ranking/plan.js';
import { tokensOf } from '../../src/search/text/tokens.js';
import { type BenchQuery, markerOf, newDocuments, type QueryClasses } from './lexical-data.js';
import { quantiles, round } from './vectors-measure.js';

/** As the service has them taken in: `lexical-indexer.ts`. */
const BATCH = 150;
/** Hits of a search of the service: `hybrid.ts`. */
const POOL = 200;
/** Runs of a class that has few queries. */
const FEW_RUNS = 100;
/** Queries as served: each takes as long as several others. */
const SERVED_RUNS = 200;
/** Not measured: the thread warms up. */
const WARM_UP = 50;
/** Merging is over when the segments stay as they are so long. */
const SETTLED_MS = 300;
const ADDED = 100;
const SINGLE = 20;

export interface OwnOptions {
  dir: string;
  documents: readonly LexicalDocument[];
  classes: QueryClasses;
}

/** Anything that searches: the thread's client, or the engine in this thread. */
type Search = (query: LexicalQuery) => Promise<LexicalAnswer> | LexicalAnswer;

const ranked = ({ plan }: BenchQuery): LexicalQuery => ({
  terms: plan.terms,
  conditions: plan.conditions,
  k: POOL,
});

/** With all that the service wants to know of a first page. */
const asServed = (query: BenchQuery): LexicalQuery => ({
  ...ranked(query),
  also: Array.from({ length: POOL }, (_, at) => at * 13 + 1),
  facets: true,
  words: query.plan.words.map(({ word }) => word),
});

async function timeQueries(search: Search, queries: readonly LexicalQuery[]) {
  const runs = queries.length < FEW_RUNS ? FEW_RUNS : queries.length;
  const times: number[] = [];
  for (let run = -WARM_UP; run < runs; run++) {
    const query = queries[(run + WARM_UP) % queries.length]!;
    const started = performance.now();
    await search(query);
    if (run >= 0) times.push(performance.now() - started);
  }
  return quantiles(times);
}

async function timeClasses(search: Search, classes: QueryClasses) {
  return {
    twelve: await timeQueries(search, classes.twelve.map(ranked)),
    twelveAsServed: await timeQueries(search, classes.twelve.slice(0, SERVED_RUNS).map(asServed)),
    three: await timeQueries(search, classes.three.map(ranked)),
    commonest: await timeQueries(search, classes.commonest.map(ranked)),
    phrase: await timeQueries(search, classes.phrase.map(ranked)),
    filter: await timeQueries(search, classes.filter.map(ranked)),
  };
}

const nothing: LexicalQuery = { terms: [], conditions: [], k: 0 };

/** Until the thread has merged what it wants to; back: how long ago that was. */
async function settle(client: LexicalClient): Promise<number> {
  let since = performance.now();
  let { segments } = client.stats();
  while (performance.now() - since < SETTLED_MS) {
    await wait(10);
    await client.search(nothing);
    if (client.stats().segments !== segments) since = performance.now();
    segments = client.stats().segments;
  }
  return performance.now() - since;
}

async function build(client: LexicalClient, documents: readonly LexicalDocument[]) {
  const started = performance.now();
  for (let at = 0; at < documents.length; at += BATCH) {
    const put = documents.slice(at, at + BATCH);
    await client.apply({ put, removed: [], watermark: BigInt(at + put.length) });
  }
  const appliedMs = performance.now() - started;
  const idle = await settle(client);
  const { segments, bytes } = client.stats();
  return {
    seconds: round(appliedMs / 1_000, 1),
    secondsWithMerges: round((performance.now() - started - idle) / 1_000, 1),
    segments,
    bytesPerPaper: round(bytes / documents.length, 0),
  };
}

/** Bytes a paper: what a snapshot holds, by array and by what its terms are. */
function sectionsOf({ segments, columns, size }: LexicalState) {
  const sum = { dictionary: 0, blocks: 0, documents: 0, places: 0, columns: 0 };
  const postings = { words: 0, authors: 0, otherFields: 0 };
  const terms = { words: 0, spellings: 0, fields: 0 };
  for (const segment of segments) {
    for (const name of ['dictionary', 'blocks', 'documents', 'places'] as const)
      sum[name] += segment[name].byteLength;
    for (const entry of termsFrom(segment)) {
      const bytes = entry.documentsEnd - entry.documentsStart + entry.placesEnd - entry.placesStart;
      const mark = entry.term[0]!;
      if (mark === SPELLING_MARK) terms.spellings++;
      else if (mark > SPELLING_MARK) terms.words++;
      else terms.fields++;
      if (mark > SPELLING_MARK) postings.words += bytes;
      else if (mark === '\u0001') postings.authors += bytes;
      else postings.otherFields += bytes;
    }
  }
  for (const column of Object.values(columns)) sum.columns += column.BYTES_PER_ELEMENT * size;
  const perPaper = <T extends Record<string, number>>(values: T) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, round(value / size, 1)]));
  const segmentsSum = segments.reduce((all, segment) => all + segmentBytes(segment), 0);
  return {
    bytesPerPaper: perPaper({ ...sum, all: segmentsSum + sum.columns }),
    postingsPerPaper: perPaper(postings),
    terms,
  };
}

async function measureMemory(dir: string, papers: number) {
  const program = join(projectRoot, 'dist/scripts/bench/lexical-memory.js');
  const { stdout } = await promisify(execFile)(process.execPath, [program, dir]);
  const found = JSON.parse(stdout) as { loadMs: number; papers: number; bytes: number; threadBytes: number };
  if (found.papers !== papers) throw new Error(`${found.papers} papers were loaded, ${papers} saved`);
  return {
    loadMs: found.loadMs,
    residentMegabytes: round(found.bytes / 2 ** 20, 0),
    threadMegabytes: round(found.threadBytes / 2 ** 20, 0),
    residentBytesPerPaper: round((found.bytes - found.threadBytes) / papers, 0),
  };
}

/** From `apply` to the answer that has the paper. */
async function measureAdditions(client: LexicalClient, documents: readonly LexicalDocument[]) {
  const added = newDocuments(documents, ADDED + SINGLE);
  const find = async (at: number): Promise<void> => {
    const terms = rankTermsOf(tokensOf(markerOf(at)));
    const { hits } = await client.search({ terms, conditions: [], k: 10 });
    if (hits[0]?.key !== added[at]!.key) throw new Error('an added paper was not found');
  };
  const add = async (from: number, to: number) => {
    const started = performance.now();
    await client.apply({ put: added.slice(from, to), removed: [], watermark: BigInt(added[to - 1]!.key) });
    const applied = performance.now() - started;
    await find(to - 1);
    return { applied, found: performance.now() - started };
  };
  const hundred = await add(0, ADDED);
  await settle(client);
  const single: number[] = [];
  for (let at = ADDED; at < added.length; at++) single.push((await add(at, at + 1)).found);
  return {
    apply100Ms: round(hundred.applied),
    found100Ms: round(hundred.found),
    foundOneMs: quantiles(single),
  };
}

/** The index as the service has it: built, saved, loaded, searched, added to. */
export async function measureOwn({ dir, documents, classes }: OwnOptions) {
  const client = createLexicalClient({ dir });
  await client.open();
  try {
    const built = await build(client, documents);
    const started = performance.now();
    const { bytes } = await client.save();
    const writeMs = Math.round(performance.now() - started);
    const { loaded } = await loadLexicalSnapshot(dir, { keepDamaged: true });
    if (loaded === null) throw new Error('the snapshot could not be loaded');
    const sections = sectionsOf(loaded.state);
    const threadMs = await timeClasses(client.search, classes);
    const engine = createLexicalEngine(dir, { isReader: true });
    await engine.open();
    const directMs = await timeClasses(engine.search, classes);
    const tops = classes.twelve.map((query) =>
      engine.search({ ...ranked(query), k: 10 }).hits.map(({ key }) => key),
    );
    const additions = await measureAdditions(client, documents);
    const memory = await measureMemory(dir, documents.length);
    return {
      tops,
      result: {
        build: built,
        sections,
        snapshot: { bytesPerPaper: round(bytes / documents.length, 0), writeMs },
        memory,
        threadMs,
        directMs,
        additions,
      },
    };
  } finally {
    await client.close();
  }
}
