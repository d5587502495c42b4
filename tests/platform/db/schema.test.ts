import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import pg from 'pg';
import { advisoryLockKey } from '../../../src/platform/db/advisory-lock.js';
import { clientConfig } from '../../../src/platform/db/connection.js';
import type { Prisma } from '../../../src/platform/db/generated/client.js';
import { databaseKinds, type TestDatabase, withDatabase } from '../../support/postgres.js';
import { until } from './processes.js';

let counter = 0;

async function addPaper({ db }: TestDatabase): Promise<number> {
  counter += 1;
  const { id } = await db.prisma.paper.create({
    data: {
      publicId: `t:${counter}`,
      titleKey: String(counter),
      title: `A paper, number ${counter}`,
      abstract: 'Walruses estimate depth by ear.',
      origins: {},
      textHash: randomBytes(32),
    },
  });
  return id;
}

const embedding = (paperId: number | null, model = 'm'): Prisma.EmbeddingUncheckedCreateInput => ({
  paperId,
  model,
  textHash: randomBytes(32),
  vector: randomBytes(8),
});

/** A connection of its own, for transactions that are steered step by step. */
async function connect({ connection }: TestDatabase): Promise<pg.Client> {
  const client = new pg.Client(clientConfig(connection));
  await client.connect();
  return client;
}

