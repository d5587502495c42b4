/**
 * `npm run campaign:kill`: SIGKILLs the real service at every point of kill-points.ts and at random moments,
 * while it takes papers in and embeds them, saves, compacts, switches its model, and starts. Every start after
 * it must get ready by itself, with all acknowledged papers, nothing embedded twice, and no wrong vector.
 */
import { parseArgs } from 'node:util';
import { recordResult } from '../bench/results.js';
import { runKillCampaign } from './kill-campaign.js';
import { planRounds, RANDOM_POINT } from './kill-plan.js';
import { killPoints, works } from './kill-points.js';

/** Six decks of the plan. */
const ROUNDS = 400;

const help = `npm run campaign:kill -- [--rounds ${ROUNDS}] [--seed 1] [--only POINT|WORK|ROUND] [--json]

Kills the service again and again and checks what is left. Exit code 1 when anything was lost, or a point was
never passed. --only runs the rounds of the same plan that have this point, kind of work, or number.

Kinds of work: ${works.join(', ')}
Points: ${RANDOM_POINT}, and
${killPoints.map(({ name, about }) => `  ${name.padEnd(32)}${about}`).join('\n')}
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: String(ROUNDS) },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const { only } = values;
  const [rounds, seed] = [Number(values.rounds), Number(values.seed)];
  const plan = planRounds({ rounds, seed }).filter(
    ({ point, work, number }) => only === undefined || [point, work, String(number)].includes(only),
  );
  if (plan.length === 0) throw new Error(`no round has ${only}; --help lists points and kinds of work`);
  const result = await runKillCampaign({ plan, log: (line) => process.stderr.write(`${line}\n`) });
  const never = [...new Set(plan.map(({ point }) => point))].filter((point) => !(point in result.byPoint));
  const { problems, missed, ...counts } = result;
  const told = { seed, ...(only === undefined ? {} : { only }), ...counts };
  await recordResult('campaign:kill', {
    ...told,
    missed: missed.length,
    neverPassed: never,
    problems: problems.length,
  });
  if (values.json) process.stdout.write(`${JSON.stringify({ ...told, missed, never, problems }, null, 2)}\n`);
  else {
    const lines = [
      `${result.kills} kills (${missed.length} of them not at their point), ${result.withDatabase} with the database, ${result.acknowledged} papers acknowledged, ${problems.length} problems, ${result.seconds} s`,
      ...never.map((point) => `never passed: ${point}`),
      ...problems,
    ];
    process.stdout.write(`${lines.join('\n')}\n`);
  }
  if (problems.length > 0) process.stdout.write(`Replay with --seed ${seed} --only POINT (or the round).\n`);
  if (problems.length > 0 || never.length > 0) process.exitCode = 1;
}

await main();
