import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MANIFEST_FILE } from '../../src/embedding/model/files.js';
import type { ModelManifest } from '../../src/embedding/model/manifest.js';
import { projectRoot } from '../../src/platform/paths.js';

/** The model that Quire ships: 384 dimensions, 20 ms an abstract. */
export const defaultModelDir = join(projectRoot, 'models', 'Xenova', 'all-MiniLM-L6-v2');

const tiny = join(projectRoot, 'tests', 'fixtures', 'models', 'tiny-64d');

/**
 * A model for tests that need an embedder and not its quality: 64 dimensions, well under a millisecond a
 * text. Texts that share content words are near one another (cosine around .9 where they say the same),
 * others are not (around 0). Read only; see `copyModel`.
 */
export function tinyModelDir(): string {
  return tiny;
}

/** A copy of a model folder to damage, removed by `remove`. */
export async function copyModel(modelDir: string): Promise<{ dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'quire-model-'));
  await cp(modelDir, dir, { recursive: true });
  return { dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

/** Changes what the manifest of a copied model says. */
export async function changeManifest(
  modelDir: string,
  change: (manifest: ModelManifest) => Partial<ModelManifest>,
): Promise<void> {
  const file = join(modelDir, MANIFEST_FILE);
  const manifest: ModelManifest = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, `${JSON.stringify({ ...manifest, ...change(manifest) }, null, 2)}\n`);
}
