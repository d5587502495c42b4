import type { PaperRecord, ParsedEntry, ParseProblem, SourceName } from '../papers/paper.js';
import type { BatchResult, PaperStore } from '../papers/paper-store.js';
import type { Clock } from '../platform/clock.js';
import { AppError } from '../platform/errors.js';
import type { Logger } from '../platform/log.js';
import type { InputFormat } from './format-names.js';
import type { IntakeCounts, IntakeStore } from './intake-store.js';
import { type OpenIntake, openIntake } from './open-intake.js';
import { createMeter, type Meter } from './place.js';
import { readPapers } from './read.js';

/** Records a transaction; a broken-off intake loses at most this many that it had read. */
export const BATCH_SIZE = 500;

/** Problems kept word for word in a report; all of them are counted. */
export const MAX_REPORTED_PROBLEMS = 100;

export interface IngestInput {
  /** What people call it: a file's name. */
  name: string;
  bytes: AsyncIterable<Uint8Array>;
  /**
   * Reads the same bytes from their beginning, as of a file: where an intake of them was broken off, this one goes on. Without it (standard
   * input, bodies of requests) nobody knows beforehand whether they are the same, and every entry is settled again.
   */
  again?: (() => AsyncIterable<Uint8Array>) | undefined;
  /** How many bytes there are; null where nobody knows. */
  size?: number | null | undefined;
  /** The day it was saved (YYYY-MM-DD), for dates without a year; today when absent. */
  asOf?: string | undefined;
  /** What the entries count as; by format when absent. */
  source?: SourceName | undefined;
  /** What the bytes are; by their beginning when absent. */
  format?: InputFormat | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: IngestProgress) => void) | undefined;
}

export type IngestCounts = Readonly<IntakeCounts>;

/** The counts are those of committed batches; problems are counted as they are read. */
export interface IngestProgress extends IngestCounts {
  /** Bytes of the input that were read, as they lie on disk. */
  bytes: number;
}

export interface IngestReport extends IngestCounts {
  name: string;
  format: string | null;
  /** Distinct papers among the entries. */
  papers: number;
  /** Entries that an intake which was broken off had done: counted, and not settled again. */
  doneBefore: number;
  /** The first `MAX_REPORTED_PROBLEMS`. */
  problemList: ParseProblem[];
  /** Wall time, milliseconds. */
  durationMs: number;
}

export interface IngestDeps {
  papers: PaperStore;
  intakes: IntakeStore;
  clock: Clock;
  log: Logger;
}

/**
 * Takes papers in. It knows nothing of embeddings and indexes: what has to be embedded is a question to the
 * database's state, so that an intake that breaks off anywhere heals by itself.
 */
export function createIngest({ papers, intakes, clock, log }: IngestDeps) {
  /**
   * Reads an input to its end. Entries are durable batch by batch, and with them how far it was read; what can't be read as a paper is
   * reported and costs no other entry.
   * @throws AppError cancelled, body_too_large, timeout or a database error; committed batches stay.
   */
  async function take(input: IngestInput): Promise<IngestReport> {
    const started = performance.now();
    const { name, source, format, again, size = null } = input;
    const open = await openIntake(intakes, {
      ...{ name, source, format, again, size },
      asOf: input.asOf,
      now: clock.now(),
    });
    try {
      const doneBefore = open.counts.entries;
      const { counts, problemList, format: found } = await readIn(input, open);
      await intakes.finish(open.id, { ...counts, format: found, finishedAt: clock.now() });
      log.info({ intake: open.id, name, ...counts, doneBefore }, 'taken in');
      const durationMs = Math.round(performance.now() - started);
      return {
        name,
        format: found,
        ...counts,
        papers: open.papers.size(),
        doneBefore,
        problemList,
        durationMs,
      };
    } finally {
      await open.release();
    }
  }

  async function readIn(input: IngestInput, open: OpenIntake): Promise<ReadIn> {
    const meter = createMeter(input.bytes);
    const writer = createWriter({ input, open, meter });
    const { state } = writer;
    const entries: AsyncIterable<ParsedEntry> = readPapers(meter.chunks, {
      name: input.name,
      asOf: open.asOf,
      source: input.source,
      format: input.format,
      signal: input.signal,
      onFormat: (detected) => {
        state.format = detected;
      },
    });
    // The next batch is read while one is written.
    let written: Promise<void> = Promise.resolve();
    let before = open.counts.entries;
    try {
      let batch: PaperRecord[] = [];
      for await (const entry of entries) {
        if (entry.kind === 'problem') {
          state.problems += 1;
          if (state.problemList.length < MAX_REPORTED_PROBLEMS) state.problemList.push(entry.problem);
        } else if (before > 0) {
          before -= 1;
          if (before % BATCH_SIZE === 0) writer.tell();
        } else batch.push(entry.record);
        if (batch.length < BATCH_SIZE) continue;
        await written;
        written = writer.write(batch);
        // It is heard of at the next await of it.
        written.catch(() => {});
        batch = [];
      }
      await written;
      if (batch.length > 0) await writer.write(batch);
    } catch (error) {
      // Whoever asked goes on when nothing is being written any more.
      await written.catch(() => {});
      throw error;
    }
    return { ...state, counts: { ...state.counts, problems: state.problems } };
  }

  function createWriter({ input, open, meter }: { input: IngestInput; open: OpenIntake; meter: Meter }) {
    const state: ReadIn & { problems: number } = {
      counts: open.counts,
      problems: 0,
      problemList: [],
      format: null,
    };
    const today = clock.now().toISOString().slice(0, 10);

    const tell = (): void => {
      input.onProgress?.({ ...state.counts, problems: state.problems, bytes: meter.bytes() });
    };

    /** @throws AppError cancelled, when the batch is committed */
    async function write(batch: PaperRecord[]): Promise<void> {
      const place = input.again === undefined ? null : meter.place();
      const { problems, format } = state;
      const after = state.counts.entries;
      let counts = state.counts;
      const { outcomes } = await papers.takeIn(batch, {
        asOf: open.asOf,
        today,
        alongside: async (tx, result) => {
          counts = { ...plus(state.counts, result), problems };
          const keys = new Set(result.outcomes.map(({ key }) => key));
          const fresh = [...keys].filter((key) => !open.papers.has(key));
          const resumable = place === null ? null : { place, papers: fresh, after };
          await intakes.keep(tx, open.id, { counts, format, at: clock.now(), resumable });
        },
      });
      state.counts = counts;
      for (const { key } of outcomes) open.papers.add(key);
      tell();
      if (input.signal?.aborted) {
        throw new AppError(
          'cancelled',
          `Taking ${input.name} in was broken off after ${counts.entries} entries.`,
        );
      }
    }

    return { state, write, tell };
  }

  return { take };
}

export type Ingest = ReturnType<typeof createIngest>;

interface ReadIn {
  /** Of what was committed. */
  counts: IntakeCounts;
  problemList: ParseProblem[];
  format: string | null;
}

function plus(counts: IntakeCounts, { outcomes, merged }: BatchResult): IntakeCounts {
  const sum = {
    ...counts,
    entries: counts.entries + outcomes.length,
    merged: counts.merged + merged,
  };
  for (const { outcome } of outcomes) sum[outcome] += 1;
  return sum;
}
