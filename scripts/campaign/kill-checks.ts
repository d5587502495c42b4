import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalEmbedder } from '../../src/embedding/create-embedder.js';
import { toVector } from '../../src/embedding/vector-bytes.js';
import { createEngineStore, type EngineState } from '../../src/engine/engine-store.js';
import { indexFolder } from '../../src/engine/index-part.js';
import type { Database } from '../../src/platform/db/database.js';
import { arxivIdOf, type PaperBooks, textOf } from './kill-papers.js';
import { type Readyz, type Victim, withDatabase } from './kill-service.js';
import type { Chance } from './random.js';

/** Vectors embedded again a check: of the newest, which the kill may have touched, and of all others. */
const NEW_VECTORS = 24;
const OLD_VECTORS = 8;
/** Cosine of two vectors of one text: the model's last bit may differ with the batch. */
const SAME_VECTOR = 0.9999;

/** Papers that must find themselves a check. */
const SEARCHED = 4;
/** Among so many results: two papers can say nearly the same. */
const SEARCH_DEPTH = 3;
const RELATED = 3;

/** Two generations of two files, and what a kill has left half-made since the last save. */
const MOST_FILES = 6;
/** Folders of former generations that a kill kept from being removed; the next switch does. */
const MOST_FOLDERS_LEFT = 2;

export interface CheckContext {
  dataDir: string;
  books: PaperBooks;
  chance: Chance;
  /** The models, in this process, by id. */
  embedders: ReadonlyMap<string, LocalEmbedder>;
}

/** What must be the same at the next look: rows of vectors are never changed but to be retired. */
export interface Remembered {
  lastRow: number;
  digest: string;
  rows: number;
}

export const NOTHING_REMEMBERED: Remembered = { lastRow: 0, digest: '', rows: 0 };

export interface CheckResult {
  problems: string[];
  remembered: Remembered;
  papers: number;
  reembedded: number;
}

/** Looks at everything that a kill could have harmed, in a service that has just become ready. */
export async function checkAfterStart(
  victim: Victim,
  { ready, before }: { ready: Readyz; before: Remembered },
  context: CheckContext,
): Promise<CheckResult> {
  const problems: string[] = [];
  const { dataDir, books } = context;
  if (ready.searchable !== ready.papers) problems.push(`ready and not covered: ${JSON.stringify(ready)}`);
  const found = await withDatabase(dataDir, async (db) => {
    const store = createEngineStore(db);
    problems.push(...(await checkPapers(db, books)));
    problems.push(...(await checkRows(db)));
    const remembered = await remember(db, before.lastRow);
    if (before.rows > 0 && (remembered.old.digest !== before.digest || remembered.old.rows !== before.rows))
      problems.push(`rows of vectors up to ${before.lastRow} are not what they were`);
    const reembedded = await checkVectors(db, { ...context, after: before.lastRow, problems });
    const state = await store.get();
    problems.push(...(await checkSearches(victim, context, state)));
    const after = await store.get();
    if (after.epoch !== state.epoch) problems.push(`the epoch went from ${state.epoch} to ${after.epoch}`);
    problems.push(...(await checkFiles(dataDir, await store.listModels())));
    return { remembered: remembered.now, reembedded };
  });
  return { problems, papers: ready.papers, ...found };
}

/** Everything acknowledged is there, at least as new as it was acknowledged, and nothing that was never sent. */
async function checkPapers({ pool }: Database, { sent, acknowledged }: PaperBooks): Promise<string[]> {
  const { rows } = await pool.query<{ id: string; revision: number }>(
    `SELECT arxiv_id AS id, substring(abstract from 'Revision (\\d+)')::int AS revision FROM papers`,
  );
  const stored = new Map(rows.map(({ id, revision }) => [id, revision]));
  const problems: string[] = [];
  for (const [n, revision] of acknowledged) {
    const found = stored.get(arxivIdOf(n));
    if (found === undefined) problems.push(`paper ${n} was acknowledged and is gone`);
    else if (found < revision || found > (sent.get(n) ?? 0))
      problems.push(`paper ${n} has revision ${found}, acknowledged was ${revision}`);
  }
  if (stored.size > sent.size) problems.push(`${stored.size} papers, and ${sent.size} were sent`);
  return problems;
}

/** Nothing is embedded twice, and every paper has one live vector of its present text, of the model that answers. */
async function checkRows({ pool }: Database): Promise<string[]> {
  const twice = await pool.query<{ paper_id: number; model: string; count: number }>(
    `SELECT paper_id, model, count(*)::int AS count FROM embeddings
     GROUP BY paper_id, model, text_hash HAVING count(*) > 1 LIMIT 5`,
  );
  const live = await pool.query<{ paper_id: number; model: string; count: number }>(
    `SELECT paper_id, model, count(*)::int AS count FROM embeddings WHERE retired_at IS NULL
     GROUP BY paper_id, model HAVING count(*) > 1 LIMIT 5`,
  );
  const without = await pool.query<{ id: string }>(
    `SELECT arxiv_id AS id FROM papers p WHERE NOT EXISTS (SELECT 1 FROM embeddings e JOIN engine ON e.model = active_model
       WHERE e.paper_id = p.id AND e.retired_at IS NULL AND e.text_hash = p.text_hash) LIMIT 5`,
  );
  return [
    ...twice.rows.map((row) => `paper ${row.paper_id} was embedded ${row.count} times by ${row.model}`),
    ...live.rows.map((row) => `paper ${row.paper_id} has ${row.count} live vectors of ${row.model}`),
    ...without.rows.map(({ id }) => `ready, and ${id} has no vector of its text`),
  ];
}

