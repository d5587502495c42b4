import { after, before } from 'node:test';
import PostalMime, { type Email } from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { readConfig } from '../../src/platform/config.js';
import { createMailTransport } from '../../src/platform/mail/create-transport.js';
import type { MailTransport } from '../../src/platform/mail/transport.js';

/** A real mail server on loopback that keeps what it is sent, read by another parser than ours, from `before` to `after`. */
export function withMailServer() {
  const mails: Email[] = [];
  let port = 0;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, _session, callback) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        PostalMime.parse(Buffer.concat(parts)).then((mail) => {
          mails.push(mail);
          callback();
        }, callback);
      });
    },
  });
  before(async () => {
    const listening = server.listen(0, '127.0.0.1');
    await new Promise<void>((resolve) => listening.once('listening', () => resolve()));
    port = (listening.address() as { port: number }).port;
  });
  after(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return {
    mails,
    get url(): string {
      return `smtp://127.0.0.1:${port}?tls=off`;
    },
  };
}

/** The service's own transport to a server that starts later, until `after`. */
export function transportTo(server: { readonly url: string }): Pick<MailTransport, 'send'> {
  let transport: Promise<MailTransport> | null = null;
  after(async () => (await transport)?.close());
  return {
    send: async (...asked) => {
      transport ??= createMailTransport(readConfig({ SMTP_URL: server.url }).mail);
      return (await transport).send(...asked);
    },
  };
}
