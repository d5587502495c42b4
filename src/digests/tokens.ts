import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../platform/clock.js';
import { AppError } from '../platform/errors.js';
import type { TokenPurpose, TokenScope, TokenStore } from './token-store.js';

const DAY_MS = 86_400_000;

/** Somebody who asked reads the mail within a weekend; after that the address may be another's mistake. */
export const CONFIRM_DAYS = 3;

/** A link that was mailed because somebody asked for it is used at once. */
export const MANAGE_DAYS = 7;

/** The links of a digest: mails are kept, and unsubscribing from an old one must work for long. */
export const DIGEST_LINK_DAYS = 400;

/** A reader polls an address for as long as it is used; whoever wants it to end sooner makes a new one. */
export const FEED_DAYS = 3_650;

/** 256 random bits in base64url. */
const TOKEN = /^[\w-]{43}$/;

/** Tokens of links in mails: whoever has one may do what it is for. Kept as SHA-256 alone. */
export function createTokens(store: TokenStore, clock: Clock) {
  function draw(days: number) {
    const token = randomBytes(32).toString('base64url');
    const createdAt = clock.now();
    const expiresAt = new Date(createdAt.getTime() + days * DAY_MS);
    return { token, kept: { hash: hashOf(token), createdAt, expiresAt } };
  }

  /** @throws AppError link_not_found: unknown, expired, or for something else */
  async function read(token: string, purpose: TokenPurpose): Promise<TokenScope> {
    const scope = TOKEN.test(token) ? await store.find(hashOf(token), clock.now()) : null;
    if (scope?.purpose !== purpose) throw linkNotFound();
    return scope;
  }

  return {
    /** A new token. It is shown once; nobody can look it up again. */
    async issue(scope: TokenScope, days: number): Promise<string> {
      const { token, kept } = draw(days);
      await store.add({ ...scope, ...kept });
      return token;
    },

    /** As `issue`; the older ones of this subscription and purpose end. */
    async issueOnly(scope: TokenScope & { subscriptionId: number }, days: number): Promise<string> {
      const { token, kept } = draw(days);
      await store.replace({ ...scope, ...kept });
      return token;
    },

    read,

    /** Of a link to all of a subscriber's subscriptions. @throws AppError link_not_found; full_link_needed: it is of one */
    async readFull(token: string): Promise<TokenScope> {
      const scope = await read(token, 'manage');
      if (scope.subscriptionId !== null) throw fullLinkNeeded();
      return scope;
    },

    removeExpired: (): Promise<number> => store.removeExpired(clock.now()),
  };
}

export type Tokens = ReturnType<typeof createTokens>;

export function linkNotFound(): AppError {
  return new AppError(
    'link_not_found',
    'This link is not known, or no longer: it may have expired, or not be whole. Ask for a new one.',
  );
}

/** People hand digests on: what stands in one must not open the rest. */
export function fullLinkNeeded(): AppError {
  return new AppError(
    'full_link_needed',
    'This link came with a digest and opens that one alone. Have the link to everything mailed to its address.',
  );
}

function hashOf(token: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(token).digest());
}
