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
      bytes: file.open(),
      asOf,
      source,
      format,
      signal,
      onProgress: ({ entries }) => {
        progress.update({ done: entries, total: null });
        onStored();
      },
    });
  } finally {
    progress.end();
  }
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
  const trouble = problems > 0 ? `; ${plural(problems, 'problem', 'problems')}` : '';
  return `${name}: ${parts.join(', ')}${trouble}`;
}

export function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
