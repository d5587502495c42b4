import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { CONFLICT_ATTEMPTS, isConflict, retryConflicts } from '../../../src/platform/db/retry.js';
import { databaseKinds, withDatabase } from '../../support/postgres.js';

/** Lets two transactions reach a point before either goes on; only the first time each comes by. */
function meeting(): () => Promise<void> {
  let open = () => {};
  const both = new Promise<void>((resolve) => {
    open = resolve;
  });
  let arrived = 0;
  return async () => {
    arrived += 1;
    if (arrived === 2) open();
    await both;
  };
}

for (const kind of databaseKinds) {
  describe(`retryConflicts (${kind})`, () => {
    const test = withDatabase(kind);

    it('repeats a transaction that fails to serialize, also when COMMIT says so', async () => {
      const { prisma } = test.db;
      // Write skew: each reads what the other writes. One of them must fail, at its COMMIT or before.
      const meet = meeting();
      let runs = 0;
      const add = () =>
        retryConflicts(() => {
          runs += 1;
          return prisma.$transaction(
            async (tx) => {
              const count = await tx.apiKey.count();
              await meet();
              await tx.apiKey.create({ data: { name: `key ${count}`, hash: randomBytes(32) } });
            },
            { isolationLevel: 'Serializable' },
          );
        });
      await Promise.all([add(), add()]);
      assert.ok(runs > 2, `${runs} runs`);
      const keys = await prisma.apiKey.findMany({ orderBy: { name: 'asc' } });
      assert.deepEqual(
        keys.map(({ name }) => name),
        ['key 0', 'key 1'],
      );
    });

    it('repeats a transaction that was chosen to end a deadlock', async () => {
      const { prisma } = test.db;
      const hash = () => randomBytes(32);
      const [a, b] = await Promise.all(
        ['a', 'b'].map((name) => prisma.apiKey.create({ data: { name, hash: hash() } })),
      );
      assert.ok(a && b);
      const meet = meeting();
      let runs = 0;
      const rename = (first: number, second: number) =>
        retryConflicts(() => {
          runs += 1;
          return prisma.$transaction(async (tx) => {
            await tx.apiKey.update({ where: { id: first }, data: { name: 'x' } });
            await meet();
            await tx.apiKey.update({ where: { id: second }, data: { name: 'y' } });
          });
        });
      await Promise.all([rename(a.id, b.id), rename(b.id, a.id)]);
      assert.equal(runs, 3);
    });

    it('sees conflicts in raw queries too', async () => {
      const { prisma } = test.db;
      const failing = prisma.$executeRaw`DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END $$`;
      await assert.rejects(failing, (error) => isConflict(error));
    });

    it("doesn't repeat what failed for another reason", async () => {
      const { prisma } = test.db;
      let runs = 0;
      const work = () => {
        runs += 1;
        return prisma.apiKey.create({ data: { name: 'short', hash: randomBytes(3) } });
      };
      await assert.rejects(retryConflicts(work), /check constraint/);
      assert.equal(runs, 1);
    });
  });
}

describe('retryConflicts', () => {
  it('gives up in the end, with the last error', async () => {
    let runs = 0;
    const conflict = Object.assign(new Error('deadlock'), { code: '40P01' });
    const work = async () => {
      runs += 1;
      throw conflict;
    };
    await assert.rejects(retryConflicts(work), (error) => error === conflict);
    assert.equal(runs, CONFLICT_ATTEMPTS);
  });

  it('knows a conflict in every form in which it comes', () => {
    for (const error of [
      { code: 'P2034' },
      { code: '40001' },
      { cause: { originalCode: '40P01' } },
      { cause: { kind: 'TransactionWriteConflict' } },
      { code: 'P2010', meta: { driverAdapterError: { cause: { originalCode: '40001' } } } },
    ]) {
      assert.equal(isConflict(error), true, JSON.stringify(error));
    }
  });

  it('takes nothing else for a conflict', () => {
    for (const error of [
      null,
      'P2034',
      new Error('40001'),
      { code: 'P2002' },
      { cause: { code: 'ECONNRESET' } },
    ]) {
      assert.equal(isConflict(error), false);
    }
    const loop: { cause?: unknown } = {};
    loop.cause = loop;
    assert.equal(isConflict(loop), false);
  });
});
