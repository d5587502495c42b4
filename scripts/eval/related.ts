import { join } from 'node:path';
import { readConfig } from '../../src/platform/config.js';
import { createLogger } from '../../src/platform/log.js';
import { createProgress } from '../../src/platform/progress.js';
import { exampleParameters, rankByExamples } from '../../src/search/ranking/examples.js';
import { readExamples } from '../../src/search/ranking/read-examples.js';
import { createStages } from '../../src/search/stages.js';
import { createServices, type Services } from '../../src/services.js';
import { averagePrecision, ndcg } from './metrics.js';
import { takeIn, untilReady } from './run-set.js';
import { type EvalSet, readSet } from './sets.js';

export const relatedWays = ['lexical', 'dense', 'shipped'] as const;
export type RelatedWay = (typeof relatedWays)[number];

const weights: Record<RelatedWay, number> = { lexical: 0, dense: 1, shipped: exampleParameters.weight };

export const relatedMetrics = ['MAP', 'nDCG%20'] as const;
export type RelatedScores = Record<(typeof relatedMetrics)[number], number>;

/** MAP with numpy before the first line: BM25, the default model, both by halves. */
export const relatedReference: Record<RelatedWay, number> = { lexical: 0.331, dense: 0.389, shipped: 0.4 };

/**
 * Papers like CSFCube's queries, each way: all that is judged for a query is ranked, as its authors do, the paper itself and copies of it too
 * where they are judged. nDCG%20 is over the first fifth.
 */
export async function measureRelated(dir: string): Promise<Record<RelatedWay, RelatedScores>> {
  const set = readSet('csfcube', 'test');
  const services = await createServices(
    readConfig({
      DATA_DIR: join(dir, set.name),
      SAMPLE: 'off',
      ...(process.env['MODEL'] === undefined ? {} : { MODEL: process.env['MODEL'] }),
    }),
    createLogger({ level: 'warn', format: 'json' }),
  );
  try {
    services.start();
    const documents = await takeIn(set, services);
    await untilReady(set, services);
    const keys = new Map([...documents].flatMap(([key, ids]) => ids.map((id) => [id, key] as const)));
    const results = {} as Record<RelatedWay, RelatedScores>;
    for (const way of relatedWays) results[way] = await measure(set, services, { way, documents, keys });
    return results;
  } finally {
    await services.close();
  }
}

interface Asked {
  way: RelatedWay;
  documents: ReadonlyMap<number, string[]>;
  keys: ReadonlyMap<string, number>;
}

async function measure(set: EvalSet, services: Services, asked: Asked): Promise<RelatedScores> {
  const { way, documents, keys } = asked;
  const sums = { MAP: 0, 'nDCG%20': 0 };
  const progress = createProgress(`related, ${way}`, process.stderr);
  for (const [at, { id }] of set.queries.entries()) {
    progress.update({ done: at, total: set.queries.length });
    const judged = set.judgements.get(id)!;
    const within = [...judged.keys()].flatMap((document) => keys.get(document) ?? []);
    const [paper = ''] = id.split('_');
    const ranked = await rank(services, { key: keys.get(paper)!, within, weight: weights[way] });
    const found = ranked.flatMap((key) => documents.get(key) ?? []);
    sums.MAP += averagePrecision(found, judged, set.least);
    sums['nDCG%20'] += ndcg(found, judged, Math.ceil(judged.size / 5));
  }
  progress.end();
  for (const metric of relatedMetrics)
    sums[metric] = Math.round((sums[metric] / set.queries.length) * 10_000) / 10_000;
  return sums;
}

async function rank(
  { engines, lexical, papers }: Services,
  { key, within, weight }: { key: number; within: number[]; weight: number },
): Promise<number[]> {
  const conditions = [{ op: 'keys' as const, keys: within }];
  const subset = await lexical.subset(conditions, within.length);
  return engines.with(async (engine) => {
    const { ranked } = await rankByExamples(engine, lexical, {
      positives: await readExamples(await papers.listByKeys([key]), { engine }),
      negatives: [],
      conditions,
      subset,
      weight,
      pool: within.length,
      stages: createStages(),
    });
    return ranked.map((hit) => hit.key);
  });
}
