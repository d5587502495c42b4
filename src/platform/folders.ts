import { accessSync, constants, mkdirSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { AppError, messageOf } from './errors.js';

/**
 * Makes a folder for its owner alone where it is missing, its parents too, and checks that it can be written.
 * Returns its real path. @throws AppError data_dir_unwritable
 */
export function ensureDataFolder(folder: string): string {
  try {
    make(resolve(folder));
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return realpathSync(folder);
  } catch (cause) {
    throw unwritable(folder, cause);
  }
}

export function unwritable(folder: string, cause: unknown): AppError {
  return new AppError(
    'data_dir_unwritable',
    `the data folder ${folder} can't be written: ${messageOf(cause)}; give its owner write access or name another (DATA_DIR)`,
    { cause },
  );
}

/**
 * Step by step, because `mkdir` with `recursive` never returns where making a folder fails with ENOENT below
 * one that exists, as it does in /proc (Node.js 20 and 22).
 */
function make(folder: string): void {
  const missing: string[] = [];
  for (let path = folder; !madeOrThere(path); path = dirname(path)) {
    if (dirname(path) === path || missing.at(-1) === path) break;
    missing.push(path);
  }
  for (const path of missing.reverse()) mkdirSync(path, { mode: 0o700 });
}

/** True when the folder is there now; false when its parent is missing. */
function madeOrThere(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return true;
    if (code === 'ENOENT') return false;
    throw error;
  }
}
