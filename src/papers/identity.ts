import { isDeepStrictEqual } from 'node:util';
import { foldWords, shortHash, titleKey } from './fold.js';
import { fieldsOf, mergeInto } from './merge.js';
import { isNearTitle, titleWords } from './near-title.js';
import type { PaperFields, PaperRecord } from './paper.js';
import { doiPublicId, publicIdOf } from './paper-id.js';
import { bothLooks, keptRecord, recordRef, recordsOf, type SourceRecords } from './provenance.js';
import { isSamePaper, isSameUnderNearTitle, type Likeness, peopleKey } from './same-paper.js';

/** A paper while a batch is being settled. */
export interface Draft extends PaperFields {
  /** null: not in the database yet. */
  key: number | null;
  id: string;
  arxivId: string | null;
  arxivVersion: number | null;
  doi: string | null;
  titleKey: string;
  /** The `t:` id that belongs to this paper even while a better one is its public id. */
  titleId: string;
  aliases: Set<string>;
  /** What each source said, where several did. */
  records: SourceRecords;
  /** Keys of papers that somebody split from it. */
  apart: Set<number>;
}

export type Outcome = 'added' | 'updated' | 'unchanged';

export interface Taken {
  outcome: Outcome;
  draft: Draft;
}

/** What has to be written: the drafts that differ from the database, and the rows that another one took in. */
export interface IdentityChanges {
  added: Draft[];
  updated: Draft[];
  /** Keys of the rows that another one took in. */
  gone: number[];
  /** Refs of the records that were heard of a paper that more than one source speaks of. */
  noted: Map<Draft, Set<string>>;
}

/** What a record's paper is looked up by. */
export interface RecordKeys {
  /** Every id under which it may be known already. */
  refs: string[];
  titleKey: string;
  peopleKey: string;
}

/** Hashes are half of what an intake computes: of each record they are made once. */
const keysByRecord = new WeakMap<PaperRecord, RecordKeys>();

export function refsOf(record: PaperRecord): RecordKeys {
  const known = keysByRecord.get(record);
  if (known) return known;
  const key = titleKey(record.title);
  const refs = [titleIdOf(key)];
  if (record.arxivId !== undefined) refs.push(record.arxivId);
  if (record.doi !== undefined) refs.push(doiPublicId(record.doi));
  const { authors = [], date = null } = record;
  const keys = { refs, titleKey: key, peopleKey: peopleKey({ authors, date }) };
  keysByRecord.set(record, keys);
  return keys;
}

/** 60 bits of the title's hash: short enough to read, and a clash among 10 million titles is a 4e-5 chance. */
function titleIdOf(key: string): string {
  return `t:${key.slice(0, 12)}`;
}

/**
 * Settles which records are which papers: one row a paper. `known` must hold every paper that shares an id
 * or a title with the records to come. Records are taken one after the other and see what the earlier ones
 * of the batch made.
 */
