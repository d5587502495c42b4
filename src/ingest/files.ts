import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { AppError, messageOf } from '../platform/errors.js';
import type { HttpClient } from '../platform/http-client.js';
import { download, isWebAddress, nameOfAddress } from './download.js';

/** What a folder is searched for; a file that is named is read whatever it is called. */
const knownNames = /\.(txt|md|jsonl|ndjson|json|bib|ris|csv|tsv|html?|xml|rss|atom)(\.gz)?$/i;

/** Files below one folder; more than this is somebody's home folder by mistake, and so is a greater depth. */
const MAX_FILES_IN_FOLDER = 10_000;
const MAX_ENTRIES_IN_FOLDER = 100_000;
const MAX_DEPTH = 16;

export interface ListingFile {
  /** As given, or the path below the folder that was given. */
  path: string;
  name: string;
  /** Bytes on disk; null for standard input and addresses. */
  size: number | null;
  open(): AsyncIterable<Uint8Array>;
}

/** What a folder holds and isn't read. */
export interface PassedOver {
  path: string;
  why: string;
}

export interface FindOptions {
  /** For addresses; without it there are none. */
  http?: Pick<HttpClient, 'open'> | undefined;
  signal?: AbortSignal | undefined;
  onPassedOver?: ((one: PassedOver) => void) | undefined;
}

/**
 * The files that `paths` name, folders searched through, `-` for standard input, http and https addresses. Nothing is fetched
 * before it is opened.
 * @throws AppError invalid_input naming the path that can't be read
 */
export async function findListings(
  paths: readonly string[],
  stdin: AsyncIterable<Uint8Array>,
  options: FindOptions = {},
): Promise<ListingFile[]> {
  const found: ListingFile[] = [];
  for (const path of paths) {
    if (path === '-') found.push({ path, name: 'standard input', size: null, open: () => stdin });
    else if (isWebAddress(path)) found.push(atAddress(path, options));
    else {
      const info = await stat(path).catch((error: unknown) => {
        throw new AppError('invalid_input', `${path} can't be read: ${reasonOf(error)}.`, {
          details: { path },
        });
      });
      if (info.isDirectory()) found.push(...(await filesBelow(path, options)));
      else found.push(fileAt(path, info.size));
    }
  }
  return found;
}

function atAddress(path: string, { http, signal }: FindOptions): ListingFile {
  if (!http)
    throw new AppError(
      'invalid_input',
      `${path} is an address: \`quire ingest\` reads these, or save it first.`,
    );
  return { path, name: nameOfAddress(path), size: null, open: () => download(path, { http, signal }) };
}

async function filesBelow(folder: string, { onPassedOver }: FindOptions): Promise<ListingFile[]> {
  const { files, passedOver } = await search(folder);
  for (const one of passedOver) onPassedOver?.(one);
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
  return Promise.all(files.sort().map(async (path) => fileAt(path, (await stat(path)).size)));
}

/** What stands below a folder. Links are not followed: they could lead round in a circle. */
async function search(folder: string): Promise<{ files: string[]; passedOver: PassedOver[] }> {
  const files: string[] = [];
  const passedOver: PassedOver[] = [];
  let seen = 0;

  async function visit(path: string, depth: number): Promise<void> {
    const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
      passedOver.push({ path, why: reasonOf(error) });
      return [];
    });
    seen += entries.length;
    if (seen > MAX_ENTRIES_IN_FOLDER)
      throw new AppError(
        'invalid_input',
        `${folder} holds more than ${MAX_ENTRIES_IN_FOLDER} files and folders: name those that are meant.`,
      );
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const below = join(path, entry.name);
      const skip = (why: string) => passedOver.push({ path: below, why });
      if (entry.name.startsWith('.')) skip('it is hidden');
      else if (entry.isDirectory() && depth >= MAX_DEPTH) skip(`it is more than ${MAX_DEPTH} folders down`);
      else if (entry.isDirectory()) await visit(below, depth + 1);
      else if (!entry.isFile()) skip('it is a link or no plain file');
      else if (!knownNames.test(entry.name)) skip('its name is none of a format that is read');
      else files.push(below);
    }
  }

  await visit(folder, 1);
  return { files, passedOver };
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
