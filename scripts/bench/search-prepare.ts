import { execFile } from 'node:child_process';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { setImmediate as nextTick } from 'node:timers/promises';
import { promisify } from 'node:util';
import hnswlib from 'hnswlib-node';
import { createProgress } from '../../src/platform/progress.js';
import { fillDataFolder, withDatabase } from './fill.js';
import { SLOW_POLL_MS, until } from './ready.js';
import { startOurs } from './search-services.js';
import { realPapers, realVectors } from './shared-data.js';

/** The folders of both services, to be thrown away after the run. */
export interface Prepared {
  ours: string;
  plain: string;
  /** Public ids of some papers. */
  ids: string[];
  remove: () => Promise<void>;
}

const DIMENSION = 384;
/** Ids of papers that others are asked for: more than are asked for in a run. */
const IDS = 20_000;
/** Papers from which our service has a graph (INDEX_EXACT_LIMIT). */
const EXACT_LIMIT = 5_000;

const note = (text: string): void => void process.stderr.write(`${text}\n`);

/**
 * The folders of both services with `count` papers, made in `dataDir` unless they are there, and copied: a run
 * takes papers in, and the next one has to find what this one found.
 */
export async function prepare(count: number, dataDir: string | null): Promise<Prepared> {
  const run = await mkdtemp(join(tmpdir(), 'quire-search-'));
  const remove = () => rm(run, { recursive: true, force: true });
  try {
    const home = dataDir === null ? run : join(dataDir, String(count));
    const done = join(home, 'ids.json');
    if (!existsSync(done)) {
      await mkdir(home, { recursive: true });
      await makePlain(join(home, 'plain'), count);
      await writeFile(done, JSON.stringify(await makeOurs(join(home, 'ours'), count)));
    }
    const ids = JSON.parse(await readFile(done, 'utf8')) as string[];
    // Node's own copy doesn't keep the owner, and PostgreSQL starts on its own files alone.
    if (home !== run) await promisify(execFile)('cp', ['-Rp', join(home, 'ours'), join(run, 'ours')]);
    return { ours: join(run, 'ours'), plain: join(home, 'plain'), ids, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** A data folder with so many papers, their vectors and a finished graph. Returns the public ids of some. */
export async function makeOurs(folder: string, count: number): Promise<string[]> {
  await rm(folder, { recursive: true, force: true });
  note(`filling ours with ${count} papers`);
  await fillDataFolder(folder, count);
  const ids = await withDatabase(folder, async ({ pool }) => {
    const { rows } = await pool.query<{ id: string }>(
      'SELECT public_id AS id FROM papers ORDER BY md5(public_id) LIMIT $1',
      [IDS],
    );
    return rows.map(({ id }) => id);
  });
  const service = await startOurs(folder);
  try {
    await until(service.url, {
      what: 'the graph',
      holds: ({ ready, index }) => ready && (index.kind === 'hnsw' || count <= EXACT_LIMIT),
      pollMs: SLOW_POLL_MS,
    });
  } finally {
    await service.stop();
  }
  return ids;
}

/** A file of papers with the fields that ours answers with, and the library's index of their vectors. */
async function makePlain(folder: string, count: number): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  const file = createWriteStream(join(folder, 'papers.jsonl'));
  for await (const { line } of realPapers(count)) file.write(`${JSON.stringify(viewOf(JSON.parse(line)))}\n`);
  file.end();
  await finished(file);
  const index = new hnswlib.HierarchicalNSW('ip', DIMENSION);
  index.initIndex({ maxElements: count, m: 16, efConstruction: 200 });
  const progress = createProgress('plain index', process.stderr);
  let label = 0;
  for await (const vector of realVectors(count)) {
    index.addPoint(Array.from(vector), label++);
    if (label % 100 !== 0) continue;
    progress.update({ done: label, total: count });
    await nextTick();
  }
  progress.end();
  index.writeIndexSync(join(folder, 'index.bin'));
}

interface SharedPaper {
  title: string;
  abstract?: string;
  authors?: string[];
  date?: string;
  venue?: string;
  url?: string;
}

function viewOf({ title, abstract = '', authors = [], date, venue, url }: SharedPaper): object {
  const [at, jsonl] = [new Date().toISOString(), 'jsonl'];
  return {
    ...{ id: url ?? title, title, abstract, authors, authorCount: authors.length },
    ...{ date: date ?? null, venue: venue ?? null, url: url ?? null },
    ...{ arxivId: null, arxivVersion: null, doi: null, categories: [], upvotes: null, comments: null },
    ...{ aliases: [], origins: { title: jsonl, abstract: jsonl, authors: jsonl, date: jsonl, url: jsonl } },
    ...{ createdAt: at, updatedAt: at },
  };
}
