import type { RequestListener } from 'node:http';
import { createIntakeStore } from '../../../src/ingest/intake-store.js';
import { createPuller, type Puller } from '../../../src/ingest/sources/puller.js';
import { readSource } from '../../../src/ingest/sources/source.js';
import type { Source, SourceRun } from '../../../src/ingest/sources/source-run.js';
import { createSourceStore } from '../../../src/ingest/sources/source-store.js';
import { createPaperStore } from '../../../src/papers/paper-store.js';
import { createFetcher } from '../../../src/platform/fetcher.js';
import { createHttpClient } from '../../../src/platform/http-client.js';
import { silentLogger } from '../../../src/platform/log.js';
import { withHttpServers } from '../../support/http-servers.js';
import type { TestDatabase } from '../../support/postgres.js';
import { settableClock } from '../../support/subscribing.js';

/** What a host answers: a body, or more of an answer. */
export type Played = string | { status?: number; headers?: Record<string, string>; body?: string | Buffer };

/** A host of sources with its script, a clock, and what pulls from it; nothing waits. */
export function withPulling(database: TestDatabase, { now = '2026-11-18T12:00:00Z' } = {}) {
  const listen = withHttpServers();
  const clock = settableClock(now);
  let count = 0;

  return {
    clock,
    store: () => createSourceStore(database.db),
    papers: () => createPaperStore(database.db),
    intakes: () => createIntakeStore(database.db),

    /** Answers its address, and the requests that came: path and query. */
    async host(play: (url: URL, headers: Record<string, unknown>) => Played) {
      const requests: string[] = [];
      const answer: RequestListener = (request, response) => {
        requests.push(request.url ?? '');
        const played = play(new URL(request.url ?? '', 'http://host'), request.headers);
        const {
          status = 200,
          headers = {},
          body = '',
        } = typeof played === 'string' ? { body: played } : played;
        response.writeHead(status, headers).end(body);
      };
      return { url: await listen(answer), requests };
    },

    /** A source of a name of its own, due now. */
    async source(settings: Record<string, unknown>): Promise<Source> {
      count += 1;
      const asked = readSource({ name: `source-${count}`, ...settings }, 'the source');
      return createSourceStore(database.db).put(asked, { origin: 'command', now: clock.now() });
    },

    puller(changed: Partial<Parameters<typeof createPuller>[0]> = {}): Puller {
      const { db } = database;
      const http = createHttpClient({ allowsPrivate: true, userAgent: 'Quire/test', timeoutMs: 5_000 });
      const fetcher = createFetcher({ http, clock, intervalMs: () => 0, tries: 1 });
      return createPuller({
        ...{ store: createSourceStore(db), papers: createPaperStore(db), intakes: createIntakeStore(db) },
        ...{ fetcher, db, clock, log: silentLogger },
        ...changed,
      });
    },

    /** One pull that somebody asks for. @throws where another process is at it */
    async pull(
      { id }: Source,
      changed: Partial<Parameters<typeof createPuller>[0]> = {},
    ): Promise<SourceRun> {
      const run = await this.puller(changed).pull(id, {
        signal: new AbortController().signal,
        isAsked: true,
      });
      if (run === null) throw new Error('somebody else pulls it');
      return run;
    },
  };
}

/** What a test compares of a run. */
export function booksOf({ announced, added, updated, unchanged, failed, waiting, outcome }: SourceRun) {
  return { announced, added, updated, unchanged, failed, waiting, outcome };
}
