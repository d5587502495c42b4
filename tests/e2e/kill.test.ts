import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runKillCampaign } from '../../scripts/campaign/kill-campaign.js';
import { planRounds, type Round } from '../../scripts/campaign/kill-plan.js';
import { killPoints, type PointName, type Work } from '../../scripts/campaign/kill-points.js';

/** One of each kind of work; 400 kills at every point: npm run campaign:kill. */
const chosen: readonly [Work, PointName][] = [
  ['backfill', 'vectors.commit.sent'],
  ['snapshot', 'snapshot.manifest.rename.before'],
  ['switch', 'switch.update.before'],
];

it('loses nothing acknowledged and embeds nothing twice when it is killed at its weakest moments', async () => {
  const plan = chosen.map(
    ([work, point], number): Round => ({
      number,
      work,
      point,
      at: 1,
      delayMs: 0,
      withDatabase: work === 'snapshot',
      seed: number,
    }),
  );
  const { problems, missed, kills, acknowledged } = await runKillCampaign({
    plan,
    firstPapers: 300,
    log: () => undefined,
  });
  assert.deepEqual({ problems, missed, kills }, { problems: [], missed: [], kills: 3 });
  assert.ok(acknowledged > 300);
});

it('plans the same kills for the same seed, and meets every point in every kind of work', () => {
  const plan = planRounds({ rounds: 400, seed: 3 });
  assert.deepEqual(planRounds({ rounds: 400, seed: 3 }), plan);
  assert.notDeepEqual(planRounds({ rounds: 400, seed: 4 }), plan);
  for (const { name, works } of killPoints) {
    for (const work of works)
      assert.ok(
        plan.some((round) => round.point === name && round.work === work),
        `${name} in ${work}`,
      );
  }
});
