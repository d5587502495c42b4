import { createHash } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import type { Clock } from '../platform/clock.js';
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
  /** A lab of thirty at one domain, and as many again at a large provider. */
  domain: { perHour: 60, perDay: 200 },
  /** What small mail servers may send a day without being throttled. */
  all: { perHour: 200, perDay: 1_000 },
} as const;

export type BudgetName = keyof typeof limits;

/** Networks that name no visitor: the machine itself and proxies of a private network in front of it. */
const unnamed = new BlockList();
for (const [net, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  unnamed.addSubnet(net, prefix, 'ipv4');
unnamed.addAddress('::1', 'ipv6');
unnamed.addSubnet('fc00::', 7, 'ipv6');

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
          limitOf('address', emailKey),
          ...(network === null ? [] : [limitOf('network', network)]),
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

function limitOf(name: 'address' | 'network' | 'domain', text: string): BudgetLimit {
  const hash = createHash('sha256').update(text).digest('base64url');
  return { key: `${name}:${hash}`, ...limits[name] };
}

/** The /24 or /64 of an address: what one visitor has at least; null for addresses that name no visitor. */
export function networkOf(ip: string): string | null {
  const address = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip)?.[1] ?? ip.replace(/%.*$/, '');
  const family = isIP(address);
  if (family === 0 || unnamed.check(address, family === 4 ? 'ipv4' : 'ipv6')) return null;
  if (family === 4) return address.split('.').slice(0, 3).join('.');
  return groupsOf(address).slice(0, 4).join(':');
}

/** The eight groups of an IPv6 address, without leading zeros. */
function groupsOf(address: string): string[] {
  // The URL parser writes every spelling of an address in one way (RFC 5952), four bytes at the end too.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const [before, after] = [head, tail ?? ''].map((part) => (part === '' ? [] : part.split(':')));
  const gap = tail === undefined ? 0 : 8 - before!.length - after!.length;
  return [...before!, ...Array<string>(gap).fill('0'), ...after!];
}
