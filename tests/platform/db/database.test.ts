import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { databaseKinds, withDatabase } from '../../support/postgres.js';

for (const kind of databaseKinds) {
  describe(`the database (${kind})`, () => {
    const test = withDatabase(kind);
    it('answers', async () => {
      assert.equal(await test.db.prisma.paper.count(), 0);
    });
  });
}
