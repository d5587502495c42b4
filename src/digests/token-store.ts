import type { Database } from '../platform/db/database.js';

export type TokenPurpose = 'confirm' | 'manage' | 'feed';

/** What a token is for. */
export interface TokenScope {
  subscriberId: number;
  /** null: all of the subscriber's subscriptions. */
  subscriptionId: number | null;
  purpose: TokenPurpose;
}

type Hash = Uint8Array<ArrayBuffer>;

/** A token as it is kept. */
type NewToken = TokenScope & { hash: Hash; createdAt: Date; expiresAt: Date };

/** Tokens by the SHA-256 of their text. */
export function createTokenStore({ prisma }: Pick<Database, 'prisma'>) {
  return {
    async add(token: NewToken): Promise<void> {
      await prisma.subscriberToken.create({ data: token });
    },

    /** In the place of all others of its subscription and purpose. Of two at once the later one stays. */
    async replace(token: NewToken & { subscriptionId: number }): Promise<void> {
      const { subscriptionId, purpose } = token;
      await prisma.$transaction(async (tx) => {
        await tx.$queryRaw`SELECT id FROM subscriptions WHERE id = ${subscriptionId} FOR UPDATE`;
        await tx.subscriberToken.deleteMany({ where: { subscriptionId, purpose } });
        await tx.subscriberToken.create({ data: token });
      });
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
