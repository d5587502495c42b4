import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandServices } from '../command-services.js';
import { downloadLimits } from '../ingest/download.js';
import { findListings, type ListingFile, type PassedOver } from '../ingest/files.js';
import type { InputFormat } from '../ingest/format-names.js';
import { MAX_REPORTED_PROBLEMS } from '../ingest/ingest.js';
import { describeReport, plural, takeFile } from '../ingest/take-file.js';
import { collectGarbage } from '../platform/collect-garbage.js';
import { AppError, isAppError, messageOf } from '../platform/errors.js';
import { createHttpClient } from '../platform/http-client.js';
import { createProgress } from '../platform/progress.js';
import { version } from '../version.js';
import { type CommandContext, exitCodes, print, withServices } from './run-command.js';

const POLL_MS = 200;
/**
 * Batches behind which what they left is freed: 4,000 papers, 15 ms. By itself the collector lets three times as much gather, and ever more
 * the longer an intake lasts.
 */
const FREE_AFTER_BATCHES = 8;
/** Of the files in folders that aren't read; `--json` has all of them. */
const SHOWN_PASSED_OVER = 20;

export interface IngestCommandOptions {
  asOf?: string;
  format?: InputFormat;
  /** False: leave the embedding to the service, or to the next command. */
  embed: boolean;
  json: boolean;
}

interface FileResult {
  file: string;
  report?: Awaited<ReturnType<typeof takeFile>>;
  error?: { code: string; message: string };
}

export async function ingestCommand(
  paths: string[],
  options: IngestCommandOptions,
  context: CommandContext,
): Promise<void> {
  const { config, signal } = context;
  const http = createHttpClient({
    ...downloadLimits,
    allowsPrivate: config.sourcesPrivate,
    userAgent: `Quire/${version} (+${config.contact})`,
  });
  const passedOver: PassedOver[] = [];
  const onPassedOver = (one: PassedOver) => passedOver.push(one);
  const files = await findListings(paths, process.stdin, { http, signal, onPassedOver });
  if (!options.json) print(false, null, passedOverLines(passedOver));
  const work = async (services: CommandServices): Promise<void> => {
    const started = performance.now();
    const { embeddings } = services.model;
    const before = await embeddings.head();
    const results: FileResult[] = [];
    for (const file of files) {
      const result = await takeOne(file, options, services, context);
      results.push(result);
      if (!options.json) print(false, null, linesOf(result));
    }
    const takenMs = Math.round(performance.now() - started);
    if (options.embed) await embedPending(services, context);
    const embedded = await embeddings.countSince(before);
    const embedMs = Math.round(performance.now() - started) - takenMs;
    const total = { entries: 0, added: 0, updated: 0, unchanged: 0, merged: 0, problems: 0 };
    for (const { report } of results) {
      for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += report?.[key] ?? 0;
    }
    const papers = await services.catalog.count();
    print(options.json, { files: results, passedOver, total, papers, embedded, takenMs, embedMs }, [
      `${plural(total.entries, 'entry', 'entries')}, ${total.added} new, ${embedded} embedded; ${plural(papers, 'paper', 'papers')} in all (${seconds(takenMs)} to take in, ${seconds(embedMs)} to embed)`,
    ]);
    if (results.some(failed)) process.exitCode = exitCodes.failed;
  };
  await withServices(context, work, { makes: true });
}

/** Nothing came of it: it could not be read, or nothing in it was a paper. */
function failed({ report, error }: FileResult): boolean {
  return error !== undefined || (report?.entries === 0 && report.problems > 0);
}

let batches = 0;

function onStored(): void {
  batches += 1;
  if (batches % FREE_AFTER_BATCHES === 0) collectGarbage();
}

async function takeOne(
  file: ListingFile,
  { asOf, format }: IngestCommandOptions,
  { ingest }: CommandServices,
  { signal, log }: CommandContext,
): Promise<FileResult> {
  try {
    const report = await takeFile(ingest, file, {
      out: process.stderr,
      signal,
      asOf,
      format,
      onStored,
    });
    return { file: file.path, report };
  } catch (error) {
    if (signal.aborted) throw new AppError('cancelled', 'interrupted');
    if (!isAppError(error)) log.error({ err: error, file: file.path }, 'could not be taken in');
    return {
      file: file.path,
      error: { code: isAppError(error) ? error.code : 'internal', message: messageOf(error) },
    };
  }
}

function passedOverLines(passedOver: readonly PassedOver[]): string[] {
  const lines = passedOver
    .slice(0, SHOWN_PASSED_OVER)
    .map(({ path, why }) => `${path} was passed over: ${why}`);
  const more = passedOver.length - lines.length;
  return more > 0 ? [...lines, `and ${more} more were passed over`] : lines;
}

function linesOf({ file, report, error }: FileResult): string[] {
  if (!report) return [`${file}: ${error?.message}`];
  const problems = report.problemList.map(
    ({ line, reason, excerpt }) => `  line ${line}: ${reason}${excerpt && ` “${excerpt}”`}`,
  );
  const unlisted = report.problems - problems.length;
  if (unlisted > 0) problems.push(`  and ${unlisted} more (the first ${MAX_REPORTED_PROBLEMS} are shown)`);
  return [describeReport(report), ...problems];
}

/** Embeds what is pending, or watches the service do it. */
async function embedPending(
  { model: { backlog, pending } }: CommandServices,
  { signal }: CommandContext,
): Promise<void> {
  const { waiting: total } = await pending.count();
  if (total === 0) return;
  backlog.start();
  const progress = createProgress('Embedding', process.stderr);
  try {
    for (;;) {
      const { waiting } = await pending.count();
      const { state, error } = backlog.status();
      if (waiting === 0) return;
      if (signal.aborted) throw new AppError('cancelled', 'interrupted');
      if (state === 'retrying')
        throw new AppError(
          'model_unavailable',
          `Embedding stopped: ${error}. The papers are stored; \`quire ingest\` or the service goes on from here.`,
        );
      progress.update({ done: Math.max(0, total - waiting), total });
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    progress.end();
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
