import { killPoints, type Work, works } from './kill-points.js';
import { chanceOf, seedOf } from './random.js';

/** Random kills of each kind of work in a deck, beside one of every named point and work. */
const RANDOM_PER_WORK = 3;

/** Random kills come at most this long after the work has begun, ms: about what it takes. */
const LONGEST_MS: Readonly<Record<Work, number>> = {
  backfill: 1_500,
  snapshot: 2_000,
  compaction: 4_000,
  switch: 2_500,
  start: 1_500,
};

/** Every so often the database's server is killed with the service. */
const DATABASE_EVERY = 10;

export const RANDOM_POINT = 'random';

/** One kill. */
export interface Round {
  number: number;
  work: Work;
  /** A name from kill-points.ts, or `random`. */
  point: string;
  /** At which passing of the point. */
  at: number;
  /** For `random`: ms after the beginning of the work. */
  delayMs: number;
  withDatabase: boolean;
  /** Of everything else that is chosen in it. */
  seed: number;
}

/** As many kills as asked for: shuffled decks of every point in every work. The same for the same seed. */
export function planRounds({ rounds, seed }: { rounds: number; seed: number }): Round[] {
  const deck: { work: Work; point: string; within: number }[] = [
    ...killPoints.flatMap(({ name, works: of, within }) =>
      of.map((work): { work: Work; point: string; within: number } => ({ work, point: name, within })),
    ),
    ...works.flatMap((work) =>
      Array.from({ length: RANDOM_PER_WORK }, () => ({ work, point: RANDOM_POINT, within: 1 })),
    ),
  ];
  const chance = chanceOf(seed);
  const cards: typeof deck = [];
  while (cards.length < rounds) cards.push(...chance.shuffle(deck));
  return cards.slice(0, rounds).map(({ work, point, within }, number) => {
    const own = chanceOf(seedOf(seed, number));
    return {
      number,
      work,
      point,
      at: own.between(1, within),
      delayMs: own.between(0, LONGEST_MS[work]),
      withDatabase: number % DATABASE_EVERY === DATABASE_EVERY - 1,
      seed: own.between(0, 2 ** 31),
    };
  });
}
