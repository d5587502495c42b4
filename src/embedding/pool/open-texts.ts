import { AppError } from '../../platform/errors.js';
import { type Lane, lanes, type QueueItem } from './text-queue.js';

/** One text on its way to one caller. One of the callbacks is called at most once, and none after `withdraw`. */
export interface EmbedTask {
  readonly lane: Lane;
  readonly text: string;
  /** Estimated. */
  readonly tokens: number;
  /** The vector is the caller's own. */
  done(vector: Float32Array): void;
  /** Not the text's fault: the pool closes or has no workers. */
  fail(error: AppError): void;
  /** This very text can't be embedded, for a reason that a second try would meet again. */
  refuse(reason: string): void;
}

export interface Death {
  /** Monotonic milliseconds. */
  readonly at: number;
}

/** One run, for all tasks of the same text. */
export interface Entry extends QueueItem {
  readonly id: number;
  readonly text: string;
  readonly tasks: Set<EmbedTask>;
  /** The most urgent of its tasks'. */
  lane: Lane;
  /** Monotonic milliseconds since when it is in this lane. */
  since: number;
  /** Was under way when a worker died: shares a worker with no other text, so that the next death is its own. */
  alone: boolean;
  readonly deaths: Death[];
}

export type Outcome = { vector: Float32Array } | { refused: string } | { error: AppError };

export interface Admitted {
  /** New texts. */
  added: Entry[];
  /** Texts that were open already, in a lane that is less urgent. */
  raised: Entry[];
}

const nouns: Record<Lane, string> = {
  query: 'queries',
  fresh: 'fresh documents',
  backfill: 'documents of the backfill',
};

/** Seconds: a full lane of queries is worked off in half a second, one of documents in half a minute. */
const retryAfterOf: Record<Lane, number> = { query: 1, fresh: 10, backfill: 10 };

export type OpenTexts = ReturnType<typeof createOpenTexts>;

/** All texts that were taken in and not answered yet, waiting or under way, each once however many want it. */
export function createOpenTexts(maxOpen: Readonly<Record<Lane, number>>) {
  const byText = new Map<string, Entry>();
  const byTask = new WeakMap<EmbedTask, Entry>();
  /** Tasks, by lane: those that share a run count as well, or sharing would have no bound. */
  const open: Record<Lane, number> = { query: 0, fresh: 0, backfill: 0 };
  let lastId = 0;

  function close(entry: Entry, task: EmbedTask): boolean {
    if (!entry.tasks.delete(task)) return false;
    open[task.lane] -= 1;
    return true;
  }

  function join(entry: Entry, task: EmbedTask): void {
    entry.tasks.add(task);
    byTask.set(task, entry);
    open[task.lane] += 1;
  }

  /** The text is no longer open: the next one like it is a new one. */
  function forget(entry: Entry): void {
    if (byText.get(entry.text) === entry) byText.delete(entry.text);
  }

  function settle(entry: Entry, outcome: Outcome): void {
    forget(entry);
    let first = true;
    for (const task of entry.tasks) {
      // A callback may withdraw others of this very set.
      close(entry, task);
      if ('error' in outcome) task.fail(outcome.error);
      else if ('refused' in outcome) task.refuse(outcome.refused);
      else task.done(first ? outcome.vector : outcome.vector.slice());
      first = false;
    }
  }

  return {
    /** All tasks of one lane, or none. @throws AppError overloaded */
    admit(lane: Lane, tasks: readonly EmbedTask[], now: number): Admitted {
      if (open[lane] + tasks.length > maxOpen[lane]) {
        const message = `${open[lane]} ${nouns[lane]} are already on their way to be embedded; with ${tasks.length} more it would be over the limit of ${maxOpen[lane]}.`;
        throw new AppError('overloaded', message, { retryAfter: retryAfterOf[lane] });
      }
      const admitted: Admitted = { added: [], raised: [] };
      for (const task of tasks) {
        const known = byText.get(task.text);
        if (known === undefined) {
          lastId += 1;
          const { text, tokens } = task;
          const entry = { id: lastId, text, tokens, lane, since: now, alone: false };
          const added: Entry = { ...entry, tasks: new Set(), deaths: [] };
          byText.set(text, added);
          join(added, task);
          admitted.added.push(added);
          continue;
        }
        join(known, task);
        if (lanes.indexOf(lane) >= lanes.indexOf(known.lane)) continue;
        known.lane = lane;
        known.since = now;
        admitted.raised.push(known);
      }
      return admitted;
    },
    /** Takes tasks from their texts; answers the texts that nobody wants any more. */
    withdraw(tasks: readonly EmbedTask[]): Entry[] {
      const unwanted = new Set<Entry>();
      for (const task of tasks) {
        const entry = byTask.get(task);
        if (entry !== undefined && close(entry, task) && entry.tasks.size === 0) unwanted.add(entry);
      }
      return [...unwanted];
    },
    forget,
    settle,
    settleAll(entries: Iterable<Entry>, outcome: Outcome): void {
      for (const entry of entries) settle(entry, outcome);
    },
    open: (lane: Lane): number => open[lane],
  };
}
