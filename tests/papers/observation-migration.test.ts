import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { heatOf, type Observation } from '../../src/papers/heat.js';
import { migrate } from '../../src/platform/db/migrate.js';
import { silentLogger } from '../../src/platform/log.js';
import { createTestDatabase } from '../support/postgres.js';
import { migrationsDir } from '../support/postgres-server.js';

const migration = '20261121213844_observations';

const papers = [
  { id: 't:1', date: '2024-01-30', upvotes: 50, comments: 4, asOf: '2024-02-03' },
  { id: 't:2', date: '2024', upvotes: 7, comments: null, asOf: null },
  { id: 't:3', date: null, upvotes: 0, comments: 9, asOf: '2023-12-31' },
  { id: 't:4', date: '2030-01-01', upvotes: 3, comments: 1, asOf: '2999-01-01' },
  { id: 't:5', date: '2017-06-12', upvotes: 90_000, comments: 800, asOf: '2024-02-03' },
  { id: 't:6', date: null, upvotes: null, comments: null, asOf: null },
];

describe('the migration to observations', () => {
  it('keeps the counts that there are, each on its day, with the heat of the formula', async (t) => {
    const before = mkdtempSync(join(tmpdir(), 'quire-migrations-'));
    t.after(() => rmSync(before, { recursive: true, force: true }));
    for (const name of readdirSync(migrationsDir))
      if (name < migration || !/^\d/.test(name))
        cpSync(join(migrationsDir, name), join(before, name), { recursive: true });
    const database = await createTestDatabase('embedded', { migrated: false });
    t.after(() => database.drop());
    const { pool } = database.db;
    await migrate(database.connection, { migrationsDir: before, log: silentLogger });
    for (const { id, date, upvotes, comments, asOf } of papers) {
      const origin = { source: 'listing', ...(asOf === null ? {} : { asOf }) };
      await pool.query(
        `INSERT INTO papers (public_id, title_key, title, abstract, date, upvotes, comments, origins, text_hash, created_at)
         VALUES ($1, $1, $1, '', $2, $3, $4, $5, sha256('x'), '2024-03-01T23:30:00Z')`,
        [id, date, upvotes, comments, { upvotes: origin, comments: origin }],
      );
    }
    await migrate(database.connection, { migrationsDir, log: silentLogger });
    const { rows: seen } = await pool.query<Observation & { id: string }>(
      `SELECT public_id AS id, kind, to_char(day, 'YYYY-MM-DD') AS day, value
       FROM paper_observations o JOIN papers p ON p.id = o.paper_id ORDER BY public_id, kind COLLATE "C"`,
    );
    const today = (await pool.query(`SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day`)).rows[0]
      .day;
    const dayOf = (asOf: string | null): string => (asOf === '2999-01-01' ? today : (asOf ?? '2024-03-01'));
    assert.deepEqual(
      seen,
      papers.flatMap(({ id, upvotes, comments, asOf }) => [
        ...(comments === null ? [] : [{ id, kind: 'comments', day: dayOf(asOf), value: comments }]),
        ...(upvotes === null ? [] : [{ id, kind: 'upvotes', day: dayOf(asOf), value: upvotes }]),
      ]),
    );
    const { rows: heats } = await pool.query<{ id: string; date: string | null; heat: number | null }>(
      'SELECT public_id AS id, date, heat FROM papers ORDER BY public_id',
    );
    for (const { id, date, heat } of heats) {
      const own = seen.filter((one) => one.id === id);
      const wanted = heatOf(own, { date, cameIn: '2024-03-01' });
      assert.equal(heat === null, wanted === null, id);
      if (wanted !== null) assert.ok(Math.abs(heat! - wanted) < 1e-9, `${id}: ${heat}, not ${wanted}`);
    }
    assert.equal(heats.filter(({ heat }) => heat !== null).length, 5);
  });
});
