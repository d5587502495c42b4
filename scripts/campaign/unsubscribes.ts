import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SMTPServer } from 'smtp-server';
import { createApp } from '../../src/app.js';
import { createDelivery } from '../../src/digests/deliver.js';
import { createDeliveryStore } from '../../src/digests/delivery-store.js';
import { createTokenStore } from '../../src/digests/token-store.js';
import { createTokens, DIGEST_LINK_DAYS } from '../../src/digests/tokens.js';
import { readConfig } from '../../src/platform/config.js';
import { silentLogger } from '../../src/platform/log.js';
import { createMailTransport } from '../../src/platform/mail/create-transport.js';
import { createProgress } from '../../src/platform/progress.js';
import { createServices, type Services } from '../../src/services.js';
import { runBench } from '../bench/run-bench.js';
import { chanceOf } from './random.js';
import { addressOf, addSubscribers } from './subscribers.js';

const help = `npm run campaign:unsubscribes -- [OPTIONS]

Subscribers unsubscribe by one click (RFC 8058) while their digests are being sent, each at a moment drawn by chance. Nobody may be sent anything
after the 200: the server must not hear MAIL FROM for an address whose click was answered before. Exits with 1 otherwise.

  --count N   subscribers; default: 10000
  --seed N    default: 1
  --json      the result as JSON
  --help
`;

interface Options {
  count: number;
  seed: number;
  json: boolean;
  help: boolean;
}

interface Result {
  count: number;
  seed: number;
  /** Digests that were sent before their click was answered, and those that weren't sent. */
  sentBefore: number;
  withdrawn: number;
  /** MAIL FROM after the 200. */
  tooLate: string[];
  /** Milliseconds of a click. */
  p50: number;
  p99: number;
  seconds: number;
}

const CLICKS_AT_ONCE = 8;

function parse(): Options {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '10000' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [count, seed] = [Number(values.count), Number(values.seed)];
  if (![count, seed].every((value) => Number.isInteger(value) && value > 0))
    throw new Error('--count and --seed: expected whole numbers from 1');
  return { ...values, count, seed };
}

/** When MAIL FROM was said for each address. */
async function startServer() {
  const spoken = new Map<string, number>();
  const begun = new Map<string, number>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onMailFrom(_address, session, callback) {
      begun.set(session.id, performance.now());
      callback();
    },
    onRcptTo({ address }, session, callback) {
      spoken.set(address, begun.get(session.id)!);
      callback();
    },
    onData(stream, _session, callback) {
      stream.on('end', () => callback());
      stream.resume();
    },
  });
  server.on('error', () => {});
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const { port } = listening.address() as AddressInfo;
  return {
    spoken,
    url: `smtp://127.0.0.1:${port}?tls=off`,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

async function measure({ count, seed }: Options): Promise<Result> {
  const started = performance.now();
  const dir = await mkdtemp(join(tmpdir(), 'quire-unsubscribes-'));
  const server = await startServer();
  try {
    const config = readConfig({ DATA_DIR: dir, SAMPLE: 'off', SMTP_URL: server.url });
    const services = await createServices(config, silentLogger);
    const app = await createApp(services, config);
    try {
      const tokens = await subscribeAll(services, count);
      const delivering = await openDelivery(services, server.url);
      await delivering.prepareDue();
      const answered = new Map<string, number>();
      const times: number[] = [];
      const clicks = clickAll({ tokens, seed }, async (n, token) => {
        const asked = performance.now();
        const { statusCode } = await app.inject({
          method: 'POST',
          url: `/unsubscribe/${token}`,
          payload: 'List-Unsubscribe=One-Click',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        });
        if (statusCode !== 200) throw new Error(`a click was answered with ${statusCode}`);
        answered.set(addressOf(n), performance.now());
        times.push(performance.now() - asked);
      });
      await Promise.all([delivering.sendDue(), clicks]);
      const late = [...server.spoken].filter(([address, at]) => at > answered.get(address)!);
      if (late.length > 0) process.exitCode = 1;
      times.sort((a, b) => a - b);
      const quantile = (share: number) =>
        Math.round(times[Math.floor(share * (times.length - 1))]! * 10) / 10;
      return {
        ...{
          count,
          seed,
          sentBefore: server.spoken.size - late.length,
          withdrawn: count - server.spoken.size,
        },
        tooLate: late.slice(0, 20).map(([address]) => address),
        ...{ p50: quantile(0.5), p99: quantile(0.99) },
        seconds: Math.round((performance.now() - started) / 1_000),
      };
    } finally {
      await app.close();
      await services.close();
    }
  } finally {
    await server.close();
    await rm(dir, { recursive: true, force: true });
  }
}

/** Each with a digest that is due; answers the tokens of their links. */
async function subscribeAll({ db, papers, clock }: Services, count: number): Promise<string[]> {
  await papers.takeIn([{ source: 'jsonl', title: 'A paper for everybody', abstract: '' }]);
  const people = await addSubscribers(db, { count, tellsEmpty: true });
  const tokens = createTokens(createTokenStore(db), clock);
  const issued: string[] = [];
  for (const person of people)
    issued.push(await tokens.issue({ ...person, purpose: 'manage' }, DIGEST_LINK_DAYS));
  return issued;
}

async function openDelivery({ db, clock }: Services, smtpUrl: string) {
  const transport = await createMailTransport(readConfig({ SMTP_URL: smtpUrl }).mail);
  return createDelivery({
    store: createDeliveryStore(db),
    composer: {
      until: async () => 1n << 60n,
      refresh: async (delivery) => delivery,
      compose: async () => ({
        papers: [],
        books: {
          ...{ announced: 0, matched: 0, sent: 0 },
          cut: { sentBefore: 0, belowScore: 0, muted: 0, beyondCap: 0 },
        },
        ...{ from: null, to: null, notices: [] },
      }),
      mail: async ({ recipient, messageId }, date) => ({
        ...{ messageId: `${messageId}@campaign.example`, to: recipient, date, headers: {} },
        from: { name: 'Quire', address: 'quire@campaign.example' },
        ...{ subject: 'A day', text: 'Nothing came in.', html: '<p>Nothing came in.</p>' },
      }),
      webhook: async () => ({ url: 'https://campaign.example', body: {} }),
    },
    transport,
    webhooks: { post: async () => ({ kind: 'sent', response: '200' }) },
    ...{ clock, log: silentLogger, uncertain: 'hold' },
  });
}

async function clickAll(
  { tokens, seed }: { tokens: readonly string[]; seed: number },
  click: (n: number, token: string) => Promise<void>,
): Promise<void> {
  const chance = chanceOf(seed);
  const order = chance.shuffle(tokens.map((token, at) => ({ n: at + 1, token })));
  const progress = createProgress('clicks', process.stderr);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let one = order[next++]; one !== undefined; one = order[next++]) {
      await click(one.n, one.token);
      progress.update({ done: next, total: order.length });
      // Sending goes on meanwhile, at about the same pace.
      await sleep(chance.between(0, 150));
    }
  };
  await Promise.all(Array.from({ length: CLICKS_AT_ONCE }, worker));
  progress.end();
}

function asText({ count, sentBefore, withdrawn, tooLate, p50, p99, seconds }: Result): string {
  return `${count} clicks: ${sentBefore} after their digest was sent, ${withdrawn} before; ${tooLate.length} MAIL FROM after the 200; a click p50 ${p50} ms, p99 ${p99} ms; ${seconds} s\n`;
}

await runBench({ name: 'campaign:unsubscribes', help, parse, measure, asText });
