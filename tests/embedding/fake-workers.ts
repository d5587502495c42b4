import type { ModelWorker } from '../../src/embedding/model-thread.js';
import type { TextResult } from '../../src/embedding/worker-protocol.js';
import { AppError } from '../../src/platform/errors.js';

/** A worker that does what the test says, when it says so. */
export interface FakeWorker extends ModelWorker {
  /** Batches as they came. */
  readonly batches: readonly (readonly string[])[];
  /** Texts given and not answered yet. */
  readonly open: readonly string[];
  readonly stopped: boolean;
  readonly alive: boolean;
  readonly loading: boolean;
  load(): void;
  failLoad(reason: string): void;
  /** Answers the next text: with its length and first character code, or with a failure. */
  answer(failure?: string): void;
  die(reason: string): void;
}

export const vectorOf = (text: string): number[] => [text.length, text.charCodeAt(0)];

interface Deferred<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

function deferred<T>(): Deferred<T> {
  let settle: Omit<Deferred<T>, 'promise'> | undefined;
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle! };
}

export function createFakeWorkers() {
  const all: FakeWorker[] = [];
  const spawn = (): ModelWorker => {
    const batches: (readonly string[])[] = [];
    const ready = deferred<number>();
    const gone = deferred<string>();
    let open: string[] = [];
    let onResult: (result: TextResult) => void = () => {};
    const state = { stopped: false, alive: true, loading: true };
    const worker: FakeWorker = {
      ready: ready.promise,
      gone: gone.promise,
      batches,
      get open() {
        return open;
      },
      get stopped() {
        return state.stopped;
      },
      get alive() {
        return state.alive;
      },
      get loading() {
        return state.loading;
      },
      run(texts, receive) {
        if (open.length > 0 || state.loading || !state.alive) throw new Error('given a batch too early');
        batches.push(texts);
        open = [...texts];
        onResult = receive;
      },
      stop() {
        state.stopped = true;
      },
      load() {
        state.loading = false;
        ready.resolve(1);
      },
      failLoad(reason) {
        ready.reject(new AppError('model_invalid', reason));
        worker.die(reason);
      },
      answer(failure) {
        const text = open.shift();
        if (text === undefined) throw new Error('nothing to answer');
        if (failure !== undefined) return onResult({ ok: false, reason: failure });
        onResult({ ok: true, vector: Float32Array.from(vectorOf(text)), tokens: 3, truncated: false });
      },
      die(reason) {
        state.alive = false;
        ready.reject(new AppError('model_unavailable', reason));
        gone.resolve(reason);
      },
    };
    all.push(worker);
    return worker;
  };
  return { spawn, all };
}
