import { createHash } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';
import { type DkimKey, signMessage } from './dkim.js';
import type { Mail } from './transport.js';

/**
 * A mail as it goes over the wire (RFC 5322, lines ended by CRLF): multipart/alternative, text first, signed where there is a
 * key. The same mail gives the same bytes.
 * @throws Error where it can't be composed, or the key signs nothing.
 */
export async function composeMessage(mail: Mail, key: DkimKey | null): Promise<Buffer> {
  const composer = new MailComposer({
    // As objects: a string would be parsed as a list of addresses.
    from: { name: mail.from.name, address: mail.from.address },
    to: { name: '', address: mail.to },
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    messageId: `<${mail.messageId}>`,
    date: mail.date,
    headers: Object.entries(mail.headers).map(([name, value]) => ({ key: name, value })),
    // Random otherwise.
    baseBoundary: createHash('sha256').update(mail.messageId).digest('hex').slice(0, 32),
    newline: 'windows',
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const message = await composer.compile().build();
  return key === null ? message : signMessage(message, key);
}
