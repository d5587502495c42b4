import { resolve as resolvePath } from 'node:path';
import { embeddingModelOf, type ModelManifest } from '../embedding/model/manifest.js';
import type { Logger } from '../platform/log.js';
import type { EngineState, EngineStore, KnownModel } from './engine-store.js';

export interface FoundModel {
  /** Absolute. */
  modelDir: string;
  manifest: ModelManifest;
}

export interface ChooseModelDeps {
  store: EngineStore;
  /** A folder or an id to the model's files. @throws AppError model_invalid, model_unavailable */
  resolve: (ref: string) => Promise<FoundModel>;
  /** The setting MODEL; null where it isn't set. */
  configured: string | null;
  /** The model of a new database. */
  fallback: string;
  /** false for a command: it takes what is there, and asks for no switch. */
  maySwitch: boolean;
  log: Logger;
}

export interface ChosenModel extends FoundModel {
  state: EngineState;
  generation: number;
}

/** What the database keeps of a model: a folder by its full path, because the next process may run elsewhere. */
export function describeModel(
  ref: string,
  { modelDir, manifest }: FoundModel,
): Omit<KnownModel, 'generation'> {
  const { id, dimension } = embeddingModelOf(manifest);
  return { id, ref: resolvePath(ref) === modelDir ? modelDir : ref, dimension };
}

/**
 * The model that answers from the start. The database knows it; the setting MODEL is a wish, and only a change
 * of it is a new one, so that a restart doesn't undo `quire model use`.
 */
export async function chooseModel(deps: ChooseModelDeps): Promise<ChosenModel> {
  const { store, resolve, configured, fallback, maySwitch, log } = deps;

  async function makeKnown(ref: string): Promise<FoundModel & { id: string; generation: number }> {
    const found = await resolve(ref);
    const known = await store.register(describeModel(ref, found));
    return { ...found, ...known };
  }

  /** The active model from where it was, or from where the settings say, as long as it is the same. */
  async function makeActiveKnown(
    active: KnownModel,
  ): Promise<FoundModel & { id: string; generation: number }> {
    try {
      return await makeKnown(active.ref);
    } catch (error) {
      for (const ref of configured === null ? [fallback] : [configured, fallback]) {
        const found = await resolve(ref).catch(() => null);
        if (found !== null && describeModel(ref, found).id === active.id) return makeKnown(ref);
      }
      throw error;
    }
  }

  const before = await store.find();
  if (before === null) {
    const model = await makeKnown(configured ?? fallback);
    const state = await store.begin(model.id, configured);
    if (state.activeModel === model.id) return { ...model, state };
  }
  if (maySwitch && configured !== null && before !== null && before.configuredRef !== configured) {
    const wished = await makeKnown(configured);
    await store.want(wished.id);
    await store.noteConfigured(configured);
  }
  const state = await store.get();
  const active = await store.findModel(state.activeModel);
  const model = await (active === null ? makeKnown(fallback) : makeActiveKnown(active));
  if (model.id === state.activeModel) return { ...model, state };
  log.warn(
    { model: model.id, before: state.activeModel },
    'the files of the embedding model have changed: everything is embedded anew',
  );
  return { ...model, state: await store.replaceActive(model.id) };
}
