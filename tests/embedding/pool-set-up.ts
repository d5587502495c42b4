import assert from 'node:assert/strict';
import { setImmediate as settled } from 'node:timers/promises';
import type { RunReport } from '../../src/embedding/pool/counters.js';
import type { EmbedTask } from '../../src/embedding/pool/open-texts.js';
import { WorkerPool } from '../../src/embedding/pool/pool.js';
import type { Lane } from '../../src/embedding/pool/text-queue.js';
import { silentLogger } from '../../src/platform/log.js';
import { createFakeWorkers, type FakeWorker } from './fake-workers.js';

const maxOpen = { query: 4, fresh: 20, backfill: 20 };

/** What became of a text: its vector, the reason it was refused for, or an error's code. */
export type Outcome = Float32Array | string;

export interface PoolSetUp {
  workers?: number;
  prepare?: () => Promise<void>;
  runTimeoutMs?: number;
  closeTimeoutMs?: number;
}

/** A pool of workers that do what the test says, with a clock that stands still. */
export function setUp({ workers = 1, prepare = async () => {}, ...timeouts }: PoolSetUp = {}) {
  const fakes = createFakeWorkers();
  const clock = { now: 0 };
  const reports: RunReport[] = [];
  const pool = new WorkerPool({
    spawn: fakes.spawn,
    prepare,
    workers,
    dimension: 2,
    maxOpen,
    log: silentLogger,
    onRun: (report) => reports.push(report),
    now: () => clock.now,
    ...timeouts,
  });
  const outcomes = new Map<EmbedTask, Outcome>();
  const tasks: EmbedTask[] = [];
  const taskOf = (lane: Lane, text: string): EmbedTask => {
    const settle = (outcome: Outcome) => {
      assert.ok(!outcomes.has(task), `${text} was settled twice`);
      outcomes.set(task, outcome);
    };
    const task: EmbedTask = {
      lane,
      text,
      tokens: 10,
      done: settle,
      fail: (error) => settle(error.code),
      refuse: (reason) => settle(`refused: ${reason}`),
    };
    return task;
  };
  const submit = (lane: Lane, ...texts: string[]): EmbedTask[] => {
    const added = texts.map((text) => taskOf(lane, text));
    pool.submit(lane, added);
    tasks.push(...added);
    return added;
  };
  const worker = (at: number): FakeWorker => fakes.all[at] ?? assert.fail(`there is no worker ${at}`);
  const vectors = (text: string) =>
    tasks
      .filter((task) => task.text === text)
      .map((task) => outcomes.get(task))
      .filter((outcome) => outcome instanceof Float32Array);
  /** Of the first of this text that is settled. */
  const outcome = (text: string): number[] | string | undefined => {
    const task = tasks.find((one) => one.text === text && outcomes.has(one));
    const found = task && outcomes.get(task);
    return found instanceof Float32Array ? [...found] : found;
  };
  /** Starts and loads all workers. */
  const ready = async () => {
    const warm = pool.warm();
    for (let at = 0; at < workers; at++) {
      await settled();
      worker(at).load();
    }
    await warm;
    await settled();
  };
  return { pool, fakes, clock, reports, submit, worker, outcomes, outcome, vectors, ready };
}
