import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { projectRoot } from '../../../src/platform/paths.js';
import { migrationsDir } from '../../support/postgres-server.js';

const script = join(import.meta.dirname, '../../../scripts/migration.js');
const schema = join(projectRoot, 'prisma', 'schema.prisma');

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

function run(...args: string[]): Promise<Result> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

/** Copies of the project's migrations and of its schema with one more column. */
function changed(): { migrations: string; schemaFile: string; args: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'quire-migration-test-'));
  folders.push(folder);
  const migrations = join(folder, 'migrations');
  cpSync(migrationsDir, migrations, { recursive: true });
  const schemaFile = join(folder, 'schema.prisma');
  const text = readFileSync(schema, 'utf8').replace('model Paper {', 'model Paper {\n  pages Int?');
  writeFileSync(schemaFile, text);
  return { migrations, schemaFile, args: ['--json', '--schema', schemaFile, '--migrations', migrations] };
}

describe('the migration command', () => {
  it('finds that the migrations of this project lead to its schema', async () => {
    const result = await run('check', '--json');
    assert.deepEqual(result, { code: 0, stdout: '{"same":true,"sql":null}\n', stderr: '' });
  });

  it('writes what is missing, and then nothing more', async () => {
    const { migrations, args } = changed();
    const before = await run('check', ...args);
    assert.equal(before.code, 1);
    assert.match(JSON.parse(before.stdout).sql, /ALTER TABLE "papers" ADD COLUMN +"pages" INTEGER/);
    const created = await run('new', 'add_pages', ...args);
    assert.equal(created.code, 0, created.stderr);
    const folder: string = JSON.parse(created.stdout).created;
    assert.match(folder, /\/\d{14}_add_pages$/);
    assert.ok(
      readdirSync(migrations)
        .sort()
        .indexOf(folder.slice(migrations.length + 1)) > 0,
      'it comes last',
    );
    assert.match(readFileSync(join(folder, 'migration.sql'), 'utf8'), /^-- AlterTable\nALTER TABLE "papers"/);
    assert.equal((await run('check', ...args)).code, 0);
    assert.equal(JSON.parse((await run('new', 'again', ...args)).stdout).created, null);
  });

  it('says what it wants', async () => {
    assert.match((await run('--help')).stdout, /check +exit with 1/);
    assert.equal((await run()).code, 2);
    const named = await run('new', '../Up');
    assert.equal(named.code, 2);
    assert.match(named.stderr, /a-z, 0-9 and _/);
  });
});
