import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import PostalMime from 'postal-mime';
import { createFileTransport } from '../../../src/platform/mail/file-transport.js';
import { inventedMail } from '../../support/mails.js';

describe('the file transport', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'quire-mail-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('writes each mail as a whole file, and the same mail once', async () => {
    const dir = join(folder, 'deep/mail');
    const transport = createFileTransport({ dir, dkim: null });
    const mail = inventedMail();
    assert.equal((await transport.send(mail)).kind, 'sent');
    const again = await transport.send(mail);
    assert.equal((await transport.send(inventedMail({ number: 2 }))).kind, 'sent');
    const files = await readdir(dir);
    assert.equal(files.length, 2);
    assert.ok(files.every((file) => /^20261121T060000Z-[0-9a-f]{16}\.eml$/.test(file)));
    assert.ok(again.kind === 'sent' && files.includes(again.response));
    const parsed = await PostalMime.parse(
      await readFile(join(dir, again.kind === 'sent' ? again.response : '')),
    );
    assert.deepEqual([parsed.subject, parsed.to?.[0]?.address], [mail.subject, mail.to]);
  });

  it('lets nobody else read them, nor a folder that it has made', async () => {
    const mask = process.umask(0);
    try {
      const dir = join(folder, 'own');
      const transport = createFileTransport({ dir, dkim: null });
      const first = await transport.send(inventedMail());
      const name = first.kind === 'sent' ? first.response : '';
      const modeOf = async (path: string) => (await stat(path)).mode & 0o777;
      assert.deepEqual([await modeOf(dir), await modeOf(join(dir, name))], [0o700, 0o600]);
      await writeFile(join(dir, `${name}.tmp`), 'what a crash has left', { mode: 0o644 });
      await transport.send(inventedMail());
      assert.equal(await modeOf(join(dir, name)), 0o600);
    } finally {
      process.umask(mask);
    }
  });

  it('writes nothing that is withdrawn', async () => {
    const dir = join(folder, 'withdrawn');
    const transport = createFileTransport({ dir, dkim: null });
    assert.deepEqual(await transport.send(inventedMail(), { mayStillSend: async () => false }), {
      kind: 'withdrawn',
    });
    await assert.rejects(readdir(dir), /ENOENT/);
  });

  it('defers the run where the folder can’t be written to, and verify says so', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const transport = createFileTransport({ dir: file, dkim: null });
    const outcome = await transport.send(inventedMail());
    assert.deepEqual([outcome.kind, 'scope' in outcome && outcome.scope], ['deferred', 'run']);
    assert.equal((await transport.verify()).ok, false);
    assert.equal((await createFileTransport({ dir: folder, dkim: null }).verify()).ok, true);
  });
});
