import type { PaperFeedStore } from '../../papers/paper-feed-store.js';
import type { Logger } from '../../platform/log.js';
import { createLexicalEngine, type LocalLexicalEngine } from './lexical-engine.js';
import { changesOf } from './lexical-feed.js';
import { openLexical } from './lexical-indexer.js';
import type { LexicalSearcher } from './ports.js';

/** Papers read at once: some 2 MB. */
const BATCH = 1_000;

/**
 * The word index for a command that runs beside the service: the service's last snapshot and what came in since, in this
 * thread, opened by the first search. Without a snapshot it is built from the papers: a minute for 100,000. Writes nothing.
 */
export function createStoredLexical(dir: string, feed: PaperFeedStore, log: Logger): LexicalSearcher {
  let opening: Promise<LocalLexicalEngine> | null = null;

  async function open(): Promise<LocalLexicalEngine> {
    const engine = createLexicalEngine(dir, { isReader: true });
    let watermark = await openLexical(engine, feed, log);
    for (;;) {
      const changes = await feed.changesSince(watermark, BATCH);
      const last = changes.at(-1);
      if (last === undefined) return engine;
      engine.apply(changesOf(changes, last.seq));
      while (engine.tidy(1_000));
      watermark = last.seq;
    }
  }

  const engine = (): Promise<LocalLexicalEngine> => {
    opening ??= open();
    return opening;
  };
  return {
    search: async (query) => (await engine()).search(query),
    subset: async (conditions, maxKeys) => (await engine()).subset(conditions, maxKeys),
    ordered: async (query) => (await engine()).ordered(query),
    explain: async (terms, keys) => (await engine()).explain(terms, keys),
    latest: async () => (await engine()).stats().latest,
    complete: async (text, limit) => (await engine()).complete(text, limit),
  };
}
