import type { Metrics } from '../../platform/metrics.js';
import type { LexicalIndexer } from './lexical-indexer.js';
import type { LexicalClient } from './worker/client.js';

/** Times of every search by words. */
export function watchLexicalSearches(metrics: Metrics): (ms: number, waitMs: number) => void {
  const search = metrics.timer('words_search', 'Searches of the word index.');
  const wait = metrics.timer('words_wait', 'Their waiting for the thread.');
  return (ms, waitMs) => {
    search(ms);
    wait(waitMs);
  };
}

/** Sizes of the word index, read when somebody asks. */
export function watchLexical(metrics: Metrics, index: LexicalClient, indexer: LexicalIndexer): void {
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.read({ name, help, type: 'gauge', read });
  gauge('words_papers', 'Papers that can be found by words.', () => index.stats().papers);
  gauge(
    'words_dead_slots',
    'Places of papers that were replaced, until the next clearing out.',
    () => index.stats().dead,
  );
  gauge('words_segments', 'Segments of the word index.', () => index.stats().segments);
  gauge('words_bytes', 'Memory of the word index.', () => index.stats().bytes);
  gauge('words_lag_changes', 'Changes of the papers that the word index lacks.', () => {
    const { head, watermark } = indexer.status();
    return Math.max(0, Number(BigInt(head) - BigInt(watermark)));
  });
}
