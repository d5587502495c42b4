import { after } from 'node:test';
import {
  createEmbedder,
  type EmbedderOptions,
  type LocalEmbedder,
} from '../../src/embedding/create-embedder.js';
import { silentLogger } from '../../src/platform/log.js';
import { tinyModelDir } from '../support/models.js';

const open: LocalEmbedder[] = [];
after(() => Promise.all(open.map((embedder) => embedder.close())));

/** An embedder over the tiny model with one worker, unless the options say otherwise; closed after the file's tests. */
export async function embedderWith(options: Partial<EmbedderOptions> = {}): Promise<LocalEmbedder> {
  const embedder = await createEmbedder({
    modelDir: tinyModelDir(),
    workers: 1,
    log: silentLogger,
    ...options,
  });
  open.push(embedder);
  return embedder;
}

export const titles = (...all: string[]) => all.map((title) => ({ title, abstract: '' }));

export const numbered = (count: number, prefix = 'number') =>
  titles(...Array.from({ length: count }, (_, at) => `${prefix} ${at}`));
