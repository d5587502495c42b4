import type { Answer, EmbedRequest } from '../../src/embedding/pool/protocol.js';
import type { ModelWorker } from '../../src/embedding/pool/thread.js';
import { AppError } from '../../src/platform/errors.js';

/** A worker that does what the test says, when it says so. */
export interface FakeWorker extends ModelWorker {
  /** All texts given, as they came; a text given as urgent ends with '!'. */
  readonly given: readonly string[];
  /** Texts given and not answered yet, in the order in which a real worker would run them. */
  readonly open: readonly string[];
  readonly stopped: boolean;
  readonly abandoned: boolean;
  readonly alive: boolean;
  readonly loading: boolean;
  load(): void;
  failLoad(reason: string): void;
  /** Answers the next text: with its vector, another one, or a failure. */
  answer(instead?: string | Float32Array<ArrayBuffer>): void;
  die(reason: string): void;
}

/** Of length 1, and another one for other texts. */
export function vectorOf(text: string): number[] {
  const angle = text.length + [...text].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7);
  return [...Float32Array.of(Math.cos(angle), Math.sin(angle))];
}

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
    const given: string[] = [];
    const ready = deferred<number>();
    const gone = deferred<string>();
    let running: EmbedRequest | undefined;
    const urgent: EmbedRequest[] = [];
    const others: EmbedRequest[] = [];
    let onAnswer: (answer: Answer) => void = () => {};
    const state = { stopped: false, abandoned: false, alive: true, loading: true };
    const begin = () => {
      running ??= urgent.shift() ?? others.shift();
    };
    const worker: FakeWorker = {
      ready: ready.promise,
      gone: gone.promise,
      given,
      get open() {
        return [...(running ? [running] : []), ...urgent, ...others].map(({ text }) => text);
      },
      get stopped() {
        return state.stopped;
      },
      get abandoned() {
        return state.abandoned;
      },
      get alive() {
        return state.alive;
      },
      get loading() {
        return state.loading;
      },
      onAnswer(receive) {
        onAnswer = receive;
      },
      embed(request) {
        if (state.loading || !state.alive || state.stopped) throw new Error('given a text at the wrong time');
        given.push(request.urgent ? `${request.text}!` : request.text);
        (request.urgent ? urgent : others).push(request);
        begin();
      },
      hurry(id) {
        const at = others.findIndex((one) => one.id === id);
        if (at !== -1) urgent.push(...others.splice(at, 1));
      },
      stop() {
        state.stopped = true;
      },
      abandon() {
        state.abandoned = true;
      },
      load() {
        state.loading = false;
        ready.resolve(1);
      },
      failLoad(reason) {
        ready.reject(new AppError('model_invalid', reason));
        worker.die(reason);
      },
      answer(instead) {
        if (running === undefined) throw new Error('nothing to answer');
        const { id, text } = running;
        running = undefined;
        begin();
        if (typeof instead === 'string')
          return onAnswer({ id, runMs: 2, result: { ok: false, reason: instead } });
        const vector = instead ?? Float32Array.from(vectorOf(text));
        onAnswer({ id, runMs: 2, result: { ok: true, vector, tokens: 3, truncated: false } });
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
