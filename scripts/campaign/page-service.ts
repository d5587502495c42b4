import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type App, createApp } from '../../src/app.js';
import type { Clock } from '../../src/platform/clock.js';
import { readConfig } from '../../src/platform/config.js';
import { silentLogger } from '../../src/platform/log.js';
import type { Mail } from '../../src/platform/mail/transport.js';
import { createServices, type Services } from '../../src/services.js';
import { tinyModelDir } from '../../tests/support/models.js';

const READY_LIMIT_MS = 60_000;
const POLL_MS = 20;

export interface PageService {
  services: Services;
  app: App;
  /** What was sent so far, in turn. */
  mails: Mail[];
  close(): Promise<void>;
}

export interface PageServiceOptions {
  clock: Clock;
  /** Settings as in the environment. */
  env?: Record<string, string>;
}

/** Resolves when everything that was taken in is found. @throws after a minute */
export async function untilFound({ hintPapers, readiness }: Services): Promise<void> {
  hintPapers();
  const started = performance.now();
  for (;;) {
    const { ready, reasons } = await readiness.checkAnew();
    if (ready) return;
    if (performance.now() - started > READY_LIMIT_MS) throw new Error(`not ready: ${reasons.join('; ')}`);
    await sleep(POLL_MS);
  }
}

/** The whole service on a fresh database, with the tiny model unless `env` names another, whose mails are kept here. */
export async function openPageService({ clock, env = {} }: PageServiceOptions): Promise<PageService> {
  const steps: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const step of steps.splice(0).reverse()) await step();
  };
  try {
    const dataDir = await mkdtemp(join(tmpdir(), 'quire-pages-'));
    steps.push(() => rm(dataDir, { recursive: true, force: true }));
    const model = { MODELS_DIR: dirname(tinyModelDir()), MODEL: basename(tinyModelDir()) };
    const config = readConfig({
      DATA_DIR: dataDir,
      LOG_LEVEL: 'silent',
      EMBED_WORKERS: '1',
      ...model,
      ...env,
    });
    const mails: Mail[] = [];
    const services = await createServices(config, silentLogger, {
      clock,
      mail: {
        ...{ kind: 'file', target: 'this process', connections: 1 },
        send: async (mail) => {
          mails.push(mail);
          return { kind: 'sent', response: 'kept' };
        },
        verify: async () => ({ ok: true, detail: '' }),
        close: async () => {},
      },
    });
    steps.push(services.close);
    const app = await createApp(services, config);
    steps.push(() => app.close());
    services.start();
    await services.engines.serving.model.embedder.warm();
    return { services, app, mails, close };
  } catch (error) {
    await close();
    throw error;
  }
}
