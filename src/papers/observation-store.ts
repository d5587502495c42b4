import type { Prisma } from '../platform/db/generated/client.js';
import { heatOf, type Observation, type ObservationKind, observationKinds } from './heat.js';
import type { Draft, Resolver } from './identity.js';
import type { PaperRecord } from './paper.js';

type Tx = Prisma.TransactionClient;

/** The database's integers. */
const MAX_VALUE = 2 ** 31 - 1;

/** A hundred half-lives at one a day: what rose before leaves no trace in the 53 bits of the sum. */
const MAX_RISES = 400;

/** When the records of an intake were made, for those that don't say it. Days are YYYY-MM-DD. */
export interface IntakeDays {
  /** The day on which the source was saved; today when absent. */
  asOf?: string | undefined;
  /** By whoever takes in; the database's day when absent. Nothing was seen later than that. */
  today?: string | undefined;
}

/** What a batch has seen, and what was known before of the papers that it touches. */
export interface Sightings {
  today: string;
  fresh: Map<Draft, Observation[]>;
  stored: Map<number, StoredHeat>;
}

interface StoredHeat {
  cameIn: string;
  heat: number | null;
  observations: Observation[];
}

interface SettledBatch {
  records: readonly PaperRecord[];
  /** Of each record. */
  drafts: readonly Draft[];
  /** What was loaded for them. */
  known: readonly Draft[];
  resolver: Resolver;
}

/**
 * Gathers what the records have seen and what is stored of their papers. To be called before rows are removed: what was
 * observed of a paper that another one takes in goes over to that one.
 */
export async function gatherSightings(
  tx: Tx,
  { records, drafts, known, resolver }: SettledBatch,
  days: IntakeDays,
): Promise<Sightings> {
  const { updated, gone } = resolver.changes();
  const fresh = new Map<Draft, Observation[]>();
  const add = (draft: Draft, observations: readonly Observation[]): void => {
    if (observations.length > 0) fresh.set(draft, [...(fresh.get(draft) ?? []), ...observations]);
  };
  const today = days.today ?? (await databaseDay(tx));
  records.forEach((record, at) => {
    add(resolver.current(drafts[at]!), observationsOf(record, { asOf: days.asOf ?? today, today }));
  });
  const removed = new Set(gone);
  // A paper that changed may have another date now, and with it another age.
  const touched = [...updated, ...fresh.keys()].flatMap(({ key }) => key ?? []);
  const stored = await loadStored(tx, new Set([...touched, ...gone]), gone);
  for (const draft of known) {
    if (draft.key !== null && removed.has(draft.key))
      add(resolver.current(draft), stored.get(draft.key)?.observations ?? []);
  }
  return { today, fresh, stored };
}

/** How hot a paper is after the batch; null where nothing has risen. */
export function heatOfDraft(draft: Draft, { today, fresh, stored }: Sightings): number | null {
  const before = draft.key === null ? undefined : stored.get(draft.key);
  const observations = [...(before?.observations ?? []), ...(fresh.get(draft) ?? [])];
  return heatOf(observations, { date: draft.date, cameIn: before?.cameIn ?? today });
}

/**
 * Writes what was seen, one row a paper, kind and day, and the heat of papers whose rows the batch leaves as they are
 * otherwise (`written` have theirs). Of two looks on one day the higher count holds, as it does among the papers' own
 * fields (merge.ts): it is the later one, but for what somebody took back that day, and the order of intake doesn't matter.
 */
export async function writeSightings(
  tx: Tx,
  sightings: Sightings,
  written: ReadonlySet<Draft>,
): Promise<void> {
  const rows = new Map<string, { paper: number; kind: ObservationKind; day: string; value: number }>();
  for (const [draft, observations] of sightings.fresh) {
    const paper = draft.key!;
    for (const { kind, day, value } of observations) {
      const id = `${paper} ${kind} ${day}`;
      // A statement may touch each row once.
      if (value > (rows.get(id)?.value ?? -1)) rows.set(id, { paper, kind, day, value });
    }
  }
  if (rows.size === 0) return;
  await tx.$executeRaw`
    INSERT INTO paper_observations AS o (paper_id, kind, day, value)
    SELECT paper, kind, day, value
    FROM json_to_recordset(${JSON.stringify([...rows.values()])}::json) AS r(paper int, kind text, day date, value int)
    ON CONFLICT (paper_id, kind, day) DO UPDATE SET value = excluded.value WHERE excluded.value > o.value`;
  const heats = [...sightings.fresh.keys()].flatMap((draft) => {
    if (written.has(draft)) return [];
    const heat = heatOfDraft(draft, sightings);
    return heat === (sightings.stored.get(draft.key!)?.heat ?? null) ? [] : [{ paper: draft.key!, heat }];
  });
  // Each row that is written goes to every index that follows: taking the same in again must change none.
  if (heats.length === 0) return;
  await tx.$executeRaw`
    UPDATE papers SET heat = r.heat
    FROM json_to_recordset(${JSON.stringify(heats)}::json) AS r(paper int, heat float8) WHERE id = r.paper`;
}

function observationsOf(record: PaperRecord, { asOf, today }: Required<IntakeDays>): Observation[] {
  const said = record.asOf ?? asOf ?? today!;
  const day = said < today! ? said : today!;
  return observationKinds.flatMap((kind) => {
    const value = record[kind];
    return value === undefined ? [] : [{ kind, day, value: Math.min(value, MAX_VALUE) }];
  });
}

async function databaseDay(tx: Tx): Promise<string> {
  const [row] = await tx.$queryRaw<{ day: string }[]>`
    SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day`;
  return row!.day;
}

/**
 * Days on which a count rose above all before, which is all that heat asks for, the last `MAX_RISES` of each count: a paper
 * that is looked at every day for years has thousands. Of the papers in `whole` every day.
 */
async function loadStored(
  tx: Tx,
  keys: ReadonlySet<number>,
  whole: readonly number[],
): Promise<Map<number, StoredHeat>> {
  const stored = new Map<number, StoredHeat>();
  if (keys.size === 0) return stored;
  // One row a paper: Prisma takes ten times as long for a row as JSON does.
  const rows = await tx.$queryRaw<{ id: number; cameIn: string; heat: number | null; seen: Observation[] }[]>`
    SELECT p.id, to_char(p.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS "cameIn", p.heat,
      coalesce(o.seen, '[]') AS seen
    FROM papers p LEFT JOIN (
      SELECT paper_id, json_agg(json_build_object('kind', kind, 'day', day, 'value', value)) AS seen
      FROM (
        SELECT *, row_number() OVER (PARTITION BY paper_id, kind ORDER BY day DESC) AS age
        FROM (
          SELECT *, max(value) OVER (PARTITION BY paper_id, kind ORDER BY day
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
          FROM paper_observations WHERE paper_id = ANY(${[...keys]})
        ) looks WHERE before IS NULL OR value > before OR paper_id = ANY(${[...whole]})
      ) rises WHERE age <= ${MAX_RISES} OR paper_id = ANY(${[...whole]})
      GROUP BY paper_id
    ) o ON o.paper_id = p.id
    WHERE p.id = ANY(${[...keys]})`;
  for (const { id, cameIn, heat, seen } of rows) stored.set(id, { cameIn, heat, observations: seen });
  return stored;
}
