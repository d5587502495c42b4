import { withTransactionLock } from '../platform/db/advisory-lock.js';
import type { Database } from '../platform/db/database.js';
import type { Prisma } from '../platform/db/generated/client.js';
import { retryConflicts } from '../platform/db/retry.js';
import { AppError } from '../platform/errors.js';
import { shortHash, titleKey } from './fold.js';
import type { Draft } from './identity.js';
import { doiPublicId, publicIdOf } from './paper-id.js';
import { insertPapers, toDraft, toRow, withAliases } from './paper-rows-store.js';
import { merged, recordsOf, type SourceRecords, type SourceSaid } from './provenance.js';
import { loadProvenance, saveRecords, saveSplits } from './record-store.js';

type Tx = Prisma.TransactionClient;

/** The undoing of a wrong merge. */
export function createSplitStore({ prisma }: Pick<Database, 'prisma'>) {
  /** What each source said of the paper with this row number, by ref; one where a single source has spoken. */
  async function listRecords(key: number): Promise<SourceSaid[]> {
    return prisma.$transaction(async (tx) => {
      const draft = await load(tx, key);
      return [...recordsOf(draft)].map(([ref, record]) => ({ ref, record }));
    });
  }

  /**
   * Takes some of a paper's records out into a paper of their own. Both are made anew of what is said of them, keep the ids that their own records
   * have, and are never united again, also when the same records come again. Counts, and what subscribers were sent, stay with the first.
   * Answers the public ids of both.
   * @throws AppError paper_not_found; invalid_input: a ref that it doesn't have, or none is left on either side
   */
  async function split(key: number, refs: readonly string[]): Promise<{ kept: string; split: string }> {
    return retryConflicts(() =>
      prisma.$transaction(async (tx) => {
        await withTransactionLock(tx, 'papers');
        const draft = await load(tx, key);
        const [rest, chosen] = parted(recordsOf(draft), refs);
        const { kept, split: other } = draftsOf(draft, rest, chosen);
        await tx.paperAlias.deleteMany({ where: { paperId: key } });
        const { heat: _, ...row } = toRow(kept, nothingSeen);
        await tx.paper.update({ where: { id: key }, data: row });
        const [added] = await insertPapers(tx, [other], nothingSeen);
        other.key = added!.id;
        await tx.paperAlias.createMany({
          data: [kept, other].flatMap((one) =>
            [...one.aliases].map((alias) => ({ alias, paperId: one.key! })),
          ),
        });
        await tx.sourceRecord.deleteMany({ where: { paperId: key } });
        await saveRecords(
          tx,
          [kept, other].flatMap((one) =>
            [...one.records].map(([ref, record]) => ({ paper: one.key!, ref, record })),
          ),
        );
        await saveSplits(tx, [[key, other.key]]);
        return { kept: kept.id, split: other.id };
      }),
    );
  }

  return { listRecords, split };
}

export type SplitStore = ReturnType<typeof createSplitStore>;

/** What was observed stays with the paper that keeps the row, and so does its heat. */
const nothingSeen = { today: '', fresh: new Map(), stored: new Map() };

async function load(tx: Tx, key: number): Promise<Draft> {
  const row = await tx.paper.findUnique({ where: { id: key }, include: withAliases });
  if (row === null)
    throw new AppError('paper_not_found', 'This paper has just gone over into another.', { details: {} });
  const provenance = await loadProvenance(tx, [key]);
  return { ...toDraft(row), ...provenance.get(key)! };
}

function parted(records: SourceRecords, refs: readonly string[]): [SourceRecords, SourceRecords] {
  const unknown = refs.find((ref) => !records.has(ref));
  if (unknown !== undefined)
    throw new AppError(
      'invalid_input',
      `The paper has no record ${unknown}: \`quire papers show\` lists them.`,
      {
        details: { field: 'records' },
      },
    );
  const chosen = new Map([...records].filter(([ref]) => refs.includes(ref)));
  const rest = new Map([...records].filter(([ref]) => !refs.includes(ref)));
  if (chosen.size === 0 || rest.size === 0)
    throw new AppError(
      'invalid_input',
      'records: expected some of the paper’s records, and not all of them.',
      {
        details: { field: 'records' },
      },
    );
  return [rest, chosen];
}

function draftsOf(draft: Draft, rest: SourceRecords, chosen: SourceRecords): { kept: Draft; split: Draft } {
  const idsOf = (records: SourceRecords): Set<string> =>
    new Set(
      [...records.values()].flatMap(({ arxivId, doi }) => [
        ...(arxivId === undefined ? [] : [arxivId]),
        ...(doi === undefined ? [] : [doiPublicId(doi)]),
      ]),
    );
  const [restIds, chosenIds] = [idsOf(rest), idsOf(chosen)];
  const kept = rebuilt(rest, draft);
  const split = rebuilt(chosen, {
    ...draft,
    key: null,
    titleId: `t:${shortHash(`${titleKey(recordTitle(chosen))}\n${[...chosen.keys()].join('\n')}`, 16)}`,
  });
  // An id that both sides name stays where it was.
  if (split.arxivId !== null && split.arxivId === kept.arxivId)
    Object.assign(split, { arxivId: null, arxivVersion: null });
  if (split.doi !== null && split.doi === kept.doi) split.doi = null;
  split.id = publicIdOf(split);
  kept.id = publicIdOf(kept);
  const former = new Set([draft.id, draft.titleId, ...draft.aliases, ...restIds]);
  for (const id of [...chosenIds].filter((one) => !restIds.has(one))) former.delete(id);
  kept.aliases = aliasesOf(kept, former);
  split.aliases = aliasesOf(split, new Set([...chosenIds].filter((id) => !restIds.has(id))));
  return { kept, split };
}

const recordTitle = (records: SourceRecords): string => merged(records.values()).title;

function rebuilt(records: SourceRecords, base: Draft): Draft {
  const paper = merged(records.values());
  return { ...base, ...paper, titleKey: titleKey(paper.title), records, aliases: new Set() };
}

/** Ids that lead to it beside its own; its DOI is found in its own column. */
function aliasesOf({ id, doi, arxivId }: Draft, ids: ReadonlySet<string>): Set<string> {
  const own = new Set([id, arxivId, doi === null ? null : doiPublicId(doi)]);
  return new Set([...ids].filter((one) => !own.has(one)));
}
