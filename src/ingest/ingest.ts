import type { PaperRecord, ParsedEntry, ParseProblem, SourceName } from '../papers/paper.js';
import type { PaperStore } from '../papers/paper-store.js';
import type { Clock } from '../platform/clock.js';
import { AppError } from '../platform/errors.js';
import type { Logger } from '../platform/log.js';
import type { InputFormat } from './format-names.js';
import type { IntakeCounts, IntakeStore } from './intake-store.js';
import { readPapers } from './read.js';

/** Records a transaction; a broken-off intake loses at most this many that it had read. */
export const BATCH_SIZE = 500;

/** Problems kept word for word in a report; all of them are counted. */
export const MAX_REPORTED_PROBLEMS = 100;

export interface IngestInput {
  /** What people call it: a file's name. */
  name: string;
  bytes: AsyncIterable<Uint8Array>;
  /** The day it was saved (YYYY-MM-DD), for dates without a year; today when absent. */
  asOf?: string | undefined;
  /** What the entries count as; by format when absent. */
  source?: SourceName | undefined;
  /** What the bytes are; by their beginning when absent. */
  format?: InputFormat | undefined;
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: IngestCounts) => void) | undefined;
}

export type IngestCounts = Readonly<IntakeCounts>;

export interface IngestReport extends IngestCounts {
  name: string;
  format: string | null;
  /** Distinct papers among the entries. */
  papers: number;
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
   * Reads an input to its end. Entries are durable batch by batch; what can't be read as a paper is reported
   * and costs no other entry.
   * @throws AppError cancelled, body_too_large, timeout or a database error; committed batches stay.
   */
  async function take(input: IngestInput): Promise<IngestReport> {
    const started = performance.now();
    const today = clock.now().toISOString().slice(0, 10);
    const asOf = input.asOf ?? today;
    const id = await intakes.start(input.name, clock.now());
    const counts = { entries: 0, added: 0, updated: 0, unchanged: 0, merged: 0, problems: 0 };
    const problemList: ParseProblem[] = [];
    const keys = new Set<number>();
    let format: string | null = null;

    const flush = async (batch: PaperRecord[]): Promise<void> => {
      const result = await papers.takeIn(batch, { asOf, today });
      for (const { outcome, key } of result.outcomes) {
        counts[outcome] += 1;
        keys.add(key);
      }
      counts.merged += result.merged;
      input.onProgress?.(counts);
      if (input.signal?.aborted) {
        throw new AppError(
          'cancelled',
          `Taking ${input.name} in was broken off after ${counts.entries} entries.`,
        );
      }
    };

    const entries: AsyncIterable<ParsedEntry> = readPapers(input.bytes, {
      name: input.name,
      asOf,
      source: input.source,
      format: input.format,
      signal: input.signal,
      onFormat: (detected) => {
        format = detected;
      },
    });
    // The next batch is read while one is written.
    let written: Promise<void> = Promise.resolve();
    try {
      let batch: PaperRecord[] = [];
      for await (const entry of entries) {
        if (entry.kind === 'problem') {
          counts.problems += 1;
          if (problemList.length < MAX_REPORTED_PROBLEMS) problemList.push(entry.problem);
          continue;
        }
        counts.entries += 1;
        batch.push(entry.record);
        if (batch.length === BATCH_SIZE) {
          await written;
          written = flush(batch);
          // It is heard of at the next await of it.
          written.catch(() => {});
          batch = [];
        }
      }
      await written;
      if (batch.length > 0) await flush(batch);
      await intakes.update(id, { ...counts, format, finishedAt: clock.now() });
    } catch (error) {
      // Counts what was written.
      await written.catch(() => {});
      await intakes.update(id, { ...counts, format, finishedAt: null }).catch((failure: unknown) => {
        log.warn({ err: failure, intake: id }, 'the counts of a broken-off intake could not be kept');
      });
      throw error;
    }
    log.info({ intake: id, name: input.name, ...counts }, 'taken in');
    const durationMs = Math.round(performance.now() - started);
    return { name: input.name, format, ...counts, papers: keys.size, problemList, durationMs };
  }

  return { take };
}

export type Ingest = ReturnType<typeof createIngest>;
