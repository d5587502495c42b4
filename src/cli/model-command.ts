import { setTimeout as sleep } from 'node:timers/promises';
import { createEmbeddingStore } from '../embedding/embedding-store.js';
import { createPendingStore } from '../embedding/pending-store.js';
import type { FoundModel } from '../engine/choose-model.js';
import type { EngineState, EngineStore, KnownModel, ModelUse } from '../engine/engine-store.js';
import { plural } from '../ingest/take-file.js';
import { AppError } from '../platform/errors.js';
import { createProgress } from '../platform/progress.js';
import type { StoreServices } from '../store-services.js';
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
    // What reads models is large, and the other commands of this file read none.
    const { describeModel } = await import('../engine/choose-model.js');
    // An id from `quire model list` names a model that is known, wherever it lies.
    const known = await engineStore.findModel(ref);
    const model = known ?? (await resolveModel(ref).then((found) => describeModel(ref, found), namesake));
    // A copy of a model that is known doesn't take its place: it may go away, and the model with it.
    const earlier = await engineStore.findModel(model.id);
    const holds = (found: FoundModel): boolean => describeModel(earlier!.ref, found).id === model.id;
    const isElsewhere = earlier !== null && earlier.ref !== model.ref;
    const stays = isElsewhere && (await resolveModel(earlier.ref).then(holds, () => false));
    const { id } = stays ? earlier : await engineStore.register(model);
    if ((await engineStore.find()) === null) await engineStore.begin(id, null);
    const before = await engineStore.get();
    await wanted(services, { id, options, context, before, state: await engineStore.want(id) });

    /** Without its revision the id names it too, where nothing else is found by that name. */
    async function namesake(error: unknown): Promise<KnownModel> {
      const [only, ...others] = await namedBy(engineStore, ref);
      if (only === undefined || others.length > 0) throw error;
      return only;
    }
  });
}

/** Asks for the model that answered before the last switch. */
export async function previousModelCommand(options: ModelUseOptions, context: CommandContext): Promise<void> {
  await withStores(context, async (services) => {
    const { engineStore } = services;
    const before = await engineStore.get();
    const { previousModel: id, activeModel, targetModel } = before;
    if (id === null) {
      const why =
        targetModel === null
          ? 'none was switched'
          : `${targetModel} is still being made ready, and \`quire model use ${activeModel}\` calls that off`;
      throw new AppError('invalid_input', `There is no model to go back to: ${why}.`);
    }
    await wanted(services, { id, options, context, before, state: await engineStore.want(id) });
  });
}

interface Wish {
  id: string;
  /** Before it was asked for, and since. */
  before: EngineState;
  state: EngineState;
  options: ModelUseOptions;
  context: CommandContext;
}

async function wanted(services: StoreServices, { id, before, state, options, context }: Wish): Promise<void> {
  const { readiness, url } = await askService(context.config);
  if (state.targetModel === null) {
    const calledOff = before.targetModel;
    print(options.json, { ...view(state), calledOff }, [
      calledOff === null
        ? `${id} answers already; nothing is being switched.`
        : `${id} goes on answering: the switch to ${calledOff} was called off, its vectors so far are kept.`,
    ]);
    return;
  }
  if (!options.wait) {
    const { waiting } = await createPendingStore(services.db, id).count();
    const work = waiting === 0 ? 'indexes its vectors' : `embeds ${plural(waiting, 'paper', 'papers')}`;
    const next =
      readiness === null
        ? `no service answers at ${url}: the next one that starts ${work} and switches.`
        : `the service at ${url} ${work} and switches when it is complete; \`quire status\` shows how far it is.`;
    print(options.json, { ...view(state), waiting }, [`${id} is to answer: ${next}`]);
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
  ref: string,
  options: { json: boolean },
  context: CommandContext,
): Promise<void> {
  await withStores(context, async ({ engineStore, db, clock }) => {
    const [model, ...others] = await namedBy(engineStore, ref);
    if (model === undefined || others.length > 0) {
      const known = (await engineStore.listModels()).map((one) => one.id).join(', ');
      const problem = model === undefined ? 'No model is known' : 'Several models are known';
      throw new AppError('invalid_input', `${problem} as ${ref}; there are: ${known || 'none'}.`);
    }
    const { id } = model;
    // First, so that nobody goes back to it while its vectors are being deleted.
    await engineStore.forget(id);
    const deleted = await createEmbeddingStore(db, model, clock).deleteAll();
    print(options.json, { id, deleted }, [`${id} is forgotten: ${deleted} vectors were deleted.`]);
  });
}

/** Models whose id is this, or is this up to the revision behind the @. */
async function namedBy(engineStore: EngineStore, ref: string): Promise<ModelUse[]> {
  const models = await engineStore.listModels();
  const same = models.filter(({ id }) => id === ref);
  return same.length > 0 ? same : models.filter(({ id }) => id.slice(0, id.lastIndexOf('@')) === ref);
}

function view({ activeModel, previousModel, targetModel, epoch }: EngineState) {
  return { activeModel, previousModel, targetModel, epoch };
}
