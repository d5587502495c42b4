/*
 * A program for the benchmark: opens the snapshot in the folder of its first argument in a process that does nothing
 * else, and prints what that took: {"loadMs", "papers", "threadBytes", "bytes"}. `threadBytes` is what an index
 * without papers adds to the resident memory, `bytes` what this one adds.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createLexicalClient } from '../../src/search/lexical/worker/client.js';
import { parseQuery } from '../../src/search/query/parse.js';
import { planQuery } from '../../src/search/ranking/plan.js';

/** For the allocator. */
const SETTLE_MS = 2_000;
const SEARCHES = 200;

const [, , dir = ''] = process.argv;
if (dir === '') throw new Error('usage: lexical-memory FOLDER');
const { terms } = planQuery(parseQuery('deep learning of representations for language models'), new Date());

async function openOne(folder: string) {
  const before = process.memoryUsage.rss();
  const client = createLexicalClient({ dir: folder });
  const started = performance.now();
  await client.open();
  const loadMs = Math.round(performance.now() - started);
  for (let i = 0; i < SEARCHES; i++) await client.search({ terms, conditions: [], k: 200 });
  await wait(SETTLE_MS);
  return { client, loadMs, papers: client.stats().papers, bytes: process.memoryUsage.rss() - before };
}

const folder = await mkdtemp(join(tmpdir(), 'quire-bench-small-'));
try {
  // The first one pays for what the process loads once.
  const first = await openOne(folder);
  const empty = await openOne(folder);
  const full = await openOne(dir);
  const { loadMs, papers, bytes } = full;
  process.stdout.write(`${JSON.stringify({ loadMs, papers, bytes, threadBytes: empty.bytes })}\n`);
  for (const { client } of [first, empty, full]) await client.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}
