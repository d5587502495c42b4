import { existsSync } from 'node:fs';
import { readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { createEmbedder } from '../embedding/create-embedder.js';
import { createEmbeddingStore } from '../embedding/embedding-store.js';
import { embeddingModelOf, verifyModelFiles } from '../embedding/model/manifest.js';
import { createPendingStore } from '../embedding/pending-store.js';
import type { FoundModel } from '../engine/choose-model.js';
import type { KnownModel } from '../engine/engine-store.js';
import { indexFolder } from '../engine/index-part.js';
import { plural } from '../ingest/take-file.js';
import { wordsDir } from '../model-services.js';
import type { Config } from '../platform/config.js';
import { projectRoot } from '../platform/paths.js';
import { createLexicalEngine } from '../search/lexical/lexical-engine.js';
import { matchesSamples } from '../search/lexical/lexical-indexer.js';
import type { StoreServices } from '../store-services.js';
import { checkSnapshot } from '../vectors/graph/check-snapshot.js';
import { createStoredSearch } from '../vectors/stored-search.js';
import { dot } from '../vectors/vector.js';

/** `warning`: works, but somebody should look. */
export type Verdict = 'ok' | 'warning' | 'failed';

export interface Finding {
  verdict: Verdict;
  /** One line for people, with the number and what to do. */
  says: string;
}

export interface Patient {
  config: Config;
  services: StoreServices;
}

/** The model that answers, with its files; the checks that need them are left out where they can't be had. */
export interface Model extends FoundModel {
  known: KnownModel;
}

const SAMPLES = 10;

/**
 * A text embedded anew gives the stored vector again, or nearly: another processor's int8 kernels round
 * differently (cosine above .99 between the two seen so far), while a vector of another text is below .9.
 */
const SAME_TEXT = 0.98;

/** An index rewrites its snapshot beside the old one, and PostgreSQL fails for good on a full disk. */
const LOW_DISK_BYTES = 2 ** 30;

/** Clocks that differ by more make "today" and leases mean different things to the service and the database. */
const CLOCK_TOLERANCE_S = 5;

const ok = (says: string): Finding => ({ verdict: 'ok', says });
const warning = (says: string): Finding => ({ verdict: 'warning', says });
const failed = (says: string): Finding => ({ verdict: 'failed', says });

export async function checkModel({ modelDir, manifest, known }: Model): Promise<Finding> {
  await verifyModelFiles(modelDir, manifest);
  const { id } = embeddingModelOf(manifest);
  if (id !== known.id)
    return failed(
      `${modelDir} holds ${id} by now: \`quire model use ${known.ref}\` makes it the one that answers`,
    );
  return ok(`${id}: ${plural(manifest.files.length, 'file', 'files')} match their sums`);
}

export async function checkVectors({ services }: Patient): Promise<Finding> {
  const { db, engineStore, papers } = services;
  const [{ activeModel, targetModel }, models, all] = await Promise.all([
    engineStore.get(),
    engineStore.listModels(),
    papers.count(),
  ]);
  const { waiting, failed: refused } = await createPendingStore(db, activeModel).count();
  const counts = models.map(({ id, vectors }) => `${id} ${vectors}`).join(', ');
  const switching = targetModel === null ? '' : `; ${targetModel} is being made ready to answer`;
  const says = `${plural(all, 'paper', 'papers')}; vectors: ${counts}${switching}`;
  if (refused > 0) return warning(`${says}; ${refused} texts can't be embedded (\`quire status\` says why)`);
  return waiting > 0 ? warning(`${says}; ${waiting} wait to be embedded`) : ok(says);
}

export async function checkIndex({ config, services }: Patient, known: KnownModel): Promise<Finding> {
  const dir = join(config.dataDir, 'index', indexFolder(known.id, known.generation));
  const store = createEmbeddingStore(services.db, known, services.clock);
  const found = await checkSnapshot({ dir, model: known.id, dimension: known.dimension }, store);
  if (found.problem !== null)
    return failed(`${found.problem}; \`quire reindex\` builds the index anew from the database`);
  if (found.labels === null)
    return ok(`no snapshot of it (it is small, or new): the service reads the database's vectors`);
  return ok(
    `its snapshot of ${plural(found.labels, 'vector', 'vectors')} is whole and agrees with the database, ${found.behind} changes behind`,
  );
}

/** Looked at as the service would at its start; nothing is changed. */
export async function checkWords({ config, services: { feed } }: Patient): Promise<Finding> {
  const engine = createLexicalEngine(wordsDir(config), { isReader: true });
  const { watermark, problems } = await engine.open();
  if (problems.length > 0)
    return warning(
      `${problems.join('; ')}: the service builds the index from what is left, or from the database`,
    );
  if (watermark === 0n) return ok('no snapshot of it (it is new): the service reads the papers');
  const head = await feed.head();
  const isOurs = watermark <= head && (await matchesSamples(engine, feed, watermark));
  if (!isOurs) return warning('its snapshot is of another state of the database: the service builds it anew');
  const { papers } = engine.stats();
  const behind = Number(head - watermark);
  return ok(
    `its snapshot of ${plural(papers, 'paper', 'papers')} is whole and agrees with the database, ${behind} changes behind`,
  );
}

/** Ten papers at random: their text embedded anew gives their vector, and a search for it finds them first. */
export async function checkSearch({ services }: Patient, { modelDir, known }: Model): Promise<Finding> {
  const { db, papers, clock, log } = services;
  const store = createEmbeddingStore(db, known, clock);
  const samples = await store.sample(SAMPLES);
  if (samples.length === 0) return ok('there is nothing to find yet');
  const texts = new Map(
    (await papers.listByKeys(samples.map(({ paperKey }) => paperKey))).map((one) => [one.key, one]),
  );
  const current = samples.filter(({ paperKey }) => texts.has(paperKey));
  const embedder = await createEmbedder({ modelDir, workers: 1, log });
  try {
    const documents = current.map(({ paperKey }) => texts.get(paperKey)!);
    const fresh = await embedder.embedDocuments(documents);
    const search = createStoredSearch(store);
    const lost: string[] = [];
    for (const [at, { vector }] of current.entries()) {
      const { id } = documents[at]!;
      if (dot(fresh[at]!, vector) < SAME_TEXT) lost.push(`${id} has the vector of another text`);
      // Its own vector, or one that can't be told from it, comes first.
      const [best] = await search.search(vector, 1);
      if (best === undefined || best.score < dot(vector, vector) - 1e-6) lost.push(`${id} isn't found`);
    }
    if (lost.length > 0) return failed(`${lost.join('; ')}`);
    return ok(`${current.length} papers picked at random find themselves`);
  } finally {
    await embedder.close();
  }
}

export async function checkAddon(): Promise<Finding> {
  const file = join(projectRoot, 'node_modules/hnswlib-node/build/Release/CXXFLAGS');
  const flags = existsSync(file) ? (await readFile(file, 'utf8')).trim() : '';
  if (flags === '')
    return ok(
      'compiled for every processor; `CXXFLAGS=-march=x86-64-v3 npm run build:addon` makes it 1.2 to 1.6 times faster',
    );
  return ok(`compiled with ${flags}`);
}

export async function checkDisk({ config }: Patient): Promise<Finding> {
  const { bavail, bsize } = await statfs(config.dataDir);
  const free = bavail * bsize;
  const says = `${(free / 2 ** 30).toFixed(1)} GiB free in ${config.dataDir}`;
  return free < LOW_DISK_BYTES ? warning(`${says}: below 1 GiB the database may stop`) : ok(says);
}

export async function checkClock({ services }: Patient): Promise<Finding> {
  const { db, clock } = services;
  const { rows } = await db.pool.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  const seconds = Math.abs(clock.now().getTime() - rows[0]!.now.getTime()) / 1_000;
  const says = `this machine's and the database's differ by ${seconds.toFixed(1)} s`;
  return seconds > CLOCK_TOLERANCE_S ? warning(says) : ok(says);
}
