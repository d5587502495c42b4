/*
 * Reads one address as one source does, and answers what came of it, how long that took and how much it held: a
 * child of faults.ts, because a process's peak is that of its whole life.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createFetcher } from '../../src/platform/fetcher.js';
import { createFaultClient } from '../../tests/support/fault-server.js';
import { createTestTime } from '../../tests/support/test-time.js';
import { faultSources, type SourceOutcome } from './fault-sources.js';

export interface FaultOrder {
  source: string;
  url: string;
  /** The server's. */
  base: string;
  timeoutMs: number;
  /** ISO 8601; the server's clock stands there too. */
  now: string;
}

export interface FaultReport {
  /** Null where it threw. */
  outcome: SourceOutcome | null;
  error: string | null;
  ms: number;
  /** Of the processor. */
  cpuMs: number;
  /** Longest time in which the process did nothing else. */
  blockedMs: number;
  /** Seconds that it would have waited. */
  waitedS: number;
  peakMb: number;
  /** Before anything was read. */
  baseMb: number;
}

async function run({ source, url, base, timeoutMs, now }: FaultOrder): Promise<FaultReport> {
  const time = createTestTime(now);
  const fetcher = createFetcher({
    http: createFaultClient(base, { timeoutMs }),
    clock: time.clock,
    sleep: time.sleep,
    random: () => 0.5,
  });
  const { pull } = faultSources.find(({ name }) => name === source)!;
  const peakMb = () => Math.round(process.resourceUsage().maxRSS / 1_024);
  const baseMb = peakMb();
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const begun = performance.now();
  const used = process.cpuUsage();
  let outcome: SourceOutcome | null = null;
  let error: string | null = null;
  try {
    outcome = await pull(url, fetcher);
  } catch (thrown) {
    error = String(thrown);
  }
  const ms = Math.round(performance.now() - begun);
  const { user, system } = process.cpuUsage(used);
  const cpuMs = Math.round((user + system) / 1_000);
  // Its timer is late by what blocked it last.
  await new Promise((resolve) => setTimeout(resolve, 15));
  delay.disable();
  const blockedMs = Math.round(delay.max / 1e6);
  const waitedS = Math.round((time.clock.now().getTime() - Date.parse(now)) / 1_000);
  return { outcome, error, ms, cpuMs, blockedMs, waitedS, peakMb: peakMb(), baseMb };
}

process.on('message', (order: FaultOrder) => {
  void run(order).then((report) => process.send?.(report, () => process.disconnect()));
});
