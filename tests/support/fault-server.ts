import { lookup as lookUp } from 'node:dns';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import type { Clock } from '../../src/platform/clock.js';
import { createHttpClient, type HttpClient, type HttpClientOptions } from '../../src/platform/http-client.js';
import { answerWell, type Fault } from './fault.js';
import { contentFaults } from './fault-content.js';
import { type Payload, payloads } from './fault-payloads.js';
import { transportFaults } from './fault-transport.js';

export type { Fault } from './fault.js';
export { type Payload, payloadPapers, payloads } from './fault-payloads.js';

/** Everything that a source was thought to do, and to answer well. */
export const faults: readonly Fault[] = [
  {
    name: 'well',
    what: 'nothing is wrong',
    answer: (_request, response, play) => answerWell(response, play),
  },
  {
    name: 'not-modified',
    what: '304 to who asks with an entity tag',
    answer: (request, response, play) => {
      if (request.headers['if-none-match'] === '"a"') response.writeHead(304).end();
      else answerWell(response.setHeader('etag', '"a"'), play);
    },
  },
  ...transportFaults,
  ...contentFaults,
];

/** Below the server's address. */
export const faultPath = ({ name }: Pick<Fault, 'name'>, payload: Payload): string =>
  `/${name}/${payload.name}`;

/** Where faults that need https are; the client leads it to the server. */
const SECURE = 'https://faults.example';

/** Answers `/FAULT/PAYLOAD` on loopback. `requests` counts them by path. */
export async function startFaultServer(clock: Clock) {
  const requests = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const [, name, format] = path.split(/[/?]/);
    const count = (requests.get(path) ?? 0) + 1;
    requests.set(path, count);
    const fault = faults.find((one) => one.name === name);
    const payload = payloads.find((one) => one.name === format) ?? payloads[0]!;
    // Who is gone is no news to a server that misbehaves.
    response.on('error', () => undefined);
    if (fault) fault.answer(request, response, { payload, count, base, now: clock.now() });
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    base,
    requests,
    urlOf: (fault: Fault, payload: Payload = payloads[0]!): string =>
      `${fault.isSecure ? SECURE : base}${faultPath(fault, payload)}`,
    async close(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Of names in redirects; others are looked up as always. */
const names: LookupFunction = (name, options, callback) => {
  if (name !== 'inside.example') return lookUp(name, options, callback);
  const found = { address: '10.0.0.1', family: 4 };
  if (options.all) callback(null, [found]);
  else callback(null, found.address, found.family);
};

/**
 * A client that may reach nothing private but the server of faults itself: what it would be with that on the open network.
 */
export function createFaultClient(
  base: string,
  limits: Partial<HttpClientOptions>,
): Pick<HttpClient, 'open'> {
  const options = { userAgent: 'Quire/test (+https://quire.example)', lookup: names, ...limits };
  const inside = createHttpClient({ ...options, allowsPrivate: true });
  const outside = createHttpClient({ ...options, allowsPrivate: false });
  return {
    open: (asked) => {
      if (asked.url.startsWith(`${SECURE}/`))
        return inside.open({ ...asked, url: base + asked.url.slice(SECURE.length) });
      return asked.url.startsWith(`${base}/`) ? inside.open(asked) : outside.open(asked);
    },
  };
}
