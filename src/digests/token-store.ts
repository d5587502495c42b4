import type { Database } from '../platform/db/database.js';

export type TokenPurpose = 'confirm' | 'manage';

/** What a token is for. */
export interface TokenScope {
  subscriberId: number;
  /** null: all of the subscriber's subscriptions. */
  subscriptionId: number | null;
  purpose: TokenPurpose;
}

type Hash = Uint8Array<ArrayBuffer>;

/** Tokens by the SHA-256 of their text. */
export function createTokenStore({ prisma }: Pick<Database, 'prisma'>) {
  return {
    async add({
      hash,
      createdAt,
      expiresAt,
      ...scope
    }: TokenScope & { hash: Hash; createdAt: Date; expiresAt: Date }): Promise<void> {
      await prisma.subscriberToken.create({ data: { hash, createdAt, expiresAt, ...scope } });
    },

    async find(hash: Hash, now: Date): Promise<TokenScope | null> {
      const row = await prisma.subscriberToken.findFirst({
        where: { hash, expiresAt: { gt: now } },
        select: { subscriberId: true, subscriptionId: true, purpose: true },
      });
      return row && { ...row, purpose: row.purpose as TokenPurpose };
    },

    async removeExpired(now: Date): Promise<number> {
      return (await prisma.subscriberToken.deleteMany({ where: { expiresAt: { lte: now } } })).count;
    },
  };
}

export type TokenStore = ReturnType<typeof createTokenStore>;
