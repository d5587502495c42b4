import { AppError } from '../../platform/errors.js';
import type { Mail } from '../../platform/mail/transport.js';
import type { Digest } from '../digest.js';
import type { Subscription } from '../subscription.js';
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

/** @throws AppError internal for a subscription without an address */
export function digestMail(
  subscription: Subscription,
  digest: Digest,
  { links, messageId, from, date }: DigestMailOptions,
): Mail {
  const { email, id } = subscription;
  if (email === null) throw new AppError('internal', `subscription ${id} has no address`);
  const options = { settings: subscription, links, date };
  return {
    ...{ messageId, from, to: email, date },
    subject: subjectOf(subscription, digest),
    text: digestText(digest, options),
    html: digestHtml(digest, options),
    headers: headersOf({ id, links, from }),
  };
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
