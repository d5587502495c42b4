import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningService } from '../../tests/support/process.js';
import type { RealPaper } from './shared-data.js';

/** A look counts every paper, so looking costs some of what is measured; 200 ms are under 1 % of a round. */
const POLL_MS = 200;
const LIMIT_MS = 10 * 60_000;

export interface Ready {
  ready: boolean;
  papers: number;
  searchable: number;
}

export async function readinessOf(service: RunningService): Promise<Ready> {
  return (await (await fetch(`${service.url}/readyz`)).json()) as Ready;
}

/** Papers a second from the first byte that is sent until the last paper can be found by meaning. */
export async function servePapers(
  service: RunningService,
  apiKey: string,
  papers: readonly RealPaper[],
): Promise<number> {
  const before = (await readinessOf(service)).papers;
  const started = performance.now();
  const taken = await fetch(`${service.url}/api/v1/ingest?name=bench`, {
    method: 'POST',
    headers: { 'x-api-key': apiKey },
    body: papers.map(({ line }) => `${line}\n`).join(''),
  });
  if (!taken.ok) throw new Error(`the intake answered ${taken.status}: ${await taken.text()}`);
  const { added } = (await taken.json()) as { added: number };
  for (;;) {
    const { ready, searchable } = await readinessOf(service);
    if (ready && searchable === before + added) break;
    if (performance.now() - started > LIMIT_MS) throw new Error(`not ready within ${LIMIT_MS / 1_000} s`);
    await sleep(POLL_MS);
  }
  return (added / (performance.now() - started)) * 1_000;
}
