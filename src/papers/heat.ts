import type { PartialDate } from './paper.js';

/** Counts of a paper that grow, and that somebody looks at now and then. */
export const observationKinds = ['upvotes', 'comments', 'stars', 'citations'] as const;
export type ObservationKind = (typeof observationKinds)[number];

/** What a count was on a day: the highest that was seen of it on that day. */
export interface Observation {
  kind: ObservationKind;
  /** YYYY-MM-DD, UTC. */
  day: string;
  value: number;
}

/**
 * Stored heats are made with these: whoever changes one computes them anew in a migration (20261121213844_observations has
 * the statement).
 */
export const heatParameters = {
  /**
   * After so many days a rise counts half. The best of an ordinary day (100 upvotes) passes the best of a year (500) when
   * that one is five days older: log2(sqrt(500 / 100)) half-lives. With a day a weekend would empty the page, with two
   * weeks it would hardly change.
   */
  halfLifeDays: 4,
  /**
   * What a root is worth. Comments are a tenth of the upvotes and cost more. Stars go to a whole repository, and there are
   * thirty times as many of them (117 upvotes beside 3,290 stars); a quarter makes both sides even. Citations come months
   * later and never in a rush.
   */
  weights: { upvotes: 1, comments: 1, stars: 0.25, citations: 1 },
} as const satisfies { halfLifeDays: number; weights: Record<ObservationKind, number> };

/** How old a paper is: what had gathered before the first look at it is taken to be as old. */
export interface PaperAge {
  /** Its own date; of a month or year the first day, so that what isn't known never passes for new. */
  date: PartialDate | null;
  /** The day on which it came in, YYYY-MM-DD: its age where it has no date. */
  cameIn: string;
}

/**
 * How much a paper is talked about: the sum over each rise of each count of
 *
 *     weight · (√(new count) − √(highest count before)) · 2^(−(now − day) / halfLife)
 *
 * where the first look at a count is a rise from 0 on the day of the paper itself. The root damps the large ones, and since
 * it is taken of the count and not of the rise, it doesn't matter how often somebody looks. A count that falls and comes
 * back is no rise. All terms cool alike, so the order of two papers changes only when one of them is looked at; what is
 * stored is the sum's logarithm without the age: log2 Σ weight · rise · 2^(day / halfLife), with days since 1970.
 *
 * null where nothing has risen. The order of the observations doesn't matter; one day of one kind may come several times.
 */
export function heatOf(observations: readonly Observation[], age: PaperAge): number | null {
  const { halfLifeDays, weights } = heatParameters;
  const born = firstDayOf(age.date ?? age.cameIn);
  const exponents: number[] = [];
  for (const kind of observationKinds) {
    let highest: number | null = null;
    for (const { day, value } of observations.filter((one) => one.kind === kind).sort(byDay)) {
      if (value <= (highest ?? 0)) {
        highest ??= value;
        continue;
      }
      const rise = Math.sqrt(value) - Math.sqrt(highest ?? 0);
      const from = highest === null && born < day ? born : day;
      exponents.push(Math.log2(weights[kind] * rise) + dayNumber(from) / halfLifeDays);
      highest = value;
    }
  }
  if (exponents.length === 0) return null;
  // 2^(day / halfLife) itself is beyond what a number holds.
  const top = Math.max(...exponents);
  return top + Math.log2(exponents.reduce((sum, exponent) => sum + 2 ** (exponent - top), 0));
}

/** The heat on a day (YYYY-MM-DD) of what `heatOf` gave: √upvotes of a paper that got them all on that day. */
export function heatOn(heat: number, day: string): number {
  return 2 ** (heat - dayNumber(day) / heatParameters.halfLifeDays);
}

/** Of one day the highest: it gives what had risen by its evening. */
const byDay = (a: Observation, b: Observation): number =>
  a.day < b.day ? -1 : a.day > b.day ? 1 : b.value - a.value;

function firstDayOf(date: PartialDate): string {
  return `${date}-01-01`.slice(0, 10);
}

function dayNumber(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / 86_400_000;
}
