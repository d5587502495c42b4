import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { findListings } from '../../src/ingest/files.js';
import { bytesOf } from '../support/service.js';

describe('finding listings', () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'quire-files-'));
    await mkdir(join(folder, 'below/empty'), { recursive: true });
    for (const name of [
      'b.jsonl',
      'a.txt',
      'below/c.jsonl.gz',
      'd.bib',
      'e.RIS',
      'f.xml.gz',
      'picture.png',
      'below/notes.pdf',
    ]) {
      await writeFile(join(folder, name), name);
    }
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const find = (...paths: string[]) => findListings(paths, bytesOf('from the input'));

  it('searches a folder through, in the order of the names, for what it knows', async () => {
    const found = await find(folder);
    assert.deepEqual(
      found.map(({ path }) => path),
      ['a.txt', 'b.jsonl', 'below/c.jsonl.gz', 'd.bib', 'e.RIS', 'f.xml.gz'].map((name) =>
        join(folder, name),
      ),
    );
  });

  it('names what it passes over in a folder', async () => {
    const inside = join(folder, '../', `${folder.split('/').at(-1)}-more`);
    try {
      await mkdir(join(inside, '.git'), { recursive: true });
      await mkdir(join(inside, 'deep', ...Array.from({ length: 20 }, () => 'd')), { recursive: true });
      for (const name of ['a.csv', '.hidden.txt', '.git/b.txt', 'c.pdf', 'page.html'])
        await writeFile(join(inside, name), name);
      await symlink(inside, join(inside, 'round'));
      const passedOver: [string, string][] = [];
      const found = await findListings([inside], bytesOf(''), {
        onPassedOver: ({ path, why }) => passedOver.push([relative(inside, path), why]),
      });
      assert.deepEqual(
        found.map(({ name }) => name),
        ['a.csv', 'page.html'],
      );
      assert.deepEqual(passedOver, [
        ['.git', 'it is hidden'],
        ['.hidden.txt', 'it is hidden'],
        ['c.pdf', 'its name is none of a format that is read'],
        [`deep${'/d'.repeat(15)}`, 'it is more than 16 folders down'],
        ['round', 'it is a link or no plain file'],
      ]);
    } finally {
      await rm(inside, { recursive: true, force: true });
    }
  });

  it('takes a file that is named, whatever it is called', async () => {
    const [file] = await find(join(folder, 'picture.png'));
    assert.deepEqual([file?.name, file?.size], ['picture.png', 11]);
    const chunks: Uint8Array[] = [];
    for await (const chunk of file!.open()) chunks.push(chunk);
    assert.equal(Buffer.concat(chunks).toString(), 'picture.png');
  });

  it('reads standard input for -', async () => {
    const [input] = await find('-');
    for await (const chunk of input!.open()) assert.equal(Buffer.from(chunk).toString(), 'from the input');
  });

  it('names what it can’t read', async () => {
    await assert.rejects(find(join(folder, 'nothing')), {
      code: 'invalid_input',
      message: /nothing can't be read: there is no such file/,
    });
    await assert.rejects(find(join(folder, 'below/empty')), {
      code: 'invalid_input',
      message: /holds no \.txt/,
    });
  });
});
