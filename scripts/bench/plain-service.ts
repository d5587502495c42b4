/**
 * `plain-service.js FOLDER MODEL_DIR`: what search.ts measures ours against. The same two libraries as their
 * documentation shows them: one process, an index and the papers in memory, one call a query.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { env, pipeline } from '@xenova/transformers';
import fastify from 'fastify';
import hnswlib from 'hnswlib-node';

interface Paper {
  title: string;
  abstract: string;
}

const DIMENSION = 384;
/** Texts in one call of the library's pipeline, as its users batch. */
const BATCH = 32;
/** Places that a full index grows by. */
const GROWTH = 10_000;

const [folder, modelDir] = process.argv.slice(2) as [string, string];
env.allowRemoteModels = false;
const extract = await pipeline('feature-extraction', modelDir, { dtype: 'q8' });
const papers = readFileSync(join(folder, 'papers.jsonl'), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Paper);
const index = new hnswlib.HierarchicalNSW('ip', DIMENSION);
index.readIndexSync(join(folder, 'index.bin'));
index.setEf(100);

async function embed(texts: string[]): Promise<number[][]> {
  return (await extract(texts, { pooling: 'mean', normalize: true })).tolist() as number[][];
}

const app = fastify({ bodyLimit: 64 * 2 ** 20 });

app.get<{ Querystring: { q: string; limit?: string } }>('/search', async ({ query }) => {
  const [vector] = await embed([query.q]);
  const { neighbors, distances } = index.searchKnn(vector!, Number(query.limit ?? 20));
  return { items: neighbors.map((label, at) => ({ paper: papers[label], score: 1 - distances[at]! })) };
});

app.post<{ Body: Paper[] }>('/papers', async ({ body }) => {
  for (let at = 0; at < body.length; at += BATCH) {
    const batch = body.slice(at, at + BATCH);
    const vectors = await embed(batch.map(({ title, abstract }) => `${title}. ${abstract}`));
    for (const [row, vector] of vectors.entries()) {
      if (index.getCurrentCount() === index.getMaxElements())
        index.resizeIndex(index.getMaxElements() + GROWTH);
      index.addPoint(vector, papers.length);
      papers.push(batch[row]!);
    }
  }
  return { added: body.length };
});

process.stdout.write(`${await app.listen({ port: 0 })}\n`);
