/**
 * `npm run campaign:snapshots`: damages snapshots of the vector index in every way of snapshot-damage.ts and has
 * a child process load them. None of the damaged may be loaded, the good one before it must be, and nothing dies.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { createHnswIndex } from '../../src/vectors/graph/hnsw.js';
import { writeSnapshot } from '../../src/vectors/graph/snapshot.js';
import { randomVector } from '../../tests/vectors/vectors-fixture.js';
import { recordResult } from '../bench/results.js';
import { chanceOf, seedOf } from './random.js';
import { digestOf, type LoadOrder, type LoadReport } from './snapshot-child.js';
import { type Damage, damages } from './snapshot-damage.js';

const SNAPSHOTS = 1_000;

/** Every so many goes through the thread of the index, which starts in some 100 ms. */
const WORKER_EVERY = 20;

/** A load takes milliseconds; a child that needs longer hangs. */
const LOAD_LIMIT_MS = 30_000;

const MODEL = 'campaign@1';
const DIMENSION = 24;
const OTHER_DIMENSION = 32;

/** Nodes of the two generations: enough for several levels, few enough to copy a thousand times. */
const NODES = [300, 400] as const;
/** Every so many is a tombstone. */
const DEAD_EVERY = 7;

const NAMES = ['vectors-000001', 'vectors-000002'] as const;
const childFile = fileURLToPath(new URL('./snapshot-child.js', import.meta.url));

interface Whole {
  watermark: string;
  live: number;
  digest: string;
}

interface Scenery {
  dir: string;
  otherModel: string;
  otherDimension: string;
  /** What the older and the newer generation hold. */
  whole: readonly [Whole, Whole];
  known: LoadOrder['known'];
}

/** Two whole generations, and the same of another model and of another dimension. */
async function makeScenery(root: string): Promise<Scenery> {
  const clock = { now: () => new Date('2024-06-11T12:00:00Z') };
  const write = async (name: string, model: string, dimension: number) => {
    const dir = join(root, name);
    const random = chanceOf(dimension).next;
    const graph = createHnswIndex(dimension);
    const whole: Whole[] = [];
    const first = randomVector(dimension, random);
    for (const [generation, upTo] of NODES.entries()) {
      for (let label = generation === 0 ? 0 : NODES[0]; label < upTo; label++) {
        graph.add(label, label === 0 ? first : randomVector(dimension, random));
        if (label % DEAD_EVERY === 1) graph.retire(label);
      }
      const watermark = BigInt(1_000 + upTo);
      await writeSnapshot({ dir, model, dimension }, { graph, watermark, clock });
      whole.push({ watermark: String(watermark), live: graph.live, digest: digestOf(graph) });
    }
    graph.dispose();
    return { dir, whole: [whole[0]!, whole[1]!] as const, first };
  };
  const own = await write('own', MODEL, DIMENSION);
  const otherModel = await write('other-model', 'other@1', DIMENSION);
  const otherDimension = await write('other-dimension', MODEL, OTHER_DIMENSION);
  return {
    dir: own.dir,
    otherModel: otherModel.dir,
    otherDimension: otherDimension.dir,
    whole: own.whole,
    known: { label: 0, vector: [...own.first] },
  };
}

