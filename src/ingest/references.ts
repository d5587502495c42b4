import type { PaperRecord, ParseProblem } from '../papers/paper.js';
import type { Chunks } from './parsers/bytes.js';
import { type ReadOptions, readEntries } from './read.js';

/** A library of this size is a lifetime's; each reference is looked up. */
export const MAX_REFERENCES = 10_000;

/** A paper that somebody names: by what is known of it, or by a public id (papers/paper-id.ts). */
export type Reference =
  | { kind: 'record'; line: number; record: PaperRecord }
  | { kind: 'ref'; line: number; ref: string };

export type ReferenceEntry = Reference | { kind: 'problem'; problem: ParseProblem };

/**
 * The papers that an input names, in its order: any format that `readPapers` reads, and a list of ids. Of more than
 * `MAX_REFERENCES` the rest is left out, with a problem that says from which line on.
 * @throws AppError as `readPapers`
 */
export async function* readReferences(input: Chunks, options: ReadOptions): AsyncGenerator<ReferenceEntry> {
  let count = 0;
  for await (const entry of readEntries(input, options)) {
    if (entry.kind === 'problem') {
      yield entry;
      continue;
    }
    const { line } = entry;
    if (count === MAX_REFERENCES) {
      const reason = `nothing was read from this line on: at most ${MAX_REFERENCES} references are taken`;
      yield { kind: 'problem', problem: { line, reason, excerpt: '' } };
      return;
    }
    count += 1;
    yield entry.kind === 'named'
      ? { kind: 'ref', line, ref: entry.ref }
      : { kind: 'record', line, record: entry.record };
  }
}
