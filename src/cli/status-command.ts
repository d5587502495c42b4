import { createPendingStore } from '../embedding/pending-store.js';
import type { Intake } from '../ingest/intake-store.js';
import { plural } from '../ingest/take-file.js';
import { duration } from '../platform/progress.js';
import { type CommandContext, print, withStores } from './run-command.js';
import { askService, describeService, type ServiceState } from './service-state.js';

const INTAKES_SHOWN = 5;
const FAILURES_SHOWN = 10;
/** A batch takes a second on a busy machine; the whole of a database's lock timeout is a minute. */
const HEARD_OF_SECONDS = 60;

export async function statusCommand(options: { json: boolean }, context: CommandContext): Promise<void> {
  const { config } = context;
  const service = await askService(config);
  await withStores(context, async ({ catalog, clock, db, engineStore, intakes }) => {
    const engine = await engineStore.find();
    const pending = engine === null ? null : createPendingStore(db, engine.activeModel);
    const [papers, counts, failures, recent, target] = await Promise.all([
      catalog.count(),
      pending?.count() ?? { waiting: 0, failed: 0 },
      pending?.listFailed(FAILURES_SHOWN) ?? [],
      intakes.listRecent(INTAKES_SHOWN),
      engine?.targetModel ? createPendingStore(db, engine.targetModel).count() : null,
    ]);
    const switching = engine?.targetModel
      ? {
          model: engine.targetModel,
          done: papers - (target?.waiting ?? 0),
          total: papers,
          secondsLeft: service.readiness?.switching?.secondsLeft ?? null,
          error: service.readiness?.switching?.error ?? null,
        }
      : null;
    const state = {
      papers,
      pending: counts.waiting,
      failed: counts.failed,
      failures,
      model: engine?.activeModel ?? null,
      epoch: engine?.epoch ?? null,
      switching,
      database: config.databaseUrl === null ? 'embedded' : 'server',
      dataDir: config.dataDir,
      service,
      intakes: recent,
    };
    print(options.json, state, [
      `papers    ${papers}, ${counts.waiting} of them wait to be embedded${counts.failed > 0 ? `, ${counts.failed} can't be` : ''}`,
      `model     ${state.model ?? 'none yet'}`,
      ...(switching === null ? [] : [`switching ${describeSwitch(switching, service)}`]),
      `database  ${state.database === 'embedded' ? `embedded, in ${config.dataDir}` : 'the server at DATABASE_URL'}`,
      `service   ${describeService(service)}`,
      ...(failures.length > 0 ? ["can't be embedded (`quire reindex --failed` tries them again):"] : []),
      ...failures.map(({ publicId, title, reason }) => `  ${publicId}  ${title.slice(0, 60)}: ${reason}`),
      ...(counts.failed > failures.length ? [`  and ${counts.failed - failures.length} more`] : []),
      ...(recent.length > 0 ? ['taken in last:'] : []),
      ...recent.map((intake) => `  ${describeIntake(intake, clock.now())}`),
    ]);
  });
}

function describeIntake(intake: Intake, now: Date): string {
  const { startedAt, finishedAt, name, entries, added, problems } = intake;
  const counts = `${plural(entries, 'entry', 'entries')}, ${added} new, ${plural(problems, 'problem', 'problems')}`;
  const state = finishedAt === null ? ` (${describeUnfinished(intake, now)})` : '';
  return `${startedAt.toISOString().slice(0, 16).replace('T', ' ')}  ${name}: ${counts}${state}`;
}

/** Nobody knows of another machine's process whether it still runs: how long ago it was last heard of says most. */
function describeUnfinished({ progressedAt, size, readBytes }: Intake, now: Date): string {
  const share = size === null || readBytes === null ? '' : `, ${Math.floor((readBytes / size) * 100)} % read`;
  if (progressedAt === null) return 'under way or broken off, nothing stored';
  const seconds = Math.max(0, (now.getTime() - progressedAt.getTime()) / 1_000);
  if (seconds <= HEARD_OF_SECONDS) return `under way${share}`;
  const more = readBytes === null ? '' : '; taken in again it goes on from there';
  return `broken off or held up${share}, last heard of ${duration(seconds)} ago${more}`;
}

interface Switching {
  model: string;
  done: number;
  total: number;
  secondsLeft: number | null;
  error: string | null;
}

function describeSwitch(
  { model, done, total, secondsLeft, error }: Switching,
  { readiness }: ServiceState,
): string {
  const left = secondsLeft === null ? '' : `, ${duration(secondsLeft)} left`;
  const trouble = error === null ? '' : `; ${error}`;
  const waits = readiness === null ? '; goes on when the service runs' : '';
  return `to ${model}: ${done} of ${total}${left}${trouble}${waits}`;
}
