/*
 * A program for the tests: writes snapshots of a growing graph into the folder of its first argument until it
 * is killed, and says so on standard output after each.
 */
import { createHnswIndex } from '../../src/vectors/graph/hnsw.js';
import { writeSnapshot } from '../../src/vectors/graph/snapshot.js';
import { randomNumbers, randomVector } from './vectors-fixture.js';

const dir = process.argv[2];
if (dir === undefined) throw new Error('usage: snapshot-writer FOLDER');
const clock = { now: () => new Date('2024-06-11T12:00:00Z') };
const random = randomNumbers(9);
const graph = createHnswIndex(16);
for (let label = 0; label < 3_000; label++) graph.add(label, randomVector(16, random));
for (let label = 3_000; label < 4_000; label++) {
  graph.add(label, randomVector(16, random));
  await writeSnapshot({ dir, model: 'test@1', dimension: 16 }, { graph, watermark: BigInt(label), clock });
  process.stdout.write(`${label}\n`);
}
