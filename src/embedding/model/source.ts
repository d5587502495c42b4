import { stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { AppError } from '../../platform/errors.js';
import type { Logger } from '../../platform/log.js';
import type { ProgressOutput } from '../../platform/progress.js';
import { downloadModel } from './download.js';
import { MANIFEST_FILE } from './files.js';
import { DEFAULT_HUB, labelOf, type ModelId, parseModelId } from './hub.js';
import { type ModelManifest, readManifest } from './manifest.js';
import { defaultTiming, type TransferTiming } from './transfer.js';

export interface ModelSourceOptions {
  /** The models that came with the program. */
  modelsDir: string;
  /** Downloads go into its folder `models`. */
  dataDir: string;
  /** Base address of the hub; null: nothing is ever fetched. */
  hub?: string | null;
  /** Where a download's progress goes. */
  progress?: ProgressOutput | undefined;
  signal?: AbortSignal | undefined;
  log: Logger;
  timing?: Partial<TransferTiming>;
}

export interface ResolvedModel {
  /** Absolute. */
  modelDir: string;
  manifest: ModelManifest;
}

/**
 * The model that somebody named: a folder (absolute, below the working folder or below `modelsDir`), or an id
 * `owner/name` with or without `@revision`, which is fetched from the hub where it isn't at hand. Without a
 * revision an id stands for what is at hand, so that a model doesn't change under a running collection.
 * @throws AppError model_invalid, model_unavailable, data_dir_unwritable, cancelled
 */
export async function resolveModel(ref: string, options: ModelSourceOptions): Promise<ResolvedModel> {
  const { modelsDir, dataDir, hub = DEFAULT_HUB } = options;
  const model = parseModelId(ref);
  const downloads = join(resolve(dataDir), 'models');
  const looked: string[] = [];
  for (const { modelDir, revision } of places(ref, model, { modelsDir, downloads })) {
    if (!(await holdsModel(modelDir))) {
      looked.push(modelDir);
      continue;
    }
    const manifest = await readManifest(modelDir);
    if (revision === null || isRevision(manifest, revision)) return { modelDir, manifest };
    looked.push(`${modelDir} (revision ${manifest.revision})`);
  }
  const there = (await stat(resolve(ref)).catch(() => null))?.isDirectory() === true;
  const missing = there
    ? `The folder ${resolve(ref)} holds no model: it has neither ${MANIFEST_FILE} nor config.json`
    : `The model “${ref.slice(0, 300)}” is not at hand (looked for in ${looked.join(', ')})`;
  if (model === null) {
    throw new AppError(
      'model_unavailable',
      `${missing}, and it is no id: expected a model's folder, or owner/name`,
    );
  }
  if (hub === null) {
    throw new AppError(
      'model_unavailable',
      `${missing}, and nothing may be downloaded (MODEL_HUB is off): put its folder there`,
    );
  }
  const targetDir = join(downloads, ...labelOf(model).split('/'));
  const manifest = await downloadModel({
    hub: checkHub(hub),
    model,
    modelsDir: downloads,
    targetDir,
    timing: { ...defaultTiming, ...options.timing },
    signal: options.signal,
    progress: options.progress,
    log: options.log,
  });
  return { modelDir: targetDir, manifest };
}

interface Place {
  modelDir: string;
  /** The manifest must be of it. */
  revision: string | null;
}

function places(ref: string, model: ModelId | null, dirs: { modelsDir: string; downloads: string }): Place[] {
  if (ref === '' || ref.includes('\0')) {
    throw new AppError(
      'model_unavailable',
      "A model has no empty name: expected a model's folder, or owner/name",
    );
  }
  const modelsDir = resolve(dirs.modelsDir);
  const folders = [resolve(ref)];
  if (!isAbsolute(ref)) {
    const below = resolve(modelsDir, ref);
    const way = relative(modelsDir, below);
    if (way !== '' && way !== '..' && !way.startsWith(`..${sep}`)) folders.push(below);
  }
  const found: Place[] = folders.map((modelDir) => ({ modelDir, revision: null }));
  if (model === null) return found;
  const { id, revision } = model;
  found.push({ modelDir: join(dirs.downloads, ...labelOf(model).split('/')), revision: null });
  if (revision !== null) {
    for (const dir of [modelsDir, dirs.downloads])
      found.push({ modelDir: join(dir, ...id.split('/')), revision });
  }
  return found;
}

/** A commit may be shortened, as everywhere. */
function isRevision(manifest: ModelManifest, revision: string): boolean {
  return (
    manifest.revision === revision ||
    (/^[0-9a-f]{7,39}$/.test(revision) && manifest.revision.startsWith(revision))
  );
}

async function holdsModel(modelDir: string): Promise<boolean> {
  const found = await Promise.all(
    [MANIFEST_FILE, 'config.json'].map((name) => stat(join(modelDir, name)).catch(() => null)),
  );
  return found.some((one) => one?.isFile());
}

function checkHub(hub: string): string {
  const url = URL.canParse(hub) ? new URL(hub) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new AppError('invalid_config', `“${hub}” is no hub's address: expected one such as ${DEFAULT_HUB}`);
  }
  return hub.replace(/\/+$/, '');
}
