import { createHash, createPrivateKey, createPublicKey, createVerify, type KeyObject } from 'node:crypto';
import DKIM from 'nodemailer/lib/dkim';

/** A key that mails are signed with (RFC 6376). */
export interface DkimKey {
  domain: string;
  selector: string;
  privateKey: KeyObject;
}

/** RFC 8301, 3.2: verifiers take no shorter one. */
const MIN_BITS = 1_024;

/** RFC 8058, 4: both headers of a one-click unsubscription have to be signed. */
const SIGNED_HEADERS = [
  ...['From', 'Sender', 'Reply-To', 'To', 'Subject', 'Date', 'Message-ID'],
  ...['MIME-Version', 'Content-Type', 'Content-Transfer-Encoding', 'Auto-Submitted'],
  ...['List-Id', 'List-Help', 'List-Unsubscribe', 'List-Unsubscribe-Post', 'Precedence', 'Feedback-ID'],
];

/** @throws Error where the text is no RSA key of 1,024 bits or more, in PEM. */
export function readDkimKey(pem: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new Error('expected a private key without a passphrase, in PEM');
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.asymmetricKeyType !== 'rsa' || bits < MIN_BITS)
    throw new Error(`expected an RSA key of ${MIN_BITS} bits or more`);
  return key;
}

/** The message with its signature before it. */
export async function signMessage(message: Buffer, key: DkimKey): Promise<Buffer> {
  const signer = new DKIM({
    domainName: key.domain,
    keySelector: key.selector,
    privateKey: key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    headerFieldNames: SIGNED_HEADERS.join(':'),
  });
  const parts: Buffer[] = [];
  for await (const part of signer.sign(message)) parts.push(Buffer.from(part));
  const signed = Buffer.concat(parts);
  // The library passes a message on without a signature when the key doesn't work.
  if (!/^DKIM-Signature:/i.test(signed.toString('latin1', 0, 20)))
    throw new Error('the DKIM key signs nothing');
  return signed;
}

/** What the record at `selector._domainkey.domain` says: `p`, in base64. */
export function publicKeyOf(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64');
}

/**
 * Whether the first signature of a message holds for a public key (`p` of the record, base64): what a receiver does, for
 * relaxed/relaxed and rsa-sha256, which is how messages are signed here.
 */
export function verifySignature(message: Buffer, publicKey: string): boolean {
  const raw = message.toString('latin1');
  const end = raw.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const headers = raw.slice(0, end).split(/\r\n(?![ \t])/);
  const signature = headers.find((line) => /^dkim-signature:/i.test(line));
  if (signature === undefined) return false;
  const tags = tagsOf(signature.slice(signature.indexOf(':') + 1));
  const body = createHash('sha256')
    .update(relaxedBody(raw.slice(end + 4)), 'latin1')
    .digest('base64');
  if (tags.get('a') !== 'rsa-sha256' || tags.get('bh') !== body) return false;

  // Of headers of one name the last comes first (RFC 6376, 5.4.2).
  const left = headers.toReversed().filter((line) => line !== signature);
  const signed = (tags.get('h') ?? '').split(':').map((name) => {
    const at = left.findIndex((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
    return at < 0 ? '' : `${relaxedHeader(left.splice(at, 1)[0]!)}\r\n`;
  });
  const own = relaxedHeader(signature.replace(/([;\s]b=)[^;]*/, '$1'));
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  const verifier = createVerify('RSA-SHA256').update(signed.join('') + own, 'latin1');
  return verifier.verify(key, tags.get('b') ?? '', 'base64');
}

/** Tags of a signature or of a record: `v=DKIM1; p=…`. */
export function tagsOf(list: string): Map<string, string> {
  const tags = list.split(';').map((tag) => {
    const at = tag.indexOf('=');
    return [tag.slice(0, Math.max(at, 0)).trim(), tag.slice(at + 1).replace(/\s+/g, '')] as const;
  });
  return new Map(tags.filter(([name]) => name !== ''));
}

function relaxedHeader(line: string): string {
  const at = line.indexOf(':');
  const value = line
    .slice(at + 1)
    .replace(/\r\n/g, '')
    .replace(/[ \t]+/g, ' ')
    .trim();
  return `${line.slice(0, at).trim().toLowerCase()}:${value}`;
}

function relaxedBody(body: string): string {
  const text = body.replace(/[ \t]+(?=\r\n|$)/g, '').replace(/[ \t]+/g, ' ');
  const end = text.replace(/(?:\r\n)+$/, '');
  return end === '' ? '' : `${end}\r\n`;
}
