import { withTransactionLock } from '../platform/db/advisory-lock.js';
import type { Database } from '../platform/db/database.js';
import type { Prisma } from '../platform/db/generated/client.js';
import { retryConflicts } from '../platform/db/retry.js';
import { AppError } from '../platform/errors.js';
import { createResolver, type Outcome, type Resolver } from './identity.js';
import { loadKnown } from './known-store.js';
import { gatherSightings, type IntakeDays, type Sightings, writeSightings } from './observation-store.js';
import type { Paper, PaperRecord } from './paper.js';
import { normalizePaperRef } from './paper-id.js';
import { insertPapers, toPaper, toRow, withAliases, withDoiAlias } from './paper-rows-store.js';
import { writeProvenance } from './record-store.js';
import { gatherSent, restoreSent } from './sent-store.js';

/** Records settled in one transaction: large enough to spread its cost, small enough to hold a lock briefly. */
export const MAX_BATCH = 500;

/** Rows a `list` call returns at most. */
export const MAX_LISTED = 2_000;

export interface TakeInOptions extends IntakeDays {
  /** Other stores' writes that are to be committed with the batch or not at all: how far an input was read. */
  alongside?: ((tx: Prisma.TransactionClient, result: BatchResult) => Promise<void>) | undefined;
}

export interface BatchResult {
  /** One outcome a record, in the order given, with the key of its paper. */
  outcomes: { outcome: Outcome; key: number }[];
  /** Rows that another row took in, because they turned out to be the same paper. */
  merged: number;
}

/** Past the ORM: every search ends here, and it takes 3 ms of this thread for 20 papers where this takes half a one. */
const PAPERS_BY_KEY = `
  SELECT p.id AS key, public_id AS id, arxiv_id AS "arxivId", arxiv_version AS "arxivVersion", doi, title, abstract, authors,
    author_count AS "authorCount", date, venue, url, categories, upvotes, comments, origins, created_at AS "createdAt",
    updated_at AS "updatedAt",
    ARRAY(SELECT alias FROM paper_aliases WHERE paper_id = p.id ORDER BY alias) AS aliases
  FROM papers p WHERE p.id = ANY($1)`;

