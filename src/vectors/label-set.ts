import type { Label } from './ports.js';

/** Labels of one page: 65,536 bits are 8 KiB, and row ids are dense, so a million labels take 128 KiB. */
const PAGE_BITS = 16;
const PAGE_WORDS = 2 ** PAGE_BITS / 32;

/** A set of labels as a paged bitmap: a `Set<number>` of a million takes some 40 MB. */
export function createLabelSet() {
  const pages = new Map<number, Uint32Array>();
  let size = 0;

  return {
    get size(): number {
      return size;
    },

    has(label: Label): boolean {
      const page = pages.get(label >>> PAGE_BITS);
      if (page === undefined) return false;
      return ((page[(label & 0xffff) >>> 5]! >>> (label & 31)) & 1) === 1;
    },

    /** True where the label was not in the set before. */
    add(label: Label): boolean {
      const key = label >>> PAGE_BITS;
      let page = pages.get(key);
      if (page === undefined) {
        page = new Uint32Array(PAGE_WORDS);
        pages.set(key, page);
      }
      const word = (label & 0xffff) >>> 5;
      const bit = 1 << (label & 31);
      if ((page[word]! & bit) !== 0) return false;
      page[word]! |= bit;
      size++;
      return true;
    },

    /** Ascending. */
    *[Symbol.iterator](): Generator<Label> {
      for (const key of [...pages.keys()].sort((a, b) => a - b)) {
        const page = pages.get(key)!;
        for (let word = 0; word < PAGE_WORDS; word++) {
          for (let bits = page[word]!; bits !== 0; bits &= bits - 1) {
            yield key * 2 ** PAGE_BITS + word * 32 + (31 - Math.clz32(bits & -bits));
          }
        }
      }
    },
  };
}

export type LabelSet = ReturnType<typeof createLabelSet>;
