import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { publicKeyOf, verifySignature } from '../../../src/platform/mail/dkim.js';
import { createSmtpTransport } from '../../../src/platform/mail/smtp-transport.js';
import { readSmtpUrl } from '../../../src/platform/mail/smtp-url.js';
import { inventedMail } from '../../support/mails.js';
import { startFaultySmtp } from '../../support/smtp-faults.js';

interface Taken {
  raw: Buffer;
  from: string;
  to: string[];
  secure: boolean;
  session: string;
}

/** A whole server, with STARTTLS by a certificate that nobody signed. */
describe('the SMTP transport', () => {
  const taken: Taken[] = [];
  let open = 0;
  let most = 0;
  const server = new SMTPServer({
    authOptional: true,
    onAuth: (auth, _session, callback) =>
      auth.username === 'quire' && auth.password === 'p@ss:w/rd'
        ? callback(null, { user: auth.username })
        : callback(new Error('wrong')),
    onMailFrom: (_address, _session, callback) => {
      open += 1;
      most = Math.max(most, open);
      callback();
    },
    onData: (stream, session, callback) => {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        open -= 1;
        const { mailFrom, rcptTo } = session.envelope;
        taken.push({
          raw: Buffer.concat(parts),
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          secure: session.secure === true,
          session: session.id,
        });
        callback();
      });
    },
  });
  let port = 0;
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server.server, 'listening');
    port = (server.server.address() as AddressInfo).port;
  });
  after(() => new Promise<void>((resolve) => server.close(() => resolve())));

  const transportTo = (query: string, credentials = '') =>
    createSmtpTransport({
      server: readSmtpUrl(`smtp://${credentials}127.0.0.1:${port}${query}`),
      dkim: null,
    });

  it('brings a mail as it was written: text first, then HTML, our headers and our id', async () => {
    const transport = transportTo('?tls=unverified', 'quire:p%40ss%3Aw%2Frd@');
    const mail = inventedMail({ bytes: 50_000 });
    const outcome = await transport.send(mail);
    assert.equal(outcome.kind, 'sent', JSON.stringify(outcome));
    await transport.close();
    const { raw, from, to, secure } = taken.at(-1)!;
    assert.deepEqual([from, to, secure], [mail.from.address, [mail.to], true]);
    const parsed = await PostalMime.parse(raw);
    assert.equal(parsed.subject, mail.subject);
    assert.equal(parsed.messageId, `<${mail.messageId}>`);
    assert.equal(parsed.text?.trimEnd(), mail.text);
    assert.equal(parsed.html?.trimEnd(), mail.html);
    for (const [name, value] of Object.entries(mail.headers))
      assert.equal(parsed.headers.find(({ key }) => key === name.toLowerCase())?.value, value);
    assert.ok(raw.indexOf('text/plain') < raw.indexOf('text/html'));
  });

  it('sends the same bytes for the same mail', async () => {
    const transport = transportTo('?tls=off');
    await transport.send(inventedMail());
    await transport.send(inventedMail());
    await transport.close();
    const [first, second] = taken.slice(-2);
    assert.deepEqual(first!.raw, second!.raw);
  });

  it('refuses a certificate that is not valid, and says nothing before TLS', async () => {
    const before = taken.length;
    const transport = transportTo('');
    const outcome = await transport.send(inventedMail());
    await transport.close();
    assert.deepEqual([outcome.kind, 'scope' in outcome && outcome.scope], ['deferred', 'run']);
    assert.match('response' in outcome ? outcome.response : '', /certificate/);
    assert.equal(taken.length, before);
  });

  it('has two connections at most, and uses them again', async () => {
    most = 0;
    const start = taken.length;
    const transport = transportTo('?tls=off');
    const mails = Array.from({ length: 12 }, (_, at) => inventedMail({ number: at + 1 }));
    const outcomes = await Promise.all(mails.map((mail) => transport.send(mail)));
    await transport.close();
    assert.ok(outcomes.every(({ kind }) => kind === 'sent'));
    assert.equal(new Set(taken.slice(start).map(({ session }) => session)).size, 2);
    assert.equal(most, 2);
  });

  it('asks whether it may still send when the connection stands, and keeps it for the next', async () => {
    const start = taken.length;
    const transport = transportTo('?tls=off');
    assert.deepEqual(await transport.send(inventedMail(), { mayStillSend: async () => false }), {
      kind: 'withdrawn',
    });
    assert.equal(taken.length, start);
    assert.equal((await transport.send(inventedMail(), { mayStillSend: async () => true })).kind, 'sent');
    await assert.rejects(
      transport.send(inventedMail(), {
        mayStillSend: async () => {
          throw new Error('no database');
        },
      }),
      /no database/,
    );
    assert.equal((await transport.send(inventedMail({ number: 2 }))).kind, 'sent');
    await transport.close();
  });

  it('says by verify whether it is let in, and tells no password', async () => {
    const right = transportTo('?tls=unverified', 'quire:p%40ss%3Aw%2Frd@');
    assert.deepEqual(await right.verify(), { ok: true, detail: 'greets over TLS and takes the password' });
    const wrong = transportTo('?tls=unverified', 'quire:other-secret@');
    const answer = await wrong.verify();
    assert.equal(answer.ok, false);
    assert.doesNotMatch(`${wrong.target} ${answer.detail}`, /other-secret/);
    assert.equal(wrong.target, `smtp://127.0.0.1:${port}`);
  });

  it('defers the run where nobody listens, and what is addressed to nobody fails', async () => {
    const gone = await startFaultySmtp();
    await gone.close();
    const nowhere = createSmtpTransport({ server: readSmtpUrl(`smtp://127.0.0.1:${gone.port}`), dkim: null });
    const refused = await nowhere.send(inventedMail());
    assert.deepEqual([refused.kind, 'scope' in refused && refused.scope], ['deferred', 'run']);
    const transport = transportTo('?tls=off');
    const odd = await transport.send({ ...inventedMail(), to: 'a@example.org>\r\nRCPT TO:<b@example.org' });
    assert.deepEqual([odd.kind, 'why' in odd && odd.why], ['failed', 'address']);
    await Promise.all([nowhere.close(), transport.close()]);
  });

  it('breaks off at a signal before the final dot, and waits for the answer after it', async () => {
    const stop = new AbortController();
    const early = transportTo('?tls=off');
    const outcome = await early.send(inventedMail(), {
      signal: stop.signal,
      mayStillSend: async () => {
        stop.abort();
        return true;
      },
    });
    assert.equal(outcome.kind, 'deferred');
    assert.equal((await early.send(inventedMail(), { signal: stop.signal })).kind, 'deferred');
    await early.close();

    const slow = await startFaultySmtp({
      fault: { at: 'dot', says: '250 ok\r\n', dripMs: 20, next: 'on', takes: true },
    });
    const late = createSmtpTransport({ server: readSmtpUrl(`smtp://127.0.0.1:${slow.port}`), dkim: null });
    const after = new AbortController();
    const sending = late.send(inventedMail(), { signal: after.signal });
    // The server has the whole message when it counts it.
    while (slow.accepted.length === 0) await new Promise((resolve) => setImmediate(resolve));
    after.abort();
    assert.equal((await sending).kind, 'sent');
    await late.close();
    await slow.close();
  });

  it('signs with DKIM what a receiver can check, the one-click headers too', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 });
    const transport = createSmtpTransport({
      server: readSmtpUrl(`smtp://127.0.0.1:${port}?tls=off`),
      dkim: { domain: 'quire.example', selector: 's1', privateKey },
    });
    assert.equal((await transport.send(inventedMail({ bytes: 5_000 }))).kind, 'sent');
    await transport.close();
    const { raw } = taken.at(-1)!;
    const key = publicKeyOf(privateKey);
    assert.equal(verifySignature(raw, key), true);
    const text = raw.toString('latin1');
    assert.match(
      text.slice(0, text.indexOf('\r\n\r\n')).replace(/\r\n\s+/g, ''),
      /h=[^;]*list-unsubscribe-post/i,
    );
    for (const [from, to] of [
      ['List-Unsubscribe=One-Click', 'List-Unsubscribe=Two-Clicks'],
      ['A line.', 'A lime.'],
    ] as const) {
      assert.ok(text.includes(from));
      assert.equal(verifySignature(Buffer.from(text.replace(from, to), 'latin1'), key), false, to);
    }
    const other = generateKeyPairSync('rsa', { modulusLength: 1_024 }).privateKey;
    assert.equal(verifySignature(raw, publicKeyOf(other)), false);
  });
});
