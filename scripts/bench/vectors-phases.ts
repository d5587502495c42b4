import { setTimeout as wait } from 'node:timers/promises';
import type { Label, VectorChange, VectorIndex } from '../../src/vectors/ports.js';
import { shuffle } from './vectors-data.js';
import {
  countLost,
  type createLoopWatch,
  exactTop,
  mean,
  quantiles,
  recallOf,
  round,
  timeSearches,
  until,
} from './vectors-measure.js';

/** Changes handed over at once, as the indexer does. */
const BATCH = 1_000;

/** Longest wait for a graph: 100,000 vectors take two minutes on two slow cores. */
const BUILD_LIMIT_MS = 20 * 60_000;

/** Most searches of one latency. */
const MAX_SEARCHES = 2_000;

/** For each selectivity. */
const FILTER_QUERIES = 50;
const FILTER_KS = [1, 10, 100];
const SELECTIVITIES = [1, 0.5, 0.2, 0.1, 0.05, 0.01, 0.001, 0];

const ADDS_PER_SECOND = 100;
const ADDS_SECONDS = 10;

export interface BenchState {
  index: VectorIndex;
  vectors: readonly Float32Array[];
  queries: readonly Float32Array[];
  random: () => number;
  watch: ReturnType<typeof createLoopWatch>;
  live: Map<Label, Float32Array>;
  nextLabel: Label;
  seq: bigint;
}

export const isIdle = (index: VectorIndex): boolean =>
  index.stats().kind === 'hnsw' && !index.stats().building;

export function waitForGraph({ index }: BenchState): Promise<void> {
  return until(() => isIdle(index), 'the graph', BUILD_LIMIT_MS);
}

export function addition(state: BenchState, vector: Float32Array): VectorChange {
  const label = state.nextLabel++;
  state.live.set(label, vector);
  return { seq: ++state.seq, label, vector };
}

export function retirement(state: BenchState, label: Label): VectorChange {
  state.live.delete(label);
  return { seq: ++state.seq, label, vector: null };
}

export async function applyAll({ index }: BenchState, changes: readonly VectorChange[]): Promise<void> {
  for (let from = 0; from < changes.length; from += BATCH) {
    const batch = changes.slice(from, from + BATCH);
    await index.apply(batch, batch.at(-1)!.seq);
  }
}

/** From nothing: until everything is found, and until the graph is there. Searches now and then meanwhile. */
export async function measureBuild(state: BenchState, changes: readonly VectorChange[]) {
  const { index, queries } = state;
  const started = performance.now();
  await applyAll(state, changes);
  await index.search(queries[0]!, 10);
  const exactAnswersMs = Math.round(performance.now() - started);
  const times: number[] = [];
  for (let i = 0; !isIdle(index); i++) {
    times.push(...(await timeSearches(index, [queries[i % queries.length]!], { limit: 1 })));
    await wait(100);
  }
  return {
    exactAnswersMs,
    graphMs: Math.round(performance.now() - started),
    searchMsWhileBuilding: quantiles(times),
  };
}

export async function measureRecall({ index, queries, live }: BenchState) {
  const recalls: number[] = [];
  for (const query of queries) {
    const expected = exactTop(live, query, 10);
    recalls.push(recallOf(await index.search(query, 10), expected));
  }
  return { recallAt10: round(mean(recalls), 4), lost: await countLost(index, live) };
}

export async function measureLatencies(state: BenchState) {
  const { index, queries, watch, vectors } = state;
  await timeSearches(index, queries, { limit: 100 });
  const alone = await watch.during(() => timeSearches(index, queries, { limit: MAX_SEARCHES }));

  let adding = true;
  const added: Promise<void>[] = [];
  const timer = setInterval(() => {
    const change = addition(state, vectors[Math.floor(state.random() * vectors.length)]!);
    added.push(index.apply([change], change.seq));
  }, 1_000 / ADDS_PER_SECOND);
  const during = watch.during(() =>
    timeSearches(index, queries, { limit: Number.POSITIVE_INFINITY, goOn: () => adding }),
  );
  await wait(ADDS_SECONDS * 1_000);
  clearInterval(timer);
  adding = false;
  const whileAdding = await during;
  await Promise.all(added);

  let saving = true;
  const whileSaving = await watch.during(async () => {
    const saved = index.save().finally(() => {
      saving = false;
    });
    const times = await timeSearches(index, queries, { limit: MAX_SEARCHES, goOn: () => saving });
    await saved;
    return times;
  });
  const [p99Alone, p99Adding] = [quantiles(alone).p99, quantiles(whileAdding).p99];
  return {
    alone: quantiles(alone),
    addsPerSecond: round(added.length / ADDS_SECONDS, 1),
    whileAdding: quantiles(whileAdding),
    addingP99Ratio: round(p99Adding / p99Alone),
    whileSaving: quantiles(whileSaving),
  };
}

export async function measureFilters({ index, queries, live, random, watch }: BenchState) {
  const labels = shuffle([...live.keys()], random);
  const results = [];
  for (const selectivity of SELECTIVITIES) {
    const within = Uint32Array.from(labels.slice(0, Math.max(1, Math.floor(labels.length * selectivity))));
    const subset = Array.from(within, (label) => [label, live.get(label)!] as [number, Float32Array]);
    const asked = queries.slice(0, FILTER_QUERIES);
    const expected = asked.map((query) => exactTop(subset, query, Math.max(...FILTER_KS)));
    const byK: Record<string, object> = {};
    for (const k of FILTER_KS) {
      const times: number[] = [];
      const recalls: number[] = [];
      await watch.during(async () => {
        for (const [i, query] of asked.entries()) {
          const started = performance.now();
          const hits = await index.search(query, k, { within });
          times.push(performance.now() - started);
          recalls.push(recallOf(hits, expected[i]!.slice(0, k)));
        }
      });
      const { p50, p99 } = quantiles(times);
      byK[`k${k}`] = { recall: round(mean(recalls), 4), p50, p99 };
    }
    results.push({ matches: within.length, ...byK });
  }
  return results;
}

/** Half is deleted and as many others come in, then a third is updated: its labels are retired for new ones. */
export async function runRound(state: BenchState, { timed }: { timed: boolean }) {
  const { index, queries, watch, random } = state;
  const gone = shuffle([...state.live.entries()], random).slice(0, Math.floor(state.live.size / 2));
  await applyAll(
    state,
    gone.map(([label]) => retirement(state, label)),
  );
  // A graph that lost half of itself is being built anew from here on.
  const times = timed
    ? await watch.during(() =>
        timeSearches(index, queries, { limit: MAX_SEARCHES, goOn: () => !isIdle(index) }),
      )
    : [];
  await applyAll(
    state,
    gone.map(([, vector]) => addition(state, vector)),
  );
  const updated = shuffle([...state.live.entries()], random).slice(0, Math.floor(state.live.size / 3));
  await applyAll(
    state,
    updated.flatMap(([label, vector]) => [retirement(state, label), addition(state, vector)]),
  );
  await waitForGraph(state);
  return quantiles(times);
}
