import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, before } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type App, createApp } from '../../src/app.js';
import type { Clock } from '../../src/platform/clock.js';
import { type Config, readConfig } from '../../src/platform/config.js';
import { type Logger, silentLogger } from '../../src/platform/log.js';
import type { MailTransport } from '../../src/platform/mail/transport.js';
import { createServices, type Services } from '../../src/services.js';
import { tinyModelDir } from './models.js';
import { createTestDatabase, type DatabaseKind, type TestDatabase } from './postgres.js';

/** A service takes seconds to be ready on a busy machine; one that needs longer hangs. */
const readyLimitMs = 60_000;

export interface TestServiceOptions {
  kind?: DatabaseKind;
  /** Settings as in the environment. */
  env?: Record<string, string>;
  clock?: Clock;
  /** Where mails go; into files when not given. */
  mail?: Pick<MailTransport, 'send'>;
  log?: Logger;
}

export interface TestService {
  readonly services: Services;
  readonly app: App;
  readonly config: Config;
  readonly database: TestDatabase;
}

/**
 * The settings of a test: the tiny model, a folder of its own, nothing of the machine's environment. One embedding worker,
 * because a second costs 0.3 s of processor time a start and embeds nothing sooner here.
 */
export function testConfig(dataDir: string, env: Record<string, string> = {}): Config {
  const model = tinyModelDir();
  return readConfig({
    DATA_DIR: dataDir,
    MODELS_DIR: dirname(model),
    MODEL: basename(model),
    LOG_LEVEL: 'silent',
    EMBED_WORKERS: '1',
    ...env,
  });
}

/** The whole service on a fresh database and the tiny model, from the suite's `before` to its `after`. */
export function withService({
  kind = 'embedded',
  env = {},
  log = silentLogger,
  mail,
  ...given
}: TestServiceOptions = {}): TestService {
  let current: TestService | undefined;
  const cleanup: (() => Promise<unknown>)[] = [];
  before(async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'quire-service-'));
    cleanup.push(() => rm(dataDir, { recursive: true, force: true }));
    const database = await createTestDatabase(kind);
    cleanup.push(database.drop);
    const config = testConfig(dataDir, env);
    const services = await createServices(config, log, {
      connection: database.connection,
      ...(mail ? { mail: asTransport(mail) } : {}),
      ...given,
    });
    cleanup.push(services.close);
    const app = await createApp(services, config);
    cleanup.push(() => app.close());
    services.start();
    await services.engines.serving.model.embedder.warm();
    current = { services, app, config, database };
  });
  after(async () => {
    for (const close of cleanup.splice(0).reverse()) await close();
  });
  const read = (): TestService => {
    if (!current) throw new Error('the service exists from the before to the after hook of its suite');
    return current;
  };
  return {
    get services() {
      return read().services;
    },
    get app() {
      return read().app;
    },
    get config() {
      return read().config;
    },
    get database() {
      return read().database;
    },
  };
}

/** Resolves when everything that was taken in can be found by meaning. */
export async function untilReady({ readiness }: Pick<Services, 'readiness'>): Promise<void> {
  const started = performance.now();
  for (;;) {
    const { ready, reasons } = await readiness.checkAnew();
    if (ready) return;
    if (performance.now() - started > readyLimitMs) throw new Error(`not ready: ${reasons.join('; ')}`);
    await sleep(50);
  }
}

/** A text as the stream that ingest reads. */
export async function* bytesOf(text: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** A transport that does nothing but send. */
function asTransport({ send }: Pick<MailTransport, 'send'>): MailTransport {
  return {
    kind: 'file',
    target: 'a test',
    connections: 1,
    send,
    verify: async () => ({ ok: true, detail: '' }),
    close: async () => {},
  };
}
