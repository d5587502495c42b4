import { createCleanup, createCore, type ServiceOverrides } from './core-services.js';
import type { FoundModel } from './engine/choose-model.js';
import type { Config } from './platform/config.js';
import type { Logger } from './platform/log.js';

/** What a command needs that asks no model: it works although the model's files are missing. */
export async function createStoreServices(config: Config, log: Logger, overrides: ServiceOverrides = {}) {
  const cleanup = createCleanup(log);
  try {
    const core = await createCore(config, log, overrides, cleanup);
    return {
      ...core,
      // Loaded by the few that look at a model: reading one costs a process 0.3 s, before anything is read.
      async resolveModel(ref: string): Promise<FoundModel> {
        const { modelResolver } = await import('./model-services.js');
        return modelResolver(config, { ...overrides, log })(ref);
      },
      close: cleanup.run,
    };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

export type StoreServices = Awaited<ReturnType<typeof createStoreServices>>;