/** Children that load; one that dies or hangs is replaced. */
function createLoader() {
  let child: ChildProcess | null = null;
  return {
    /** The report, or how the child ended. */
    async load(order: LoadOrder): Promise<LoadReport | { died: string }> {
      child ??= fork(childFile, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
      const current = child;
      let said = '';
      const hear = (chunk: Buffer): void => {
        said += chunk.toString();
      };
      current.stderr?.on('data', hear);
      try {
        return await new Promise((resolve) => {
          const die = (how: string): void => {
            child = null;
            resolve({ died: `${how}: ${said.slice(-500)}` });
          };
          const timer = setTimeout(() => {
            current.kill('SIGKILL');
            die(`no answer within ${LOAD_LIMIT_MS} ms`);
          }, LOAD_LIMIT_MS);
          current.once('message', (report: LoadReport) => {
            clearTimeout(timer);
            current.removeAllListeners('exit');
            resolve(report);
          });
          current.once('exit', (code, signal) => {
            clearTimeout(timer);
            die(`ended with ${signal ?? code}`);
          });
          current.send(order);
        });
      } finally {
        current.stderr?.off('data', hear);
      }
    },
    close(): void {
      child?.removeAllListeners('exit');
      child?.disconnect();
    },
  };
}

/** Which generations are damaged in a case: mostly the newest, sometimes the one before it, sometimes both. */
type Aim = 'newest' | 'previous' | 'both';
const AIMS: readonly Aim[] = [...Array<Aim>(8).fill('newest'), 'previous', 'both'];

interface Case {
  number: number;
  damage: Damage;
  aim: Aim;
}

/** Damages a copy; says which generation a load has to give, null for none. */
function damageCopy({ number, damage, aim }: Case, { scenery, dir, seed }: CaseContext): Whole | null {
  const chance = chanceOf(seedOf(seed, number));
  const { otherModel, otherDimension, whole } = scenery;
  const intact = [true, true];
  const others = { dir, otherModel, otherDimension, dimension: DIMENSION, chance };
  const newest = aim === 'newest' || (aim === 'both' && damage.takesNeighbour);
  for (const at of newest ? [1] : aim === 'both' ? [0, 1] : [0]) {
    const effect = damage.apply({ ...others, name: NAMES[at]!, neighbour: NAMES[1 - at]! });
    if (effect !== 'harmless') intact[at] = false;
    if (effect === 'both damaged') intact[1 - at] = false;
  }
  return intact[1] ? whole[1] : intact[0] ? whole[0] : null;
}

interface CaseContext {
  scenery: Scenery;
  dir: string;
  seed: number;
}

function compare(report: LoadReport | { died: string }, expected: Whole | null): string | null {
  if ('died' in report) return `the process died: ${report.died}`;
  const { watermark, live, digest, found, problems } = report;
  const told = problems.length === 0 ? '' : ` (${problems.join('; ')})`;
  if (expected === null) return watermark === null ? null : `loaded what is damaged, up to ${watermark}`;
  if (watermark === null) return `nothing was loaded${told}`;
  if (watermark !== expected.watermark)
    return `loaded up to ${watermark}, expected ${expected.watermark}${told}`;
  if (live !== expected.live) return `${live} vectors, expected ${expected.live}`;
  if (digest !== null && digest !== expected.digest) return 'labels or vectors are not those that were saved';
  return found ? null : 'a vector does not find itself';
}

export interface SnapshotCampaignOptions {
  snapshots: number;
  seed: number;
  /** A case's number, or a damage's name. */
  only?: string | undefined;
  /** Of those, every so many goes through the thread. */
  workerEvery?: number;
  log: (line: string) => void;
}

export interface SnapshotCampaignResult {
  snapshots: number;
  throughWorker: number;
  kinds: number;
  /** Cases in which the good one before it, the damaged generation's neighbour, or nothing was to be loaded. */
  fellBack: number;
  stayed: number;
  none: number;
  seconds: number;
  problems: string[];
}

export async function runSnapshotCampaign(options: SnapshotCampaignOptions): Promise<SnapshotCampaignResult> {
  const { snapshots, seed, only, workerEvery = WORKER_EVERY, log } = options;
  const started = performance.now();
  const root = await mkdtemp(join(tmpdir(), 'quire-snapshots-'));
  const loader = createLoader();
  const counts = { throughWorker: 0, fellBack: 0, stayed: 0, none: 0 };
  const problems: string[] = [];
  const chance = chanceOf(seed);
  const cases = Array.from({ length: snapshots }, (_, number): Case => {
    const aim = chance.pick(AIMS);
    return { number, damage: damages[number % damages.length]!, aim };
  }).filter(({ number, damage }) => only === undefined || only === String(number) || only === damage.name);
  try {
    const scenery = await makeScenery(root);
    for (const [at, one] of cases.entries()) {
      const dir = join(root, `case-${one.number}`);
      await cp(scenery.dir, dir, { recursive: true });
      const expected = damageCopy(one, { scenery, dir, seed });
      const throughWorker = one.number % workerEvery === workerEvery - 1;
      const target = { dir, model: MODEL, dimension: DIMENSION };
      const report = await loader.load({ target, throughWorker, known: scenery.known });
      const problem = compare(report, expected) ?? (await missingFiles(dir, expected, scenery));
      if (problem !== null)
        problems.push(`snapshot ${one.number}, ${one.damage.name} (${one.aim}): ${problem}`);
      if (throughWorker) counts.throughWorker += 1;
      counts[expected === null ? 'none' : expected === scenery.whole[1] ? 'stayed' : 'fellBack'] += 1;
      await rm(dir, { recursive: true, force: true });
      if ((at + 1) % 100 === 0 || at + 1 === cases.length)
        log(`${at + 1}/${cases.length} snapshots, ${problems.length} problems`);
    }
  } finally {
    loader.close();
    await rm(root, { recursive: true, force: true });
  }
  const seconds = Math.round((performance.now() - started) / 1_000);
  return { snapshots: cases.length, kinds: damages.length, ...counts, seconds, problems };
}

/** A load that removes what is damaged must leave what is whole. */
async function missingFiles(dir: string, expected: Whole | null, { whole }: Scenery): Promise<string | null> {
  if (expected === null) return null;
  const name = NAMES[expected === whole[1] ? 1 : 0];
  const names = await readdir(dir);
  return names.includes(`${name}.json`) && names.includes(`${name}.hnsw`) ? null : `${name} was removed`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      snapshots: { type: 'string', default: String(SNAPSHOTS) },
      seed: { type: 'string', default: '1' },
      only: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(
      `npm run campaign:snapshots -- [--snapshots ${SNAPSHOTS}] [--seed 1] [--only NUMBER|DAMAGE] [--json]\n\nDamages snapshots of the index and loads them. Exit code 1 when one was loaded, or something died.\n\nDamages:\n${damages.map(({ name }) => `  ${name}\n`).join('')}`,
    );
    return;
  }
  const { only } = values;
  const [snapshots, seed] = [Number(values.snapshots), Number(values.seed)];
  const log = (line: string) => void process.stderr.write(`${line}\n`);
  const result = await runSnapshotCampaign({ snapshots, seed, only, log });
  const { problems } = result;
  await recordResult('campaign:snapshots', { seed, ...result, problems: problems.length });
  if (values.json) process.stdout.write(`${JSON.stringify({ seed, ...result }, null, 2)}\n`);
  else
    process.stdout.write(
      `${result.snapshots} snapshots damaged in ${result.kinds} ways, ${problems.length} problems, ${result.seconds} s\n${problems.map((line) => `  ${line}\n`).join('')}`,
    );
  if (problems.length > 0) {
    process.stdout.write(`Replay with --seed ${seed} --only NUMBER.\n`);
    process.exitCode = 1;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
