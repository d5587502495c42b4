import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../../src/platform/paths.js';
import { commandEnv, startQuire } from '../../tests/support/process.js';
import { defaultModel } from './fill.js';
import { stateOf } from './ready.js';
import type { NewPaper } from './search-data.js';

export interface Service {
  readonly name: 'ours' | 'plain';
  readonly url: string;
  /** Resolves when they are acknowledged: ours stores them first and embeds afterwards. */
  take(papers: readonly NewPaper[]): Promise<void>;
  /** Texts embedded since the start. */
  embedded(): Promise<number>;
  stop(): Promise<void>;
}

const API_KEY = 'quire_bench_search_0000000000000000000000';
const plainEntry = fileURLToPath(new URL('./plain-service.js', import.meta.url));

async function post(url: string, headers: Record<string, string>, body: string): Promise<void> {
  const answer = await fetch(url, { method: 'POST', headers, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`);
}

export async function startOurs(dataDir: string): Promise<Service> {
  const service = await startQuire(
    [],
    commandEnv(dataDir, {
      MODELS_DIR: `${projectRoot}/models`,
      MODEL: defaultModel,
      SAMPLE: 'off',
      API_KEY,
      LOG_LEVEL: 'error',
    }),
  );
  return {
    name: 'ours',
    url: service.url,
    take: (papers) =>
      post(
        `${service.url}/api/v1/ingest?name=bench`,
        { 'x-api-key': API_KEY },
        papers.map((paper) => `${JSON.stringify(paper)}\n`).join(''),
      ),
    embedded: async () => (await stateOf(service.url)).embedding.embedded,
    async stop() {
      const code = await service.stop();
      if (code !== 0) throw new Error(`our service ended with ${code}: ${service.stderr()}`);
    },
  };
}

export async function startPlain(folder: string): Promise<Service> {
  const child: ChildProcess = spawn(process.execPath, [plainEntry, folder, defaultModel], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await Promise.race([
    once(createInterface({ input: child.stdout! }), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the plain service ended with ${code}`);
    }),
  ])) as [string];
  let taken = 0;
  return {
    name: 'plain',
    url,
    async take(papers) {
      await post(`${url}/papers`, { 'content-type': 'application/json' }, JSON.stringify(papers));
      taken += papers.length;
    },
    embedded: async () => taken,
    async stop() {
      const ended = once(child, 'exit');
      // It keeps nothing, and may be busy for long.
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/**
 * In one request. The next one is sent when the last one is answered, as a careful client does: each that is under
 * way keeps the plain service from its queries for as long as its embedding takes.
 */
const PAPERS_A_REQUEST = 25;

export interface Feed {
  /** Sends no more. Papers that were sent and embedded, a second. */
  stop(): Promise<{ sentPerSecond: number; embeddedPerSecond: number }>;
}

/** Has a service take papers in, so many a second or as many as it takes. */
export async function startFeed(
  service: Service,
  { papers, perSecond }: { papers: () => NewPaper; perSecond: number },
): Promise<Feed> {
  const before = await service.embedded();
  const started = performance.now();
  const stopping = new AbortController();
  const { signal } = stopping;
  let sent = 0;
  const feeding = (async () => {
    while (!signal.aborted) {
      const part = Array.from({ length: PAPERS_A_REQUEST }, papers);
      sent += part.length;
      await service.take(part);
      const due = started + (sent / perSecond) * 1_000;
      await sleep(Math.max(0, due - performance.now()), undefined, { signal }).catch(() => undefined);
    }
  })();
  // It is told when the feed is stopped.
  feeding.catch(() => undefined);
  return {
    async stop() {
      stopping.abort();
      const seconds = (performance.now() - started) / 1_000;
      const embedded = (await service.embedded()) - before;
      await feeding;
      return { sentPerSecond: Math.round(sent / seconds), embeddedPerSecond: Math.round(embedded / seconds) };
    },
  };
}
