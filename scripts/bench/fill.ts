import { join } from 'node:path';
import { createEmbeddingStore } from '../../src/embedding/embedding-store.js';
import { embeddingModelOf, readManifest } from '../../src/embedding/model/manifest.js';
import { createEngineStore } from '../../src/engine/engine-store.js';
import { createIngest } from '../../src/ingest/ingest.js';
import { createIntakeStore } from '../../src/ingest/intake-store.js';
import { titleKey } from '../../src/papers/fold.js';
import { createPaperStore } from '../../src/papers/paper-store.js';
import { systemClock } from '../../src/platform/clock.js';
import { type Database, openDatabase } from '../../src/platform/db/database.js';
import { startEmbeddedPostgres } from '../../src/platform/db/embedded/postgres.js';
import { migrate } from '../../src/platform/db/migrate.js';
import { silentLogger } from '../../src/platform/log.js';
import { projectRoot } from '../../src/platform/paths.js';
import { realPapers, realVectors } from './shared-data.js';

export const defaultModel = join(projectRoot, 'models/Xenova/all-MiniLM-L6-v2');

const VECTORS_A_CHUNK = 1_000;

/** Works on the embedded database of a data folder, beside a running service or alone. */
export async function withDatabase<T>(dataDir: string, work: (db: Database) => Promise<T>): Promise<T> {
  const postgres = await startEmbeddedPostgres({ dataDir, log: silentLogger });
  try {
    if (!postgres.adopted)
      await migrate(postgres.connection, {
        migrationsDir: join(projectRoot, 'prisma/migrations'),
        log: silentLogger,
      });
    const db = await openDatabase(postgres.connection, { log: silentLogger, poolSize: 4 });
    try {
      return await work(db);
    } finally {
      await db.close();
    }
  } finally {
    await postgres.close();
  }
}

/** Puts papers and vectors into a data folder, as an intake and an embedding would have. Returns the titles. */
export async function fillDataFolder(dataDir: string, count: number): Promise<string[]> {
  return withDatabase(dataDir, async (db) => {
    const titles = await takePapers(db, count);
    await addVectors(db, titles);
    // What an autovacuum would have done by now.
    await db.pool.query('VACUUM ANALYZE');
    return titles;
  });
}

async function takePapers(db: Database, count: number): Promise<string[]> {
  const ingest = createIngest({
    papers: createPaperStore(db),
    intakes: createIntakeStore(db),
    clock: systemClock,
    log: silentLogger,
  });
  const titles: string[] = [];
  async function* lines(): AsyncGenerator<Uint8Array> {
    for await (const { line, title } of realPapers(count)) {
      titles.push(title);
      yield Buffer.from(`${line}\n`);
    }
  }
  await ingest.take({ name: 'papers-100k.jsonl', bytes: lines() });
  return titles;
}

async function addVectors(db: Database, titles: readonly string[]): Promise<void> {
  const { rows } = await db.pool.query<{ id: number; title_key: string; text_hash: Buffer<ArrayBuffer> }>(
    'SELECT id, title_key, text_hash FROM papers',
  );
  const byTitle = new Map(rows.map((row) => [row.title_key, row]));
  const model = embeddingModelOf(await readManifest(defaultModel));
  await createEngineStore(db).register({ ...model, ref: defaultModel });
  const store = createEmbeddingStore(db, model, systemClock);
  const chunk: Parameters<typeof store.add>[0][number][] = [];
  let at = 0;
  for await (const vector of realVectors(titles.length)) {
    const key = titleKey(titles[at++]!);
    const row = byTitle.get(key);
    // Two lines in 100,000 are no papers to us.
    if (row === undefined) continue;
    byTitle.delete(key);
    chunk.push({ paperKey: row.id, textHash: row.text_hash, vector });
    if (chunk.length === VECTORS_A_CHUNK) await store.add(chunk.splice(0));
  }
  if (chunk.length > 0) await store.add(chunk);
}
