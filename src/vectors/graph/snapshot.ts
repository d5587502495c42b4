import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../platform/clock.js';
import { syncFolder, writeDurably } from '../../platform/durable-file.js';
import { AppError, messageOf } from '../../platform/errors.js';
import { createQuantisedVectors, type QuantisedVectors } from '../copies/quantised.js';
import { findsItself } from './audit.js';
import { type GraphFileReport, inspectGraphFile } from './graph-file.js';
import { HNSW_PARAMETERS, type HnswIndex, readHnswIndex } from './hnsw.js';

/*
 * A snapshot is two files of one generation in a folder of its own: `vectors-000007.hnsw`, the graph, and
 * `vectors-000007.json`, its manifest. The manifest comes last and makes it valid; the highest valid
 * generation wins. Nothing is ever written in place, so a crash at any moment leaves the one before.
 */
const FORMAT_VERSION = 1;
const FILE_NAME = /^vectors-(\d{6,})\.(hnsw|json)(\.tmp)?$/;

/** Snapshots that stay: the newest, and the one before it in case the newest turns out damaged. */
const KEPT_GENERATIONS = 2;

/** Most generations that a load tries; more than `KEPT_GENERATIONS` lie there only after failed clean-ups. */
const MAX_TRIED = 4;

/** A manifest has some 500 bytes; anything much larger is not one. */
const MAX_MANIFEST_BYTES = 16_384;

/** Labels of a loaded graph that must find themselves; nine in ten, because HNSW may lose a few (audit.ts). */
const PROBES = 32;
const PROBES_FOUND = 0.9;

export interface SnapshotManifest {
  formatVersion: number;
  file: string;
  size: number;
  sha256: string;
  /** Nodes, of them `dead` tombstones. */
  count: number;
  dead: number;
  dimension: number;
  model: string;
  parameters: typeof HNSW_PARAMETERS;
  /** The last change that the graph holds, decimal. */
  watermark: string;
  createdAt: string;
}

export interface SnapshotTarget {
  dir: string;
  model: string;
  dimension: number;
}

/** What writing needs of a graph. */
export interface WritableGraph extends Pick<HnswIndex, 'live' | 'dead'> {
  writeTo(path: string): Promise<void> | void;
}

export interface LoadedSnapshot {
  graph: HnswIndex;
  /** Of the graph's live vectors, from the same reading of the file. */
  copies: QuantisedVectors;
  report: GraphFileReport;
  manifest: SnapshotManifest;
  watermark: bigint;
  source: 'snapshot' | 'previous-snapshot';
}

const baseName = (generation: number): string => `vectors-${String(generation).padStart(6, '0')}`;

/** The manifest's own sum: a flipped digit in the watermark would lose changes for good. */
function seal(manifest: SnapshotManifest): string {
  const sum = createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
  return `${JSON.stringify({ ...manifest, manifestSha256: sum }, null, 2)}\n`;
}

interface SnapshotFile {
  name: string;
  generation: number;
  kind: string;
  stray: boolean;
}

async function listFiles(dir: string): Promise<SnapshotFile[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.flatMap((name) => {
    const match = FILE_NAME.exec(name);
    if (match === null) return [];
    return [{ name, generation: Number(match[1]), kind: match[2]!, stray: match[3] !== undefined }];
  });
}

