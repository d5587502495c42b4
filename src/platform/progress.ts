/** Where progress goes: a line that is rewritten on a terminal, plain lines now and then elsewhere. */
export interface ProgressOutput {
  isTTY?: boolean | undefined;
  write(text: string): unknown;
}

export interface ProgressState {
  done: number;
  /** null: nobody knows how many there will be. */
  total: number | null;
  /** What people count, where the work is measured in something else (bytes of a file): then that is shown as a share. */
  counted?: number | undefined;
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
  const samples: Sample[] = [];
  let shownAt = out.isTTY ? -Infinity : now();
  return {
    update(state) {
      const at = now();
      samples.push({ at, done: state.done, counted: state.counted ?? state.done });
      while (samples.length > 2 && at - samples[0]!.at > RATE_WINDOW_MS) samples.shift();
      if (at - shownAt < every) return;
      shownAt = at;
      const line = `${label}: ${progressLine(state, rateOf(samples, 'done'), rateOf(samples, 'counted'))}`;
      out.write(out.isTTY ? `\r\u001b[2K${line}` : `${line}\n`);
    },
    end() {
      if (out.isTTY && shownAt !== -Infinity) out.write('\r\u001b[2K');
    },
  };
}

interface Sample {
  at: number;
  done: number;
  counted: number;
}

/** Units a second over the samples; 0 while there is too little to tell. */
function rateOf(samples: readonly Sample[], unit: 'done' | 'counted'): number {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || last.at - first.at < 200) return 0;
  return ((last[unit] - first[unit]) * 1_000) / (last.at - first.at);
}

/** @param rate of what is done, a second; `shownRate` of what is counted, where that is something else */
export function progressLine(
  { done, total, counted }: ProgressState,
  rate: number,
  shownRate: number = rate,
): string {
  const parts = [];
  if (total === null || counted !== undefined) parts.push(count(counted ?? done));
  else parts.push(`${count(done)} of ${count(total)}`);
  if (total !== null && counted !== undefined)
    parts.push(`${total === 0 ? 100 : Math.floor((done / total) * 100)} %`);
  if (shownRate > 0) parts.push(`${shownRate >= 10 ? count(Math.round(shownRate)) : shownRate.toFixed(1)}/s`);
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