/** Papers in PostgreSQL. Writes go through `takeIn` alone, which keeps one row a paper. */
export function createPaperStore({ prisma, pool }: Database) {
  /**
   * Settles and writes up to `MAX_BATCH` records in one transaction; when it resolves they are durable.
   * Batches of all processes on this database follow one another, so that two can't both add one paper. What the
   * records count is kept as seen on the day that they name, else on that of the intake.
   */
  async function takeIn(
    records: readonly PaperRecord[],
    { alongside, ...days }: TakeInOptions = {},
  ): Promise<BatchResult> {
    if (records.length > MAX_BATCH)
      throw new RangeError(`at most ${MAX_BATCH} records a batch, not ${records.length}`);
    const settle = async (tx: Tx): Promise<BatchResult> => {
      await withTransactionLock(tx, 'papers');
      const known = await loadKnown(tx, records);
      const resolver = createResolver(known);
      const taken = records.map((record) => resolver.take(record));
      const drafts = taken.map(({ draft }) => draft);
      const sightings = await gatherSightings(tx, { records, drafts, known, resolver }, days);
      const sent = await gatherSent(tx, { known, resolver });
      const merged = await write(tx, resolver, sightings);
      await restoreSent(tx, sent);
      const outcomes = taken.map(({ outcome, draft }) => ({ outcome, key: resolver.current(draft).key! }));
      const result = { outcomes, merged };
      await alongside?.(tx, result);
      return result;
    };
    return retryConflicts(() => prisma.$transaction(settle));
  }

  /** The paper that each record is of, at its place, by ids and titles as an intake would settle it; null where there is none. */
  async function match(records: readonly PaperRecord[]): Promise<(Paper | null)[]> {
    if (records.length > MAX_BATCH)
      throw new RangeError(`at most ${MAX_BATCH} records a look-up, not ${records.length}`);
    const resolver = createResolver(await loadKnown(prisma, records));
    const keys = records.map((record) => resolver.match(record)?.key ?? null);
    const found = await listByKeys([...new Set(keys.filter((key) => key !== null))]);
    const byKey = new Map(found.map((paper) => [paper.key, paper]));
    return keys.map((key) => (key === null ? null : (byKey.get(key) ?? null)));
  }

  /** The paper with this public id or alias; null where there is none. */
  async function findById(id: string): Promise<Paper | null> {
    // A DOI beside an arXiv id is found in its own column.
    const own = id.startsWith('doi:') ? [{ publicId: id }, { doi: id.slice(4) }] : [{ publicId: id }];
    const row = await prisma.paper.findFirst({ where: { OR: own }, include: withAliases });
    if (row) return toPaper(row);
    const alias = await prisma.paperAlias.findUnique({
      where: { alias: id },
      include: { paper: { include: withAliases } },
    });
    return alias ? toPaper(alias.paper) : null;
  }

  /**
   * The paper that a person means: a public id, an alias, or any spelling of an arXiv id or DOI (URLs too).
   * @throws AppError paper_not_found
   */
  async function getByRef(ref: string): Promise<Paper> {
    const id = normalizePaperRef(ref) ?? ref.trim();
    const paper = id === '' || id.includes('\0') ? null : await findById(id);
    if (!paper)
      throw new AppError('paper_not_found', `No paper is known as “${ref.slice(0, 200)}”.`, {
        details: { id: ref.slice(0, 200) },
      });
    return paper;
  }

  /** The papers with these public ids or aliases, by the id asked for; unknown ones are missing. At most `MAX_LISTED`. */
  async function listByIds(ids: readonly string[]): Promise<Map<string, Paper>> {
    const wanted = [...new Set(ids)].slice(0, MAX_LISTED);
    const dois = wanted.flatMap((id) => (id.startsWith('doi:') ? [id.slice(4)] : []));
    const aliases = await prisma.paperAlias.findMany({ where: { alias: { in: wanted } } });
    const rows = await prisma.paper.findMany({
      where: {
        OR: [
          { publicId: { in: wanted } },
          { doi: { in: dois } },
          { id: { in: aliases.map(({ paperId }) => paperId) } },
        ],
      },
      include: withAliases,
    });
    const found = new Map<string, Paper>();
    for (const row of rows) {
      const paper = toPaper(row);
      for (const id of [...paper.aliases, paper.id]) found.set(id, paper);
    }
    return new Map(wanted.flatMap((id) => (found.has(id) ? [[id, found.get(id)!]] : [])));
  }

  /** Papers by key, in the order of the keys; those that are gone are left out. At most `MAX_LISTED`. */
  async function listByKeys(keys: readonly number[]): Promise<Paper[]> {
    if (keys.length === 0) return [];
    const { rows } = await pool.query<Paper>(PAPERS_BY_KEY, [keys.slice(0, MAX_LISTED)]);
    const byKey = new Map(rows.map((row) => [row.key, withDoiAlias(row)]));
    return keys.flatMap((key) => byKey.get(key) ?? []);
  }

  /** Titles by key; those that are gone are missing. At most `MAX_LISTED`. */
  async function listTitles(keys: readonly number[]): Promise<Map<number, string>> {
    const rows = await prisma.paper.findMany({
      where: { id: { in: keys.slice(0, MAX_LISTED) } },
      select: { id: true, title: true },
    });
    return new Map(rows.map(({ id, title }) => [id, title]));
  }

  /** By date of publication, newest first; those without a date come last. */
  async function listNewest(limit: number): Promise<Paper[]> {
    const take = Math.min(limit, MAX_LISTED);
    const orderBy: Prisma.PaperOrderByWithRelationInput[] = [{ date: 'desc' }, { id: 'asc' }];
    const page = { include: withAliases, orderBy };
    // Two questions, because an index that Prisma can describe puts the missing dates first.
    const dated = await prisma.paper.findMany({ ...page, where: { date: { not: null } }, take });
    const undated =
      dated.length === take
        ? []
        : await prisma.paper.findMany({ ...page, where: { date: null }, take: take - dated.length });
    return [...dated, ...undated].map(toPaper);
  }

  return {
    takeIn,
    match,
    findById,
    getByRef,
    listByIds,
    listByKeys,
    listTitles,
    listNewest,
    count: (): Promise<number> => prisma.paper.count(),
  };
}

export type PaperStore = ReturnType<typeof createPaperStore>;

type Tx = Prisma.TransactionClient;

async function write(tx: Tx, resolver: Resolver, sightings: Sightings): Promise<number> {
  const { added, updated, gone } = resolver.changes();
  if (gone.length > 0) await tx.paper.deleteMany({ where: { id: { in: gone } } });
  // Ids that move between rows of one batch would meet their unique indexes: free them first.
  for (const draft of updated)
    await tx.paper.update({ where: { id: draft.key! }, data: toRow(draft, sightings) });
  if (added.length > 0) {
    const rows = await insertPapers(tx, added, sightings);
    const keys = new Map(rows.map((row) => [row.publicId, row.id]));
    for (const draft of added) draft.key = keys.get(draft.id)!;
  }
  const aliases = [...updated, ...added].flatMap((draft) =>
    [...draft.aliases].map((alias) => ({ alias, paperId: draft.key! })),
  );
  if (aliases.length > 0) await tx.paperAlias.createMany({ data: aliases, skipDuplicates: true });
  await writeSightings(tx, sightings, new Set([...updated, ...added]));
  await writeProvenance(tx, resolver);
  return gone.length;
}
