import type { SourceName } from '../papers/paper.js';
import type { InputFormat } from './format-names.js';
import type { BrokenOff, IntakeCounts, IntakeStore } from './intake-store.js';
import { createKeySet, type KeySet } from './key-set.js';
import type { Chunks } from './parsers/bytes.js';
import { beginsWith } from './place.js';

export interface IntakeRequest {
  name: string;
  asOf: string | undefined;
  source: SourceName | undefined;
  format: InputFormat | undefined;
  size: number | null;
  /** Reads the input from its beginning, once more; undefined where that can't be done. */
  again: (() => Chunks) | undefined;
  now: Date;
}

export interface OpenIntake {
  id: number;
  asOf: string;
  /** What was done before, by an intake that was broken off; zeros for a new one. */
  counts: IntakeCounts;
  /** Papers among the entries. */
  papers: KeySet;
  /** Lets others have it. */
  release(): Promise<void>;
}

const nothing: IntakeCounts = { entries: 0, added: 0, updated: 0, unchanged: 0, merged: 0, problems: 0 };

/**
 * The intake of this input that was broken off, if what was read of it still stands at its beginning and it is asked for in the
 * same way; else a new one.
 */
export async function openIntake(intakes: IntakeStore, request: IntakeRequest): Promise<OpenIntake> {
  const { name, now, size, source = null, again } = request;
  const broken = again === undefined ? [] : await intakes.listBrokenOff(name, source);
  for (const one of broken) {
    const opened = isAlike(one, request) && (await beginsWith(again!(), one.place));
    const resumed = opened ? await goOn(intakes, one) : null;
    if (resumed) return resumed;
  }
  const asOf = request.asOf ?? now.toISOString().slice(0, 10);
  const id = await intakes.start({ name, startedAt: now, size, source, asOf });
  const lock = again === undefined ? null : await intakes.claim(id);
  const release = async (): Promise<void> => lock?.release();
  return { id, asOf, counts: { ...nothing }, papers: createKeySet(), release };
}

function isAlike(broken: BrokenOff, { asOf, format, size }: IntakeRequest): boolean {
  return (
    (asOf === undefined || asOf === broken.asOf) &&
    (format === undefined || format === broken.format) &&
    (size === null || size >= broken.place.bytes)
  );
}

async function goOn(intakes: IntakeStore, { id, asOf }: BrokenOff): Promise<OpenIntake | null> {
  const lock = await intakes.claim(id);
  if (lock === null) return null;
  const done = await intakes.progressOf(id);
  if (done === null) {
    await lock.release();
    return null;
  }
  const papers = createKeySet();
  for (const key of done.papers) papers.add(key);
  return { id, asOf, counts: done.counts, papers, release: () => lock.release() };
}
