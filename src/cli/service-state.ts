import type { Config } from '../platform/config.js';
import type { Readiness } from '../search/readiness.js';

/** A busy service on a small machine takes a second. */
const SERVICE_TIMEOUT_MS = 3_000;

export interface ServiceState {
  url: string;
  /** null: nobody answers there. */
  readiness: Readiness | null;
}

/** Asks whoever answers at HOST:PORT. */
export async function askService({ host, port }: Config): Promise<ServiceState> {
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

export function describeService({ url, readiness }: ServiceState): string {
  if (readiness === null)
    return `none answers at ${url} (HOST and PORT have to be the service's, for commands too)`;
  return `at ${url}, ${readiness.ready ? 'ready' : `not ready: ${readiness.reasons.join('; ')}`}`;
}
