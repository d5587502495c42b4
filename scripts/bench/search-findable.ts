import { setTimeout as sleep } from 'node:timers/promises';
import { titleKey } from '../../src/papers/fold.js';
import { withDatabase } from './fill.js';
import type { NewPaper } from './search-data.js';
import { quantile, tenth } from './search-protocol.js';
import type { Service } from './search-services.js';

/** Between two looks: what a time is too long by at most, beside the search itself. */
const POLL_MS = 4;
/** A paper that takes longer counts as not found. */
const LIMIT_MS = 15_000;

/** Milliseconds. */
export interface Findable {
  /** From the stored vector to the first search by meaning that brings the paper. */
  afterVector: Spread;
  /** From the acknowledged intake to that. */
  afterIntake: Spread;
  /** From the acknowledged intake to the first search by words that brings it. */
  byWords: Spread;
  /** Titles that a search by meaning or by words didn't bring. */
  notFound: string[];
}

export interface Spread {
  median: number;
  most: number;
}

export interface FindableOptions {
  service: Service;
  dataDir: string;
  papers: readonly NewPaper[];
}

/** Takes papers in, one after another, and looks for each by its title until it is found. */
export async function measureFindable({ service, dataDir, papers }: FindableOptions): Promise<Findable> {
  const times = { afterVector: [] as number[], afterIntake: [] as number[], byWords: [] as number[] };
  const notFound: string[] = [];
  await withDatabase(dataDir, async ({ pool }) => {
    for (const paper of papers) {
      await service.take([paper]);
      // The clock of the database's time stamps.
      const taken = Date.now();
      const [words, meaning] = await Promise.all([
        foundAt(service.url, paper.title, 'keyword'),
        foundAt(service.url, paper.title, 'semantic'),
      ]);
      const { rows } = await pool.query<{ at: Date }>(
        `SELECT e.created_at AS at FROM embeddings e JOIN papers p ON p.id = e.paper_id
         WHERE p.title_key = $1 AND e.retired_at IS NULL`,
        [titleKey(paper.title)],
      );
      if (words === null || meaning === null) notFound.push(paper.title);
      if (words !== null) times.byWords.push(words - taken);
      if (meaning === null) continue;
      times.afterIntake.push(meaning - taken);
      if (rows[0]) times.afterVector.push(meaning - rows[0].at.getTime());
    }
  });
  return {
    afterVector: spread(times.afterVector),
    afterIntake: spread(times.afterIntake),
    byWords: spread(times.byWords),
    notFound,
  };
}

/** null: not within the limit. */
async function foundAt(url: string, title: string, mode: 'keyword' | 'semantic'): Promise<number | null> {
  const key = titleKey(title);
  const started = Date.now();
  while (Date.now() - started < LIMIT_MS) {
    const answer = await fetch(`${url}/api/v1/search?q=${encodeURIComponent(title)}&limit=20&mode=${mode}`);
    const { items } = (await answer.json()) as { items?: { paper: { title: string } }[] };
    if (items?.some(({ paper }) => titleKey(paper.title) === key)) return Date.now();
    await sleep(POLL_MS);
  }
  return null;
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: tenth(quantile(sorted, 0.5)), most: tenth(sorted.at(-1) ?? Number.NaN) };
}
