import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { statSync, truncateSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isAppError } from '../../src/platform/errors.js';
import { inspectGraphFile } from '../../src/vectors/graph/graph-file.js';
import { createHnswIndex, type HnswIndex } from '../../src/vectors/graph/hnsw.js';
import { loadSnapshot, removeSnapshots, writeSnapshot } from '../../src/vectors/graph/snapshot.js';
import { randomNumbers, randomVector, temporaryFolder } from './vectors-fixture.js';

const clock = { now: () => new Date('2024-06-11T12:00:00Z') };
const dimension = 16;
const vectorOf = (label: number): Float32Array => randomVector(dimension, randomNumbers(label + 1));

/** Labels 0 to count - 1, each with `vectorOf(label)`; every tenth retired. */
function buildGraph(count: number): HnswIndex {
  const graph = createHnswIndex(dimension);
  for (let label = 0; label < count; label++) graph.add(label, vectorOf(label));
  for (let label = 0; label < count; label += 10) graph.retire(label);
  return graph;
}

async function target(t: TestContext): Promise<{ dir: string; model: string; dimension: number }> {
  return { dir: join(await temporaryFolder(t), 'index'), model: 'test@1', dimension };
}

async function flipByte(path: string, at: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[at]! ^= 0x10;
  await writeFile(path, bytes);
}

test('a snapshot gives back what was saved, tombstones included', async (t) => {
  const to = await target(t);
  const graph = buildGraph(1_500);
  const { manifest } = await writeSnapshot(to, { graph, watermark: 123n, clock });
  assert.deepEqual((await readdir(to.dir)).sort(), ['vectors-000001.hnsw', 'vectors-000001.json']);
  assert.equal(manifest.createdAt, '2024-06-11T12:00:00.000Z');

  const { loaded, problems } = await loadSnapshot(to);
  assert.deepEqual(problems, []);
  assert.equal(loaded?.watermark, 123n);
  assert.equal(loaded.source, 'snapshot');
  const read = loaded.graph;
  assert.deepEqual([read.live, read.dead], [1_350, 150]);
  assert.deepEqual(read.labels(), graph.labels());
  assert.deepEqual([...read.deadLabels()], [...graph.deadLabels()]);
  for (let label = 0; label < 1_500; label++) {
    const query = vectorOf(label);
    assert.deepEqual(read.search(query, 10), graph.search(query, 10), `label ${label}`);
    assert.deepEqual(read.vector(label), graph.vector(label));
  }
  // It goes on growing, beyond the room that it was saved with, and keeps the retired out.
  assert.throws(() => read.add(10, vectorOf(10)), /used before/);
  for (let label = 1_500; label < 2_500; label++) read.add(label, vectorOf(label));
  assert.equal(read.search(vectorOf(2_400), 1)[0]?.label, 2_400);
});

test('an empty graph is saved and loaded, and grows', async (t) => {
  const to = await target(t);
  await writeSnapshot(to, { graph: createHnswIndex(dimension), watermark: 1n, clock });
  const { loaded, problems } = await loadSnapshot(to);
  assert.deepEqual(problems, []);
  assert.equal(loaded?.graph.live, 0);
  loaded.graph.add(3, vectorOf(3));
  assert.equal(loaded.graph.search(vectorOf(3), 1)[0]?.label, 3);
});

test('the last two snapshots stay, and what a crash left goes', async (t) => {
  const to = await target(t);
  const graph = buildGraph(100);
  await writeSnapshot(to, { graph, watermark: 1n, clock });
  const crash = async () => {
    await writeFile(join(to.dir, 'vectors-000002.hnsw.tmp'), 'half of a graph');
    await writeFile(join(to.dir, 'vectors-000003.hnsw'), 'a graph without its manifest');
    await writeFile(join(to.dir, 'vectors-000004.json.tmp'), '{');
  };
  await writeFile(join(to.dir, 'README'), 'not ours');
  await crash();
  assert.equal((await loadSnapshot(to, { keepDamaged: true })).loaded?.watermark, 1n);
  assert.equal((await readdir(to.dir)).length, 6, 'a look from beside changes nothing');
  assert.equal((await loadSnapshot(to)).loaded?.watermark, 1n);
  assert.deepEqual((await readdir(to.dir)).sort(), ['README', 'vectors-000001.hnsw', 'vectors-000001.json']);
  await crash();
  await writeSnapshot(to, { graph, watermark: 2n, clock });
  await writeSnapshot(to, { graph, watermark: 3n, clock });
  assert.deepEqual((await readdir(to.dir)).sort(), [
    'README',
    'vectors-000005.hnsw',
    'vectors-000005.json',
    'vectors-000006.hnsw',
    'vectors-000006.json',
  ]);
  assert.equal((await loadSnapshot(to)).loaded?.watermark, 3n);
  await removeSnapshots(to.dir);
  assert.deepEqual(await readdir(to.dir), ['README']);
  assert.deepEqual(await loadSnapshot(to), { loaded: null, problems: [] });
});

