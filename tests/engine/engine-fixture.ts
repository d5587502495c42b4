import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeModel } from '../../src/engine/choose-model.js';
import { silentLogger } from '../../src/platform/log.js';
import { createServices, type Services } from '../../src/services.js';
import { changeManifest, tinyModelDir } from '../support/models.js';
import { inventedPaper } from '../support/papers.js';
import { createTestDatabase } from '../support/postgres.js';
import { testConfig, untilReady } from '../support/service.js';

const LIMIT_MS = 60_000;

export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const started = performance.now();
  while (!(await condition())) {
    if (performance.now() - started > LIMIT_MS) throw new Error(`${what}: not within ${LIMIT_MS} ms`);
    await sleep(20);
  }
}

/** A copy of the tiny model that prefixes documents: another model, with other vectors. */
export async function writeOtherModel(dir: string, document = 'paper: '): Promise<string> {
  await cp(tinyModelDir(), dir, { recursive: true });
  await changeManifest(dir, () => ({ name: 'other', prefixes: { query: '', document } }));
  return dir;
}

/** Services over one database and one data folder, which outlive each other as those of restarts do. */
export async function createEngineFixture() {
  const dataDir = await mkdtemp(join(tmpdir(), 'quire-engine-'));
  const database = await createTestDatabase('embedded');
  const open = new Set<Services>();

  async function create(env: Record<string, string> = {}): Promise<Services> {
    const config = testConfig(dataDir, env);
    const services = await createServices(config, silentLogger, { connection: database.connection });
    open.add(services);
    return services;
  }

  return {
    dataDir,
    db: database.db,

    /** Without starting them. */
    create,

    async start(env: Record<string, string> = {}): Promise<Services> {
      const services = await create(env);
      services.start();
      // Asked again and again: a switch that is under way may retire the model before it is loaded.
      await until('a model', () => services.engines.serving.model.embedder.isWarm);
      return services;
    },

    async stop(services: Services): Promise<void> {
      open.delete(services);
      await services.close();
    },

    async takeIn(services: Services, from: number, count: number): Promise<void> {
      await services.papers.takeIn(Array.from({ length: count }, (_, at) => inventedPaper(from + at)));
      services.hintPapers();
      await untilReady(services);
    },

    async want(services: Services, ref: string): Promise<string> {
      const found = await services.resolveModel(ref);
      const { id } = await services.engineStore.register(describeModel(ref, found));
      await services.engineStore.want(id);
      return id;
    },

    async close(): Promise<void> {
      for (const services of open) await services.close();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export type EngineFixture = Awaited<ReturnType<typeof createEngineFixture>>;
