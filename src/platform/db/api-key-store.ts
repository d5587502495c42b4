import type { Clock } from '../clock.js';
import type { Database } from './database.js';

export interface ApiKeyInfo {
  name: string;
  createdAt: Date;
}

/** Keys by the SHA-256 of their text. */
export function createApiKeyStore({ prisma }: Database, clock: Clock) {
  return {
    add: async (name: string, hash: Uint8Array<ArrayBuffer>): Promise<void> => {
      await prisma.apiKey.create({ data: { name, hash, createdAt: clock.now() } });
    },
    exists: async (hash: Uint8Array<ArrayBuffer>): Promise<boolean> =>
      (await prisma.apiKey.findFirst({ where: { hash, revokedAt: null }, select: { id: true } })) !== null,
    list: (): Promise<ApiKeyInfo[]> =>
      prisma.apiKey.findMany({
        where: { revokedAt: null },
        orderBy: { id: 'asc' },
        select: { name: true, createdAt: true },
      }),
    revoke: async (name: string): Promise<boolean> =>
      (await prisma.apiKey.updateMany({ where: { name, revokedAt: null }, data: { revokedAt: clock.now() } }))
        .count > 0,
    count: (): Promise<number> => prisma.apiKey.count({ where: { revokedAt: null } }),
  };
}

export type ApiKeyStore = ReturnType<typeof createApiKeyStore>;
