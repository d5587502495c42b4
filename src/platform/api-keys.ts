import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ApiKeyStore } from './db/api-key-store.js';

/** Longest key looked at; ours have 49 characters. */
const MAX_KEY_LENGTH = 256;

/** Keys for the write API: 256 random bits each, kept as SHA-256 alone (RFC 6750 bearer tokens). */
export function createApiKeys(store: ApiKeyStore, fixedKey: string | null) {
  const fixedHash = fixedKey === null ? null : hash(fixedKey);
  return {
    /** Makes a key. It is shown once; nobody can look it up again. */
    async create(name: string): Promise<string> {
      const key = `quire_${randomBytes(32).toString('base64url')}`;
      await store.add(name, hash(key));
      return key;
    },
    async isValid(key: string): Promise<boolean> {
      if (key === '' || key.length > MAX_KEY_LENGTH) return false;
      const given = hash(key);
      if (fixedHash !== null && timingSafeEqual(given, fixedHash)) return true;
      return store.exists(given);
    },
    list: () => store.list(),
    /** True when there was such a key. */
    revoke: (name: string) => store.revoke(name),
    /** Whether anybody can write at all. */
    hasAny: async (): Promise<boolean> => fixedHash !== null || (await store.count()) > 0,
  };
}

export type ApiKeys = ReturnType<typeof createApiKeys>;

function hash(key: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash('sha256').update(key).digest());
}
