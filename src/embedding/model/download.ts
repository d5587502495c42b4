import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../platform/errors.js';
import { ensureDataFolder } from '../../platform/folders.js';
import type { Logger } from '../../platform/log.js';
import { createProgress, type ProgressOutput } from '../../platform/progress.js';
import { deriveManifest, modelFacts } from './derive.js';
import { holdDownload } from './download-lock.js';
import { commonFiles, descriptionFiles, invalidModel, MANIFEST_FILE, modelFileOf } from './files.js';
import { type HubFile, type HubModel, labelOf, listHubModel, type ModelId } from './hub.js';
import { checkManifest, type ModelManifest, readManifest } from './manifest.js';
import { onDisk, type TransferTiming, transferFile } from './transfer.js';

/** BERT-like encoders have up to 560 million parameters: 2.2 GB in float32. */
const MAX_NETWORK_BYTES = 4 * 2 ** 30;
/** The tokenizers of the multilingual ones have 17 MB. */
const MAX_SMALL_FILE_BYTES = 64 * 2 ** 20;
/** For all of a model, in milliseconds: a line too slow for it would keep a server waiting for days. */
const DOWNLOAD_LIMIT_MS = 6 * 3_600_000;

export interface DownloadOptions {
  hub: string;
  model: ModelId;
  /** The folder that holds models by owner and name; the model's own becomes `targetDir` below it. */
  modelsDir: string;
  targetDir: string;
  timing: TransferTiming;
  signal: AbortSignal | undefined;
  progress: ProgressOutput | undefined;
  log: Logger;
}

/**
 * Downloads a model into a folder that no one takes for a model, and moves that to its place when every file has
 * the size and sum that the hub lists. A download that broke off is gone on with.
 * @throws AppError model_unavailable, model_invalid, data_dir_unwritable, cancelled
 */
export async function downloadModel(options: DownloadOptions): Promise<ModelManifest> {
  const { model, modelsDir, targetDir, log } = options;
  const work = join(modelsDir, `.downloading-${labelOf(model).replace('/', '--')}`);
  ensureDataFolder(work);
  const hold = await holdDownload(work, labelOf(model));
  try {
    const limit = AbortSignal.timeout(DOWNLOAD_LIMIT_MS);
    const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
    log.info({ model: labelOf(model), hub: options.hub }, 'downloading a model');
    const manifest = await fillFolder({ ...options, signal }, work);
    ensureDataFolder(dirname(targetDir));
    await onDisk(targetDir, () => moveInto(join(work, 'model'), targetDir));
    await rm(work, { recursive: true, force: true });
    log.info({ model: labelOf(model), modelDir: targetDir }, 'the model is downloaded');
    return manifest;
  } finally {
    await hold.release();
  }
}

type Filling = DownloadOptions & { signal: AbortSignal };

async function fillFolder(options: Filling, work: string): Promise<ModelManifest> {
  const { hub, model } = options;
  const found = await listHubModel(options);
  const files = chooseFiles(model, found);
  const dir = join(work, 'model');
  await startAt(found.commit, work);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const progress =
    options.progress && createProgress(`downloading ${labelOf(model)}, bytes`, options.progress);
  let done = 0;
  try {
    for (const expected of files) {
      // The description is complete before the large files: an unsuitable model costs no large download.
      if (isNetwork(expected.path)) await modelFacts(dir, model.id);
      await transferFile({
        url: `${hub}/${model.id}/resolve/${found.commit}/${expected.path}`,
        file: join(dir, expected.path),
        expected,
        timing: options.timing,
        signal: options.signal,
        onBytes: (bytes) => progress?.update({ done: done + bytes, total }),
      });
      done += expected.size;
    }
  } catch (error) {
    if (error instanceof AppError && error.code === 'model_invalid')
      await rm(dir, { recursive: true, force: true });
    throw error;
  } finally {
    progress?.end();
  }
  const origin = {
    name: model.id,
    revision: found.commit,
    license: found.license,
    source: `${hub}/${model.id}`,
  };
  const manifest = checkManifest(
    `the manifest derived for ${labelOf(model)}`,
    await deriveManifest(dir, origin),
  );
  const file = join(dir, MANIFEST_FILE);
  await onDisk(file, () => writeDurably(file, `${JSON.stringify(manifest, null, 2)}\n`));
  return manifest;
}

const isNetwork = (path: string) => path.startsWith('onnx/');

/** What is needed of a model, small files first. @throws AppError model_invalid: there is no such network */
function chooseFiles(model: ModelId, { files }: HubModel): HubFile[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const network = [modelFileOf.int8, modelFileOf.none].find((path) => byPath.has(path)) ?? modelFileOf.int8;
  const needed = [...commonFiles, network];
  for (const path of needed) {
    if (byPath.has(path)) continue;
    const other = path === network ? ` or ${modelFileOf.none}` : '';
    throw invalidModel(
      `The model ${labelOf(model)}`,
      `has no ${path}${other} on the hub: expected a model in the layout of transformers.js (${needed.join(', ')})`,
    );
  }
  const wanted = [...descriptionFiles, ...needed, `${network}_data`].flatMap(
    (path) => byPath.get(path) ?? [],
  );
  for (const { path, size } of wanted) {
    const limit = isNetwork(path) ? MAX_NETWORK_BYTES : MAX_SMALL_FILE_BYTES;
    if (size > limit || size === 0) {
      throw invalidModel(
        `${labelOf(model)}: ${path}`,
        `has ${size} bytes on the hub: expected 1 to ${limit}`,
      );
    }
  }
  return wanted;
}

/** What is left of a download of another commit is of no use. */
async function startAt(commit: string, work: string): Promise<void> {
  const file = join(work, 'commit');
  const earlier = await readFile(file, 'utf8').catch(() => null);
  await onDisk(file, async () => {
    if (earlier !== commit) await rm(join(work, 'model'), { recursive: true, force: true });
    await mkdir(join(work, 'model'), { recursive: true });
    await writeFile(file, commit);
  });
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Another process may have been faster: then its model is as good as ours. */
async function moveInto(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    await readManifest(to);
  }
}
