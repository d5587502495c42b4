import { join } from 'node:path';
import type { Core, ServiceOverrides } from './core-services.js';
import { resolveModel } from './embedding/model/source.js';
import { chooseModel, type FoundModel } from './engine/choose-model.js';
import type { EngineHooks } from './engine/engine-metrics.js';
import { openModelPart } from './engine/model-part.js';
import { type Config, DEFAULT_MODEL } from './platform/config.js';
import { createHttpClient } from './platform/http-client.js';
import type { Logger } from './platform/log.js';
import { version } from './version.js';

/** Where models are looked for, and fetched from when they are nowhere. */
export function modelResolver(config: Config, { log, signal, progress }: ServiceOverrides & { log: Logger }) {
  const { modelsDir, dataDir, modelHub: hub } = config;
  return (ref: string): Promise<FoundModel> =>
    resolveModel(ref, {
      modelsDir,
      dataDir,
      hub,
      log,
      progress: progress ?? process.stderr,
      ...(signal ? { signal } : {}),
    });
}

/** The model that answers, opened; nothing of it has begun to work. */
export async function openActiveModel(
  config: Config,
  core: Core,
  overrides: ServiceOverrides & { maySwitch: boolean; hooks?: EngineHooks },
) {
  const { db, clock, log, engineStore } = core;
  const resolve = modelResolver(config, { ...overrides, log });
  const { model: configured, embedWorkers: workers } = config;
  const chosen = await chooseModel({
    store: engineStore,
    resolve,
    configured,
    fallback: DEFAULT_MODEL,
    maySwitch: overrides.maySwitch,
    log,
  });
  const open = (modelDir: string) =>
    openModelPart(modelDir, { db, clock, log, workers, onRun: overrides.hooks?.onRun });
  return { ...chosen, model: await open(chosen.modelDir), resolve, open };
}

/** The word index's snapshots: apart from the vectors', whose folder is cleared of what no model needs. */
export const wordsDir = ({ dataDir }: Pick<Config, 'dataDir'>): string => join(dataDir, 'words');

/** What digests have in common in a service and in a command. */
export function digestParts(config: Config, { catalog, db, clock, log }: Core) {
  const { publicUrl, webhookPrivate, digestUncertain: uncertain } = config;
  const userAgent = `Quire/${version} (+${publicUrl})`;
  const http = createHttpClient({ allowsPrivate: webhookPrivate, userAgent });
  const { resolve } = catalog;
  return { resolve, db, clock, log, http, from: config.mail.from, publicUrl, uncertain };
}
