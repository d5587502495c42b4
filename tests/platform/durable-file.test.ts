import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { writeDurably } from '../../src/platform/durable-file.js';

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'quire-durable-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

describe('writing a file durably', () => {
  it('puts its parts one after the other, in place of what was there', async (t) => {
    const dir = await folder(t);
    const path = join(dir, 'hive');
    await writeFile(path, 'what was there, and longer than the new one');
    async function* parts() {
      yield 'one ';
      yield '';
      yield Buffer.from('two ');
      yield new Uint8Array(100_000).fill(51);
    }
    await writeDurably(path, parts());
    assert.equal(await readFile(path, 'utf8'), `one two ${'3'.repeat(100_000)}`);
    assert.deepEqual(await readdir(dir), ['hive']);
    await writeDurably(path, []);
    assert.equal(await readFile(path, 'utf8'), '');
  });

  it('leaves what was there, and nothing else, where the parts end in an error', async (t) => {
    const dir = await folder(t);
    const path = join(dir, 'hive');
    await writeFile(path, 'before');
    function* parts() {
      yield 'begun';
      throw new Error('no more bees');
    }
    await assert.rejects(writeDurably(path, parts()), /no more bees/);
    assert.equal(await readFile(path, 'utf8'), 'before');
    assert.deepEqual(await readdir(dir), ['hive']);
  });

  it('leaves what was there when the disk is full', { skip: !existsSync('/dev/full') }, async (t) => {
    const dir = await folder(t);
    const path = join(dir, 'hive');
    await writeFile(path, 'before');
    await symlink('/dev/full', `${path}.tmp`);
    await assert.rejects(writeDurably(path, ['more than there is room for']), { code: 'ENOSPC' });
    assert.equal(await readFile(path, 'utf8'), 'before');
    assert.deepEqual(await readdir(dir), ['hive']);
  });

  it('fails where there is no folder, or a folder stands in its place', async (t) => {
    const dir = await folder(t);
    await assert.rejects(writeDurably(join(dir, 'no', 'hive'), ['x']), { code: 'ENOENT' });
    await assert.rejects(writeDurably(dir, ['x']), { code: 'EISDIR' });
    assert.deepEqual(await readdir(dir), []);
    assert.equal(existsSync(`${dir}.tmp`), false);
  });
});
