import { setTimeout as sleep } from 'node:timers/promises';
import { createEmbeddingStore } from '../embedding/embedding-store.js';
import { createPendingStore } from '../embedding/pending-store.js';
import { describeModel } from '../engine/choose-model.js';
import type { EngineState, ModelUse } from '../engine/engine-store.js';
import { AppError } from '../platform/errors.js';
import { createProgress } from '../platform/progress.js';
import type { StoreServices } from '../services.js';
import { type CommandContext, print, withStores } from './run-command.js';
import { askService } from './service-state.js';

const POLL_MS = 500;

export interface ModelUseOptions {
  /** Wait until the switch is done. */
  wait: boolean;
  json: boolean;
}

/** Asks for another model; the service embeds, indexes and switches. */
export async function useModelCommand(
  ref: string,
  options: ModelUseOptions,
  context: CommandContext,
): Promise<void> {
  await withStores(context, async (services) => {
    const { engineStore, resolveModel } = services;
    // An id from `quire model list` names a model that is known, wherever it lies.
    const known = await engineStore.findModel(ref);
    const model = known ?? describeModel(ref, await resolveModel(ref));
    const { id } = await engineStore.register(model);
    if ((await engineStore.find()) === null) await engineStore.begin(id, null);
    await wanted(services, { id, options, context, state: await engineStore.want(id) });
  });
}

/** Asks for the model that answered before the last switch. */
export async function previousModelCommand(options: ModelUseOptions, context: CommandContext): Promise<void> {
  await withStores(context, async (services) => {
    const { engineStore } = services;
    const { previousModel: id } = await engineStore.get();
    if (id === null)
      throw new AppError('invalid_input', 'There is no model to go back to: none was switched.');
    await wanted(services, { id, options, context, state: await engineStore.want(id) });
  });
}

interface Wish {
  id: string;
  state: EngineState;
  options: ModelUseOptions;
  context: CommandContext;
}

async function wanted(services: StoreServices, { id, state, options, context }: Wish): Promise<void> {
  const { readiness, url } = await askService(context.config);
  if (state.targetModel === null) {
    print(options.json, view(state), [`${id} answers already; nothing is being switched.`]);
    return;
  }
  if (!options.wait) {
    const next =
      readiness === null
        ? 'no service answers at present: the next one that starts embeds it and switches.'
        : `the service at ${url} embeds it and switches when it is complete; \`quire status\` shows how far it is.`;
    print(options.json, view(state), [`${id} is to answer: ${next}`]);
    return;
  }
  const done = await untilSwitched(services, id, context);
  print(options.json, view(done), [`${id} answers from now on (epoch ${done.epoch}).`]);
}

async function untilSwitched(
  { engineStore, catalog, db }: StoreServices,
  id: string,
  { signal }: CommandContext,
): Promise<EngineState> {
  const progress = createProgress(`Preparing ${id}`, process.stderr);
  const pending = createPendingStore(db, id);
  try {
    for (;;) {
      const state = await engineStore.get();
      if (state.activeModel === id) return state;
      if (state.targetModel !== id) throw new AppError('cancelled', 'Another model was asked for meanwhile.');
      if (signal.aborted)
        throw new AppError('cancelled', 'No longer waiting; the service goes on with the switch.');
      const [total, { waiting }] = await Promise.all([catalog.count(), pending.count()]);
      progress.update({ done: total - waiting, total });
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    progress.end();
  }
}

export async function listModelsCommand(options: { json: boolean }, context: CommandContext): Promise<void> {
  await withStores(context, async ({ engineStore }) => {
    const [state, models] = await Promise.all([engineStore.find(), engineStore.listModels()]);
    const roleOf = ({ id }: ModelUse): string => {
      if (id === state?.activeModel) return 'answers';
      if (id === state?.targetModel) return 'is being made ready';
      return id === state?.previousModel ? 'answered before' : 'kept';
    };
    print(
      options.json,
      { ...(state && view(state)), models: models.map((model) => ({ ...model, role: roleOf(model) })) },
      models.map((model) => `${model.id}  ${model.vectors} vectors, ${roleOf(model)}`),
    );
  });
}

/** Deletes the vectors of a model that is not in use. */
export async function dropModelCommand(
  id: string,
  options: { json: boolean },
  context: CommandContext,
): Promise<void> {
  await withStores(context, async ({ engineStore, db, clock }) => {
    const models = await engineStore.listModels();
    const model = models.find((one) => one.id === id);
    if (model === undefined) {
      const known = models.map((one) => one.id).join(', ');
      throw new AppError('invalid_input', `No model is known as ${id}; there are: ${known || 'none'}.`);
    }
    // First, so that nobody goes back to it while its vectors are being deleted.
    await engineStore.forget(id);
    const deleted = await createEmbeddingStore(db, model, clock).deleteAll();
    print(options.json, { id, deleted }, [`${id} is forgotten: ${deleted} vectors were deleted.`]);
  });
}

function view({ activeModel, previousModel, targetModel, epoch }: EngineState) {
  return { activeModel, previousModel, targetModel, epoch };
}
