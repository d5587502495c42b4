/** The load generator of the search bench, in a process of its own. It looks into no answer: it has to be light. */
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { chanceOf } from '../campaign/random.js';
import { type FromLoad, type LoadPlan, type LoadResult, quantile, tenth } from './search-protocol.js';

/** A request that takes longer has failed, and counts as so long. */
const REQUEST_LIMIT_MS = 30_000;
const TIMEOUT = `no answer within ${REQUEST_LIMIT_MS / 1_000} s`;
/** An answer without papers begins with this. */
const EMPTY = '{"items":[]';

interface Answer {
  empty: boolean;
  timing: string | undefined;
}

function ask(agent: Agent, url: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, timeout: REQUEST_LIMIT_MS }, (response) => {
      let head = '';
      response.on('data', (chunk: Buffer) => {
        if (head === '') head = chunk.toString('latin1', 0, EMPTY.length);
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode !== 200) reject(new Error(`HTTP ${response.statusCode}`));
        else resolve({ empty: head === EMPTY, timing: response.headers['server-timing']?.toString() });
      });
    });
    request.on('timeout', () => request.destroy(new Error(TIMEOUT)));
    request.on('error', reject);
  });
}

async function run(plan: LoadPlan): Promise<LoadResult> {
  const { load } = plan;
  const agent = new Agent({
    keepAlive: true,
    maxSockets: load.kind === 'closed' ? load.connections : Number.POSITIVE_INFINITY,
  });
  const times: number[] = [];
  const failed: Record<string, number> = {};
  const stages = new Map<string, number>();
  let [answered, empty, staged, next] = [0, 0, 0, 0];

  async function one(due: number): Promise<void> {
    const path = plan.paths[plan.cycle ? next % plan.paths.length : next];
    next += 1;
    if (path === undefined)
      throw new Error(`all ${plan.paths.length} queries are used up: measure less long`);
    try {
      const answer = await ask(agent, plan.url + path);
      times.push(performance.now() - due);
      answered += 1;
      if (answer.empty) empty += 1;
      if (answer.timing === undefined) return;
      staged += 1;
      for (const [, name, ms] of answer.timing.matchAll(/([\w-]+)[^,]*?;dur=([\d.]+)/g))
        stages.set(name!, (stages.get(name!) ?? 0) + Number(ms));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason === TIMEOUT) times.push(REQUEST_LIMIT_MS);
      failed[reason] = (failed[reason] ?? 0) + 1;
      // A refusal is quick: asking again at once would measure refusals.
      await sleep(10);
    }
  }

  const cpu = process.cpuUsage();
  const started = performance.now();
  const end = started + plan.seconds * 1_000;
  if (load.kind === 'closed') {
    const client = async (): Promise<void> => {
      while (performance.now() < end) await one(performance.now());
    };
    await Promise.all(Array.from({ length: load.connections }, client));
  } else {
    await Promise.all(await arrivals({ perSecond: load.perSecond, end, seed: plan.seed }, one));
  }
  const seconds = Math.max(plan.seconds, (performance.now() - started) / 1_000);
  const { user, system } = process.cpuUsage(cpu);
  agent.destroy();
  times.sort((a, b) => a - b);
  return {
    answered,
    perSecond: tenth(answered / seconds),
    p50: tenth(quantile(times, 0.5)),
    p99: tenth(quantile(times, 0.99)),
    failed,
    empty,
    loadCores: Number(((user + system) / 1e6 / seconds).toFixed(2)),
    stages: Object.fromEntries([...stages].map(([name, ms]) => [name, Number((ms / staged).toFixed(3))])),
  };
}

interface Arrivals {
  perSecond: number;
  end: number;
  seed: number;
}

/** A Poisson process. */
async function arrivals(
  { perSecond, end, seed }: Arrivals,
  one: (due: number) => Promise<void>,
): Promise<Promise<void>[]> {
  const chance = chanceOf(seed);
  const pause = (): number => (-Math.log(1 - chance.next()) / perSecond) * 1_000;
  const all: Promise<void>[] = [];
  for (let due = performance.now() + pause(); due < end; due += pause()) {
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    all.push(one(due));
  }
  return all;
}

process.on('message', async (plan: LoadPlan) => {
  try {
    process.send?.({ result: await run(plan) } satisfies FromLoad);
  } catch (error) {
    process.send?.({ error: error instanceof Error ? error.message : String(error) } satisfies FromLoad);
  }
});