export function createResolver(known: Iterable<Draft>) {
  const byRef = new Map<string, Draft>();
  const byTitle = new Map<string, Set<Draft>>();
  const byPeople = new Map<string, Set<Draft>>();
  const added = new Set<Draft>();
  const updated = new Set<Draft>();
  const byRecord = new Map<string, Draft>();
  const gone: number[] = [];
  const noted = new Map<Draft, Set<string>>();
  const successors = new Map<Draft, Draft>();

  for (const draft of known) {
    register(draft);
    for (const ref of draft.records.keys()) byRecord.set(ref, draft);
  }

  function register(draft: Draft): void {
    for (const ref of refsOfDraft(draft)) byRef.set(ref, draft);
    addTo(byTitle, draft.titleKey, draft);
    const people = peopleKey(draft);
    if (people !== '') addTo(byPeople, people, draft);
  }

  function find(record: PaperRecord, fields: PaperFields, key: string): Draft[] {
    const arxivId = record.arxivId ?? null;
    const doi = record.doi ?? null;
    const found = new Set<Draft>();
    const fits = (draft: Draft): boolean =>
      arxivId === null || draft.arxivId === null || draft.arxivId === arxivId;
    // What was split off stays there, whatever its ids and title say.
    const own = byRecord.size === 0 ? undefined : byRecord.get(recordRef(record));
    if (own) found.add(current(own));
    const byArxiv = arxivId === null ? undefined : byRef.get(arxivId);
    if (byArxiv && !isApart(byArxiv, found)) found.add(byArxiv);
    const byDoi = doi === null ? undefined : byRef.get(doiPublicId(doi));
    if (byDoi && fits(byDoi) && !isApart(byDoi, found)) found.add(byDoi);
    const sameTitle = new Set(byTitle.get(key));
    const byTitleId = byRef.get(titleIdOf(key));
    if (byTitleId) sameTitle.add(byTitleId);
    for (const draft of sameTitle) {
      if (found.has(draft) || isApart(draft, found)) continue;
      if (!isSamePaper({ ...fields, arxivId, doi }, draft)) continue;
      // A record that says little fits two papers that are not one: it goes to the first and unites nothing.
      if ([...found].every((other) => isSamePaper(other, draft))) found.add(draft);
    }
    if (found.size === 0) {
      const near = findNear({ ...fields, arxivId, doi });
      if (near !== null) found.add(near);
    }
    return [...found];
  }

  /** By the same people in the same year, under nearly the same title. Never a second one: what is only near unites nothing. */
  function findNear(likeness: Likeness): Draft | null {
    const others = byPeople.get(peopleKey(likeness));
    if (others === undefined) return null;
    const words = titleWords(likeness.title);
    for (const draft of others) {
      if (successors.has(draft)) continue;
      if (!isNearTitle(words, titleWords(draft.title)) || !isSameUnderNearTitle(likeness, draft)) continue;
      return draft;
    }
    return null;
  }

  /** Two rows turn out to be one paper: the one with the better id stays, the other's ids lead to it. */
  function unite(drafts: Draft[]): { draft: Draft; united: boolean } {
    let united = false;
    const [kept, ...others] = drafts.sort(
      (a, b) => idRank(a) - idRank(b) || (a.key ?? Infinity) - (b.key ?? Infinity),
    );
    for (const other of others) {
      if (other.arxivId !== null && kept!.arxivId !== null && other.arxivId !== kept!.arxivId) continue;
      if (isApart(other, [kept!])) continue;
      united = true;
      forget(other);
      note(kept!, recordsOf(other));
      for (const key of other.apart) kept!.apart.add(key);
      mergeInto(kept!, other);
      for (const ref of refsOfDraft(other)) kept!.aliases.add(ref);
      kept!.doi ??= other.doi;
      kept!.arxivVersion = Math.max(kept!.arxivVersion ?? 0, other.arxivVersion ?? 0) || null;
      successors.set(other, kept!);
      if (other.key !== null) gone.push(other.key);
      settle(kept!);
      if (!added.has(kept!)) updated.add(kept!);
    }
    return { draft: kept!, united };
  }

  /** Somebody split it from one of these. */
  function isApart(draft: Draft, from: Iterable<Draft>): boolean {
    return [...from].some(({ key, apart }) => draft.apart.has(key ?? -1) || apart.has(draft.key ?? -1));
  }

  /** To be called before the fields of others are merged in: what was known so far is a record too. */
  function note(draft: Draft, records: SourceRecords): void {
    const all = new Map([...recordsOf(draft), ...records]);
    if (all.size < 2) return;
    const refs = noted.get(draft) ?? new Set();
    for (const [ref, said] of all) {
      const record = bothLooks(draft.records.get(ref), said);
      if (isDeepStrictEqual(draft.records.get(ref), record)) continue;
      refs.add(ref);
      draft.records.set(ref, record);
      byRecord.set(ref, draft);
    }
    if (refs.size > 0) noted.set(draft, refs);
  }

  function forget(draft: Draft): void {
    byTitle.get(draft.titleKey)?.delete(draft);
    byPeople.get(peopleKey(draft))?.delete(draft);
    added.delete(draft);
    updated.delete(draft);
    noted.delete(draft);
  }

  /** Brings ids, aliases and the look-up tables in line with the fields. */
  function settle(draft: Draft): void {
    const key = titleKey(draft.title);
    if (key !== draft.titleKey) {
      byTitle.get(draft.titleKey)?.delete(draft);
      draft.titleKey = key;
    }
    const id = publicIdOf(draft);
    if (id !== draft.id) {
      draft.aliases.add(draft.id);
      draft.id = id;
    }
    draft.aliases.delete(draft.id);
    if (draft.doi !== null && doiPublicId(draft.doi) !== draft.id)
      draft.aliases.delete(doiPublicId(draft.doi));
    register(draft);
  }

  /** Another paper with this title has the plain id: this one's also hashes what tells it from that. */
  function freeTitleId(record: PaperRecord, key: string): string {
    const plain = titleIdOf(key);
    if (!byRef.has(plain)) return plain;
    const { abstract, authors = [], date = '', doi = '', arxivId = '' } = record;
    const rest = foldWords(`${abstract} ${authors.join(' ')} ${date} ${doi} ${arxivId}`).join(' ');
    let id = plain;
    for (let n = 0; byRef.has(id); n++) id = `t:${shortHash(`${key}\n${rest}\n${n}`, 16)}`;
    return id;
  }

  function add(record: PaperRecord, fields: PaperFields, key: string): Draft {
    // A DOI that leads to a paper with another arXiv id: one of the two records is wrong, so it stays there.
    const doi = record.doi !== undefined && !byRef.has(doiPublicId(record.doi)) ? record.doi : null;
    const draft: Draft = {
      ...fields,
      key: null,
      id: '',
      arxivId: record.arxivId ?? null,
      arxivVersion: record.arxivVersion ?? null,
      doi,
      titleKey: key,
      titleId: freeTitleId(record, key),
      aliases: new Set(),
      records: new Map(),
      apart: new Set(),
    };
    draft.id = publicIdOf(draft);
    added.add(draft);
    register(draft);
    return draft;
  }

  /** Takes the record's ids over. A second DOI of the same paper becomes an alias. */
  function takeIds(draft: Draft, record: PaperRecord): boolean {
    let changed = false;
    // Of a paper that was split off the id may be another's.
    const isFree = byRef.get(record.arxivId ?? '') === undefined;
    if (record.arxivId !== undefined && draft.arxivId === null && isFree) {
      draft.arxivId = record.arxivId;
      changed = true;
    }
    if (record.arxivVersion !== undefined && record.arxivVersion > (draft.arxivVersion ?? 0)) {
      draft.arxivVersion = record.arxivVersion;
      changed = true;
    }
    if (record.doi === undefined || byRef.get(doiPublicId(record.doi)) === draft) return changed;
    // The DOI of a paper with another arXiv id: one of the two records is wrong, so nobody gets it.
    if (byRef.has(doiPublicId(record.doi))) return changed;
    if (draft.doi === null) draft.doi = record.doi;
    else draft.aliases.add(doiPublicId(record.doi));
    return true;
  }

  /** The paper that the record is of, as far as is known; nothing changes. */
  function match(record: PaperRecord): Draft | null {
    return find(record, fieldsOf(record), refsOf(record).titleKey)[0] ?? null;
  }

  function take(record: PaperRecord): Taken {
    const fields = fieldsOf(record);
    const key = refsOf(record).titleKey;
    const found = find(record, fields, key);
    if (found.length === 0) {
      return { outcome: 'added', draft: add(record, fields, key) };
    }
    const { draft, united } = unite(found);
    note(draft, new Map([[recordRef(record), keptRecord(record)]]));
    const { changed, confirmed } = mergeInto(draft, fields);
    const isNews = [changed.length > 0, takeIds(draft, record), united].includes(true);
    if (!isNews && !confirmed) return { outcome: 'unchanged', draft };
    settle(draft);
    if (!added.has(draft)) updated.add(draft);
    return { outcome: isNews ? 'updated' : 'unchanged', draft };
  }

  /** The draft that stands for this one now: itself, or the one that took it in. */
  function current(draft: Draft): Draft {
    const successor = successors.get(draft);
    return successor ? current(successor) : draft;
  }

  return {
    match,
    take,
    current,
    changes: (): IdentityChanges => ({ added: [...added], updated: [...updated], gone, noted }),
  };
}

export type Resolver = ReturnType<typeof createResolver>;

function addTo(index: Map<string, Set<Draft>>, key: string, draft: Draft): void {
  const same = index.get(key);
  if (same) same.add(draft);
  else index.set(key, new Set([draft]));
}

function refsOfDraft(draft: Draft): Set<string> {
  const refs = new Set([draft.id, ...draft.aliases]);
  if (draft.arxivId !== null) refs.add(draft.arxivId);
  if (draft.doi !== null) refs.add(doiPublicId(draft.doi));
  return refs;
}

function idRank(draft: Draft): number {
  if (draft.arxivId !== null) return 0;
  return draft.doi === null ? 2 : 1;
}
