import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { titleKey } from '../../src/papers/fold.js';
import { projectRoot } from '../../src/platform/paths.js';
import { type Chance, chanceOf } from '../campaign/random.js';
import { realPapers } from './shared-data.js';

const folder = join(projectRoot, '../shared/eval');
/** Other papers than the 100,000, but for some; those of computer science first. */
const corpora = ['csfcube', 'scitldr-knownitem', 'scifact'].map((name) =>
  join(folder, name, 'corpus.jsonl.gz'),
);
const asked = ['scifact/queries', 'scifact/queries_train', 'scitldr-knownitem/queries'].map((name) =>
  join(folder, `${name}.jsonl.gz`),
);

/** Words of a query, as people type them. */
const [LEAST_WORDS, MOST_WORDS] = [6, 15];

export interface NewPaper {
  title: string;
  abstract: string;
}

export function requireEvalData(): void {
  for (const file of [...corpora, ...asked])
    if (!existsSync(file)) throw new Error(`this bench needs ${file}, which is not there`);
}

function readLines<T>(file: string): T[] {
  const lines = gunzipSync(readFileSync(file)).toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}

export interface Material {
  /** Papers to take in, each of them once. Begins again with other titles after some 10,000. */
  papers: () => NewPaper;
  /** So many queries that were not among those before. */
  queries: (count: number, seed: number) => string[];
}

/** What a service with the first `count` papers is asked, and given: none of those it has. */
export async function loadMaterial(count: number): Promise<Material> {
  const loaded = new Set<string>();
  for await (const { title } of realPapers(count)) loaded.add(titleKey(title));
  const papers = corpora
    .flatMap((file) => readLines<{ title: string; text: string }>(file))
    .filter(({ title, text }) => title !== '' && text !== '' && !loaded.has(titleKey(title)));
  const claims = asked.flatMap((file) => readLines<{ text: string }>(file).map(({ text }) => text));
  const sentences = [...papers.flatMap(({ text }) => text.split(/(?<=[.?!])\s+/)), ...claims]
    .map(wordsOf)
    .filter(({ length }) => length >= LEAST_WORDS);
  const used = new Set<string>();
  let taken = 0;
  return {
    papers() {
      const { title, text } = papers[taken % papers.length]!;
      const time = Math.floor(taken / papers.length);
      taken += 1;
      return { title: time === 0 ? title : `${title}, part ${time + 1}`, abstract: text };
    },
    queries(count, seed) {
      const chance = chanceOf(seed);
      const found: string[] = [];
      while (found.length < count) {
        const query = queryOf(chance.pick(sentences), chance);
        if (used.has(query)) continue;
        used.add(query);
        found.push(query);
      }
      return found;
    },
  };
}

/** Letters and digits alone: punctuation could be read as an operator. */
function wordsOf(sentence: string): string[] {
  return sentence.match(/[\p{L}\p{N}]+/gu) ?? [];
}

function queryOf(words: readonly string[], chance: Chance): string {
  return words.slice(0, chance.between(LEAST_WORDS, MOST_WORDS)).join(' ');
}
