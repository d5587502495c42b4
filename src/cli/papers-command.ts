import type { SourceSaid } from '../papers/provenance.js';
import { createSplitStore } from '../papers/split-store.js';
import { type CommandContext, print, withStores } from './run-command.js';

/** A paper, and what each source said of it. */
export async function showPaperCommand(
  id: string,
  { json }: { json: boolean },
  context: CommandContext,
): Promise<void> {
  await withStores(context, async ({ db, papers }) => {
    const paper = await papers.getByRef(id);
    const records = await createSplitStore(db).listRecords(paper.key);
    const { key: _, ...shown } = paper;
    print(json, { paper: shown, records }, [
      `${paper.id}  ${paper.title}`,
      ...(paper.aliases.length > 0 ? [`also ${paper.aliases.join(', ')}`] : []),
      ...Object.entries(paper.origins).map(
        ([field, origin]) => `${field.padEnd(12)} from ${describe(origin)}`,
      ),
      ...records.flatMap(linesOf),
    ]);
  });
}

/** Undoes a wrong merge. */
export async function splitPaperCommand(
  id: string,
  { records, json }: { records: readonly string[]; json: boolean },
  context: CommandContext,
): Promise<void> {
  await withStores(context, async ({ db, papers }) => {
    const { key } = await papers.getByRef(id);
    const result = await createSplitStore(db).split(key, records);
    print(json, result, [
      `${result.split} is a paper of its own now, beside ${result.kept}. They will not be united again.`,
    ]);
  });
}

function describe({ source, version, asOf }: { source: string; version?: number; asOf?: string }): string {
  return [source, version === undefined ? '' : `version ${version}`, asOf ?? ''].filter(Boolean).join(', ');
}

function linesOf({ ref, record }: SourceSaid): string[] {
  const { source, title, arxivId, doi, date, authors = [] } = record;
  const ids = [arxivId, doi, date].filter((one) => one !== undefined).join(', ');
  return [
    `record ${ref} (${source}${ids === '' ? '' : `, ${ids}`})`,
    `  ${title}`,
    ...(authors.length > 0 ? [`  ${authors.slice(0, 5).join(', ')}${authors.length > 5 ? ' …' : ''}`] : []),
  ];
}