const damages: [name: string, damage: (dir: string) => Promise<void>, problem: RegExp][] = [
  ['a flipped bit in a vector', (dir) => flipByte(join(dir, 'vectors-000002.hnsw'), 96 + 140), /SHA-256/],
  [
    'a flipped bit in a link',
    (dir) => flipByte(join(dir, 'vectors-000002.hnsw'), 96 + 6),
    /leads nowhere|SHA-256/,
  ],
  ['a flipped bit in the count', (dir) => flipByte(join(dir, 'vectors-000002.hnsw'), 18), /nodes/],
  ['a flipped bit in the last byte', (dir) => truncateAndFlip(join(dir, 'vectors-000002.hnsw')), /./],
  ['a truncated graph', (dir) => truncate(join(dir, 'vectors-000002.hnsw'), 5_000), /size is 5000/],
  ['an empty graph file', (dir) => truncate(join(dir, 'vectors-000002.hnsw'), 0), /size is 0/],
  ['a missing graph', (dir) => rm(join(dir, 'vectors-000002.hnsw')), /ENOENT/],
  ['a manifest of garbage', (dir) => writeFile(join(dir, 'vectors-000002.json'), 'garbage'), /not JSON/],
  ['a manifest of null', (dir) => writeFile(join(dir, 'vectors-000002.json'), 'null'), /not an object/],
  ['an empty manifest', (dir) => writeFile(join(dir, 'vectors-000002.json'), ''), /not JSON/],
  [
    'a huge manifest',
    (dir) => writeFile(join(dir, 'vectors-000002.json'), ' '.repeat(20_000)),
    /has 20000 bytes/,
  ],
  ['another watermark', (dir) => editManifest(dir, '"watermark": "2"', '"watermark": "9"'), /own sum/],
  ['a later format', (dir) => editManifest(dir, '"formatVersion": 1', '"formatVersion": 2'), /format 2/],
  ['the graph of another snapshot', (dir) => swapGraph(dir), /size|SHA-256/],
];

async function truncateAndFlip(path: string): Promise<void> {
  await flipByte(path, (await stat(path)).size - 1);
}

async function editManifest(dir: string, from: string, to: string): Promise<void> {
  const path = join(dir, 'vectors-000002.json');
  const text = await readFile(path, 'utf8');
  assert.ok(text.includes(from));
  await writeFile(path, text.replace(from, to));
}

async function swapGraph(dir: string): Promise<void> {
  await copyFile(join(dir, 'vectors-000001.hnsw'), join(dir, 'vectors-000002.hnsw'));
}

for (const [name, damage, problem] of damages) {
  test(`${name} is noticed, and the snapshot before it is used`, async (t) => {
    const to = await target(t);
    const graph = buildGraph(200);
    await writeSnapshot(to, { graph, watermark: 1n, clock });
    graph.add(200, vectorOf(200));
    await writeSnapshot(to, { graph, watermark: 2n, clock });
    await damage(to.dir);

    const { loaded, problems } = await loadSnapshot(to);
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, problem);
    assert.equal(loaded?.source, 'previous-snapshot');
    assert.equal(loaded.watermark, 1n);
    assert.equal(loaded.graph.has(200), false);

    // The damaged one must not push out the good one at the next clean-up.
    await writeSnapshot(to, { graph, watermark: 3n, clock });
    const kept = (await readdir(to.dir)).filter((file) => file.endsWith('.json'));
    assert.deepEqual(kept.sort(), ['vectors-000001.json', 'vectors-000002.json']);
    assert.equal((await loadSnapshot(to)).loaded?.watermark, 3n);
  });
}

test('every flipped byte of a small snapshot is noticed', async (t) => {
  const to = await target(t);
  await writeSnapshot(to, { graph: buildGraph(20), watermark: 1n, clock });
  const graphPath = join(to.dir, 'vectors-000001.hnsw');
  const manifestPath = join(to.dir, 'vectors-000001.json');
  const [graph, manifest] = [await readFile(graphPath), await readFile(manifestPath)];
  const restore = async (): Promise<void> => {
    await writeFile(graphPath, graph);
    await writeFile(manifestPath, manifest);
  };
  for (let at = 0; at < graph.length; at += 37) {
    await flipByte(graphPath, at);
    assert.equal((await loadSnapshot(to)).loaded, null, `byte ${at} of the graph`);
    await restore();
  }
  for (let at = 0; at < manifest.length; at += 11) {
    await flipByte(manifestPath, at);
    assert.equal((await loadSnapshot(to)).loaded, null, `byte ${at} of the manifest`);
    await restore();
  }
  assert.equal((await loadSnapshot(to)).loaded?.graph.live, 18);
});

test('a snapshot of another model or dimension is passed over and stays', async (t) => {
  const to = await target(t);
  await writeSnapshot(to, { graph: buildGraph(50), watermark: 5n, clock });
  const otherModel = await loadSnapshot({ ...to, model: 'test@2' });
  assert.equal(otherModel.loaded, null);
  assert.match(otherModel.problems[0]!, /its model is "test@1", expected "test@2"/);
  const otherDimension = await loadSnapshot({ ...to, dimension: 64 });
  assert.equal(otherDimension.loaded, null);
  assert.match(otherDimension.problems[0]!, /its dimension is 16, expected 64/);
  assert.equal((await loadSnapshot(to)).loaded?.watermark, 5n);
});

