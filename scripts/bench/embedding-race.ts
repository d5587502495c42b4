import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { DocumentText } from '../../src/embedding/embedder.js';
import {
  type ContenderName,
  contenderNames,
  type FromContender,
  type ToContender,
} from './embedding-protocol.js';

/** Milliseconds for a contender's answer: the slowest takes 70 ms a text, and a round has 1,000 at most. */
const ANSWER_TIMEOUT_MS = 10 * 60_000;
/** Texts before the first round, for warm caches and grown memory. */
const WARM_UP = 24;

export interface RaceResult {
  perSecond: Record<ContenderName, number>;
  peakMb: Record<ContenderName, number | null>;
  /** Medians over the rounds of ours by each other's, and the least and the most. */
  ratios: Record<Exclude<ContenderName, 'ours'>, { median: number; least: number; most: number }>;
  rounds: number;
}

export interface RaceOptions {
  modelDir: string;
  documents: readonly DocumentText[];
  rounds: number;
  /** The library's pipeline stops at the same length as ours. */
  cut: boolean;
}

export interface Runner {
  /** One for each core for the limit, which is single-threaded, else one. */
  processes: ChildProcess[];
}

const entry = fileURLToPath(new URL('./embedding-contender.js', import.meta.url));

async function ask(child: ChildProcess, message: ToContender | null): Promise<FromContender> {
  const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const ended = new AbortController();
  const exit = once(child, 'exit', { signal: AbortSignal.any([signal, ended.signal]) }).then(([code]) => {
    throw new Error(`a contender ended with code ${code}`);
  });
  const answer = once(child, 'message', { signal });
  if (message !== null) child.send(message);
  try {
    const [found] = await Promise.race([answer, exit]);
    return found as FromContender;
  } finally {
    exit.catch(() => undefined);
    answer.catch(() => undefined);
    ended.abort();
  }
}

export async function startContender(
  name: ContenderName,
  { modelDir, cut }: Pick<RaceOptions, 'modelDir' | 'cut'>,
): Promise<Runner> {
  const count = name === 'limit' ? availableParallelism() : 1;
  const processes = Array.from({ length: count }, () =>
    fork(entry, [name, modelDir, ...(cut ? ['cut'] : [])]),
  );
  await Promise.all(processes.map((child) => ask(child, null)));
  return { processes };
}

export function stopContender({ processes }: Runner): void {
  for (const child of processes) if (child.connected) child.send({ kind: 'close' } satisfies ToContender);
}

/** Abstracts a second of one contender over some documents: the sum over its processes. */
export async function lap({ processes }: Runner, documents: readonly DocumentText[]) {
  const shares = processes.map((_, at) => documents.filter((__, row) => row % processes.length === at));
  await Promise.all(processes.map((child, at) => ask(child, { kind: 'prepare', documents: shares[at]! })));
  const answers = await Promise.all(processes.map((child) => ask(child, { kind: 'run' })));
  let perSecond = 0;
  let peakMb: number | null = 0;
  for (const [at, answer] of answers.entries()) {
    if (answer.kind !== 'done') throw new Error(`a contender answered ${answer.kind}`);
    perSecond += (shares[at]!.length / answer.ms) * 1000;
    peakMb = peakMb === null || answer.peakMb === null ? null : peakMb + answer.peakMb;
  }
  return { perSecond, peakMb };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle) - 1]!) / 2;
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/**
 * All contenders over all documents, in rounds over one part after another, the order rotated: what else the
 * machine does meets all of them.
 */
export async function race(options: RaceOptions): Promise<RaceResult> {
  const { documents, rounds } = options;
  const runners = new Map<ContenderName, Runner>();
  try {
    for (const name of contenderNames) {
      const runner = await startContender(name, options);
      runners.set(name, runner);
      await lap(runner, documents.slice(0, WARM_UP));
    }
    const rates: Record<ContenderName, number[]> = { ours: [], batches: [], singly: [], limit: [] };
    const peakMb: RaceResult['peakMb'] = { ours: null, batches: null, singly: null, limit: null };
    for (let at = 0; at < rounds; at++) {
      const part = documents.filter((_, row) => row % rounds === at);
      for (let turn = 0; turn < contenderNames.length; turn++) {
        const name = contenderNames[(turn + at) % contenderNames.length]!;
        const result = await lap(runners.get(name)!, part);
        rates[name].push(result.perSecond);
        peakMb[name] = result.peakMb;
      }
    }
    const ratio = (name: ContenderName) => {
      const all = rates.ours.map((ours, at) => ours / rates[name][at]!);
      return {
        median: round(median(all), 3),
        least: round(Math.min(...all), 3),
        most: round(Math.max(...all), 3),
      };
    };
    const rate = (name: ContenderName) => round(median(rates[name]), 1);
    return {
      perSecond: {
        ours: rate('ours'),
        batches: rate('batches'),
        singly: rate('singly'),
        limit: rate('limit'),
      },
      peakMb,
      ratios: { batches: ratio('batches'), singly: ratio('singly'), limit: ratio('limit') },
      rounds,
    };
  } finally {
    for (const runner of runners.values()) stopContender(runner);
  }
}
