import type { Database } from '../platform/db/database.js';
import type { Prisma } from '../platform/db/generated/client.js';
import { AppError } from '../platform/errors.js';

/** Which model answers, and which one is to. */
export interface EngineState {
  activeModel: string;
  /** The one before, for going back. */
  previousModel: string | null;
  /** Being embedded and indexed in the background. */
  targetModel: string | null;
  /** The setting MODEL as last seen. */
  configuredRef: string | null;
  /** Counts switches and reindexings, from 1. */
  epoch: number;
  switchedAt: Date | null;
}

export interface KnownModel {
  id: string;
  /** What `MODEL` or `quire model use` named: a folder or an id. */
  ref: string;
  dimension: number;
  /** Counted up to have the index built anew. */
  generation: number;
}

/** A known model with what is stored of it. */
export interface ModelUse extends KnownModel {
  /** Live vectors. */
  vectors: number;
}

type Row = Prisma.EngineGetPayload<object>;

/** The engine's state: one row, changed only here, each change one transaction. */
export function createEngineStore({ prisma }: Pick<Database, 'prisma'>) {
  /** null before the first start. */
  async function find(): Promise<EngineState | null> {
    const row = await prisma.engine.findUnique({ where: { id: 1 } });
    return row && toState(row);
  }

  async function get(): Promise<EngineState> {
    const state = await find();
    if (state === null)
      throw new AppError(
        'model_unavailable',
        'No model is in use yet: the first start of the service sets one.',
      );
    return state;
  }

  async function findModel(id: string): Promise<KnownModel | null> {
    return prisma.model.findUnique({ where: { id }, omit: { createdAt: true } });
  }

  /** Makes the model known, or its latest place. */
  async function register({ id, ref, dimension }: Omit<KnownModel, 'generation'>): Promise<KnownModel> {
    const row = await prisma.model.upsert({
      where: { id },
      create: { id, ref, dimension },
      update: { ref },
      omit: { createdAt: true },
    });
    return row;
  }

  /** The first start: this model answers. Where another process was first, its choice stands. */
  async function begin(modelId: string, configuredRef: string | null): Promise<EngineState> {
    await prisma.engine.createMany({
      data: [{ id: 1, activeModel: modelId, configuredRef }],
      skipDuplicates: true,
    });
    return get();
  }

  /** The model that is to answer once it is complete; the active one calls a switch off. */
  async function want(modelId: string): Promise<EngineState> {
    return prisma.$transaction(async (tx) => {
      const [row] = await tx.$queryRaw<
        { active_model: string }[]
      >`SELECT active_model FROM engine FOR UPDATE`;
      const targetModel = row?.active_model === modelId ? null : modelId;
      return toState(await tx.engine.update({ where: { id: 1 }, data: { targetModel } }));
    });
  }

  async function noteConfigured(configuredRef: string): Promise<void> {
    await prisma.engine.updateMany({ where: { id: 1 }, data: { configuredRef } });
  }

  /** The switch. null where `modelId` is no longer what is wanted: then nothing changed. */
  async function switchTo(modelId: string): Promise<EngineState | null> {
    const changed = await prisma.$executeRaw`
      UPDATE engine SET previous_model = active_model, active_model = target_model, target_model = NULL,
        epoch = epoch + 1, switched_at = now()
      WHERE target_model = ${modelId}`;
    return changed === 0 ? null : get();
  }

  /** For a model whose files changed in place: the vectors of the old ones can't be searched any more. */
  async function replaceActive(modelId: string): Promise<EngineState> {
    await prisma.$executeRaw`
      UPDATE engine SET active_model = ${modelId}, target_model = NULLIF(target_model, ${modelId}),
        epoch = epoch + 1, switched_at = now()
      WHERE active_model <> ${modelId}`;
    return get();
  }

  /** Has every process build the index of the active model anew, from the database. */
  async function reindex(): Promise<EngineState> {
    return prisma.$transaction(async (tx) => {
      const row = await tx.engine.update({ where: { id: 1 }, data: { epoch: { increment: 1 } } });
      await tx.model.update({ where: { id: row.activeModel }, data: { generation: { increment: 1 } } });
      return toState(row);
    });
  }

  /** Every model that vectors are stored of, or were, the active one first. */
  async function listModels(): Promise<ModelUse[]> {
    return prisma.$queryRaw<ModelUse[]>`
      SELECT m.id, m.ref, m.dimension, m.generation,
        (SELECT count(*)::int FROM embeddings e WHERE e.model = m.id AND e.retired_at IS NULL) AS vectors
      FROM models m LEFT JOIN engine ON true
      ORDER BY m.id = engine.active_model DESC, m.created_at, m.id`;
  }

  /** Forgets a model that is neither active nor to become so. @throws AppError invalid_input */
  async function forget(modelId: string): Promise<void> {
    await prisma.$transaction(async (tx) => {
      const row = await tx.engine.findUnique({ where: { id: 1 } });
      if (row?.activeModel === modelId)
        throw new AppError('invalid_input', `${modelId} answers: switch to another model first.`);
      if (row?.targetModel === modelId) {
        const callOff = `\`quire model use ${row.activeModel}\` calls that off`;
        throw new AppError('invalid_input', `${modelId} is being made ready: ${callOff}.`);
      }
      await tx.engine.updateMany({ where: { previousModel: modelId }, data: { previousModel: null } });
      await tx.model.deleteMany({ where: { id: modelId } });
    });
  }

  return {
    find,
    get,
    findModel,
    register,
    begin,
    want,
    noteConfigured,
    switchTo,
    replaceActive,
    reindex,
    listModels,
    forget,
  };
}

export type EngineStore = ReturnType<typeof createEngineStore>;

function toState({ id: _id, ...state }: Row): EngineState {
  return state;
}
