import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError, messageOf } from '../platform/errors.js';

/** What a folder is searched for; a file that is named is read whatever it is called. */
const knownNames = /\.(txt|md|jsonl|ndjson|json|bib|ris|csv|tsv|html?|xml|rss|atom)(\.gz)?$/i;

/** Files below one folder; more than this is somebody's home folder by mistake. */
const MAX_FILES_IN_FOLDER = 10_000;

export interface ListingFile {
  /** As given, or the path below the folder that was given. */
  path: string;
  name: string;
  /** Bytes on disk; null for standard input. */
  size: number | null;
  open(): AsyncIterable<Uint8Array>;
}

/**
 * The files that `paths` name, folders searched through, `-` for standard input.
 * @throws AppError invalid_input naming the path that can't be read
 */
export async function findListings(
  paths: readonly string[],
  stdin: AsyncIterable<Uint8Array>,
): Promise<ListingFile[]> {
  const found: ListingFile[] = [];
  for (const path of paths) {
    if (path === '-') {
      found.push({ path, name: 'standard input', size: null, open: () => stdin });
      continue;
    }
    const info = await stat(path).catch((error: unknown) => {
      throw new AppError('invalid_input', `${path} can't be read: ${reasonOf(error)}.`, {
        details: { path },
      });
    });
    if (info.isDirectory()) found.push(...(await filesBelow(path)));
    else found.push(fileAt(path, info.size));
  }
  return found;
}

async function filesBelow(folder: string): Promise<ListingFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && knownNames.test(entry.name));
  if (files.length === 0) {
    throw new AppError(
      'invalid_input',
      `${folder} holds no .txt, .md, .json, .jsonl, .ndjson, .bib, .ris, .csv, .tsv, .html or .xml files (.gz too).`,
    );
  }
  if (files.length > MAX_FILES_IN_FOLDER) {
    throw new AppError(
      'invalid_input',
      `${folder} holds ${files.length} files; at most ${MAX_FILES_IN_FOLDER} are taken at once.`,
    );
  }
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Promise.all(paths.map(async (path) => fileAt(path, (await stat(path)).size)));
}

function fileAt(path: string, size: number): ListingFile {
  return { path, name: basename(path), size, open: () => createReadStream(path, { highWaterMark: 2 ** 18 }) };
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file or folder';
  if (code === 'EACCES') return 'permission denied';
  return messageOf(error);
}