/** A digest of the rows up to `lastRow`, which must be what it was, and of all that there are now. */
async function remember(
  { pool }: Database,
  lastRow: number,
): Promise<{ old: { digest: string; rows: number }; now: Remembered }> {
  const digest = async (upTo: number): Promise<{ digest: string; rows: number; last: number }> => {
    const { rows } = await pool.query<{ digest: string; rows: number; last: number }>(
      `SELECT md5(coalesce(string_agg(concat_ws('.', id, paper_id, model, md5(text_hash), md5(vector)), ' ' ORDER BY id), ''))
         AS digest, count(*)::int AS rows, coalesce(max(id), 0) AS last FROM embeddings WHERE id <= $1`,
      [upTo],
    );
    return rows[0]!;
  };
  const old = await digest(lastRow);
  const now = await digest(2 ** 31 - 1);
  return { old, now: { lastRow: now.last, digest: now.digest, rows: now.rows } };
}

interface StoredRow {
  id: number;
  model: string;
  title: string;
  abstract: string;
  vector: Buffer;
}

/** Live vectors must be those of their papers' texts. Returns how many were embedded again. */
async function checkVectors(
  { pool }: Database,
  { embedders, after, problems }: CheckContext & { after: number; problems: string[] },
): Promise<number> {
  const sample = (where: string, limit: number) =>
    pool.query<StoredRow>(
      `SELECT e.id, e.model, p.title, p.abstract, e.vector FROM embeddings e JOIN papers p ON p.id = e.paper_id
       WHERE e.retired_at IS NULL AND e.text_hash = p.text_hash AND ${where} ORDER BY random() LIMIT ${limit}`,
      [after],
    );
  const [fresh, old] = [await sample('e.id > $1', NEW_VECTORS), await sample('e.id <= $1', OLD_VECTORS)];
  const rows = [...fresh.rows, ...old.rows];
  for (const [id, embedder] of embedders) {
    const own = rows.filter(({ model }) => model === id);
    const vectors = own.length === 0 ? [] : await embedder.embedDocuments(own);
    for (const [at, row] of own.entries()) {
      const cosine = dot(vectors[at]!, toVector(row.vector));
      if (!(cosine > SAME_VECTOR))
        problems.push(`the vector in row ${row.id} is not that of its text: cosine ${cosine}`);
    }
  }
  const strangers = rows.filter(({ model }) => !embedders.has(model));
  if (strangers.length > 0) problems.push(`vectors of an unknown model: ${strangers[0]!.model}`);
  return rows.length;
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.length === b.length ? a.reduce((sum, value, at) => sum + value * b[at]!, 0) : Number.NaN;
}

interface Answer {
  items: { paper: { id: string } }[];
  mode?: string;
  model: string;
  epoch: number;
}

/** A sample of the papers must be found by their own text, by the model and epoch that the database names. */
async function checkSearches(
  victim: Victim,
  { books, chance }: CheckContext,
  { activeModel, epoch }: EngineState,
): Promise<string[]> {
  const known = [...books.acknowledged].filter(([n, revision]) => books.sent.get(n) === revision);
  const problems: string[] = [];
  const ask = async (path: string): Promise<Answer | null> => {
    const response = await victim.request(path);
    const answer = (await response.json()) as Answer;
    if (!response.ok) {
      problems.push(`${path} was answered with ${JSON.stringify(answer)}`);
      return null;
    }
    if (answer.model !== activeModel || answer.epoch !== epoch)
      problems.push(`${answer.model} answered in epoch ${answer.epoch}, expected ${activeModel} in ${epoch}`);
    return answer;
  };
  for (let at = 0; at < SEARCHED && known.length > 0; at++) {
    const [n, revision] = chance.pick(known);
    const { title, abstract } = textOf(n, revision);
    const query = encodeURIComponent(`${title}. ${abstract}`);
    const found = await ask(`/api/v1/search?mode=semantic&q=${query}&limit=${SEARCH_DEPTH}`);
    const ids = found?.items.map(({ paper }) => paper.id) ?? [];
    if (found?.mode !== 'semantic') problems.push(`ready, and a search was answered by ${found?.mode}`);
    if (!ids.includes(arxivIdOf(n))) problems.push(`paper ${n} doesn't find itself among ${ids.join(', ')}`);
    const related = await ask(`/api/v1/papers/${arxivIdOf(n)}/related?limit=${RELATED}`);
    if (known.length > RELATED && related?.items.length !== RELATED)
      problems.push(`paper ${n} has ${related?.items.length ?? 'no'} neighbours`);
  }
  return problems;
}

/** Nothing piles up beside the snapshots. */
async function checkFiles(
  dataDir: string,
  models: readonly { id: string; generation: number }[],
): Promise<string[]> {
  const indexDir = join(dataDir, 'index');
  const problems: string[] = [];
  const folders = await readdir(indexDir).catch(() => []);
  const wanted = new Set(models.map(({ id, generation }) => indexFolder(id, generation)));
  const left = folders.filter((name) => !wanted.has(name));
  if (left.length > MOST_FOLDERS_LEFT) problems.push(`folders of no index: ${left.join(', ')}`);
  for (const folder of folders) {
    const names = await readdir(join(indexDir, folder));
    if (names.length > MOST_FILES) problems.push(`files pile up in ${folder}: ${names.join(', ')}`);
    const strange = names.filter((name) => !/^vectors-\d+\.(hnsw|json)(\.tmp)?$/.test(name));
    if (strange.length > 0) problems.push(`strange files in ${folder}: ${strange.join(', ')}`);
  }
  return problems;
}
