import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import type { Clock } from '../platform/clock.js';
import { isPrivateAddress } from '../platform/special-networks.js';
import type { BudgetLimit, BudgetStore } from './budget-store.js';

/**
 * Mails that the public forms cause at most. They bound what somebody can do to another's mailbox with them, and to the
 * reputation of the server that sends.
 */
const limits = {
  /** A person who mistypes and asks again; beyond that it is a nuisance to whoever owns the mailbox. */
  address: { perHour: 3, perDay: 6 },
  /** A class or a lab behind one address of the network subscribes on one afternoon. */
  network: { perHour: 10, perDay: 30 },
  /** A household, a lab, or, where TRUST_PROXY isn't set, all that a proxy brings: they shall not stop each other, and leave room for others. */
  privateNetwork: { perHour: 60, perDay: 200 },
  /** A lab of thirty at one domain, and as many again at a large provider. */
  domain: { perHour: 60, perDay: 200 },
  /** What small mail servers may send a day without being throttled. */
  all: { perHour: 200, perDay: 1_000 },
} as const;

export type BudgetName = keyof typeof limits;

export interface FormUse {
  /** The address that it is for every purpose but the envelope. */
  emailKey: string;
  /** Where the request came from. */
  ip: string;
  /** The request (FormRequest) that it is of, where that is kept: it is booked once. */
  request?: string;
}

export function createBudgets(store: BudgetStore, clock: Clock) {
  return {
    /** Books one mail; null, or the budget that has no room for it: then nothing is booked. */
    async spend({ emailKey, ip, request }: FormUse): Promise<BudgetName | null> {
      const network = networkOf(ip);
      const domain = emailKey.slice(emailKey.lastIndexOf('@') + 1);
      const full = await store.spend(
        [
          limitOf('address', mailboxOf(emailKey)),
          limitOf(isPrivateAddress(plainAddress(ip)) ? 'privateNetwork' : 'network', network),
          limitOf('domain', domain),
          { key: 'all', ...limits.all },
        ],
        clock.now(),
        request,
      );
      return full === null ? null : (full.split(':', 1)[0] as BudgetName);
    },
  };
}

export type Budgets = ReturnType<typeof createBudgets>;

function limitOf(name: Exclude<BudgetName, 'all'>, text: string): BudgetLimit {
  const hash = createHash('sha256').update(text).digest('base64url');
  return { key: `${name}:${hash}`, ...limits[name] };
}

/** Without the tag of a plus-address, which leads to the same mailbox at most providers. */
function mailboxOf(emailKey: string): string {
  return emailKey.replace(/^([^+@]+)\+[^@]*@/, '$1@');
}

/** The /24 or /64 of an address: what one visitor has at least. All that is no address is one network, too. */
export function networkOf(ip: string): string {
  const address = plainAddress(ip);
  const family = isIP(address);
  if (family === 0) return 'unknown';
  if (family === 4) return address.split('.').slice(0, 3).join('.');
  return groupsOf(address).slice(0, 4).join(':');
}

/** Without the zone of a link, and of IPv4 in IPv6's clothes without those. */
function plainAddress(ip: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1] ?? ip.replace(/%.*$/, '');
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(address: string): string[] {
  // The URL parser writes every spelling of an address in one way (RFC 5952), four bytes at the end too.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const [before, after] = [head, tail ?? ''].map((part) => (part === '' ? [] : part.split(':')));
  const gap = tail === undefined ? 0 : 8 - before!.length - after!.length;
  return [...before!, ...Array<string>(gap).fill('0'), ...after!];
}
