import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tinyModelDir } from '../../tests/support/models.js';
import { chanceOf, seedOf } from './random.js';

/** Enough for texts that differ, so that each is nearest to itself. */
const TITLE_WORDS = 5;
const ABSTRACT_WORDS = 24;

/** Numbers of arXiv ids in a month. */
const IDS_PER_MONTH = 90_000;

/** What the tiny model tells apart. */
const words: readonly string[] = (() => {
  const file = join(tinyModelDir(), 'tokenizer.json');
  const { model } = JSON.parse(readFileSync(file, 'utf8')) as { model: { vocab: Record<string, number> } };
  return Object.keys(model.vocab).filter((word) => /^[a-z]{4,}$/.test(word));
})();

export function arxivIdOf(n: number): string {
  const month = String(1 + Math.floor(n / IDS_PER_MONTH)).padStart(2, '0');
  return `24${month}.${String(n % IDS_PER_MONTH).padStart(5, '0')}`;
}

export interface InventedText {
  title: string;
  abstract: string;
}

/** The n-th paper of a campaign. A revision has the same title and another abstract. */
export function textOf(n: number, revision: number): InventedText {
  const title = chanceOf(seedOf(n, 0));
  const abstract = chanceOf(seedOf(n, revision));
  const some = (chance: typeof title, count: number): string =>
    Array.from({ length: count }, () => chance.pick(words)).join(' ');
  return {
    title: `Case ${n}: ${some(title, TITLE_WORDS)}`,
    abstract: `We ${some(abstract, ABSTRACT_WORDS)}. Revision ${revision}.`,
  };
}

/** The body of an intake. */
export function linesOf(papers: readonly { n: number; revision: number }[]): string {
  return papers
    .map(
      ({ n, revision }) =>
        `${JSON.stringify({ ...textOf(n, revision), id: `${arxivIdOf(n)}v${revision}` })}\n`,
    )
    .join('');
}

/** What a campaign has sent, and what of it was acknowledged: number to revision, from 1. */
export interface PaperBooks {
  sent: Map<number, number>;
  acknowledged: Map<number, number>;
}
