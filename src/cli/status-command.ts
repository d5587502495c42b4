import { createPendingStore } from '../embedding/pending-store.js';
import { plural } from '../ingest/take-file.js';
import { duration } from '../platform/progress.js';
import { type CommandContext, print, withStores } from './run-command.js';
import { askService, describeService, type ServiceState } from './service-state.js';

const INTAKES_SHOWN = 5;
const FAILURES_SHOWN = 10;

export async function statusCommand(options: { json: boolean }, context: CommandContext): Promise<void> {
  const { config } = context;
  const service = await askService(config);
  await withStores(context, async ({ catalog, db, engineStore, intakes }) => {
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
      ...recent.map(
        ({ startedAt, finishedAt, name, entries, added, problems }) =>
          `  ${startedAt.toISOString().slice(0, 16).replace('T', ' ')}  ${name}: ${plural(entries, 'entry', 'entries')}, ${added} new, ${plural(problems, 'problem', 'problems')}${finishedAt ? '' : ' (under way or broken off)'}`,
      ),
    ]);
  });
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
