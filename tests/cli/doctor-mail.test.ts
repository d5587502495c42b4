import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  checkDkim,
  checkDmarc,
  checkLinks,
  checkSending,
  checkSpf,
  checkTransport,
  onlineResolver,
  senderDomain,
  type TxtResolver,
} from '../../src/cli/doctor-mail-checks.js';
import { createReport } from '../../src/cli/doctor-report.js';
import { readConfig } from '../../src/platform/config.js';
import { createMailTransport, loadDkimKey } from '../../src/platform/mail/create-transport.js';
import { publicKeyOf } from '../../src/platform/mail/dkim.js';
import type { MailTransport } from '../../src/platform/mail/transport.js';
import { inventedMail } from '../support/mails.js';
import { commandEnv, quire } from '../support/process.js';
import { startFaultySmtp } from '../support/smtp-faults.js';

/** A name server that has these records and no others; `offline`: one that doesn't answer. */
function namesOf(records: Record<string, string[]> | 'offline' | 'nothing'): TxtResolver {
  return {
    async resolveTxt(name) {
      if (records === 'offline') throw Object.assign(new Error('timeout'), { code: 'ETIMEOUT' });
      if (records === 'nothing') throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
      const found = records[name];
      if (found === undefined) throw Object.assign(new Error('no data'), { code: 'ENODATA' });
      // As long records come.
      return found.map((record) => [record.slice(0, 200), record.slice(200)]);
    },
  };
}

