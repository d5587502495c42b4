import type { SourceName } from '../papers/paper.js';
import { createProgress, type ProgressOutput } from '../platform/progress.js';
import type { ListingFile } from './files.js';
import type { InputFormat } from './format-names.js';
import type { Ingest, IngestReport } from './ingest.js';

export interface TakeFileOptions {
  /** Progress goes here, the report doesn't. */
  out: ProgressOutput;
  asOf?: string | undefined;
  source?: SourceName | undefined;
  format?: InputFormat | undefined;
  signal: AbortSignal;
  /** Called after each batch that is stored. */
  onStored: () => void;
}

/** Takes one file in, with progress. @throws what `ingest.take` throws, and errors of reading the file */
export async function takeFile(
  ingest: Ingest,
  file: ListingFile,
  options: TakeFileOptions,
): Promise<IngestReport> {
  const { out, asOf, source, format, signal, onStored } = options;
  const progress = createProgress(`Taking in ${file.name}`, out);
  try {
    return await ingest.take({
      name: file.name,
      bytes: opened(file),
      again: file.size === null ? undefined : () => opened(file),
      size: file.size,
      asOf,
      source,
      format,
      signal,
      onProgress: ({ entries, bytes }) => {
        progress.update(
          file.size === null
            ? { done: entries, total: null }
            : { done: bytes, total: file.size, counted: entries },
        );
        onStored();
      },
    });
  } finally {
    progress.end();
  }
}

/** Not before it is read: nobody would hear of what goes wrong until then. */
async function* opened(file: ListingFile): AsyncGenerator<Uint8Array> {
  yield* file.open();
}

/** “listing.txt: 56 entries, 56 distinct papers, 50 new, 6 known already”. */
export function describeReport({
  name,
  entries,
  papers,
  added,
  updated,
  merged,
  problems,
  doneBefore,
}: IngestReport): string {
  const known = entries - added - updated;
  const parts = [
    plural(entries, 'entry', 'entries'),
    plural(papers, 'distinct paper', 'distinct papers'),
    `${added} new`,
  ];
  if (updated > 0) parts.push(`${updated} completed`);
  if (known > 0) parts.push(`${known} known already`);
  if (merged > 0) parts.push(`${merged} found to be the same as another`);
  if (doneBefore > 0) parts.push(`${doneBefore} entries done before it was broken off`);
  const trouble = problems > 0 ? `; ${plural(problems, 'problem', 'problems')}` : '';
  return `${name}: ${parts.join(', ')}${trouble}`;
}

export function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
