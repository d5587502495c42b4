/** A seeded source of chance, so that a failed campaign can be run again. */
export interface Chance {
  /** 0 to below 1. */
  next(): number;
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  pick<T>(values: readonly T[]): T;
  shuffle<T>(values: readonly T[]): T[];
}

/** Mulberry32: small, and good enough to choose what to break. */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  const pick = <T>(values: readonly T[]): T => values[between(0, values.length - 1)]!;
  const shuffle = <T>(values: readonly T[]): T[] => {
    const left = [...values];
    return values.map(() => left.splice(between(0, left.length - 1), 1)[0]!);
  };
  return { next, between, pick, shuffle };
}

/** The seed of one part of a campaign: the same whichever other parts run. */
export const seedOf = (seed: number, part: number): number =>
  (Math.imul(seed, 0x9e3779b1) + Math.imul(part + 1, 0x85ebca6b)) >>> 0;
