import type { Engine } from '../../engine/engine.js';
import { tokensOf } from '../text/tokens.js';
import type { PositiveExample } from './examples.js';
import { rankTermsOf } from './plan.js';

/** A paper, or a text that is none. */
export interface ExampleText {
  /** Row number; null for a text. */
  key: number | null;
  title: string;
  /** '' where there is none. */
  abstract: string;
}

/**
 * Vector and words of each: vectors from the index where they are there, else embedded now, ahead of the backlog.
 * @throws AppError overloaded, cancelled, model_unavailable, index_unavailable
 */
export async function readExamples(
  texts: readonly ExampleText[],
  { engine, signal }: { engine: Engine; signal?: AbortSignal | undefined },
): Promise<PositiveExample[]> {
  const labels = texts.map(({ key }) => (key === null ? 0 : engine.labels.labelOf(key)));
  const known = labels.filter((label) => label !== 0);
  const stored = known.length === 0 ? [] : await engine.vectors.vectorsOf(known);
  const byLabel = new Map(known.map((label, at) => [label, stored[at]]));
  const vectors = labels.map((label) => byLabel.get(label) ?? null);
  const waiting = texts.filter((_, at) => vectors[at] === null);
  const embedded =
    waiting.length === 0 ? [] : await engine.embedder.embedDocuments(waiting, { lane: 'fresh', signal });
  let next = 0;
  return texts.map(({ title, abstract }, at) => ({
    vector: vectors[at] ?? embedded[next++]!,
    // Words of a text are nobody's names.
    terms: rankTermsOf(tokensOf(`${title}\n${abstract}`)).map((term) => ({ ...term, word: '' })),
  }));
}
