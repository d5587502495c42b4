import assert from 'node:assert/strict';
import { it } from 'node:test';
import { damages } from '../../scripts/campaign/snapshot-damage.js';
import { runSnapshotCampaign } from '../../scripts/campaign/snapshots.js';

/** Two of each damage; a thousand: npm run campaign:snapshots. */
it('loads no damaged snapshot but the whole one before it, and outlives them all', async () => {
  const { problems, snapshots, fellBack, none, throughWorker } = await runSnapshotCampaign({
    snapshots: 2 * damages.length,
    seed: 11,
    log: () => undefined,
  });
  assert.deepEqual(problems, []);
  assert.equal(snapshots, 2 * damages.length);
  assert.ok(fellBack > damages.length && none > 0 && throughWorker > 0);
});
