import type pg from 'pg';
import type { Clock } from '../platform/clock.js';
import { advisoryLockKey } from '../platform/db/advisory-lock.js';
import type { Database } from '../platform/db/database.js';
import { retryConflicts } from '../platform/db/retry.js';
import { inTransaction } from '../platform/db/transaction.js';
import { AppError } from '../platform/errors.js';
import type { EmbeddingModel } from './embedder.js';
import { packVectors, toVector } from './vector-bytes.js';

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

/** Rows of a model deleted in one statement: a second's work. */
const DELETE_BATCH = 20_000;

/** Vectors of one model in PostgreSQL. One live row a paper; a superseded row is retired, never changed. */
export function createEmbeddingStore(
  { prisma, pool }: Database,
  { id: modelId, dimension }: Pick<EmbeddingModel, 'id' | 'dimension'>,
  clock: Clock,
) {
  const lockKey = advisoryLockKey(`embeddings ${modelId}`);

  /**
   * Stores vectors, retires the ones they replace and ends their claims, in one transaction. Left out is a paper
   * that went away, whose text changed while it was being embedded, or whose vector another process stored
   * meanwhile. Returns how many were stored. Errors: `vector_invalid`, `model_unavailable` (the model was dropped),
   * and nothing is stored then.
   */
  async function add(embeddings: readonly NewEmbedding[]): Promise<number> {
    for (const { vector, paperKey } of embeddings) check(vector, paperKey);
    return retryConflicts(() => inTransaction(pool, (client) => store(client, embeddings)));
  }

  function check(vector: Float32Array, paperKey: number): void {
    const isWhole = vector.length === dimension && vector.every(Number.isFinite);
    if (isWhole && vector.some((value) => value !== 0)) return;
    const found = vector.length === dimension ? 'other ones, or none but zeros' : `${vector.length}`;
    throw new AppError(
      'vector_invalid',
      `the vector of paper ${paperKey} can't be stored: expected ${dimension} finite numbers, found ${found}`,
    );
  }

  async function store(client: pg.PoolClient, embeddings: readonly NewEmbedding[]): Promise<number> {
    const keys = embeddings.map(({ paperKey }) => paperKey);
    await client.query('SELECT pg_advisory_xact_lock($1)', [String(lockKey)]);
    // Held to the end: a model is dropped before this or after it, and then with these vectors.
    const { rowCount } = await client.query('SELECT 1 FROM models WHERE id = $1 FOR KEY SHARE', [modelId]);
    if (rowCount === 0) {
      throw new AppError(
        'model_unavailable',
        `${modelId} was dropped: vectors of it are not stored any more`,
      );
    }
    // Papers before embeddings, in key order: an intake locks in the same order.
    const { rows } = await client.query<{ id: number; text_hash: Buffer; had: Buffer | null }>(
      `SELECT p.id, p.text_hash, (SELECT e.text_hash FROM embeddings e
         WHERE e.paper_id = p.id AND e.model = $1 AND e.retired_at IS NULL) AS had
       FROM papers p WHERE p.id = ANY($2) ORDER BY p.id FOR SHARE OF p`,
      [modelId, keys],
    );
    const papers = new Map(rows.map((row) => [row.id, row]));
    const valid = embeddings.filter(({ paperKey, textHash }) => {
      const paper = papers.get(paperKey);
      return sameBytes(textHash, paper?.text_hash) && !sameBytes(textHash, paper?.had);
    });
    const outdated = valid.map(({ paperKey }) => paperKey).filter((key) => papers.get(key)?.had != null);
    if (outdated.length > 0) {
      await client.query(
        'UPDATE embeddings SET retired_at = $3 WHERE paper_id = ANY($2) AND model = $1 AND retired_at IS NULL',
        [modelId, outdated, clock.now()],
      );
    }
    if (valid.length > 0) await insert(client, valid);
    await client.query('DELETE FROM embedding_claims WHERE model = $1 AND paper_id = ANY($2)', [
      modelId,
      keys,
    ]);
    return valid.length;
  }

  /** One packed value for all vectors and one for all hashes: four times the rows a second of one value each. */
  async function insert(client: pg.PoolClient, embeddings: readonly NewEmbedding[]): Promise<void> {
    const bytes = dimension * Float32Array.BYTES_PER_ELEMENT;
    await client.query(
      `INSERT INTO embeddings (paper_id, model, text_hash, vector)
       SELECT key, $1, substring($3::bytea FROM (at::int - 1) * 32 + 1 FOR 32),
         substring($4::bytea FROM (at::int - 1) * $5::int + 1 FOR $5::int)
       FROM unnest($2::int[]) WITH ORDINALITY AS papers (key, at)`,
      [
        modelId,
        embeddings.map(({ paperKey }) => paperKey),
        Buffer.concat(embeddings.map(({ textHash }) => textHash)),
        packVectors(embeddings.map(({ vector }) => vector)),
        bytes,
      ],
    );
  }

  /** Rows changed after `after`, in commit order. Past the ORM, which takes four times as long over bytes. */
  async function changesSince(after: bigint, limit: number): Promise<StoredVector[]> {
    const { rows } = await pool.query<{
      id: number;
      seq: string;
      paper_id: number | null;
      vector: Buffer | null;
    }>(
      `SELECT id, seq, paper_id, CASE WHEN retired_at IS NULL THEN vector END AS vector FROM embeddings
       WHERE model = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
      [modelId, String(after), limit],
    );
    return rows.map((row) => ({
      label: row.id,
      seq: BigInt(row.seq),
      paperKey: row.paper_id,
      vector: row.vector && toVector(row.vector),
    }));
  }

  /** Label and paper of every live vector. */
  async function listLabels(): Promise<[label: number, paperKey: number][]> {
    const { rows } = await pool.query<[number, number]>({
      text: 'SELECT id, paper_id FROM embeddings WHERE model = $1 AND retired_at IS NULL',
      values: [modelId],
      rowMode: 'array',
    });
    return rows;
  }

  /** Live vectors by label; retired ones are missing. */
  async function listVectors(labels: readonly number[]): Promise<Map<number, Float32Array>> {
    const { rows } = await pool.query<{ id: number; vector: Buffer }>(
      'SELECT id, vector FROM embeddings WHERE model = $1 AND id = ANY($2) AND retired_at IS NULL',
      [modelId, labels],
    );
    return new Map(rows.map(({ id, vector }) => [id, toVector(vector)]));
  }

  /** The live vector of a paper's present text; null while it waits to be embedded. */
  async function findVector(paperKey: number): Promise<{ label: number; vector: Float32Array } | null> {
    const row = await prisma.embedding.findFirst({
      where: { paperId: paperKey, model: modelId, retiredAt: null },
      select: { id: true, vector: true },
    });
    return row && { label: row.id, vector: toVector(row.vector) };
  }

  /** Live vectors of papers picked at random, at most `limit`. */
  async function sample(limit: number): Promise<{ label: number; paperKey: number; vector: Float32Array }[]> {
    const { rows } = await pool.query<{ id: number; paper_id: number; vector: Buffer }>(
      `SELECT id, paper_id, vector FROM embeddings WHERE model = $1 AND retired_at IS NULL
       ORDER BY random() LIMIT $2`,
      [modelId, limit],
    );
    return rows.map((row) => ({ label: row.id, paperKey: row.paper_id, vector: toVector(row.vector) }));
  }

  async function head(): Promise<bigint> {
    const { rows } = await pool.query<{ seq: string }>(
      'SELECT seq FROM embeddings WHERE model = $1 ORDER BY seq DESC LIMIT 1',
      [modelId],
    );
    return BigInt(rows[0]?.seq ?? 0);
  }

  /** Live vectors that were stored after this change, by whatever process. */
  async function countSince(after: bigint): Promise<number> {
    const { rows } = await pool.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM embeddings WHERE model = $1 AND seq > $2 AND retired_at IS NULL',
      [modelId, String(after)],
    );
    return rows[0]?.count ?? 0;
  }

  /** Deletes every vector of the model, batch by batch. Only for a model that nothing uses: no index is told. */
  async function deleteAll(): Promise<number> {
    for (let deleted = 0; ; ) {
      const { rowCount } = await pool.query(
        `DELETE FROM embeddings WHERE id IN (SELECT id FROM embeddings WHERE model = $1 LIMIT $2)`,
        [modelId, DELETE_BATCH],
      );
      deleted += rowCount ?? 0;
      if ((rowCount ?? 0) < DELETE_BATCH) return deleted;
    }
  }

  return {
    modelId,
    dimension,
    add,
    changesSince,
    listLabels,
    listVectors,
    findVector,
    sample,
    head,
    countSince,
    deleteAll,
    countLive: () => prisma.embedding.count({ where: { model: modelId, retiredAt: null } }),
  };
}

export type EmbeddingStore = ReturnType<typeof createEmbeddingStore>;

function sameBytes(a: Uint8Array, b: Uint8Array | null | undefined): boolean {
  return b != null && Buffer.compare(a, b) === 0;
}
