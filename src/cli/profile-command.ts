import { recommendView } from '../http/recommend-schema.js';
import { findListings } from '../ingest/files.js';
import type { InputFormat } from '../ingest/format-names.js';
import { readReferences } from '../ingest/references.js';
import { plural } from '../ingest/take-file.js';
import type { ParseProblem } from '../papers/paper.js';
import { AppError } from '../platform/errors.js';
import type { ProfileEntry, ProfileResult } from '../recommendations/profile.js';
import type { RecommendSort } from '../recommendations/request.js';
import { linesOf } from './recommend-command.js';
import { type CommandContext, print, withServices } from './run-command.js';

export interface ProfileCommandOptions {
  format?: InputFormat;
  /** YYYY-MM-DD. */
  addedSince?: string;
  since?: string;
  limit: number;
  sort?: RecommendSort;
  diversity?: number;
  why?: boolean;
  json: boolean;
}

/** Problems shown; the rest is counted. */
const MAX_SHOWN = 20;

export async function profileCommand(
  paths: string[],
  { format, addedSince: day, since, why = false, json, ...options }: ProfileCommandOptions,
  context: CommandContext,
): Promise<void> {
  const addedSince = day === undefined ? undefined : new Date(day);
  if (addedSince !== undefined && Number.isNaN(addedSince.getTime()))
    throw new AppError('invalid_input', `--added-since: expected a day such as 2026-11-20, not “${day}”.`);
  await withServices(context, async ({ profile, clock }) => {
    const { signal } = context;
    const entries: ProfileEntry[] = [];
    const problems: (ParseProblem & { file: string })[] = [];
    for (const file of await findListings(paths, process.stdin)) {
      const asOf = clock.now().toISOString().slice(0, 10);
      for await (const entry of readReferences(file.open(), { name: file.name, asOf, format, signal })) {
        if (entry.kind === 'problem') problems.push({ file: file.path, ...entry.problem });
        else entries.push(entry);
      }
    }
    const result = await profile.profile({
      ...options,
      entries,
      addedSince,
      filters: { since },
      reasons: why || json,
      signal,
    });
    if (!json) for (const line of problemLines(problems)) process.stderr.write(`${line}\n`);
    const { books, ...view } = result;
    print(json, { ...recommendView(view), books: { ...books, problems: problems.length }, problems }, [
      ...headOf(result),
      ...linesOf(result),
    ]);
  });
}

function problemLines(problems: readonly (ParseProblem & { file: string })[]): string[] {
  const shown = problems
    .slice(0, MAX_SHOWN)
    .map(({ file, line, reason }) => `${file}, line ${line}: ${reason}`);
  const rest = problems.length - shown.length;
  return rest > 0 ? [...shown, `and ${rest} more`] : shown;
}

function headOf({ books, interests, missing }: ProfileResult): string[] {
  const { entries, papers, texts, left } = books;
  const head = [
    `${plural(entries, 'entry', 'entries')}: ${papers} of this collection, ${texts} by their texts, ${missing.length} unknown${left > 0 ? `; the ${left} oldest don't count` : ''}`,
    ...interests.map(({ name, members }) => `  ${name} (${plural(members.length, 'paper', 'papers')})`),
  ];
  return [...head, ''];
}
