import pg from 'pg';
import { clientConfig } from '../../src/platform/db/connection.js';
import { startEmbeddedPostgres } from '../../src/platform/db/embedded/postgres.js';
import { silentLogger } from '../../src/platform/log.js';
import type { LexicalDocument } from '../../src/search/lexical/document.js';
import { queryWeight, rankParameters } from '../../src/search/lexical/queries/rank.js';
import { type BenchQuery, markerOf, newDocuments, type QueryClasses } from './lexical-data.js';
import { quantiles, round } from './vectors-measure.js';

/** Papers of a statement. */
const BATCH = 500;
/** Candidates that are scored anew. */
const CANDIDATES = 500;
/** … where they are all matches of a query's rarest words: more would take seconds to read. */
const MOST_CANDIDATES = 5_000;
const RAREST = 3;
const HITS = 10;
const TIMEOUT_MS = 10_000;
/** Queries of a class that has one. */
const REPEATS = 5;
const ADDED = 100;
const SINGLE = 20;

const TABLE = `
  CREATE TABLE words (
    key int PRIMARY KEY,
    categories text[] NOT NULL,
    date text,
    vector tsvector NOT NULL,
    title_words smallint NOT NULL,
    body_words smallint NOT NULL
  )`;
const INDEX = 'CREATE INDEX words_vector ON words USING gin (vector)';

/** Lengths as BM25 wants them, title and abstract apart. */
const INSERT = `
  INSERT INTO words
  SELECT key, string_to_array(categories, ' '), date, setweight(a, 'A') || setweight(b, 'B'),
    (SELECT coalesce(sum(cardinality(positions)), 0) FROM unnest(a)),
    (SELECT coalesce(sum(cardinality(positions)), 0) FROM unnest(b))
  FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[])
      AS paper (key, title, abstract, categories, date),
    LATERAL (SELECT to_tsvector('english', title) AS a, to_tsvector('english', abstract) AS b) AS vectors`;

interface Row {
  key: number;
  vector: string;
  title_words: number;
  body_words: number;
}

interface Collection {
  papers: number;
  titleWords: number;
  bodyWords: number;
  /** Papers that have a lexeme. */
  frequencies: ReadonlyMap<string, number>;
}

/** `ranked`: the best by ts_rank. `rarest`: all that have one of the rarest words. */
export type Variant = 'ranked' | 'rarest';

async function insert(client: pg.Client, documents: readonly LexicalDocument[]): Promise<void> {
  await client.query(INSERT, [
    documents.map(({ key }) => key),
    documents.map(({ title }) => title),
    documents.map(({ abstract }) => abstract),
    documents.map(({ categories }) => categories.join(' ')),
    documents.map(({ date }) => date),
  ]);
}

async function build(client: pg.Client, documents: readonly LexicalDocument[]) {
  await client.query(TABLE);
  const started = performance.now();
  for (let at = 0; at < documents.length; at += BATCH) await insert(client, documents.slice(at, at + BATCH));
  const filled = performance.now();
  await client.query(INDEX);
  const indexed = performance.now();
  await client.query('VACUUM ANALYZE words');
  const { rows } = await client.query<{ vectors: string; gin: string; whole: string }>(
    `SELECT sum(pg_column_size(vector)) AS vectors, pg_relation_size('words_vector') AS gin,
       pg_total_relation_size('words') AS whole FROM words`,
  );
  const perPaper = (bytes: string | undefined): number => round(Number(bytes) / documents.length, 0);
  return {
    fillSeconds: round((filled - started) / 1_000, 1),
    indexSeconds: round((indexed - filled) / 1_000, 1),
    vectorBytesPerPaper: perPaper(rows[0]?.vectors),
    ginBytesPerPaper: perPaper(rows[0]?.gin),
    tableAndIndexesBytesPerPaper: perPaper(rows[0]?.whole),
  };
}

