/** Keys of one page: 4 KB. */
const PAGE_BITS = 32_768;

/**
 * A set of row numbers that only grows, a bit each in pages of those around it: a `Set` of a million numbers takes 40 MB, and this, of rows
 * that came in one after another, 125 KB.
 */
export function createKeySet() {
  const pages = new Map<number, Uint8Array>();
  let size = 0;
  return {
    /** False: it was there. @param key a whole number from 0 */
    add(key: number): boolean {
      const number = Math.floor(key / PAGE_BITS);
      let page = pages.get(number);
      if (!page) {
        page = new Uint8Array(PAGE_BITS / 8);
        pages.set(number, page);
      }
      const [at, bit] = [(key % PAGE_BITS) >> 3, 1 << (key & 7)];
      if ((page[at]! & bit) !== 0) return false;
      page[at]! |= bit;
      size += 1;
      return true;
    },
    has: (key: number): boolean => {
      const page = pages.get(Math.floor(key / PAGE_BITS));
      return page !== undefined && (page[(key % PAGE_BITS) >> 3]! & (1 << (key & 7))) !== 0;
    },
    size: () => size,
  };
}

export type KeySet = ReturnType<typeof createKeySet>;
