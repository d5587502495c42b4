import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runKillCampaign } from '../../scripts/campaign/kill.js';

it('loses nothing acknowledged and embeds nothing twice when it is killed (twenty times: npm run campaign:kill)', async () => {
  const { problems, acknowledged } = await runKillCampaign({
    rounds: 3,
    seed: 7,
    maxDelayMs: 2_500,
    log: () => undefined,
  });
  assert.deepEqual(problems, []);
  assert.ok(acknowledged > 0);
});