describe('quire doctor mail', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 });
  const key = { domain: 'quire.example', selector: 's1', privateKey };
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'quire-doctor-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('reads SPF records', async () => {
    const spf = (...records: string[]) => checkSpf('a.example', namesOf({ 'a.example': records }));
    assert.equal((await spf('google-site=1', 'v=spf1 mx -all')).verdict, 'ok');
    assert.match((await spf()).says, /no SPF record/);
    assert.equal((await spf('v=spf1 +all')).verdict, 'warning');
    assert.equal((await spf('v=spf1 all')).verdict, 'warning');
    assert.equal((await spf('v=spf1 mx ~all', 'v=spf1 -all')).verdict, 'failed');
    assert.match((await spf('v=spf10 x')).says, /no SPF record/);
  });

  it('reads DMARC records, of the domains above too', async () => {
    const dmarc = (records: Record<string, string[]>) => checkDmarc('mail.a.example', namesOf(records));
    assert.match((await dmarc({ '_dmarc.mail.a.example': ['v=DMARC1; p=none'] })).says, /^_dmarc\.mail/);
    assert.match((await dmarc({ '_dmarc.a.example': ['v=DMARC1;p=reject'] })).says, /^_dmarc\.a\./);
    assert.equal((await dmarc({})).verdict, 'warning');
    assert.equal((await dmarc({ '_dmarc.a.example': ['v=DMARC1; rua=x'] })).verdict, 'failed');
  });

  it('signs, checks its signature, and compares the key with the one in DNS', async () => {
    const dkim = (record: string | null) =>
      checkDkim(
        key,
        inventedMail(),
        namesOf(record === null ? {} : { 's1._domainkey.quire.example': [record] }),
      );
    const own = publicKeyOf(privateKey);
    assert.equal((await dkim(`v=DKIM1; k=rsa; p=${own}`)).verdict, 'ok');
    assert.match((await dkim(null)).says, /no record; expected “v=DKIM1; k=rsa; p=/);
    assert.match((await dkim('v=DKIM1; p=')).says, /revoked/);
    const other = publicKeyOf(generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey);
    assert.match((await dkim(`v=DKIM1; p=${other}`)).says, /another key/);
    assert.equal((await checkDkim(null, inventedMail(), namesOf({}))).verdict, 'warning');
  });

  it('says that it is offline, and not that records are missing', async () => {
    for (const kind of ['offline', 'nothing'] as const) {
      const resolver = await onlineResolver('a.example', namesOf(kind));
      for (const finding of [
        await checkSpf('a.example', resolver),
        await checkDmarc('a.example', resolver),
        await checkDkim(key, inventedMail(), resolver),
      ]) {
        assert.equal(finding.verdict, 'warning');
        assert.match(
          finding.says,
          /not looked at \((no name server answers: ETIMEOUT|.* or it is offline)\)/,
        );
      }
    }
    const known = namesOf({ 'b.a.example': ['x'] });
    assert.equal(await onlineResolver('a.example', known), known);
  });

  it('takes a key file that can’t be used for what it is', async () => {
    const keyFile = join(folder, 'key.pem');
    const settings = { MAIL_FROM: 'q@quire.example', DKIM_DOMAIN: 'quire.example', DKIM_SELECTOR: 's1' };
    const { mail } = readConfig({ ...settings, DKIM_KEY_FILE: keyFile });
    await assert.rejects(loadDkimKey(mail), /DKIM_KEY_FILE .*ENOENT/);
    await writeFile(keyFile, 'not a key');
    await assert.rejects(loadDkimKey(mail), /expected a private key/);
    const small = generateKeyPairSync('ed25519').privateKey;
    await writeFile(keyFile, small.export({ type: 'pkcs8', format: 'pem' }));
    await assert.rejects(loadDkimKey(mail), /expected an RSA key of 1024 bits/);
    await writeFile(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    assert.equal((await loadDkimKey(mail))?.domain, 'quire.example');
  });

  it('sends a mail where it is asked to, and says what became of it', async () => {
    const server = await startFaultySmtp({
      fault: { at: 'rcpt', says: '550 5.1.1 no such user\r\n', next: 'on' },
      on: 2,
    });
    const config = readConfig({ SMTP_URL: `smtp://127.0.0.1:${server.port}`, MAIL_FROM: 'q@a.example' });
    const transport = await createMailTransport(config.mail);
    assert.deepEqual([(await checkTransport(transport)).verdict, senderDomain(config)], ['ok', 'a.example']);
    assert.match(checkLinks(config).says, /set PUBLIC_URL/);
    assert.equal((await checkSending(transport, inventedMail())).verdict, 'ok');
    const refused = await checkSending(transport, inventedMail({ number: 2 }));
    assert.deepEqual(refused, {
      verdict: 'failed',
      says: 'reader2@example.org: failed: 550 5.1.1 no such user',
    });
    await transport.close();
    await server.close();
    assert.equal((await checkTransport(transport)).verdict, 'failed');
  });

  it('counts warnings at its end, and names what helps', async () => {
    const certificate = 'certificate has expired';
    const transport: MailTransport = {
      kind: 'smtp',
      target: 'smtp://mail.example:587',
      connections: 1,
      verify: async () => ({ ok: false, detail: certificate }),
      send: async () => ({ kind: 'deferred', scope: 'run', response: certificate }),
      close: async () => {},
    };
    assert.match((await checkTransport(transport)).says, /expired; .*`\?tls=unverified`/);
    assert.match((await checkSending(transport, inventedMail())).says, /expired; .*`\?tls=unverified`/);
    // Nobody listens there, and nothing is signed: MAIL_FROM has no domain to ask name servers about.
    const env = (SMTP_URL: string) => commandEnv(join(folder, 'data'), { SMTP_URL });
    const { code, stdout } = await quire(
      ['doctor', 'mail', '--to', 'you@example.org'],
      env('smtp://127.0.0.1:1'),
    );
    assert.equal(code, 1);
    assert.match(
      stdout,
      /warning sending {2}nothing was sent to you@example\.org.*\nSomething is wrong, and 3 warnings\.\n$/,
    );
    const wrong = await quire(['doctor', 'mail'], env('smtp://ada:pass/word@mail.example:587'));
    assert.match(wrong.stderr, /SMTP_URL.* % \/ \? # @ : and spaces .* as %25 %2F %3F %23 %40 %3A %20/);
    assert.doesNotMatch(wrong.stderr, /pass\/word/);
  });

  it('warns and is well', async () => {
    const { check, conclude } = createReport({ json: false });
    const written: string[] = [];
    const { write } = process.stdout;
    process.stdout.write = (text: string | Uint8Array) => written.push(String(text)) > 0;
    try {
      await check('one', async () => ({ verdict: 'warning', says: 'a' }));
      await check('two', async () => ({ verdict: 'warning', says: 'b' }));
      conclude();
    } finally {
      process.stdout.write = write;
    }
    assert.equal(written.at(-1), '2 warnings, and nothing has failed.\n');
  });

  it('is a command that needs no database', async () => {
    const env = commandEnv(join(folder, 'data'));
    const { code, stdout } = await quire(['doctor', 'mail', '--json', '--to', 'you@example.org'], env);
    const { healthy, checks } = JSON.parse(stdout) as {
      healthy: boolean;
      checks: { name: string; says: string }[];
    };
    assert.deepEqual(
      [code, healthy, checks.map(({ name }) => name)],
      [0, true, ['server', 'links', 'sender', 'sending']],
    );
    assert.match(
      checks.at(-1)!.says,
      /^written into \/.*\/mail\/[^/]+\.eml, and sent to nobody: set SMTP_URL .* you@example\.org$/,
    );
    assert.equal((await quire(['doctor', 'mail', '--to', 'nobody'], env)).code, 2);
  });
});
