import { plural } from '../ingest/take-file.js';
import type { Config } from '../platform/config.js';
import type { Readiness } from '../search/readiness.js';
import { type CommandContext, print, withServices } from './run-command.js';

const INTAKES_SHOWN = 5;
const SERVICE_TIMEOUT_MS = 1_000;

export async function statusCommand(options: { json: boolean }, context: CommandContext): Promise<void> {
  const { config } = context;
  const service = await askService(config);
  await withServices(context, async ({ catalog, embeddings, embedder, intakes }) => {
    const [papers, pending, recent] = await Promise.all([
      catalog.count(),
      embeddings.countPending(),
      intakes.listRecent(INTAKES_SHOWN),
    ]);
    const state = {
      papers,
      pending,
      model: embedder.model.id,
      database: config.databaseUrl === null ? 'embedded' : 'server',
      dataDir: config.dataDir,
      service,
      intakes: recent,
    };
    print(options.json, state, [
      `papers    ${papers}, ${pending} of them wait to be embedded`,
      `model     ${state.model}`,
      `database  ${state.database === 'embedded' ? `embedded, in ${config.dataDir}` : 'the server at DATABASE_URL'}`,
      `service   ${describeService(service)}`,
      ...(recent.length > 0 ? ['taken in last:'] : []),
      ...recent.map(
        ({ startedAt, finishedAt, name, entries, added, problems }) =>
          `  ${startedAt.toISOString().slice(0, 16).replace('T', ' ')}  ${name}: ${plural(entries, 'entry', 'entries')}, ${added} new, ${plural(problems, 'problem', 'problems')}${finishedAt ? '' : ' (under way or broken off)'}`,
      ),
    ]);
  });
}

interface ServiceState {
  url: string;
  /** null: nobody answers there. */
  readiness: Pick<Readiness, 'ready' | 'reasons'> | null;
}

async function askService({ host, port }: Config): Promise<ServiceState> {
  const named = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  const url = `http://${named.includes(':') ? `[${named}]` : named}:${port}`;
  try {
    const request = fetch(`${url}/readyz`, { signal: AbortSignal.timeout(SERVICE_TIMEOUT_MS) });
    const answer: unknown = await (await request).json();
    const isOurs = typeof answer === 'object' && answer !== null && 'ready' in answer && 'reasons' in answer;
    return { url, readiness: isOurs ? (answer as Readiness) : null };
  } catch {
    return { url, readiness: null };
  }
}

function describeService({ url, readiness }: ServiceState): string {
  if (readiness === null) return `not running at ${url}`;
  return `at ${url}, ${readiness.ready ? 'ready' : `not ready: ${readiness.reasons.join('; ')}`}`;
}
