import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