/** What BM25 needs to know of all papers: read once, out of date with the next paper. */
async function readCollection(client: pg.Client): Promise<Collection> {
  const { rows: lexemes } = await client.query<{ word: string; ndoc: number }>(
    `SELECT word, ndoc FROM ts_stat('SELECT vector FROM words')`,
  );
  const { rows } = await client.query<{ papers: string; title: string; body: string }>(
    'SELECT count(*) AS papers, sum(title_words) AS title, sum(body_words) AS body FROM words',
  );
  return {
    papers: Number(rows[0]?.papers),
    titleWords: Number(rows[0]?.title),
    bodyWords: Number(rows[0]?.body),
    frequencies: new Map(lexemes.map(({ word, ndoc }) => [word, ndoc])),
  };
}

/** How often a lexeme stands in title (weight A) and abstract, from the vector's text: `'graph':2A,10B 'node':4A`. */
function occurrences(vector: string, lexeme: string): { inTitle: number; inBody: number } {
  const quoted = `'${lexeme}':`;
  let at = vector.indexOf(quoted);
  while (at > 0 && vector[at - 1] !== ' ') at = vector.indexOf(quoted, at + 1);
  const found = { inTitle: 0, inBody: 0 };
  if (at < 0) return found;
  for (at += quoted.length; at < vector.length && vector[at] !== ' '; at++) {
    if (vector[at] === 'A') found.inTitle++;
    else if (vector[at] === 'B') found.inBody++;
  }
  return found;
}

/** BM25F with our own index's parameters: candidates by score. */
function rescore(rows: readonly Row[], lexemes: readonly string[], all: Collection): number[] {
  const { k1, titleB, bodyB, titleWeight } = rankParameters;
  const titleSlope = (titleB * all.papers) / all.titleWords;
  const bodySlope = (bodyB * all.papers) / all.bodyWords;
  const factors = lexemes.map((lexeme) => {
    const count = all.frequencies.get(lexeme) ?? 0;
    return count === 0 ? 0 : queryWeight(1) * Math.log(1 + (all.papers - count + 0.5) / (count + 0.5));
  });
  const scored = rows.map(({ key, vector, title_words, body_words }) => {
    let score = 0;
    lexemes.forEach((lexeme, at) => {
      const { inTitle, inBody } = occurrences(vector, lexeme);
      const count =
        (titleWeight * inTitle) / (1 - titleB + titleSlope * title_words) +
        inBody / (1 - bodyB + bodySlope * body_words);
      score += (factors[at]! * count) / (k1 + count);
    });
    return { key, score };
  });
  return scored.sort((a, b) => b.score - a.score || a.key - b.key).map(({ key }) => key);
}

const anyOf = (lexemes: readonly string[]): string => lexemes.map((lexeme) => `'${lexeme}'`).join(' | ');

/** The keys of the best, or null where the server gave up. */
async function search(
  client: pg.Client,
  { text, phrase, filter }: BenchQuery,
  { variant, all }: { variant: Variant; all: Collection },
): Promise<number[] | null> {
  try {
    const lexed = await client.query<{ lexemes: string[]; phrase: string }>(
      `SELECT tsvector_to_array(to_tsvector('english', $1)) AS lexemes, phraseto_tsquery('english', $1)::text AS phrase`,
      [text],
    );
    const { lexemes } = lexed.rows[0]!;
    const rarest = lexemes
      .filter((lexeme) => all.frequencies.has(lexeme))
      .sort((a, b) => all.frequencies.get(a)! - all.frequencies.get(b)!)
      .slice(0, RAREST);
    const wanted = anyOf(variant === 'ranked' ? lexemes : rarest);
    const values = [
      phrase === null ? wanted : lexed.rows[0]!.phrase,
      variant === 'ranked' ? wanted : MOST_CANDIDATES,
      ...(filter === null ? [] : [filter.category, filter.from]),
    ];
    // Ranked by their keys first: the server would write out the vectors of all matches before it sorts them.
    const { rows } = await client.query<Row>(
      `WITH candidate AS MATERIALIZED (
         SELECT key FROM words WHERE vector @@ $1::tsquery
         ${filter === null ? '' : 'AND categories @> ARRAY[$3] AND date >= $4'}
         ${variant === 'ranked' ? `ORDER BY ts_rank(vector, $2::tsquery) DESC LIMIT ${CANDIDATES}` : 'LIMIT $2'}
       )
       SELECT key, vector::text AS vector, title_words, body_words FROM candidate JOIN words USING (key)`,
      values,
    );
    return rescore(rows, lexemes, all).slice(0, HITS);
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === '57014') return null;
    throw error;
  }
}