test('a write that came out short fails, and the snapshot before it stays', async (t) => {
  const to = await target(t);
  const graph = buildGraph(300);
  await writeSnapshot(to, { graph, watermark: 1n, clock });
  // What the addon leaves on a full disk: success, and a file cut anywhere.
  for (const keep of [0, 50, 96, 5_000, 64_000]) {
    const short = {
      live: graph.live,
      dead: graph.dead,
      writeTo: async (path: string) => {
        await graph.writeTo(path);
        assert.ok(statSync(path).size > keep);
        truncateSync(path, keep);
      },
    };
    await assert.rejects(
      writeSnapshot(to, { graph: short, watermark: 2n, clock }),
      (error) => isAppError(error, 'snapshot_failed') && /ends early|less than a header/.test(error.message),
      `${keep} bytes`,
    );
  }
  const missing = { live: graph.live, dead: graph.dead, writeTo: () => {} };
  await assert.rejects(
    writeSnapshot(to, { graph: missing, watermark: 2n, clock }),
    (error) => isAppError(error, 'snapshot_failed') && /ENOENT/.test(error.message),
  );
  const miscounted = { live: graph.live + 1, dead: graph.dead, writeTo: graph.writeTo };
  await assert.rejects(
    writeSnapshot(to, { graph: miscounted, watermark: 2n, clock }),
    /300 nodes, 30 of them dead/,
  );
  assert.deepEqual((await readdir(to.dir)).sort(), ['vectors-000001.hnsw', 'vectors-000001.json']);
  assert.equal((await loadSnapshot(to)).loaded?.watermark, 1n);
});

test('a folder that is not one fails with its reason', async (t) => {
  const to = await target(t);
  await writeFile(to.dir, 'a file');
  const graph = buildGraph(10);
  await assert.rejects(
    writeSnapshot(to, { graph, watermark: 1n, clock }),
    (error) => isAppError(error, 'snapshot_failed') && error.message.includes(to.dir),
  );
  const { loaded, problems } = await loadSnapshot(to);
  assert.equal(loaded, null);
  assert.match(problems[0]!, /ENOTDIR/);
  graph.add(11, vectorOf(11));
});

test('the report of a graph file names every node, its tombstones and its links', async (t) => {
  const dir = await temporaryFolder(t);
  const graph = buildGraph(2_000);
  graph.add(5_000, vectorOf(7));
  await graph.writeTo(join(dir, 'graph'));
  const report = await inspectGraphFile(join(dir, 'graph'), dimension);
  assert.equal(report.count, 2_001);
  assert.equal(report.deadCount, 200);
  assert.deepEqual([...report.labels], [...Array(2_000).keys(), 5_000]);
  for (let node = 0; node < 2_000; node++) assert.equal(report.deleted[node], node % 10 === 0 ? 1 : 0);
  assert.ok(report.mostAlike >= 2 && report.mostAlike < 16, `${report.mostAlike} may be alike`);
  assert.ok(report.inDegree.every((links) => links > 0));
  await assert.rejects(inspectGraphFile(join(dir, 'graph'), 32), /its records have/);
  for (let label = 6_000; label < 6_020; label++) graph.add(label, vectorOf(7));
  await graph.writeTo(join(dir, 'graph'));
  assert.ok((await inspectGraphFile(join(dir, 'graph'), dimension)).mostAlike >= 22);
});

test('kill -9 in the middle of writing leaves a snapshot that loads', { timeout: 60_000 }, async (t) => {
  const to = await target(t);
  await mkdir(to.dir, { recursive: true });
  const writer = join(import.meta.dirname, 'snapshot-writer.js');
  const random = randomNumbers(4);
  let strays = 0;
  for (let round = 0; round < 6; round++) {
    const child = spawn(process.execPath, [writer, to.dir], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise<NodeJS.Signals | null>((resolve) =>
      child.on('exit', (_, signal) => resolve(signal)),
    );
    let acknowledged = -1;
    let killAt = 3 + Math.floor(random() * 4);
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text: string) => {
      for (const line of text.trim().split('\n')) acknowledged = Number(line);
      // A moment later, somewhere inside the next snapshot.
      if (--killAt === 0) setTimeout(() => child.kill('SIGKILL'), random() * 25);
    });
    assert.equal(await ended, 'SIGKILL');
    const files = await readdir(to.dir);
    strays += files.filter((name) => name.endsWith('.tmp')).length;
    const { loaded, problems } = await loadSnapshot(to);
    assert.deepEqual(problems, []);
    // What was acknowledged is there; one more may have become whole before the kill.
    const watermark = Number(loaded?.watermark);
    assert.ok(
      watermark === acknowledged || watermark === acknowledged + 1,
      `${watermark}, said ${acknowledged}`,
    );
    assert.equal(loaded?.graph.live, watermark + 1);
  }
  t.diagnostic(`${strays} half-written files were left over`);
});
