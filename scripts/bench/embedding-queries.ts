import { setTimeout as sleep } from 'node:timers/promises';
import { createEmbedder, type LocalEmbedder } from '../../src/embedding/create-embedder.js';
import type { DocumentText } from '../../src/embedding/embedder.js';
import { silentLogger } from '../../src/platform/log.js';

/** Queries in each phase: the 99th percentile is then the third-worst. */
const QUERY_COUNT = 300;
/** Words of a title that make a query. */
const QUERY_WORDS = 8;

interface Quantiles {
  p50: number;
  p99: number;
  max: number;
}

export interface QueryResult {
  loadMs: number;
  idle: Quantiles;
  /** While a backfill keeps all workers busy. */
  busy: Quantiles;
  /** One run of a document of that backfill. */
  documentRun: Quantiles;
  /** What a query may take: the longest document run (99th percentile) and its own time (idle, likewise). */
  busyLimitMs: number;
}

const round = (value: number): number => Math.round(value * 10) / 10;

function quantiles(values: readonly number[]): Quantiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q: number) =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN);
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

async function ask(
  embedder: LocalEmbedder,
  queries: readonly string[],
  goOn: () => boolean,
): Promise<Quantiles> {
  const times: number[] = [];
  for (const [at, query] of queries.entries()) {
    if (!goOn()) break;
    const started = performance.now();
    await embedder.embedQuery(query);
    times.push(performance.now() - started);
    // People don't type in lockstep with runs.
    await sleep(at % 23);
  }
  return quantiles(times);
}

/** Milliseconds of a query's embedding on an idle embedder and beside a backfill; no query is asked twice. */
export async function measureQueries(
  modelDir: string,
  documents: readonly DocumentText[],
): Promise<QueryResult> {
  const started = performance.now();
  const documentRuns: number[] = [];
  const embedder = await createEmbedder({
    modelDir,
    log: silentLogger,
    onRun: ({ lane, runMs }) => void (lane === 'backfill' && documentRuns.push(runMs)),
  });
  try {
    await embedder.warm();
    const loadMs = Math.round(performance.now() - started);
    const words = (at: number) => documents[at % documents.length]!.title.split(/\s+/).slice(0, QUERY_WORDS);
    const query = (at: number) => `${words(at).join(' ')} ${at}`;
    const queries = Array.from({ length: 2 * QUERY_COUNT }, (_, at) => query(at));
    // The other workers have loaded by the end of a first, uncounted pass.
    await ask(
      embedder,
      Array.from({ length: 100 }, (_, at) => query(9_000 + at)),
      () => true,
    );
    const idle = await ask(embedder, queries.slice(0, QUERY_COUNT), () => true);

    let asking = true;
    const backfill = (async () => {
      for (let pass = 0; asking; pass++) {
        const fresh = documents.slice(0, 64).map(({ title, abstract }, at) => ({
          title: `${pass}.${at} ${title}`,
          abstract: documents[(pass * 64 + at) % documents.length]?.abstract ?? abstract,
        }));
        await embedder.embedDocuments(fresh, { lane: 'backfill' });
      }
    })();
    const busy = await ask(embedder, queries.slice(QUERY_COUNT), () => true);
    asking = false;
    await backfill;
    const documentRun = quantiles(documentRuns);
    return { loadMs, idle, busy, documentRun, busyLimitMs: round(documentRun.p99 + idle.p99) };
  } finally {
    await embedder.close();
  }
}
