/** What the load generator is asked to do. */
export interface LoadPlan {
  url: string;
  /** Paths with their query strings, asked for in this order. */
  paths: readonly string[];
  /** Begins again after the last path; else the plan fails there. */
  cycle: boolean;
  seconds: number;
  load: Load;
  seed: number;
}

/**
 * Closed: each connection asks again as soon as it is answered. Open: requests arrive at random, whether or not
 * others wait, and are timed from when they were due.
 */
export type Load = { kind: 'closed'; connections: number } | { kind: 'open'; perSecond: number };

export interface LoadResult {
  answered: number;
  perSecond: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  /** What went wrong -> how often. */
  failed: Record<string, number>;
  /** Answers without a single paper. */
  empty: number;
  /** Processors that the load generator itself kept busy. */
  loadCores: number;
  /** Mean milliseconds of each stage, where the answers said (`Server-Timing`). */
  stages: Record<string, number>;
}

export type FromLoad = { result: LoadResult } | { error: string };

/** `values` ascending. */
export function quantile(values: readonly number[], q: number): number {
  return values[Math.min(values.length - 1, Math.floor(q * values.length))] ?? Number.NaN;
}

/** To a tenth. */
export const tenth = (value: number): number => Math.round(value * 10) / 10;
