import type { Label } from '../ports.js';

/** Full to at most this share: a look-up takes under three steps, and 100,000 labels 5 bytes each. */
const MAX_LOAD = 0.8;
const FIRST_BITS = 6;

/** Fibonacci hashing: neighbouring labels, as row ids are, fall far apart. */
const MULTIPLIER = 0x9e3779b1;

/**
 * Where a label's row is: an open-addressed table that holds slots only and asks `labelAt` for their labels. A
 * `Map` takes 40 bytes and more a label.
 */
export function createSlotTable(labelAt: (slot: number) => Label) {
  let bits = FIRST_BITS;
  /** Slots from 1; 0 is empty. */
  let table = new Uint32Array(2 ** bits);
  let size = 0;

  const home = (label: Label): number => Math.imul(label, MULTIPLIER) >>> (32 - bits);

  /** The place of the label, or the empty one where it would go. */
  function find(label: Label): number {
    const mask = table.length - 1;
    let at = home(label);
    while (table[at] !== 0 && labelAt(table[at]! - 1) !== label) at = (at + 1) & mask;
    return at;
  }

  function grow(): void {
    const old = table;
    bits++;
    table = new Uint32Array(2 ** bits);
    for (const entry of old) if (entry !== 0) table[find(labelAt(entry - 1))] = entry;
  }

  return {
    get bytes(): number {
      return table.byteLength;
    },

    /** -1 for an unknown label. */
    slotOf(label: Label): number {
      return table[find(label)]! - 1;
    },

    /** The label must be new, and `labelAt(slot)` give it already. */
    add(label: Label, slot: number): void {
      if (size + 1 > table.length * MAX_LOAD) grow();
      table[find(label)] = slot + 1;
      size++;
    },

    /** The label must be known, and `labelAt` still give it. */
    remove(label: Label): void {
      const mask = table.length - 1;
      let hole = find(label);
      // What follows moves up, unless that would put it before its home.
      for (let at = (hole + 1) & mask; table[at] !== 0; at = (at + 1) & mask) {
        const distance = (at - home(labelAt(table[at]! - 1))) & mask;
        if (distance < ((at - hole) & mask)) continue;
        table[hole] = table[at]!;
        hole = at;
      }
      table[hole] = 0;
      size--;
    },
  };
}

export type SlotTable = ReturnType<typeof createSlotTable>;
