import type { Prisma } from '../platform/db/generated/client.js';
import type { Draft, Resolver } from './identity.js';
import type { PaperRecord } from './paper.js';
import { wellFormedJson } from './paper-rows-store.js';
import type { SourceRecords } from './provenance.js';

type Tx = Prisma.TransactionClient;

export interface Provenance {
  records: SourceRecords;
  /** Keys of papers that somebody said are others. */
  apart: Set<number>;
}

/** What sources said of these papers, and from which others they were split. */
export async function loadProvenance(tx: Tx, keys: readonly number[]): Promise<Map<number, Provenance>> {
  const found = new Map(
    keys.map((key): [number, Provenance] => [key, { records: new Map(), apart: new Set() }]),
  );
  if (keys.length === 0) return found;
  const records = await tx.$queryRaw<{ paperId: number; ref: string; record: PaperRecord }[]>`
    SELECT paper_id AS "paperId", ref, record FROM source_records WHERE paper_id = ANY(${[...keys]}) ORDER BY paper_id, ref`;
  for (const { paperId, ref, record } of records) found.get(paperId)?.records.set(ref, record);
  const pairs = await tx.paperSplit.findMany({
    where: { OR: [{ first: { in: [...keys] } }, { second: { in: [...keys] } }] },
  });
  for (const { first, second } of pairs) {
    found.get(first)?.apart.add(second);
    found.get(second)?.apart.add(first);
  }
  return found;
}

/** Once every paper of the batch has its row. Of a paper that went over into another the rows are gone with it. */
export async function writeProvenance(tx: Tx, resolver: Resolver): Promise<void> {
  const { noted } = resolver.changes();
  const rows = [...noted].flatMap(([draft, refs]) =>
    [...refs].map((ref) => ({ paper: draft.key!, ref, record: draft.records.get(ref)! })),
  );
  await saveRecords(tx, rows);
  const drafts = new Set(noted.keys());
  await saveSplits(
    tx,
    [...drafts].flatMap((draft) => pairsOf(draft)),
  );
}

export async function saveRecords(
  tx: Tx,
  rows: readonly { paper: number; ref: string; record: PaperRecord }[],
): Promise<void> {
  if (rows.length === 0) return;
  const json = wellFormedJson(rows);
  await tx.$executeRaw`
    INSERT INTO source_records AS s (paper_id, ref, record)
    SELECT paper, ref, record FROM json_to_recordset(${json}::json) AS r(paper int, ref text, record jsonb)
    ON CONFLICT (paper_id, ref) DO UPDATE SET record = excluded.record WHERE s.record <> excluded.record`;
}

export async function saveSplits(tx: Tx, pairs: readonly (readonly [number, number])[]): Promise<void> {
  if (pairs.length === 0) return;
  await tx.paperSplit.createMany({
    data: pairs.map(([a, b]) => ({ first: Math.min(a, b), second: Math.max(a, b) })),
    skipDuplicates: true,
  });
}

const pairsOf = ({ key, apart }: Draft): [number, number][] => [...apart].map((other) => [key!, other]);
