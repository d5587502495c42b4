import type { Clock } from '../platform/clock.js';
import { withTransactionLock } from '../platform/db/advisory-lock.js';
import type { Database } from '../platform/db/database.js';
import type { Prisma } from '../platform/db/generated/client.js';
import { retryConflicts } from '../platform/db/retry.js';

/** A paper whose live vector is missing, of another model, or of another text. */
export interface PendingDocument {
  paperKey: number;
  title: string;
  abstract: string;
  /** SHA-256 of the text that is to be embedded. */
  textHash: Uint8Array<ArrayBuffer>;
}

export interface NewEmbedding {
  paperKey: number;
  textHash: Uint8Array<ArrayBuffer>;
  vector: Float32Array;
}

export interface StoredVector {
  label: number;
  seq: bigint;
  paperKey: number | null;
  /** null for a retired one. */
  vector: Float32Array | null;
}

/** Vectors of one model in PostgreSQL. One live row a paper; a superseded row is retired, never changed. */
export function createEmbeddingStore({ prisma }: Database, modelId: string, clock: Clock) {
  /** Papers to embed with key greater than `after`, by key. What is pending is a question to the state, not a queue. */
  async function listPending(after: number, limit: number): Promise<PendingDocument[]> {
    const rows = await prisma.$queryRaw<
      { id: number; title: string; abstract: string; text_hash: Uint8Array<ArrayBuffer> }[]
    >`
      SELECT p.id, p.title, p.abstract, p.text_hash FROM papers p
      WHERE p.id > ${after} AND NOT EXISTS (
        SELECT 1 FROM embeddings e
        WHERE e.paper_id = p.id AND e.model = ${modelId} AND e.retired_at IS NULL AND e.text_hash = p.text_hash)
      ORDER BY p.id LIMIT ${limit}`;
    return rows.map((row) => ({
      paperKey: row.id,
      title: row.title,
      abstract: row.abstract,
      textHash: row.text_hash,
    }));
  }

  /**
   * Stores vectors and retires the ones they replace, in one transaction. Left out is a paper that went away,
   * whose text changed while it was being embedded, or whose vector another process stored meanwhile.
   * Returns how many were stored.
   */
  async function add(embeddings: readonly NewEmbedding[]): Promise<number> {
    const store = async (tx: Prisma.TransactionClient): Promise<number> => {
      const keys = embeddings.map(({ paperKey }) => paperKey);
      await withTransactionLock(tx, `embeddings ${modelId}`);
      // Papers before embeddings, in key order: an intake locks in the same order.
      const papers = await tx.$queryRaw<{ id: number; text_hash: Uint8Array }[]>`
        SELECT id, text_hash FROM papers WHERE id = ANY(${keys}) ORDER BY id FOR SHARE`;
      const wanted = new Map(papers.map((row) => [row.id, row.text_hash]));
      const live = { paperId: { in: keys }, model: modelId, retiredAt: null };
      const present = await tx.embedding.findMany({ where: live, select: { paperId: true, textHash: true } });
      const had = new Map(present.map((row) => [row.paperId, row.textHash]));
      const valid = embeddings.filter(
        ({ paperKey, textHash }) =>
          sameBytes(textHash, wanted.get(paperKey)) && !sameBytes(textHash, had.get(paperKey)),
      );
      await tx.embedding.updateMany({
        where: { ...live, paperId: { in: valid.map(({ paperKey }) => paperKey) } },
        data: { retiredAt: clock.now() },
      });
      const { count } = await tx.embedding.createMany({
        data: valid.map(({ paperKey, textHash, vector }) => ({
          paperId: paperKey,
          model: modelId,
          textHash,
          vector: toBytes(vector),
        })),
      });
      return count;
    };
    return retryConflicts(() => prisma.$transaction(store));
  }

  /** Rows changed after `after`, in commit order. */
  async function changesSince(after: bigint, limit: number): Promise<StoredVector[]> {
    const rows = await prisma.$queryRaw<
      { id: number; seq: bigint; paper_id: number | null; vector: Uint8Array | null }[]
    >`
      SELECT id, seq, paper_id, CASE WHEN retired_at IS NULL THEN vector END AS vector FROM embeddings
      WHERE model = ${modelId} AND seq > ${after} ORDER BY seq LIMIT ${limit}`;
    return rows.map((row) => ({
      label: row.id,
      seq: row.seq,
      paperKey: row.paper_id,
      vector: row.vector && toVector(row.vector),
    }));
  }

  /** The paper's live vector by label; labels that are retired are missing. */
  async function paperKeysOf(labels: readonly number[]): Promise<Map<number, number>> {
    const rows = await prisma.embedding.findMany({
      where: { id: { in: [...labels] }, retiredAt: null, paperId: { not: null } },
      select: { id: true, paperId: true },
    });
    return new Map(rows.map((row) => [row.id, row.paperId!]));
  }

  /** The live vector of a paper's present text; null while it waits to be embedded. */
  async function findVector(paperKey: number): Promise<{ label: number; vector: Float32Array } | null> {
    const row = await prisma.embedding.findFirst({
      where: { paperId: paperKey, model: modelId, retiredAt: null },
      select: { id: true, vector: true },
    });
    return row && { label: row.id, vector: toVector(row.vector) };
  }

  async function head(): Promise<bigint> {
    const row = await prisma.embedding.findFirst({
      where: { model: modelId },
      orderBy: { seq: 'desc' },
      select: { seq: true },
    });
    return row?.seq ?? 0n;
  }

  return {
    modelId,
    listPending,
    add,
    changesSince,
    paperKeysOf,
    findVector,
    head,
    countLive: () => prisma.embedding.count({ where: { model: modelId, retiredAt: null } }),
    /** Papers without a live vector of this model for their present text. */
    countPending: async (): Promise<number> => {
      const [row] = await prisma.$queryRaw<{ count: number }[]>`
        SELECT count(*)::int AS count FROM papers p WHERE NOT EXISTS (
          SELECT 1 FROM embeddings e
          WHERE e.paper_id = p.id AND e.model = ${modelId} AND e.retired_at IS NULL AND e.text_hash = p.text_hash)`;
      return row?.count ?? 0;
    },
  };
}

export type EmbeddingStore = ReturnType<typeof createEmbeddingStore>;

function toBytes(vector: Float32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(vector.length * 4);
  const view = new DataView(bytes.buffer);
  vector.forEach((value, at) => {
    view.setFloat32(at * 4, value, true);
  });
  return bytes;
}

function toVector(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength / 4 }, (_, at) => view.getFloat32(at * 4, true));
}

function sameBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && Buffer.compare(a, b) === 0;
}
