import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type App, createApp } from './app.js';
import { findListings, type ListingFile } from './ingest/files.js';
import { readSourcesFile } from './ingest/sources/sources.js';
import { describeReport, takeFile } from './ingest/take-file.js';
import type { Config } from './platform/config.js';
import { AppError, isAppError, messageOf } from './platform/errors.js';
import type { Logger } from './platform/log.js';
import { projectRoot } from './platform/paths.js';
import { createProgress, type Progress, type ProgressOutput } from './platform/progress.js';
import { createServices, type Services } from './services.js';
import { version } from './version.js';
import { examples } from './web/pages/front-page.js';

/** The name of the sample collection in the books: it is taken in once in a database's life. */
const SAMPLE_NAME = 'sample collection';
const SAMPLE_FILE = join(projectRoot, 'samples/landmark-papers.jsonl');

const PROGRESS_POLL_MS = 500;
/** Problems of a listing shown at the start; the log and `quire ingest` have more. */
const SHOWN_PROBLEMS = 5;

export interface ServeOptions {
  config: Config;
  log: Logger;
  /** Listings to take in on the way up. */
  files: readonly string[];
  asOf?: string | undefined;
  /** For people: addresses, keys, progress. */
  out: ProgressOutput;
  stdin: AsyncIterable<Uint8Array>;
  /** Aborts when the service has to stop. */
  signal: AbortSignal;
}

/**
 * Runs the service until `signal` aborts, then drains: requests under way are answered, texts under way
 * embedded, the index saved, the database stopped.
 * @throws AppError port_in_use, data_dir_unwritable, data_dir_newer, database_unreachable, invalid_input, …
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { config, log, out, signal } = options;
  // What can be wrong is found before anything is started.
  const listings = await findListings(options.files, options.stdin);
  if (config.sourcesFile !== null) await readSourcesFile(config.sourcesFile);
  await checkPort(config);
  const services = await createServices(config, log, { progress: out, signal });
  let app: App | null = null;
  try {
    // First, because loading the index and the model takes longest, on threads of their own.
    services.start();
    services.startDigests();
    await services.startSources();
    app = await createApp(services, config);
    const url = await listen(app, config);
    await greet(url, services, config, out);
    const work = takeIn(listings, services, options).then(async () => {
      await watchUntilReady(services, out, signal);
      await watchSwitches(services, out, signal);
    });
    work.catch((error: unknown) => {
      if (!signal.aborted) out.write(`quire: ${messageOf(error)}\n`);
    });
    await aborted(signal);
    await work.catch(() => undefined);
  } finally {
    await drain(app, services, config, log);
  }
}

async function listen(app: App, { host, port }: Config): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    throw listenError(error, host, port);
  }
}

/** Asked first, so that a second start by mistake doesn't touch the first one's database. */
async function checkPort({ host, port }: Config): Promise<void> {
  const probe = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject);
      probe.listen({ host, port, exclusive: true }, resolve);
    });
  } catch (error) {
    throw listenError(error, host, port);
  } finally {
    probe.close();
  }
}

function listenError(error: unknown, host: string, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') {
    return new AppError(
      'port_in_use',
      `Port ${port} on ${host} is in use: stop what listens there, or set PORT to another one.`,
    );
  }
  if (code === 'EACCES')
    return new AppError(
      'invalid_config',
      `Port ${port} needs rights that this user lacks: set PORT to 1024 or more.`,
    );
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new AppError('invalid_config', `HOST ${host} is no address of this machine.`);
  }
  return error;
}

async function greet(url: string, services: Services, config: Config, out: ProgressOutput): Promise<void> {
  const papers = await services.catalog.count();
  const query = examples[0]!;
  const search = `q=${encodeURIComponent(query).replaceAll('%20', '+')}`;
  const lines = [
    `Quire ${version} is at ${url}`,
    `  papers    ${papers}`,
    `  database  ${config.databaseUrl === null ? `embedded PostgreSQL in ${config.dataDir}` : 'PostgreSQL at DATABASE_URL'}`,
    `  model     ${services.engines.serving.model.id}`,
    `Try it:     ${url}/?${search}`,
    `            curl '${url}/api/v1/search?${search}&limit=5'`,
  ];
  if (!(await services.apiKeys.hasAny())) {
    const key = await services.apiKeys.create('first start');
    lines.push(
      `API key for taking papers in over HTTP, shown this once (\`npx quire key create\` makes more):`,
      `            ${key}`,
    );
  }
  out.write(`${lines.join('\n')}\n`);
}

