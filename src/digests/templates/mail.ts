import { AppError } from '../../platform/errors.js';
import { composeMessage } from '../../platform/mail/message.js';
import type { Mail } from '../../platform/mail/transport.js';
import type { Digest } from '../digest.js';
import type { Named, Subscription } from '../subscription.js';
import { type Detail, details } from './detail.js';
import { digestHtml } from './html.js';
import { digestText } from './text.js';
import { type DigestLinks, subjectOf } from './words.js';

export interface DigestMailOptions {
  links: DigestLinks;
  /** Without angle brackets. */
  messageId: string;
  from: Mail['from'];
  date: Date;
}

/** Gmail cuts a mail off at 102 kB, and with it the link to unsubscribe. */
export const MAX_MESSAGE_BYTES = 100_000;

/** What a signature adds: with a key of 4,096 bits it has 684 bytes of base64, beside the names of the headers. */
const SIGNATURE_BYTES = 1_500;

/** Headers and boundaries, of which the addresses are the most. */
const HEADER_BYTES = 5_000;

/** The longest that a text gets, for each of its bytes: quoted-printable writes three, and three more at the end of each line of 76. */
const MOST_BYTES_A_BYTE = 3.2;

/**
 * As much of each paper as the message has room for, which stays below `MAX_MESSAGE_BYTES` with every paper named and linked in both parts.
 * The same digest gives the same mail.
 * @throws AppError internal for a subscription without an address
 */
export async function digestMail(
  subscription: Subscription & Named,
  digest: Digest,
  { links, messageId, from, date }: DigestMailOptions,
): Promise<Mail> {
  const { email, id } = subscription;
  if (email === null) throw new AppError('internal', `subscription ${id} has no address`);
  const options = { settings: subscription, links, date };
  const head = {
    ...{ messageId, from, to: email, date },
    subject: subjectOf(subscription, digest),
    headers: headersOf({ id, links, from }),
  };
  const mailOf = (detail: Detail): Mail => ({
    ...head,
    text: digestText(digest, options, detail),
    html: digestHtml(digest, options, detail),
  });
  return firstFitting(details.map((detail) => () => mailOf(detail)));
}

/**
 * The first mail that fits, else the last: sizes fall from each to the next. Where one doesn't (a name that is shorter than the
 * count in its place), what comes back fits all the same. Most digests fit the first; the others are searched by halves, since
 * writing a hundred papers and composing the message takes some 20 ms.
 */
async function firstFitting(mails: readonly (() => Mail)[]): Promise<Mail> {
  const first = mails[0]!();
  if (await fits(first)) return first;
  let best: Mail | null = null;
  let low = 1;
  let high = mails.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const mail = mails[middle]!();
    if (await fits(mail)) {
      best = mail;
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return best ?? mails[high]!();
}

async function fits(mail: Mail): Promise<boolean> {
  const room = MAX_MESSAGE_BYTES - SIGNATURE_BYTES;
  const bytes = Buffer.byteLength(mail.text) + Buffer.byteLength(mail.html);
  if (bytes >= room) return false;
  // Most digests are so short that they needn't be written twice.
  if (bytes * MOST_BYTES_A_BYTE + HEADER_BYTES < room) return true;
  return (await composeMessage(mail, null)).length < room;
}

interface HeaderOptions {
  id: number;
  links: DigestLinks;
  from: Mail['from'];
}

function headersOf({ id, links, from }: HeaderOptions): Record<string, string> {
  const unsubscribe = address(links.unsubscribe());
  return {
    'List-Unsubscribe': `<${unsubscribe}>`,
    // RFC 8058 asks for https: over plain http anybody on the way could read the token.
    ...(unsubscribe.startsWith('https:') ? { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' } : {}),
    // RFC 2919: under a domain of the sender's, the same for as long as the subscription lives.
    'List-Id': `Quire digest ${id} <digest-${id}.quire.${domainOf(from.address)}>`,
    'List-Help': `<${address(links.manage())}>`,
    // RFC 3834: no vacation notes.
    'Auto-Submitted': 'auto-generated',
  };
}

/** As a header can hold it: an URL's own form has no spaces, line ends or angle brackets. */
const address = (url: string): string => new URL(url).href.replaceAll('<', '%3C').replaceAll('>', '%3E');

/** What a domain name has; an address without a host is one of this machine. */
const domainOf = (email: string): string =>
  email
    .slice(email.lastIndexOf('@') + 1)
    .toLowerCase()
    .replace(/[^a-z0-9.-]+/g, '') || 'localhost';
