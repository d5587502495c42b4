import { join } from 'node:path';
import type { Config } from '../platform/config.js';
import { messageOf } from '../platform/errors.js';
import { type DkimKey, publicKeyOf, signMessage, tagsOf, verifySignature } from '../platform/mail/dkim.js';
import { composeMessage } from '../platform/mail/message.js';
import type { Mail, MailTransport } from '../platform/mail/transport.js';
import type { Finding } from './doctor-checks.js';

/** As node:dns' promises have it. */
export interface TxtResolver {
  resolveTxt(name: string): Promise<string[][]>;
}

/** The answers that there is no such record; all others say that nobody was there to ask. */
const NO_RECORD = ['ENODATA', 'ENOTFOUND'];

const ok = (says: string): Finding => ({ verdict: 'ok', says });
const warning = (says: string): Finding => ({ verdict: 'warning', says });
const failed = (says: string): Finding => ({ verdict: 'failed', says });

export async function checkTransport(transport: MailTransport): Promise<Finding> {
  const { ok: isOk, detail } = await transport.verify();
  return isOk
    ? ok(`${transport.target} ${detail}`)
    : failed(`${transport.target}: ${detail}${remedyOf(detail)}`);
}

/** What OpenSSL and Node say of a certificate: expired, self-signed, of another name, of nobody known. */
const CERTIFICATE = /certificate|self[- ]signed|altnames/i;

const remedyOf = (says: string): string =>
  CERTIFICATE.test(says)
    ? '; have it renewed or put right there, or take any certificate: `?tls=unverified` at the end of SMTP_URL'
    : '';

export function checkLinks({ publicUrl, mail }: Config): Finding {
  const { hostname } = new URL(publicUrl);
  const isHere = /^(localhost|127\..*|\[::1\])$/.test(hostname);
  if (isHere && mail.smtp !== null)
    return warning(`links in mails lead to ${publicUrl}, which is the reader's own machine: set PUBLIC_URL`);
  return ok(`links in mails lead to ${publicUrl}`);
}

/** null where the sender's domain can have no records. */
export function senderDomain({ mail }: Config): string | null {
  const domain = mail.from.address.slice(mail.from.address.lastIndexOf('@') + 1).toLowerCase();
  return domain.includes('.') ? domain : null;
}

/**
 * The resolver, or one that has no answer where this one knows nothing of the domain: a name server without a way out says that
 * nothing exists, and “no SPF record” would send people looking for what is there.
 */
export async function onlineResolver(domain: string, resolver: TxtResolver): Promise<TxtResolver> {
  const why = await resolver.resolveTxt(domain).then(
    () => null,
    ({ code, message }: NodeJS.ErrnoException) => {
      if (code === 'ENODATA') return null;
      if (code === 'ENOTFOUND')
        return `the name server knows no ${domain}: there is no such domain, or it is offline`;
      return `no name server answers: ${code ?? message}`;
    },
  );
  if (why === null) return resolver;
  return { resolveTxt: () => Promise.reject(new Error(why)) };
}

/** RFC 7208. Which addresses the record lets send isn't worked out: the server's own way out isn't known from here. */
export async function checkSpf(domain: string, resolver: TxtResolver): Promise<Finding> {
  const found = await recordsOf(domain, /^v=spf1( |$)/i, resolver);
  if (found.kind === 'offline') return notLookedAt(domain, found.why);
  const [record, ...others] = found.records;
  if (record === undefined)
    return warning(`${domain} has no SPF record: add the one that your mail provider names`);
  if (others.length > 0)
    return failed(`${domain} has ${found.records.length} SPF records: receivers use none of them`);
  if (/(^| )\+?all( |$)/i.test(record)) return warning(`${domain} lets everybody send: “${record}”`);
  return ok(`${domain}: “${record}”`);
}

/** RFC 7489: the domain's own record, or the one of a domain above it. */
export async function checkDmarc(domain: string, resolver: TxtResolver): Promise<Finding> {
  for (let at = domain; at.includes('.'); at = at.slice(at.indexOf('.') + 1)) {
    const found = await recordsOf(`_dmarc.${at}`, /^v=DMARC1\s*(;|$)/i, resolver);
    if (found.kind === 'offline') return notLookedAt(`_dmarc.${at}`, found.why);
    const [record, ...others] = found.records;
    if (record === undefined) continue;
    if (others.length > 0)
      return failed(`_dmarc.${at} has ${found.records.length} records: receivers use none of them`);
    const policy = tagsOf(record).get('p')?.toLowerCase();
    if (policy === undefined) return failed(`_dmarc.${at} has no policy (p=): “${record}”`);
    return ok(`_dmarc.${at}: “${record}”`);
  }
  return warning(`_dmarc.${domain} has no record: large receivers want one, “v=DMARC1; p=none” at least`);
}

/** Signs a mail and checks it as a receiver would: with the key itself, and with the one that DNS has. */
export async function checkDkim(key: DkimKey | null, sample: Mail, resolver: TxtResolver): Promise<Finding> {
  if (key === null)
    return warning('mails are not signed here (DKIM_DOMAIN, …): good only where your mail server does it');
  const own = publicKeyOf(key.privateKey);
  const signed = await signMessage(await composeMessage(sample, null), key);
  if (!verifySignature(signed, own)) return failed('the signature of a mail does not hold');
  const name = `${key.selector}._domainkey.${key.domain}`;
  const expected = `v=DKIM1; k=rsa; p=${own}`;
  const found = await recordsOf(name, /(^|;)\s*p=/i, resolver);
  if (found.kind === 'offline') return notLookedAt(`the signature holds; ${name}`, found.why);
  const [record] = found.records;
  if (record === undefined) return failed(`${name} has no record; expected “${expected}”`);
  const published = tagsOf(record).get('p');
  if (published === '') return failed(`${name} says that the key is revoked`);
  if (published !== own) return failed(`${name} has another key; expected “${expected}”`);
  return ok(`the signature holds, and ${name} has its key`);
}

/** A mail to somebody: what became of it. */
export async function checkSending(transport: MailTransport, mail: Mail): Promise<Finding> {
  const outcome = await transport.send(mail);
  if (outcome.kind === 'withdrawn') return failed('nothing was sent');
  if (outcome.kind === 'sent' && transport.kind === 'file')
    return ok(
      `written into ${join(transport.target, outcome.response)}, and sent to nobody: set SMTP_URL to send it to ${mail.to}`,
    );
  const says = `${mail.to}: ${outcome.kind}: ${outcome.response}${remedyOf(outcome.response)}`;
  if (outcome.kind === 'sent') return ok(says);
  return outcome.kind === 'uncertain' ? warning(`${says}; it may have been taken`) : failed(says);
}

type Records = { kind: 'found'; records: string[] } | { kind: 'offline'; why: string };

async function recordsOf(name: string, pattern: RegExp, resolver: TxtResolver): Promise<Records> {
  try {
    // A long record comes in parts of 255 bytes.
    const records = (await resolver.resolveTxt(name)).map((parts) => parts.join('').trim());
    return { kind: 'found', records: records.filter((record) => pattern.test(record)) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (NO_RECORD.includes(code ?? '')) return { kind: 'found', records: [] };
    return { kind: 'offline', why: code ?? messageOf(error) };
  }
}

function notLookedAt(what: string, why: string): Finding {
  return warning(`${what}: not looked at (${why})`);
}
