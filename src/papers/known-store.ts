import type { Prisma } from '../platform/db/generated/client.js';
import { type Draft, refsOf } from './identity.js';
import { isNearTitle, titleWords } from './near-title.js';
import type { PaperRecord } from './paper.js';
import { toDraft, withAliases } from './paper-rows-store.js';
import { recordRef } from './provenance.js';
import { loadProvenance } from './record-store.js';

type Tx = Prisma.TransactionClient;

/** Papers by the same people of one year that a title is compared with: of “Wang, 2024” alone there are more, and nothing is to be learnt. */
const MAX_NAMESAKES = 50;

/** What is known of the papers that records may be of: all that share an id or a title with one, or people and year with nearly the title. */
export async function loadKnown(tx: Tx, records: readonly PaperRecord[]): Promise<Draft[]> {
  const ids = await findKnown(tx, records);
  if (ids.size === 0) return [];
  const known = await tx.paper.findMany({
    where: { id: { in: [...ids] } },
    include: withAliases,
    orderBy: { id: 'asc' },
  });
  const provenance = await loadProvenance(
    tx,
    known.map(({ id }) => id),
  );
  return known.map((row) => ({ ...toDraft(row), ...provenance.get(row.id)! }));
}

/** `key` is null where the paper shares an id or the title, and the people's where it shares these and the year. */
interface Found {
  id: number | null;
  key: string | null;
  title: string | null;
  isAnySplit: boolean;
}

/** One statement for all of it: of most batches nothing is there yet, and then it is the only one. */
async function findKnown(tx: Tx, records: readonly PaperRecord[]): Promise<Set<number>> {
  const { titles, refs, arxivIds, dois, people } = wantedBy(records);
  const keys = [...people.keys()];
  const haveArxiv = keys.map((key) => people.get(key)!.every(({ arxivId }) => arxivId !== undefined));
  const rows = await tx.$queryRaw<Found[]>`
    WITH same AS (
      SELECT id FROM papers WHERE title_key = ANY(${titles})
      UNION SELECT id FROM papers WHERE public_id = ANY(${refs})
      UNION SELECT id FROM papers WHERE arxiv_id = ANY(${arxivIds})
      UNION SELECT id FROM papers WHERE doi = ANY(${dois})
      UNION SELECT paper_id FROM paper_aliases WHERE alias = ANY(${refs})
    ), split AS (SELECT EXISTS (SELECT FROM paper_splits) AS "isAnySplit")
    SELECT found.*, "isAnySplit" FROM split LEFT JOIN (
      SELECT id, NULL AS key, NULL AS title FROM same
      UNION ALL SELECT p.id, k.key, p.title FROM unnest(${keys}::text[], ${haveArxiv}::bool[]) AS k (key, has_arxiv)
      CROSS JOIN LATERAL (
        SELECT id, title FROM papers
        WHERE people_key = k.key AND people_key <> '' AND NOT (k.has_arxiv AND arxiv_id IS NOT NULL)
        ORDER BY id LIMIT ${MAX_NAMESAKES}) p
    ) found ON true`;
  const ids = new Set<number>();
  for (const { id, key, title } of rows) {
    if (id !== null && (key === null || isNear(people.get(key)!, title!))) ids.add(id);
  }
  if (!rows.some(({ isAnySplit }) => isAnySplit)) return ids;
  // Records find the papers that they were split into by their refs, which are hashes: not made where nobody ever split one.
  const split = await tx.$queryRaw<{ id: number }[]>`
    SELECT DISTINCT paper_id AS id FROM source_records WHERE ref = ANY(${records.map(recordRef)})`;
  for (const { id } of split) ids.add(id);
  return ids;
}

interface Wanted {
  titles: string[];
  /** Public ids and aliases. */
  refs: string[];
  arxivIds: string[];
  dois: string[];
  /** Records by their people and year, for papers under nearly their titles. */
  people: Map<string, PaperRecord[]>;
}

function wantedBy(records: readonly PaperRecord[]): Wanted {
  const [titles, refs] = [new Set<string>(), new Set<string>()];
  const [arxivIds, dois] = [new Set<string>(), new Set<string>()];
  const people = new Map<string, PaperRecord[]>();
  for (const record of records) {
    const keys = refsOf(record);
    titles.add(keys.titleKey);
    for (const ref of keys.refs) refs.add(ref);
    if (record.arxivId !== undefined) arxivIds.add(record.arxivId);
    if (record.doi !== undefined) dois.add(record.doi);
    if (keys.peopleKey === '') continue;
    const same = people.get(keys.peopleKey);
    if (same) same.push(record);
    else people.set(keys.peopleKey, [record]);
  }
  return { titles: [...titles], refs: [...refs], arxivIds: [...arxivIds], dois: [...dois], people };
}

/** Two arXiv ids are two papers, whatever else: the statement has left them out. */
function isNear(records: readonly PaperRecord[], title: string): boolean {
  const words = titleWords(title);
  return records.some((record) => isNearTitle(titleWords(record.title), words));
}
