import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MigrationList } from '@prisma/schema-engine-wasm/schema_engine_bg';

export interface Migration {
  /** `<14 digits>_<name>`: their order is that of these names. */
  name: string;
  script: string;
  /** Hexadecimal SHA-256 of the script, as in Prisma's table. */
  checksum: string;
}

/** The migrations of a folder in Prisma's layout, `<name>/migration.sql`, in their order. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const script = await readFile(join(folder, name, 'migration.sql'), 'utf8');
      return { name, script, checksum: createHash('sha256').update(script).digest('hex') };
    }),
  );
}

/** What Prisma's schema engine takes for the folder. */
export function migrationList(folder: string, migrations: readonly Migration[]): MigrationList {
  return {
    baseDir: folder,
    lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, script }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: script } },
    })),
  };
}

/**
 * Does the server apply the script as a whole or not at all? It does so with every script that comes in one
 * message, unless the script ends transactions itself or holds what no transaction may.
 */
export function isAtomic({ script }: Migration): boolean {
  return !/\bCONCURRENTLY\b|^\s*(BEGIN\s*;|START\s+TRANSACTION|COMMIT|VACUUM|REINDEX|ALTER\s+SYSTEM)\b/im.test(
    script,
  );
}
