/** Where progress goes: a line that is rewritten on a terminal, plain lines now and then elsewhere. */
export interface ProgressOutput {
  isTTY?: boolean | undefined;
  write(text: string): unknown;
}

export interface ProgressState {
  done: number;
  /** null: nobody knows how many there will be. */
  total: number | null;
}

const TERMINAL_EVERY_MS = 100;
/** Logs of a service are read afterwards: a line each five seconds tells enough. */
const PLAIN_EVERY_MS = 5_000;
/** The rate is that of the last seconds: the first ones load the model. */
const RATE_WINDOW_MS = 10_000;

export interface Progress {
  update(state: ProgressState): void;
  /** Clears the line on a terminal. */
  end(): void;
}

/** Shows done, total, rate and time left of one long piece of work. `now` is monotonic, in milliseconds. */
export function createProgress(
  label: string,
  out: ProgressOutput,
  now: () => number = () => performance.now(),
): Progress {
  const every = out.isTTY ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS;
  const samples: { at: number; done: number }[] = [];
  let shownAt = out.isTTY ? -Infinity : now();
  return {
    update({ done, total }) {
      const at = now();
      samples.push({ at, done });
      while (samples.length > 2 && at - samples[0]!.at > RATE_WINDOW_MS) samples.shift();
      if (at - shownAt < every) return;
      shownAt = at;
      const line = `${label}: ${progressLine({ done, total }, rateOf(samples))}`;
      out.write(out.isTTY ? `\r\u001b[2K${line}` : `${line}\n`);
    },
    end() {
      if (out.isTTY && shownAt !== -Infinity) out.write('\r\u001b[2K');
    },
  };
}

/** Units a second over the samples; 0 while there is too little to tell. */
function rateOf(samples: readonly { at: number; done: number }[]): number {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || last.at - first.at < 200) return 0;
  return ((last.done - first.done) * 1_000) / (last.at - first.at);
}

export function progressLine({ done, total }: ProgressState, rate: number): string {
  const parts = [total === null ? count(done) : `${count(done)} of ${count(total)}`];
  if (rate > 0) parts.push(`${rate >= 10 ? count(Math.round(rate)) : rate.toFixed(1)}/s`);
  if (rate > 0 && total !== null && total > done) parts.push(`${duration((total - done) / rate)} left`);
  return parts.join(', ');
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `42 s`, `3 min`, `2 h 10 min`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
