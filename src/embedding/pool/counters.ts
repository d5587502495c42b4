import type { Entry } from './open-texts.js';
import { type Lane, lanes } from './text-queue.js';

export interface Milliseconds {
  total: number;
  max: number;
}

export interface LaneStats {
  /** Texts in the queue now, those under way not counted. */
  waiting: number;
  /** Texts promised to callers now: waiting, under way, or shared with one that is. */
  open: number;
  /** Texts embedded since the start. */
  embedded: number;
  /** Texts that could not be embedded. */
  refused: number;
  /** Calls turned away because too many texts were open. */
  overloaded: number;
  /** From intake to the beginning of the run. */
  waitMs: Milliseconds;
}

export interface PoolStats {
  lanes: Record<Lane, LaneStats>;
  runs: { count: number; ms: Milliseconds };
  /** Tokens that the model has seen, special ones included. */
  tokens: number;
  /** Texts that were longer than the model's maximum. */
  truncated: number;
  /** Texts that got the vector of a run that was another's. */
  shared: number;
  /** Workers with the model loaded. */
  workers: number;
  /** Workers that died, failed loads and those that were given up included. */
  deaths: number;
  /** Workers that were given up because a run or load did not end. */
  timeouts: number;
}

/** What `onRun` is told of every text that became a vector. */
export interface RunReport {
  lane: Lane;
  waitMs: number;
  runMs: number;
  tokens: number;
}

function count(into: Milliseconds, ms: number): void {
  into.total += ms;
  into.max = Math.max(into.max, ms);
}

/** What a pool has done since its start. */
export function createCounters() {
  const milliseconds = (): Milliseconds => ({ total: 0, max: 0 });
  const lane = () => ({ embedded: 0, refused: 0, overloaded: 0, waitMs: milliseconds() });
  return {
    lanes: { query: lane(), fresh: lane(), backfill: lane() },
    runs: { count: 0, ms: milliseconds() },
    tokens: 0,
    truncated: 0,
    shared: 0,
    deaths: 0,
    timeouts: 0,
    /** A run that ended now, well or not; answers how long its text had waited. */
    countRun({ lane, since }: Entry, runMs: number, now: number): number {
      const waitMs = Math.max(0, now - since - runMs);
      this.runs.count += 1;
      count(this.runs.ms, runMs);
      count(this.lanes[lane].waitMs, waitMs);
      return waitMs;
    },
    snapshot(of: (lane: Lane) => { waiting: number; open: number }, workers: number): PoolStats {
      const { tokens, truncated, shared, deaths, timeouts } = this;
      const entries = lanes.map((lane) => {
        const counts = this.lanes[lane];
        return [lane, { ...of(lane), ...counts, waitMs: { ...counts.waitMs } }] as const;
      });
      return {
        lanes: Object.fromEntries(entries) as Record<Lane, LaneStats>,
        runs: { count: this.runs.count, ms: { ...this.runs.ms } },
        ...{ tokens, truncated, shared, workers, deaths, timeouts },
      };
    },
  };
}

export type Counters = ReturnType<typeof createCounters>;
