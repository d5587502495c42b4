import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { inventedPaper, jsonLines } from '../support/papers.js';
import { urlOf, withDatabase } from '../support/postgres.js';
import { commandEnv, quire } from '../support/process.js';

describe('quire status of intakes', () => {
  const database = withDatabase('tcp');
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'quire-intake-status-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const run = (...args: string[]) =>
    quire(args, commandEnv(folder, { DATABASE_URL: urlOf(database.connection) }));

  it('says how far one is, which was broken off, and what had been done before', async () => {
    const file = join(folder, 'some.jsonl');
    await writeFile(file, jsonLines(Array.from({ length: 30 }, (_, n) => inventedPaper(n))));
    const taken = await run('ingest', '--no-embed', file);
    assert.match(taken.stdout, /some\.jsonl: 30 entries, 30 distinct papers, 30 new\n/);
    const { prisma } = database.db;
    const { id, readBytes, readHash, asOf } = await prisma.intake.findFirstOrThrow();
    assert.ok(readBytes !== null && readHash !== null);
    const size = readBytes * 4n;
    await prisma.intake.update({ where: { id }, data: { finishedAt: null, progressedAt: new Date(), size } });
    assert.match((await run('status')).stdout, /some\.jsonl: 30 entries, .* \(under way, 25 % read\)\n/);
    // As a process leaves it that was killed before it could say that it was done.
    const papers = (await prisma.paper.findMany({ select: { id: true } })).map((paper) => paper.id);
    await prisma.intakeBatch.create({ data: { intakeId: id, after: 0, papers } });
    const progressedAt = new Date(Date.now() - 3 * 3_600_000);
    await prisma.intake.update({ where: { id }, data: { progressedAt } });
    const status = await run('status');
    assert.match(
      status.stdout,
      /\(broken off or held up, 25 % read, last heard of 3 h 0 min ago; taken in again it goes on from there\)\n/,
    );
    const { intakes } = JSON.parse((await run('status', '--json')).stdout) as { intakes: object[] };
    const shown = { size: Number(size), readBytes: Number(readBytes), finishedAt: null, entries: 30 };
    assert.deepEqual({ ...intakes[0], ...shown }, intakes[0]);
    assert.equal(asOf, new Date().toISOString().slice(0, 10));
    const again = await run('ingest', '--no-embed', file);
    assert.match(
      again.stdout,
      /30 entries, 30 distinct papers, 30 new, 30 entries done before it was broken off\n/,
    );
    assert.match((await run('status')).stdout, /some\.jsonl: 30 entries, 30 new, 0 problems\n/);
  });
});
