import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../src/platform/paths.js';
import { createProgress } from '../../src/platform/progress.js';
import { commandEnv, type RunningService, startQuire } from '../../tests/support/process.js';
import { lap, median, type Runner, startContender, stopContender } from './embedding-race.js';
import { servePapers } from './serve-papers.js';
import { type RealPaper, realPapers } from './shared-data.js';

const MODEL = 'Xenova/all-MiniLM-L6-v2';
const API_KEY = 'quire_bench_ingest_0000000000000000000000';
/** Papers before the first round, for warm caches and grown memory. */
const WARM_UP = 100;

export interface PlainOptions {
  /** Papers a round. */
  count: number;
  rounds: number;
  cut: boolean;
}

/** Abstracts a second of the whole service and of the library's own pipeline over the same papers, taking turns. */
export async function comparePlain({ count, rounds, cut }: PlainOptions) {
  const papers: RealPaper[] = [];
  for await (const paper of realPapers(WARM_UP + count * rounds)) papers.push(paper);
  const dataDir = await mkdtemp(join(tmpdir(), 'quire-ingest-plain-'));
  const progress = createProgress('laps', process.stderr);
  let plain: Runner | null = null;
  let service: RunningService | null = null;
  try {
    const modelDir = join(projectRoot, 'models', MODEL);
    plain = await startContender('batches', { modelDir, cut });
    const settings = { MODELS_DIR: join(projectRoot, 'models'), MODEL, SAMPLE: 'off' };
    service = await startQuire([], commandEnv(dataDir, { ...settings, LOG_LEVEL: 'error', API_KEY }));
    const warmUp = papers.splice(0, WARM_UP);
    await lap(plain, warmUp);
    await servePapers(service, API_KEY, warmUp);
    const rates: { plain: number; service: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      const part = papers.splice(0, count);
      // The order alternates, so that a machine that gets slower or faster favours neither.
      const first = round % 2 === 0 ? await lap(plain, part) : null;
      const ours = await servePapers(service, API_KEY, part);
      const { perSecond } = first ?? (await lap(plain, part));
      rates.push({ plain: perSecond, service: ours });
      progress.update({ done: 2 * (round + 1), total: 2 * rounds });
    }
    const ratios = rates.map((rate) => Number((rate.service / rate.plain).toFixed(2)));
    return {
      rounds,
      cut,
      perSecond: {
        service: Number(median(rates.map((rate) => rate.service)).toFixed(1)),
        plain: Number(median(rates.map((rate) => rate.plain)).toFixed(1)),
      },
      ratio: { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) },
    };
  } finally {
    progress.end();
    if (plain) stopContender(plain);
    await service?.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