async function takeIn(
  listings: readonly ListingFile[],
  services: Services,
  options: ServeOptions,
): Promise<void> {
  const { config, asOf, out, signal, log } = options;
  const { ingest, hintPapers } = services;
  const take = async (
    file: ListingFile,
    more: { source?: 'sample'; asOf?: string | undefined },
  ): Promise<void> => {
    const report = await takeFile(ingest, file, { out, signal, onStored: hintPapers, ...more });
    out.write(`${describeReport(report)}\n`);
    for (const { line, reason } of report.problemList.slice(0, SHOWN_PROBLEMS))
      out.write(`  line ${line}: ${reason}\n`);
  };
  if (config.sample && (await wantsSample(services))) {
    const [sample] = await findListings([SAMPLE_FILE], emptyInput());
    await take({ ...sample!, name: SAMPLE_NAME }, { source: 'sample' });
  }
  for (const listing of listings) {
    if (signal.aborted) return;
    try {
      await take(listing, { asOf });
    } catch (error) {
      if (signal.aborted) return;
      // One bad file must not keep the others out, nor stop the service.
      log.error({ err: error, file: listing.path }, 'could not be taken in');
      out.write(
        `${listing.name}: ${isAppError(error) ? error.message : 'could not be taken in; the log says why'}\n`,
      );
    }
  }
}

/** An empty database gets the sample, and one whose first start was cut short: nobody wants it among papers of their own. */
async function wantsSample({ intakes, catalog }: Services): Promise<boolean> {
  const state = await intakes.stateOf(SAMPLE_NAME);
  return state === 'broken off' || (state === 'never' && (await catalog.count()) === 0);
}

async function* emptyInput(): AsyncGenerator<Uint8Array> {}

/** Shows the embedding of what came in until the service is ready. */
async function watchUntilReady(
  { readiness }: Services,
  out: ProgressOutput,
  signal: AbortSignal,
): Promise<void> {
  const progress = createProgress('Embedding', out);
  for (;;) {
    if (signal.aborted) break;
    const { ready, papers, pending } = await readiness.check();
    if (ready) {
      progress.end();
      out.write(`Ready: all ${papers} papers can be found by meaning.\n`);
      return;
    }
    if (pending > 0) progress.update({ done: papers - pending, total: papers });
    await sleep(PROGRESS_POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  progress.end();
}

/** Shows how another model, or a new index, is made ready behind the one that answers. */
async function watchSwitches({ engines }: Services, out: ProgressOutput, signal: AbortSignal): Promise<void> {
  let shown: { from: string; epoch: number; progress: Progress } | null = null;
  while (!signal.aborted) {
    const { model, epoch } = engines.serving;
    const next = engines.progress();
    if (next === null && shown !== null) {
      shown.progress.end();
      const news =
        model.id === shown.from
          ? `The index of ${model.id} was built anew`
          : `${model.id} answers from now on`;
      if (epoch !== shown.epoch) out.write(`${news} (epoch ${epoch}).\n`);
      shown = null;
    } else if (next !== null) {
      shown ??= { from: model.id, epoch, progress: createProgress(`Preparing ${next.model}`, out) };
      if (next.total > 0) shown.progress.update({ done: next.done, total: next.total });
    }
    await sleep(PROGRESS_POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  shown?.progress.end();
}

async function drain(app: App | null, services: Services, config: Config, log: Logger): Promise<void> {
  const limit = new AbortController();
  const late = sleep(config.drainTimeoutMs, 'late' as const, { signal: limit.signal, ref: true }).catch(
    () => null,
  );
  const done = (async () => {
    await app?.close();
    await services.close();
  })();
  const outcome = await Promise.race([done.then(() => 'done' as const), late]);
  limit.abort();
  if (outcome === 'late') {
    throw new AppError(
      'timeout',
      `Stopping took longer than ${config.drainTimeoutMs / 1_000} s (DRAIN_TIMEOUT_S); what is committed is safe.`,
    );
  }
  log.info('stopped');
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
