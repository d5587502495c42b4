import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { changeManifest, tinyModelDir } from '../support/models.js';
import { inventedPaper, jsonLines } from '../support/papers.js';
import { commandEnv, quire, type RunningService, startQuire } from '../support/process.js';
import { makeReadyData } from '../support/ready-data.js';

const PAPERS = 60;
const LIMIT_MS = 30_000;

interface Doctor {
  healthy: boolean;
  checks: { name: string; verdict: 'ok' | 'warning' | 'failed'; says: string }[];
}

interface Ready {
  ready: boolean;
  epoch: number;
  model: { id: string };
  index: { kind: string };
  failed: number;
}

/** The commands that look after the engine, beside a service and without one. */
describe('quire doctor, model, reindex', () => {
  let folder: string;
  let env: NodeJS.ProcessEnv;
  let other: string;
  let service: RunningService | null = null;

  const run = async (...args: string[]) => {
    const { code, stdout, stderr } = await quire([...args, '--json'], env);
    return { code, stderr, answer: stdout === '' ? null : JSON.parse(stdout) };
  };
  const doctor = async () => {
    const { code, answer } = await run('doctor');
    const { healthy, checks } = answer as Doctor;
    return { code, healthy, of: (name: string) => checks.find((check) => check.name === name)! };
  };
  const readyz = async () => (await (await fetch(`${service!.url}/readyz`)).json()) as Ready;
  const until = async (what: string, holds: (state: Ready) => boolean): Promise<Ready> => {
    for (const deadline = performance.now() + LIMIT_MS; performance.now() < deadline; await sleep(50)) {
      const state = await readyz();
      if (holds(state)) return state;
    }
    throw new Error(`${what}: not within ${LIMIT_MS} ms`);
  };
  const ids = async (query: string) => {
    const answer = await fetch(`${service!.url}/api/v1/search?q=${encodeURIComponent(query)}&limit=5`);
    const { items, model, epoch } = (await answer.json()) as {
      items: { paper: { id: string } }[];
      model: string;
      epoch: number;
    };
    return { ids: items.map(({ paper }) => paper.id), model, epoch };
  };
  /** The newest graph, of the one index that is there. */
  const graphFile = async () => {
    const dir = join(folder, 'data/index', (await readdir(join(folder, 'data/index')))[0]!);
    const names = (await readdir(dir)).filter((name) => name.endsWith('.hnsw')).sort();
    return join(dir, names.at(-1)!);
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'quire-commands-'));
    const models = join(folder, 'models');
    await cp(tinyModelDir(), join(models, 'one'), { recursive: true });
    other = join(folder, 'models', 'two');
    await cp(tinyModelDir(), other, { recursive: true });
    // Another template makes other vectors, and so another model.
    await changeManifest(other, () => ({ name: 'two', documentTemplate: '{title}: {abstract}' }));
    env = commandEnv(join(folder, 'data'), {
      MODELS_DIR: models,
      MODEL: 'one',
      SAMPLE: 'off',
      INDEX_EXACT_LIMIT: '20',
      EMBED_WORKERS: '1',
    });
    const listing = join(folder, 'listing.jsonl');
    await writeFile(listing, jsonLines(Array.from({ length: PAPERS }, (_, n) => inventedPaper(n))));
    await makeReadyData(join(folder, 'data'));
    service = await startQuire([listing], env);
    await until('the graph', ({ ready, index }) => ready && index.kind === 'hnsw');
  });
  after(async () => {
    await service?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('finds nothing wrong beside a service that works', async () => {
    const { code, healthy, of } = await doctor();
    assert.deepEqual([code, healthy], [0, true]);
    assert.match(of('service').says, /http:/);
    assert.match(of('model').says, /match their sums/);
    assert.match(of('vectors').says, /60 papers; vectors: .* 60/);
    assert.match(of('search').says, /10 papers picked at random find themselves/);
    for (const name of ['index', 'addon', 'disk', 'clock']) assert.equal(of(name).verdict, 'ok', name);
  });

  it('builds the index anew, and answers the same in the next epoch', async () => {
    const before = await ids(inventedPaper(7).title);
    const { code, answer } = await run('reindex');
    assert.equal(code, 0);
    assert.equal(answer.epoch, before.epoch + 1);
    await until('the new index', ({ epoch, ready }) => ready && epoch === before.epoch + 1);
    assert.deepEqual(await ids(inventedPaper(7).title), { ...before, epoch: before.epoch + 1 });
  });

  it('switches to another model and back', async () => {
    const first = await readyz();
    const used = await run('model', 'use', other, '--wait');
    assert.equal(used.code, 0, used.stderr);
    const second = await until('the switch', ({ ready, model }) => ready && model.id !== first.model.id);
    assert.equal(second.epoch, first.epoch + 1);
    const answered = await ids('attention');
    assert.deepEqual([answered.model, answered.epoch], [second.model.id, second.epoch]);

    const { answer: list } = await run('model', 'list');
    const roles = list.models.map(({ id, role, vectors }: Record<string, unknown>) => [id, role, vectors]);
    assert.deepEqual(
      roles.sort(),
      [
        [first.model.id, 'answered before', PAPERS],
        [second.model.id, 'answers', PAPERS],
      ].sort(),
    );
    const inUse = await run('model', 'drop', second.model.id);
    assert.equal(inUse.code, 1);
    assert.match(inUse.stderr, /answers: switch to another model first/);

    assert.equal((await run('model', 'back', '--wait')).code, 0);
    await until('the way back', ({ ready, model }) => ready && model.id === first.model.id);
    const dropped = await run('model', 'drop', 'two');
    assert.deepEqual([dropped.code, dropped.answer.id, dropped.answer.deleted], [0, second.model.id, PAPERS]);
    assert.equal((await run('model', 'drop', 'nothing@1')).code, 1);
    assert.equal((await run('model', 'use', join(folder, 'nowhere'))).code, 1);
  });

  it('lists by day, and what is trending', async () => {
    const { code, answer } = await run('listing', '--limit', '3');
    assert.deepEqual([code, answer.count, answer.items.length], [0, PAPERS, 3]);
    assert.equal(answer.intake.added, PAPERS);
    const week = await run('listing', '--period', 'week');
    assert.ok(week.answer.from <= answer.date && answer.date <= week.answer.to);
    const wrong = await run('listing', '2026-02-30');
    assert.equal(wrong.code, 1);
    assert.match(wrong.stderr, /date: expected a day such as/);
    assert.equal((await run('listing', '--period', 'year')).code, 2);
    const trending = await run('trending');
    assert.deepEqual([trending.code, trending.answer.items], [0, []]);
  });

  it('tries again what the model could not take', async () => {
    assert.deepEqual((await run('reindex', '--failed')).answer, { retried: 0 });
  });

  it('names a damaged snapshot and a damaged model, each with its file, and changes neither', async () => {
    assert.equal(await service!.stop(), 0);
    service = null;
    const graph = await graphFile();
    const whole = await readFile(graph);
    const damaged = Buffer.from(whole);
    damaged[whole.length >> 1]! ^= 1;
    await writeFile(graph, damaged);
    const { code, healthy, of } = await doctor();
    assert.deepEqual([code, healthy, of('index').verdict], [1, false, 'failed']);
    assert.match(of('index').says, /vectors-\d+.*quire reindex/);
    assert.equal(of('search').verdict, 'ok');
    assert.deepEqual(await readFile(graph), damaged);
    await writeFile(graph, whole);

    const weights = join(folder, 'models/one/onnx/model_quantized.onnx');
    const soundWeights = await readFile(weights);
    const bytes = Buffer.from(soundWeights);
    bytes[bytes.length >> 1]! ^= 1;
    await writeFile(weights, bytes);
    const sick = await doctor();
    assert.deepEqual([sick.code, sick.of('model').verdict, sick.of('index').verdict], [1, 'failed', 'ok']);
    assert.match(sick.of('model').says, /model_quantized\.onnx/);

    // Without a service a switch waits, and is called off by asking for the model that answers.
    await writeFile(weights, soundWeights);
    const asked = await run('model', 'use', other);
    assert.deepEqual([asked.code, asked.answer.waiting], [0, PAPERS]);
    assert.match((await doctor()).of('vectors').says, /two@.* is being made ready/);
    const target: string = asked.answer.targetModel;
    assert.match((await run('model', 'drop', target)).stderr, /being made ready: `quire model use tiny-64d@/);
    const calledOff = await run('model', 'use', 'one');
    assert.deepEqual([calledOff.code, calledOff.answer.calledOff], [0, target]);
  });
});
