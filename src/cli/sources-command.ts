import { readSource, type SourceRequest } from '../ingest/sources/source.js';
import type { SourceRun } from '../ingest/sources/source-run.js';
import type { SourceView } from '../ingest/sources/sources.js';
import { plural } from '../ingest/take-file.js';
import { notify } from '../platform/db/notifications.js';
import { AppError } from '../platform/errors.js';
import { sourceParts } from '../source-services.js';
import type { StoreServices } from '../store-services.js';
import { type CommandContext, exitCodes, print, withStores } from './run-command.js';

/** Pulls of one source. */
const SHOWN_RUNS = 10;
/** Failures of its last pull; `--json` has more. */
const SHOWN_PROBLEMS = 10;

/** All sources, or one with its last pulls. */
export async function sourcesStatusCommand(
  name: string | undefined,
  { json }: { json: boolean },
  context: CommandContext,
): Promise<void> {
  await withSources(context, async ({ sources }) => {
    if (name === undefined) {
      const views = await sources.list();
      const none =
        'No sources yet: `quire sources add arxiv cs.CL`, `add huggingface`, `add feed URL` or `add oai URL`.';
      print(json, { sources: views }, views.length === 0 ? [none] : views.flatMap(linesOf));
      return;
    }
    const view = await sources.view(name);
    const runs = await sources.listRuns(name, SHOWN_RUNS);
    print(json, { source: view, runs }, [
      ...linesOf(view),
      ...runs.map((run) => `  ${timeText(run.startedAt)}  ${booksOf(run)}`),
      ...problemLines(runs[0]),
    ]);
  });
}

export interface AddSourceOptions {
  kind: string;
  json: boolean;
  [setting: string]: unknown;
}

export async function addSourceCommand(
  { json, ...asked }: AddSourceOptions,
  context: CommandContext,
): Promise<void> {
  const request = requestOf(asked);
  await withSources(
    context,
    async ({ sources, db }) => {
      await sources.put(request, 'command');
      await notify(db.pool, 'sources');
      const view = await sources.view(request.name);
      print(json, view, [
        `${view.name} (${view.what}) is pulled every ${request.everyMinutes} minutes while the service runs; \`quire sources pull ${view.name}\` does it now.`,
      ]);
    },
    { makes: true },
  );
}

/** A wrong option is wrong usage, whoever finds it. */
function requestOf(asked: unknown): SourceRequest {
  try {
    return readSource(asked, '');
  } catch (error) {
    process.exitCode = exitCodes.usage;
    throw error;
  }
}

/** Here, one after another; one that another process has at the moment is passed over, and said so. */
export async function pullSourcesCommand(
  names: readonly string[],
  { json }: { json: boolean },
  context: CommandContext,
): Promise<void> {
  await withSources(context, async ({ sources, puller }) => {
    const asked =
      names.length > 0
        ? names
        : (await sources.list()).filter(({ state }) => state !== 'off').map(({ name }) => name);
    if (asked.length === 0)
      throw new AppError('invalid_input', 'There are no sources: `quire sources add` makes one.');
    const found = await Promise.all(asked.map((name) => sources.get(name)));
    const results: { name: string; run: SourceRun | null }[] = [];
    for (const { id, name } of found) {
      const run = await puller.pull(id, { signal: context.signal, isAsked: true });
      results.push({ name, run });
      const what = run === null ? 'another process pulls it at the moment' : booksOf(run);
      if (!json) print(false, null, [`${name}: ${what}`, ...problemLines(run ?? undefined)]);
    }
    if (json) print(true, { pulled: results }, []);
    if (results.some(({ run }) => run?.outcome !== 'done')) process.exitCode = exitCodes.failed;
  });
}

export async function turnSourceCommand(
  name: string,
  { isOn, json }: { isOn: boolean; json: boolean },
  context: CommandContext,
): Promise<void> {
  await withSources(context, async ({ sources, db }) => {
    await sources.turn(name, isOn);
    await notify(db.pool, 'sources');
    print(json, await sources.view(name), [
      isOn ? `${name} is pulled again.` : `${name} is not pulled any more.`,
    ]);
  });
}

export async function removeSourceCommand(
  name: string,
  { json }: { json: boolean },
  context: CommandContext,
): Promise<void> {
  await withSources(context, async ({ sources }) => {
    await sources.remove(name);
    print(json, { removed: name }, [`${name} is forgotten; its papers stay.`]);
  });
}

type SourceServices = StoreServices & Pick<ReturnType<typeof sourceParts>, 'sources' | 'puller'>;

function withSources(
  context: CommandContext,
  work: (services: SourceServices) => Promise<void>,
  options: { makes?: boolean } = {},
): Promise<void> {
  return withStores(
    context,
    (services) => work({ ...services, ...sourceParts(context.config, services) }),
    options,
  );
}

function linesOf({ name, what, state, advice, nextAt, lastDone, lastRun }: SourceView): string[] {
  const when = lastDone?.finishedAt ? `last done ${timeText(lastDone.finishedAt)}` : 'never done yet';
  const next = nextAt === null ? '' : `, next ${timeText(nextAt)}`;
  return [
    `${name}  ${state}  ${what}`,
    `  ${when}${next}`,
    ...(lastRun === null ? [] : [`  ${booksOf(lastRun)}`]),
    ...(advice === null ? [] : [`  ${advice}`]),
  ];
}

/** “12 announced: 10 new, 2 completed, 0 known already; no announcement: …”. */
export function booksOf(run: SourceRun): string {
  const { announced, added, updated, unchanged, failed, waiting, outcome, problem, note } = run;
  const parts = [
    `${announced} announced: ${added} new, ${updated} completed, ${unchanged} known already`,
    ...(failed > 0 ? [plural(failed, 'failure', 'failures')] : []),
    ...(waiting > 0 ? [`${waiting} wait for their records`] : []),
    ...(outcome === null
      ? ['under way']
      : outcome === 'done'
        ? []
        : [`${outcome}: ${problem ?? 'no reason known'}`]),
    ...(note === null ? [] : [note]),
  ];
  return parts.join('; ');
}

function problemLines(run: SourceRun | undefined): string[] {
  if (run === undefined) return [];
  const { problemList, failed } = run;
  const shown = problemList.slice(0, SHOWN_PROBLEMS);
  const lines = shown.map(
    ({ line, reason, excerpt }) => `  line ${line}: ${reason}${excerpt && ` “${excerpt}”`}`,
  );
  return failed > shown.length ? [...lines, `  and ${failed - shown.length} more`] : lines;
}

const timeText = (time: Date): string => `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
