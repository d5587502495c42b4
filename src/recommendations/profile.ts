import type { Paper, PaperRecord } from '../papers/paper.js';
import type { PaperStore } from '../papers/paper-store.js';
import { mayBeSameAuthors } from '../papers/same-paper.js';
import { AppError } from '../platform/errors.js';
import type { Search } from '../search/search.js';
import type { Recommend } from './recommend.js';
import {
  type Example,
  MAX_EXAMPLE_TEXT,
  MAX_EXAMPLES,
  type RecommendRequest,
  type RecommendResult,
} from './request.js';

/** A paper of somebody's library: by an id, or by what the library says of it. */
export type ProfileEntry = { line: number; ref: string } | { line: number; record: PaperRecord };

export interface ProfileRequest extends Omit<RecommendRequest, 'positives'> {
  entries: readonly ProfileEntry[];
}

export interface ProfileResult extends RecommendResult {
  /** Entries, and what became of them: papers of this collection; texts, because it has no such paper; ids that say nothing to it. */
  books: { entries: number; papers: number; texts: number; unknown: number; left: number };
}

/** Records whose titles are looked for as the search's box does, beyond ids and whole titles: each costs a search by words. */
const MAX_TITLE_SEARCHES = 200;

/** Records matched in one look-up. */
const BATCH = 500;

/** Finds what a person's own papers are about, and what is like them. */
export function createProfile({
  papers,
  recommend: { recommend },
  search,
}: {
  papers: Pick<PaperStore, 'listByIds' | 'match'>;
  recommend: Recommend;
  search: Search;
}) {
  return {
    /**
     * Recommendations from a library. Every paper of it is left out of them; the newest `MAX_EXAMPLES` are what they are like.
     * @throws AppError as `recommend`; invalid_input where nothing in the library says what it is about
     */
    async profile({ entries, ...request }: ProfileRequest): Promise<ProfileResult> {
      const { known, texts, unknown } = await readEntries(entries);
      const all = [...known.values(), ...texts];
      if (all.length === 0) {
        throw new AppError(
          'invalid_input',
          `None of the ${entries.length} entries names a paper that is here or says what it is about.`,
          { details: { field: 'body' } },
        );
      }
      const newest = all.sort((a, b) => (b.date < a.date ? -1 : Number(b.date > a.date)));
      const positives = newest.slice(0, MAX_EXAMPLES).map(({ example }) => example);
      const result = await recommend({ ...request, positives, without: [...known.keys()] });
      return {
        ...result,
        missing: [...unknown, ...result.missing],
        books: {
          entries: entries.length,
          papers: known.size,
          texts: texts.length,
          unknown: unknown.length,
          left: all.length - positives.length,
        },
      };
    },
  };

  async function readEntries(entries: readonly ProfileEntry[]) {
    const known = new Map<number, Dated>();
    const texts: Dated[] = [];
    const unknown: string[] = [];
    let searched = 0;
    const add = (paper: Paper): void => {
      known.set(paper.key, { date: paper.date ?? '', example: { ref: paper.id } });
    };
    for (let from = 0; from < entries.length; from += BATCH) {
      const part = entries.slice(from, from + BATCH);
      const refs = part.flatMap((entry) => ('ref' in entry ? [entry.ref] : []));
      const records = part.flatMap((entry) => ('record' in entry ? [entry.record] : []));
      const found = await papers.listByIds(refs);
      for (const ref of refs) {
        const paper = found.get(ref);
        if (paper) add(paper);
        else unknown.push(ref);
      }
      const matched = await papers.match(records);
      for (const [at, record] of records.entries()) {
        const paper = matched[at] ?? (searched++ < MAX_TITLE_SEARCHES ? await byTitle(record) : null);
        if (paper) add(paper);
        else texts.push(textOf(record));
      }
    }
    return { known, texts, unknown };
  }

  /** Libraries write `LoRA` for a paper whose title has a subtitle. */
  async function byTitle({ title, authors = [] }: PaperRecord): Promise<Paper | null> {
    const { items } = await search.search({ query: '', text: title, mode: 'keyword', limit: 1 });
    const [first] = items;
    return first?.named === 'title' && mayBeSameAuthors(authors, first.paper.authors) ? first.paper : null;
  }
}

export type Profile = ReturnType<typeof createProfile>;

interface Dated {
  date: string;
  example: Example;
}

function textOf({ title, abstract, date = '' }: PaperRecord): Dated {
  return { date, example: { title, text: abstract.slice(0, MAX_EXAMPLE_TEXT) } };
}
