import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  MANIFEST_FILE,
  type ModelFile,
  type ModelManifest,
  sha256OfFile,
} from '../../src/embedding/manifest.js';

/** Sizes and sums of files in a model folder, in the order given. */
export async function describeFiles(modelDir: string, paths: readonly string[]): Promise<ModelFile[]> {
  return Promise.all(
    paths.map(async (path) => {
      const file = join(modelDir, path);
      return { path, size: (await stat(file)).size, sha256: await sha256OfFile(file) };
    }),
  );
}

export async function writeManifest(modelDir: string, manifest: ModelManifest): Promise<void> {
  await writeFile(join(modelDir, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** The manifest as it stands, unchecked: the point of calling this is that its sums are wrong. */
export async function readDraft(modelDir: string): Promise<ModelManifest> {
  return JSON.parse(await readFile(join(modelDir, MANIFEST_FILE), 'utf8'));
}