async function timeClasses(
  client: pg.Client,
  classes: QueryClasses,
  { variant, all, limit }: { variant: Variant; all: Collection; limit: number },
) {
  const time = async (queries: readonly BenchQuery[]) => {
    const runs = Math.min(limit, queries.length === 1 ? REPEATS : queries.length);
    const times: number[] = [];
    const tops: (number[] | null)[] = [];
    let timeouts = 0;
    for (let run = 0; run < runs; run++) {
      const started = performance.now();
      const found = await search(client, queries[run % queries.length]!, { variant, all });
      times.push(performance.now() - started);
      if (found === null) timeouts++;
      tops.push(found);
    }
    return { tops, ms: { ...quantiles(times), timeouts } };
  };
  const twelve = await time(classes.twelve);
  return {
    tops: twelve.tops,
    ms: {
      twelve: twelve.ms,
      three: (await time(classes.three)).ms,
      commonest: (await time(classes.commonest)).ms,
      phrase: (await time(classes.phrase)).ms,
      filter: (await time(classes.filter)).ms,
    },
  };
}

/** From the statement, its commit included, to the answer that has the paper. */
async function measureAdditions(client: pg.Client, documents: readonly LexicalDocument[]) {
  const added = newDocuments(documents, ADDED + SINGLE);
  const add = async (from: number, to: number) => {
    const started = performance.now();
    await insert(client, added.slice(from, to));
    const applied = performance.now() - started;
    const { rows } = await client.query<{ key: number }>(
      'SELECT key FROM words WHERE vector @@ $1::tsquery',
      [`'${markerOf(to - 1)}'`],
    );
    if (rows[0]?.key !== added[to - 1]!.key) throw new Error('an added paper was not found');
    return { applied, found: performance.now() - started };
  };
  const hundred = await add(0, ADDED);
  const single: number[] = [];
  for (let at = ADDED; at < added.length; at++) single.push((await add(at, at + 1)).found);
  return {
    apply100Ms: round(hundred.applied),
    found100Ms: round(hundred.found),
    foundOneMs: quantiles(single),
  };
}

export interface PostgresOptions {
  dataDir: string;
  documents: readonly LexicalDocument[];
  classes: QueryClasses;
  /** Queries of a class. */
  limit: number;
}

/** PostgreSQL's full text with the service's settings, and BM25 over its candidates. */
export async function measurePostgres({ dataDir, documents, classes, limit }: PostgresOptions) {
  const server = await startEmbeddedPostgres({ dataDir, log: silentLogger });
  try {
    const client = new pg.Client(clientConfig(server.connection));
    await client.connect();
    try {
      const built = await build(client, documents);
      const started = performance.now();
      const all = await readCollection(client);
      const statSeconds = round((performance.now() - started) / 1_000, 1);
      await client.query(`SET statement_timeout = ${TIMEOUT_MS}`);
      const ranked = await timeClasses(client, classes, { variant: 'ranked', all, limit });
      const rarest = await timeClasses(client, classes, { variant: 'rarest', all, limit });
      return {
        tops: { ranked: ranked.tops, rarest: rarest.tops },
        result: {
          build: { ...built, statSeconds, lexemes: all.frequencies.size },
          rankedMs: ranked.ms,
          rarestMs: rarest.ms,
          additions: await measureAdditions(client, documents),
        },
      };
    } finally {
      await client.end();
    }
  } finally {
    await server.close();
  }
}