async function backendPid(client: pg.Client): Promise<number> {
  return (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid ?? 0;
}

async function isWaiting({ db }: TestDatabase, pid: number): Promise<boolean> {
  const { rows } = await db.pool.query('SELECT 1 FROM pg_locks WHERE pid = $1 AND NOT granted', [pid]);
  return rows.length > 0;
}

for (const kind of databaseKinds) {
  describe(`embeddings as a change feed (${kind})`, () => {
    const test = withDatabase(kind, { poolSize: 12 });

    it('number every insert and update, whatever the caller gives', async () => {
      const { prisma } = test.db;
      const paperId = await addPaper(test);
      const first = await prisma.embedding.create({ data: { ...embedding(paperId), seq: 5_000_000n } });
      const second = await prisma.embedding.create({ data: embedding(paperId, 'other') });
      assert.ok(first.seq > 0n && first.seq < 5_000_000n);
      assert.equal(second.seq, first.seq + 1n);
      const retired = await prisma.embedding.update({
        where: { id: first.id },
        data: { retiredAt: new Date('2026-01-02T03:04:05Z') },
      });
      assert.equal(retired.seq, second.seq + 1n);
      assert.equal(retired.retiredAt?.toISOString(), '2026-01-02T03:04:05.000Z');
    });

    it('are retired when their paper is deleted, once', async () => {
      const { prisma } = test.db;
      const paperId = await addPaper(test);
      const before = new Date('2026-01-01T00:00:00Z');
      const live = await prisma.embedding.create({ data: embedding(paperId) });
      const old = await prisma.embedding.create({ data: { ...embedding(paperId), retiredAt: before } });
      await prisma.paper.delete({ where: { id: paperId } });
      const after = await prisma.embedding.findUniqueOrThrow({ where: { id: live.id } });
      assert.equal(after.paperId, null);
      assert.ok(after.retiredAt);
      assert.ok(after.seq > old.seq);
      const kept = await prisma.embedding.findUniqueOrThrow({ where: { id: old.id } });
      assert.deepEqual(kept.retiredAt, before);
    });

    it('never live without a paper', async () => {
      const { retiredAt } = await test.db.prisma.embedding.create({ data: embedding(null) });
      assert.ok(retiredAt);
    });

    it('have one live row a paper and model', async () => {
      const { prisma } = test.db;
      const paperId = await addPaper(test);
      const { id } = await prisma.embedding.create({ data: embedding(paperId) });
      await assert.rejects(prisma.embedding.create({ data: embedding(paperId) }), { code: 'P2002' });
      await prisma.embedding.update({ where: { id }, data: { retiredAt: new Date() } });
      await prisma.embedding.create({ data: embedding(paperId) });
    });

    it('refuse what is no vector and no hash', async () => {
      const { prisma } = test.db;
      const paperId = await addPaper(test);
      const good = embedding(paperId);
      for (const wrong of [
        { vector: Buffer.alloc(0) },
        { vector: Buffer.alloc(7) },
        { textHash: Buffer.alloc(31) },
      ]) {
        await assert.rejects(
          prisma.embedding.create({ data: { ...good, ...wrong } }),
          /violates check constraint/,
        );
      }
      await assert.rejects(
        prisma.paper.update({ where: { id: paperId }, data: { textHash: Buffer.alloc(20) } }),
        /papers_text_hash_check/,
      );
      await assert.rejects(
        prisma.apiKey.create({ data: { name: 'k', hash: Buffer.alloc(16) } }),
        /api_keys_hash_check/,
      );
    });

    it('get their numbers in the order of commits: the next writer waits for the one before', async () => {
      const paperId = await addPaper(test);
      const [a, b] = await Promise.all([connect(test), connect(test)]);
      try {
        const waiter = await backendPid(b);
        await a.query('BEGIN');
        const first = await insert(a, paperId, 'a');
        const second = insert(b, paperId, 'b');
        await until(() => isWaiting(test, waiter), 'the second writer waits');
        await a.query('COMMIT');
        assert.equal(await second, first + 1n);
      } finally {
        await Promise.all([a.end(), b.end()]);
      }
    });

    it('never show a reader a number and later a lower one', async () => {
      const paperId = await addPaper(test);
      const start = await head(test);
      let writing = true;
      const writers = Array.from({ length: 8 }, async (_, writer) => {
        for (let round = 0; round < 12; round += 1) {
          const sleep = ((writer * 7 + round * 3) % 5) / 1000;
          await test.db.prisma.$transaction(async (tx) => {
            await tx.embedding.create({ data: embedding(paperId, `w${writer}.${round}`) });
            // Holds the transaction open for a while, differently for each.
            await tx.$queryRaw`SELECT pg_sleep(${sleep})::text`;
          });
        }
      });
      const seen: bigint[] = [];
      const reader = (async () => {
        let after = start;
        for (let last = false; ; ) {
          const rows = await test.db.prisma.embedding.findMany({
            where: { seq: { gt: after } },
            orderBy: { seq: 'asc' },
            select: { seq: true },
          });
          seen.push(...rows.map(({ seq }) => seq));
          after = seen.at(-1) ?? start;
          if (last) return;
          last = !writing;
        }
      })();
      await Promise.all(writers);
      writing = false;
      await reader;
      const all = await test.db.prisma.embedding.count({ where: { seq: { gt: start } } });
      assert.equal(seen.length, 96);
      assert.equal(all, 96);
    });

    it("don't deadlock two writers that change the same rows in opposite order", async () => {
      const paperId = await addPaper(test);
      const one = await test.db.prisma.embedding.create({ data: embedding(paperId, 'one') });
      const two = await test.db.prisma.embedding.create({ data: embedding(paperId, 'two') });
      const touch = (client: pg.Client, id: number) =>
        client.query(`UPDATE embeddings SET model = model || '+' WHERE id = $1`, [id]);
      const [a, b] = await Promise.all([connect(test), connect(test)]);
      try {
        const waiter = await backendPid(b);
        await Promise.all([a.query('BEGIN'), b.query('BEGIN')]);
        await touch(a, one.id);
        const second = touch(b, two.id).then(() => touch(b, one.id));
        await until(() => isWaiting(test, waiter), 'the second writer waits');
        await touch(a, two.id);
        await a.query('COMMIT');
        await second;
        await b.query('COMMIT');
      } finally {
        await Promise.all([a.end(), b.end()]);
      }
      const { model } = await test.db.prisma.embedding.findUniqueOrThrow({ where: { id: one.id } });
      assert.equal(model, 'one++');
    });

    it('are locked under the name that other code can lock too', async () => {
      const paperId = await addPaper(test);
      const a = await connect(test);
      try {
        await a.query('BEGIN');
        await insert(a, paperId, 'held');
        const { rows } = await test.db.pool.query('SELECT pg_try_advisory_lock($1) AS taken', [
          String(advisoryLockKey('embeddings_seq')),
        ]);
        assert.deepEqual(rows, [{ taken: false }]);
        await a.query('ROLLBACK');
      } finally {
        await a.end();
      }
    });
  });

  describe(`papers (${kind})`, () => {
    const test = withDatabase(kind);

    it('number every change in the order of commits, removals too', async () => {
      const id = await addPaper(test);
      const client = await connect(test);
      try {
        const seqOf = async (): Promise<bigint> => {
          const { rows } = await client.query<{ seq: string }>('SELECT seq FROM papers WHERE id = $1', [id]);
          return BigInt(rows[0]!.seq);
        };
        const first = await seqOf();
        await client.query('UPDATE papers SET upvotes = 3 WHERE id = $1', [id]);
        const second = await seqOf();
        assert.ok(second > first, `${second} after ${first}`);
        await client.query('DELETE FROM papers WHERE id = $1', [id]);
        const { rows } = await client.query<{ seq: string }>(
          'SELECT seq FROM paper_removals WHERE paper_id = $1',
          [id],
        );
        assert.equal(rows.length, 1);
        assert.ok(BigInt(rows[0]!.seq) > second);
      } finally {
        await client.end();
      }
    });

    it('keep bytes, times, lists and large numbers as they are', async () => {
      const textHash = randomBytes(32);
      const createdAt = new Date('2024-03-10T07:30:00.123Z');
      const data = {
        publicId: 't:types',
        titleKey: 'types',
        title: 'Ein Titel — mit 𝒳 und ❤',
        abstract: '',
        authors: ['Ada, Countess', 'B "Q" \\ {C}', ''],
        categories: [],
        origins: { title: { source: 'sample', nested: [1, null] } },
        textHash,
        createdAt,
      };
      const { id } = await test.db.prisma.paper.create({ data });
      const paper = await test.db.prisma.paper.findUniqueOrThrow({ where: { id } });
      assert.deepEqual(Buffer.from(paper.textHash), textHash);
      assert.deepEqual(paper.createdAt, createdAt);
      assert.deepEqual(paper.authors, data.authors);
      assert.deepEqual(paper.categories, []);
      assert.deepEqual(paper.origins, data.origins);
      assert.equal(paper.title, data.title);
      const [raw] = await test.db.prisma.$queryRaw<
        { at: Date }[]
      >`SELECT created_at AS at FROM papers WHERE id = ${id}`;
      assert.deepEqual(raw?.at, createdAt);
    });
  });
}

async function insert(client: pg.Client, paperId: number, model: string): Promise<bigint> {
  const { rows } = await client.query<{ seq: string }>(
    `INSERT INTO embeddings (paper_id, model, text_hash, vector)
     VALUES ($1, $2, sha256('x'), '\\x00000000') RETURNING seq`,
    [paperId, model],
  );
  return BigInt(rows[0]?.seq ?? 0);
}

async function head({ db }: TestDatabase): Promise<bigint> {
  const { _max } = await db.prisma.embedding.aggregate({ _max: { seq: true } });
  return _max.seq ?? 0n;
}