/** Those with a manifest, newest first. */
function completeGenerations(files: readonly SnapshotFile[]): number[] {
  const manifests = files.filter(({ kind, stray }) => kind === 'json' && !stray);
  return manifests.map(({ generation }) => generation).sort((a, b) => b - a);
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Writes the next generation and removes those before the last. The graph must not change meanwhile.
 * Errors: `snapshot_failed` (full disk, missing rights, a write that came out damaged); what was there stays.
 */
export async function writeSnapshot(
  target: SnapshotTarget,
  { graph, watermark, clock }: { graph: WritableGraph; watermark: bigint; clock: Clock },
): Promise<{ manifest: SnapshotManifest; report: GraphFileReport }> {
  const { dir, model, dimension } = target;
  try {
    await mkdir(dir, { recursive: true });
    const before = await listFiles(dir);
    const complete = new Set(completeGenerations(before));
    // First, because what a crash or a failure left may be what fills the disk.
    for (const { name, generation, stray } of before) {
      if (stray || !complete.has(generation)) await rm(join(dir, name), { force: true });
    }
    const generation = before.reduce((highest, file) => Math.max(highest, file.generation), 0) + 1;
    const name = baseName(generation);
    const path = join(dir, `${name}.hnsw`);
    const report = await writeGraph(graph, { path, dimension });
    await syncFolder(dir);
    const manifest: SnapshotManifest = {
      formatVersion: FORMAT_VERSION,
      file: `${name}.hnsw`,
      size: report.bytes,
      sha256: report.sha256,
      count: report.count,
      dead: report.deadCount,
      dimension,
      model,
      parameters: HNSW_PARAMETERS,
      watermark: String(watermark),
      createdAt: clock.now().toISOString(),
    };
    await writeDurably(join(dir, `${name}.json`), [seal(manifest)]);
    await removeOld(dir);
    return { manifest, report };
  } catch (error) {
    throw new AppError('snapshot_failed', `no snapshot of the vector index in ${dir}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function writeGraph(
  graph: WritableGraph,
  { path, dimension }: { path: string; dimension: number },
): Promise<GraphFileReport> {
  const temporary = `${path}.tmp`;
  try {
    const { live, dead } = graph;
    await graph.writeTo(temporary);
    // The addon reports success whatever became of the write: only the file tells.
    const report = await inspectGraphFile(temporary, dimension);
    if (report.count !== live + dead || report.deadCount !== dead) {
      throw new Error(`it came out with ${report.count} nodes, ${report.deadCount} of them dead`);
    }
    await syncFile(temporary);
    await rename(temporary, path);
    return report;
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Keeps the newest complete generations; failing is no reason to fail the snapshot that was just written. */
async function removeOld(dir: string): Promise<void> {
  const files = await listFiles(dir);
  const kept = new Set(completeGenerations(files).slice(0, KEPT_GENERATIONS));
  for (const { name, generation, stray } of files) {
    if (!stray && kept.has(generation)) continue;
    await rm(join(dir, name), { force: true }).catch(() => {});
  }
}

/** Removes every snapshot: the next load finds none. */
export async function removeSnapshots(dir: string): Promise<void> {
  const files = await listFiles(dir);
  // Manifests first: a graph without one is nothing, a manifest without its graph is a damaged snapshot.
  files.sort((a, b) => Number(b.kind === 'json') - Number(a.kind === 'json'));
  for (const { name } of files) await rm(join(dir, name), { force: true });
}

async function readManifest(path: string): Promise<SnapshotManifest> {
  const { size } = await stat(path);
  if (size > MAX_MANIFEST_BYTES) throw new Error(`its manifest has ${size} bytes`);
  const text = await readFile(path, 'utf8');
  let parsed: SnapshotManifest & { manifestSha256?: string };
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Error('its manifest is not JSON');
  }
  if (parsed === null || typeof parsed !== 'object') throw new Error('its manifest is not an object');
  const { manifestSha256, ...manifest } = parsed;
  if (manifest.formatVersion !== FORMAT_VERSION) {
    throw new Error(`its manifest has format ${manifest.formatVersion}, expected ${FORMAT_VERSION}`);
  }
  // From here every field is as it was written.
  if (seal(manifest) !== text) throw new Error('its manifest does not match its own sum');
  return manifest;
}

/** Whole, but of another index: of no use now, and no reason to remove it. */
class OtherIndexError extends Error {
  override name = 'OtherIndexError';
}

function expectSame(
  what: string,
  values: [actual: unknown, expected: unknown],
  Problem: new (message: string) => Error = Error,
): void {
  const [actual, expected] = values.map((value) => JSON.stringify(value));
  if (actual !== expected) throw new Problem(`its ${what} is ${actual}, expected ${expected}`);
}

/** Sampled labels must find themselves: an addon built with another distance would pass every sum. */
function probe(graph: HnswIndex, labels: Uint32Array): void {
  const step = Math.max(1, Math.floor(labels.length / PROBES));
  let tried = 0;
  let found = 0;
  for (let i = 0; i < labels.length; i += step) {
    const label = labels[i]!;
    const vector = graph.vector(label);
    if (vector === undefined) continue;
    tried++;
    if (findsItself(graph, label, vector)) found++;
  }
  if (found < tried * PROBES_FOUND)
    throw new Error(`only ${found} of ${tried} sampled labels find themselves`);
}

async function loadGeneration(target: SnapshotTarget, name: string): Promise<Omit<LoadedSnapshot, 'source'>> {
  const { dir, model, dimension } = target;
  const manifest = await readManifest(join(dir, `${name}.json`));
  expectSame('model', [manifest.model, model], OtherIndexError);
  expectSame('dimension', [manifest.dimension, dimension], OtherIndexError);
  expectSame('parameters', [manifest.parameters, HNSW_PARAMETERS], OtherIndexError);
  expectSame('file', [manifest.file, `${name}.hnsw`]);
  const path = join(dir, manifest.file);
  expectSame('size', [(await stat(path)).size, manifest.size]);
  const copies = createQuantisedVectors(dimension);
  const report = await inspectGraphFile(path, dimension, copies.add);
  expectSame('SHA-256', [report.sha256, manifest.sha256]);
  expectSame('count', [report.count, manifest.count]);
  expectSame('count of tombstones', [report.deadCount, manifest.dead]);
  const deadLabels = report.labels.filter((_, node) => report.deleted[node] === 1);
  const graph = readHnswIndex({ path, dimension, labels: report.labels, deadLabels });
  probe(graph, report.labels);
  return { graph, copies, report, manifest, watermark: BigInt(manifest.watermark) };
}

export interface LoadOptions {
  /** For a look from beside the service that owns the folder. */
  keepDamaged?: boolean;
}

/** Removes a damaged generation, or the next clean-up would keep it in place of a good one. */
async function discard(
  { dir, keepDamaged }: LoadOptions & { dir: string },
  name: string,
  error: unknown,
): Promise<string> {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const mayBeFine = error instanceof OtherIndexError || (code !== undefined && code !== 'ENOENT');
  if (mayBeFine || keepDamaged) return `snapshot ${name} was passed over: ${messageOf(error)}`;
  for (const kind of ['json', 'hnsw'])
    await rm(join(dir, `${name}.${kind}`), { force: true }).catch(() => {});
  return `snapshot ${name} was removed: ${messageOf(error)}`;
}

/**
 * The newest snapshot that is whole and fits, or null: then everything comes from the database. `problems`
 * says of each that was passed over why.
 */
export async function loadSnapshot(
  target: SnapshotTarget,
  { keepDamaged = false }: LoadOptions = {},
): Promise<{ loaded: LoadedSnapshot | null; problems: string[] }> {
  const problems: string[] = [];
  try {
    const files = await listFiles(target.dir);
    for (const generation of completeGenerations(files).slice(0, MAX_TRIED)) {
      const name = baseName(generation);
      try {
        const snapshot = await loadGeneration(target, name);
        const source = problems.length === 0 ? 'snapshot' : 'previous-snapshot';
        // What a kill left behind, which else stays until the next snapshot.
        if (source === 'snapshot' && !keepDamaged) await removeOld(target.dir);
        return { loaded: { ...snapshot, source }, problems };
      } catch (error) {
        problems.push(await discard({ dir: target.dir, keepDamaged }, name, error));
      }
    }
  } catch (error) {
    problems.push(`the snapshots in ${target.dir} could not be read: ${messageOf(error)}`);
  }
  return { loaded: null, problems };
}
