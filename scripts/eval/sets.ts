import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { projectRoot } from '../../src/platform/paths.js';
import type { Judgements } from './metrics.js';

export const folder = join(projectRoot, '../shared/eval');

export const setNames = ['scifact', 'csfcube', 'cacm', 'scitldr-knownitem'] as const;
export type SetName = (typeof setNames)[number];

export interface EvalDocument {
  id: string;
  title: string;
  text: string;
  authors?: string[];
}

export interface EvalQuery {
  id: string;
  text: string;
  /** scitldr: `dev` was for tuning, `test` not. */
  split?: string;
}

export interface EvalSet {
  name: SetName;
  documents: EvalDocument[];
  /** Those with judgements. */
  queries: EvalQuery[];
  judgements: ReadonlyMap<string, Judgements>;
  /** Gain from which a document counts as relevant. */
  least: number;
  /** Only what is judged for a query is ranked (re-ranking, as the set's authors do). */
  isPool: boolean;
  /** The whole list matters, not its beginning alone. */
  depth: number;
}

export const hasSets = (): boolean => existsSync(folder);

const lines = (file: string): string[] =>
  gunzipSync(readFileSync(file))
    .toString()
    .split('\n')
    .filter((line) => line !== '');

/** `train`: the split to tune on, of the sets that have one. */
export function readSet(name: SetName, split: 'test' | 'train'): EvalSet {
  const suffix = split === 'train' && name === 'scifact' ? '_train' : '';
  const read = <T>(file: string): T[] => lines(join(folder, name, file)).map((line) => JSON.parse(line) as T);
  const judgements = new Map<string, Map<string, number>>();
  for (const line of lines(join(folder, name, `qrels${suffix}.tsv.gz`)).slice(1)) {
    const [query = '', document = '', gain = '0'] = line.split('\t');
    const judged = judgements.get(query) ?? new Map<string, number>();
    judgements.set(query, judged.set(document, Number(gain)));
  }
  const queries = read<EvalQuery>(`queries${suffix}.jsonl.gz`)
    .filter(({ id }) => judgements.has(id))
    .filter((query) => split === 'test' || query.split === undefined || query.split === 'dev');
  const isPool = name === 'csfcube';
  return {
    name,
    documents: read<EvalDocument>('corpus.jsonl.gz'),
    queries,
    judgements,
    least: isPool ? 2 : 1,
    isPool,
    depth: isPool || name === 'cacm' ? 1_000 : 100,
  };
}
