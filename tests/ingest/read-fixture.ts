import { type ReadOptions, readPapers } from '../../src/ingest/read.js';
import type { PaperRecord, ParseProblem } from '../../src/papers/paper.js';

export interface Result {
  titles: string[];
  records: PaperRecord[];
  problems: ParseProblem[];
  format: string | null;
  /** In the order they came. */
  lines: number[];
}

export async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Everything that an input gives, read in pieces of `size` bytes. */
export async function collect(
  input: string | Uint8Array | AsyncIterable<Uint8Array>,
  options: Partial<ReadOptions> & { size?: number } = {},
): Promise<Result> {
  const { size = 7, ...rest } = options;
  const bytes = typeof input === 'string' ? Buffer.from(input) : input;
  const chunks = bytes instanceof Uint8Array ? pieces(bytes, size) : bytes;
  const result: Result = { titles: [], records: [], problems: [], format: null, lines: [] };
  const onFormat = (format: string): void => {
    result.format = format;
  };
  for await (const entry of readPapers(chunks, {
    name: 'birds.txt',
    asOf: '2025-06-15',
    onFormat,
    ...rest,
  })) {
    if (entry.kind === 'problem') {
      result.problems.push(entry.problem);
      result.lines.push(entry.problem.line);
    } else {
      result.titles.push(entry.record.title);
      result.records.push(entry.record);
      result.lines.push(entry.line);
    }
  }
  return result;
}

/** Three papers, a line each. */
export const jsonl = '{"title":"One","abstract":"A"}\n{"title":"Two"}\n{"title":"Three","date":"2024"}\n';
