import {
  type MergedField,
  mergedFields,
  type Origin,
  type PaperFields,
  type PaperRecord,
  sourceNames,
} from './paper.js';

/**
 * Merging is the maximum of a total order on (value, origin), field by field. That makes it commutative,
 * associative and idempotent: whatever the order of intake, and however often, the same paper comes out,
 * so that taking a listing in again changes nothing.
 *
 * The order: a known value before an unknown one; the richer source; the higher arXiv version; a text that came
 * whole before one with characters that could not be read; the later record; the richer value; at last the text itself, so that no two different values tie.
 */

type Value = PaperFields[MergedField];

/** Compares like a sort callback: positive when `a` is to be kept. */
type Comparison = (a: Value, b: Value, oa: Origin, ob: Origin) => number;

const bySource: Comparison = (_a, _b, oa, ob) =>
  sourceNames.indexOf(oa.source) - sourceNames.indexOf(ob.source);
/** The sample's summaries are ours and the poorest; its facts are checked, and better than somebody's own typing. */
const byFacts: Comparison = (_a, _b, oa, ob) => factRank(oa) - factRank(ob);
const factRank = ({ source }: Origin): number =>
  source === 'sample' ? sourceNames.indexOf('listing') - 0.5 : sourceNames.indexOf(source);
const byVersion: Comparison = (_a, _b, oa, ob) => (oa.version ?? 0) - (ob.version ?? 0);
const byAsOf: Comparison = (_a, _b, oa, ob) => compareText(oa.asOf ?? '', ob.asOf ?? '');
/** U+FFFD stands for bytes that could not be read: whoever sends them right the next time is believed. */
const byWholeness: Comparison = (a, b) => Number(isDamaged(b)) - Number(isDamaged(a));
const isDamaged = (value: Value): boolean =>
  typeof value === 'string'
    ? value.includes('\ufffd')
    : Array.isArray(value) && value.some((part) => part.includes('\ufffd'));
const bySize: Comparison = (a, b) => sizeOf(a) - sizeOf(b);
const byText: Comparison = (a, b) => compareText(JSON.stringify(a), JSON.stringify(b));
/** For partial dates: the more exact one, whoever said it. */
const byPrecision: Comparison = (a, b) => String(a).length - String(b).length;
/** The first version's date is the paper's date. */
const byEarlier: Comparison = (a, b) => compareText(String(b), String(a));

const orders: Record<MergedField, readonly Comparison[]> = {
  title: [byFacts, byVersion, byWholeness, byAsOf, bySize],
  abstract: [bySource, byVersion, byWholeness, byAsOf, bySize],
  authors: [byFacts, byVersion, byWholeness, byAsOf, bySize],
  authorCount: [byFacts, byVersion, byAsOf, bySize],
  date: [byPrecision, bySource, byEarlier],
  venue: [byFacts, byVersion, byWholeness, byAsOf, bySize],
  url: [bySource, byVersion, byAsOf, bySize],
  categories: [byFacts, byVersion, byAsOf, bySize],
  // Counts go up and down with time, so the latest look at them counts most.
  upvotes: [byAsOf, bySource, bySize],
  comments: [byAsOf, bySource, bySize],
};

export interface Merged {
  /** Fields whose value changed. */
  changed: MergedField[];
  /** A value was confirmed by a better origin: nothing to see, but it decides later merges. */
  confirmed: boolean;
}

/** Takes over from `incoming` what is better than what `target` has. */
export function mergeInto(target: PaperFields, incoming: PaperFields): Merged {
  const merged: Merged = { changed: [], confirmed: false };
  for (const field of mergedFields) {
    const origin = incoming.origins[field];
    if (!origin || isUnknown(incoming[field])) continue;
    const own = target.origins[field];
    const known = own && !isUnknown(target[field]);
    if (known && rank(field, target[field], incoming[field], own, origin) >= 0) continue;
    if (known && byText(target[field], incoming[field], own, origin) === 0) merged.confirmed = true;
    else merged.changed.push(field);
    assign(target, incoming, field);
    target.origins[field] = { ...origin };
  }
  return merged;
}

function assign<F extends MergedField>(target: PaperFields, incoming: PaperFields, field: F): void {
  const value: PaperFields[F] = incoming[field];
  target[field] = value;
}

function rank(field: MergedField, a: Value, b: Value, oa: Origin, ob: Origin): number {
  for (const compare of [...orders[field], byText]) {
    const result = compare(a, b, oa, ob);
    if (result !== 0) return result;
  }
  return 0;
}

function isUnknown(value: Value): boolean {
  return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

function sizeOf(value: Value): number {
  if (typeof value === 'number') return value;
  if (Array.isArray(value)) return value.length * 1_000 + value.join('').length;
  return value?.length ?? 0;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** A record as the fields of a paper, every one of them with the record as its origin. */
export function fieldsOf(record: PaperRecord): PaperFields {
  const origin: Origin = {
    source: record.source,
    ...(record.arxivVersion === undefined ? {} : { version: record.arxivVersion }),
    ...(record.asOf === undefined ? {} : { asOf: record.asOf }),
  };
  const fields: PaperFields = {
    title: record.title,
    abstract: record.abstract,
    authors: record.authors ?? [],
    authorCount: record.authorCount ?? (record.hasMoreAuthors ? null : record.authors?.length || null),
    date: record.date ?? null,
    venue: record.venue ?? null,
    url: record.url ?? null,
    categories: record.categories ?? [],
    upvotes: record.upvotes ?? null,
    comments: record.comments ?? null,
    origins: {},
  };
  for (const field of mergedFields) if (!isUnknown(fields[field])) fields.origins[field] = origin;
  return fields;
}
