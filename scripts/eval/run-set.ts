import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig } from '../../src/platform/config.js';
import { createLogger } from '../../src/platform/log.js';
import { createProgress } from '../../src/platform/progress.js';
import { MAX_LIMIT, type SearchMode, searchModes } from '../../src/search/request.js';
import { createServices, type Services } from '../../src/services.js';
import { averagePrecision, ndcg, recall, reciprocalRank } from './metrics.js';
import type { EvalQuery, EvalSet } from './sets.js';

export const metricNames = ['nDCG@10', 'MAP', 'recall@20', 'recall@100', 'MRR@10'] as const;
export type MetricName = (typeof metricNames)[number];
export type Scores = Record<MetricName, number>;

const BATCH = 500;
const READY_TIMEOUT_MS = 30 * 60_000;

/** The set in a service of its own, in a folder that may be there from an earlier run, asked in every mode. */
export async function runSet(set: EvalSet, dir: string): Promise<Record<SearchMode, Scores>> {
  const config = readConfig({
    DATA_DIR: join(dir, set.name),
    SAMPLE: 'off',
    ...(process.env['MODEL'] === undefined ? {} : { MODEL: process.env['MODEL'] }),
  });
  const log = createLogger({ level: 'warn', format: 'json' });
  const services = await createServices(config, log);
  try {
    services.start();
    const ids = await takeIn(set, services);
    await untilReady(set, services);
    const results = {} as Record<SearchMode, Scores>;
    for (const mode of searchModes) results[mode] = await measure(set, services, { mode, ids });
    return results;
  } finally {
    await services.close();
  }
}

/** Row number of each paper -> the documents that it stands for. */
export async function takeIn(set: EvalSet, { papers }: Services): Promise<Map<number, string[]>> {
  const ids = new Map<number, string[]>();
  for (let from = 0; from < set.documents.length; from += BATCH) {
    const batch = set.documents.slice(from, from + BATCH);
    const { outcomes } = await papers.takeIn(
      batch.map(({ id, title, text, authors }) => ({
        source: 'jsonl',
        // A DOI of its own each: two documents of one title stay two papers.
        doi: `10.5555/${set.name}.${id}`.toLowerCase(),
        title: title === '' ? text.slice(0, 100) : title,
        abstract: text,
        ...(authors === undefined || authors.length === 0 ? {} : { authors }),
      })),
    );
    outcomes.forEach(({ key }, at) => {
      ids.set(key, [...(ids.get(key) ?? []), batch[at]!.id]);
    });
  }
  return ids;
}

export async function untilReady(
  { name }: { name: string },
  { readiness, hintPapers }: Services,
): Promise<void> {
  hintPapers();
  const started = performance.now();
  const progress = createProgress(`Embedding ${name}`, process.stderr);
  for (;;) {
    const { ready, reasons, papers, pending } = await readiness.check();
    if (ready) break;
    if (performance.now() - started > READY_TIMEOUT_MS) throw new Error(`not ready: ${reasons.join('; ')}`);
    progress.update({ done: papers - pending, total: papers });
    await sleep(250);
  }
  progress.end();
}

interface Asked {
  mode: SearchMode;
  ids: ReadonlyMap<number, string[]>;
}

async function measure(set: EvalSet, services: Services, { mode, ids }: Asked): Promise<Scores> {
  const sums = Object.fromEntries(metricNames.map((name) => [name, 0])) as Scores;
  const keys = new Map([...ids].flatMap(([key, documents]) => documents.map((id) => [id, key] as const)));
  const progress = createProgress(`${set.name} ${mode}`, process.stderr);
  for (const [at, query] of set.queries.entries()) {
    progress.update({ done: at, total: set.queries.length });
    const judged = set.judgements.get(query.id)!;
    const pool = set.isPool ? [...judged.keys()].flatMap((id) => keys.get(id) ?? []) : undefined;
    const found = await rank(query, services, { mode, depth: set.depth, pool });
    const ranked = found.flatMap((key) => ids.get(key) ?? []);
    const { least } = set;
    sums['nDCG@10'] += ndcg(ranked, judged, 10);
    sums.MAP += averagePrecision(ranked, judged, least);
    sums['recall@20'] += recall(ranked, judged, { k: 20, least });
    sums['recall@100'] += recall(ranked, judged, { k: 100, least });
    sums['MRR@10'] += reciprocalRank(ranked, judged, { k: 10, least });
  }
  progress.end();
  for (const name of metricNames)
    sums[name] = Math.round((sums[name] / set.queries.length) * 10_000) / 10_000;
  return sums;
}

/** Page after page, as a client would. The text is no query of the language: claims hold quotes and dashes. */
async function rank(
  { text }: EvalQuery,
  { search }: Services,
  { mode, depth, pool }: { mode: SearchMode; depth: number; pool: number[] | undefined },
): Promise<number[]> {
  const keys: number[] = [];
  let cursor: string | undefined;
  do {
    const answer = await search.search({ query: '', text, mode, limit: MAX_LIMIT, cursor, within: pool });
    if (answer.mode !== mode)
      throw new Error(`${mode} search was answered by ${answer.mode}: ${answer.notice}`);
    keys.push(...answer.items.map(({ paper }) => paper.key));
    cursor = answer.nextCursor ?? undefined;
  } while (cursor !== undefined && keys.length < depth);
  return keys;
}
