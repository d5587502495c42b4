import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readConfig, settingsHelp } from '../../src/platform/config.js';
import { projectRoot } from '../../src/platform/paths.js';

describe('configuration', () => {
  it('has working defaults, and is frozen', () => {
    const config = readConfig({});
    assert.equal(config.host, '127.0.0.1');
    assert.equal(config.port, 8080);
    assert.equal(config.databaseUrl, null);
    assert.equal(config.sample, true);
    assert.ok(Object.isFrozen(config) && Object.isFrozen(config.log));
  });

  it('downloads models from nowhere where it is told so', () => {
    assert.equal(readConfig({}).modelHub, 'https://huggingface.co');
    assert.equal(readConfig({ MODEL_HUB: 'https://hub.example/' }).modelHub, 'https://hub.example');
    assert.equal(readConfig({ MODEL_HUB: 'off' }).modelHub, null);
  });

  it('knows where people reach it', () => {
    assert.equal(readConfig({ PORT: '9000' }).publicUrl, 'http://127.0.0.1:9000');
    assert.equal(readConfig({ HOST: '::1' }).publicUrl, 'http://[::1]:8080');
    assert.equal(readConfig({ PUBLIC_URL: 'https://quire.example/' }).publicUrl, 'https://quire.example');
    for (const wrong of ['quire.example', 'https://u:p@quire.example', 'https://quire.example/below'])
      assert.throws(() => readConfig({ PUBLIC_URL: wrong }), /PUBLIC_URL: expected https/);
  });

  it('takes an empty variable for one that is not set', () => {
    assert.equal(readConfig({ PORT: '', API_KEY: '' }).port, 8080);
  });

  it('names every wrong setting at once, and never a secret', () => {
    const wrong = { PORT: '70000', SAMPLE: 'maybe', BODY_LIMIT_MB: '1.5', API_KEY: 'short-secret' };
    assert.throws(
      () => readConfig(wrong),
      ({ message, code }: { message: string; code: string }) => {
        for (const name of ['PORT', 'SAMPLE', 'BODY_LIMIT_MB'])
          assert.match(message, new RegExp(`${name}: expected`));
        assert.doesNotMatch(message, /short-secret/);
        return code === 'invalid_config';
      },
    );
    assert.throws(() => readConfig({ API_KEY: 'short-secret' }), /API_KEY: expected at least 24 characters/);
    assert.throws(() => readConfig({ DATABASE_URL: 'mysql://x' }), /DATABASE_URL: expected postgresql/);
    assert.throws(() => readConfig({ MODEL_HUB: 'hub.example' }), /MODEL_HUB: expected https/);
  });

  it('reads where mails go, and never shows the password of a wrong address', () => {
    const { mail, publicUrl } = readConfig({ DATA_DIR: '/srv/quire', HOST: '0.0.0.0' });
    assert.deepEqual([mail.smtp, mail.dir, mail.dkim], [null, '/srv/quire/mail', null]);
    assert.deepEqual(mail.from, { name: 'Quire', address: 'quire@localhost' });
    // 0.0.0.0 is no address that a link could lead to; the operator has to say which one is.
    assert.equal(publicUrl, 'http://127.0.0.1:8080');

    const smtp = (SMTP_URL: string) => readConfig({ SMTP_URL }).mail.smtp!;
    assert.deepEqual(smtp('smtp://me%40x:p%2Fw@mail.example'), {
      ...{ host: 'mail.example', port: 587, secure: false, tls: 'required' },
      auth: { user: 'me@x', pass: 'p/w' },
    });
    assert.equal(smtp('smtp://me:pw@127.0.0.1:25').tls, 'offered');
    assert.equal(smtp('smtp://me:pw@mail.example?tls=off').tls, 'off');
    assert.deepEqual([smtp('smtps://mail.example').port, smtp('smtps://[::1]').host], [465, '::1']);
    for (const wrong of ['mail.example:25', 'http://m', 'smtp://me@m', 'smtps://m?tls=off', 'smtp://m?x=1'])
      assert.throws(() => smtp(wrong), /SMTP_URL: expected/, wrong);
    assert.throws(
      () => smtp('http://me:hush-hush@m'),
      ({ message }: Error) => !message.includes('hush-hush'),
    );
  });

  it('checks the settings of mails against each other', () => {
    const dkim = { DKIM_DOMAIN: 'example.org', DKIM_SELECTOR: 'a1', DKIM_KEY_FILE: '/k.pem' };
    const from = (MAIL_FROM: string) => readConfig({ MAIL_FROM, ...dkim }).mail;
    assert.deepEqual(from('q@mail.example.org').from, { name: '', address: 'q@mail.example.org' });
    assert.equal(from('"Papers, daily" <q@example.org>').from.name, 'Papers, daily');
    assert.equal(from('q@example.org').dkim?.keyFile, '/k.pem');
    assert.throws(() => from('q@notexample.org'), /DKIM_DOMAIN: expected the domain of MAIL_FROM/);
    assert.throws(() => readConfig({ ...dkim, DKIM_KEY_FILE: '' }), /expected all three or none/);
    for (const wrong of ['Quire', 'a@b, c@d', 'Q <a@b>\r\nBcc: c@d', '<>'])
      assert.throws(() => readConfig({ MAIL_FROM: wrong }), /MAIL_FROM: expected/, wrong);
    assert.throws(() => readConfig({ SMTP_URL: 'smtp://m', MAIL_DIR: 'x' }), /MAIL_DIR: expected only/);
  });

  it('is told in full by the README, with the defaults that stand here', () => {
    const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
    const table = readme.split('\n').filter((line) => line.startsWith('| `'));
    for (const { name, fallback } of settingsHelp) {
      const row = table.find((line) => line.split('|')[1]!.includes(`\`${name}\``));
      assert.ok(row, `${name} is not in the README's table`);
      // The number of cores and the checkout's place differ from machine to machine.
      if (name === 'EMBED_WORKERS' || name === 'MODELS_DIR') continue;
      if (fallback !== '')
        assert.ok(row.split('|')[2]!.includes(`\`${fallback}\``), `${name}: ${fallback} in ${row}`);
    }
  });
});
