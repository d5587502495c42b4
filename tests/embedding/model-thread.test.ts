import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { readManifest } from '../../src/embedding/model/manifest.js';
import type { Answer } from '../../src/embedding/pool/protocol.js';
import { type ModelWorker, startModelThread } from '../../src/embedding/pool/thread.js';
import { defaultModelDir, tinyModelDir } from '../support/models.js';

const modelDir = tinyModelDir();
let worker: ModelWorker;
/** Resolves with all answers once there are as many. */
let collect: (count: number, onEach?: (answer: Answer) => void) => Promise<Answer[]>;

before(async () => {
  worker = startModelThread({ modelDir, manifest: await readManifest(modelDir) });
  collect = (count, onEach = () => {}) =>
    new Promise((resolve) => {
      const answers: Answer[] = [];
      worker.onAnswer((answer) => {
        answers.push(answer);
        onEach(answer);
        if (answers.length === count) resolve(answers);
      });
    });
  await worker.ready;
});
after(async () => {
  worker.stop();
  await worker.gone;
});

const long = 'graph networks '.repeat(3_000);

it('runs texts in order, but what is urgent before all that waits, also what has become urgent', async () => {
  const all = collect(7);
  // The first is long enough that the others are there before it is done.
  for (const id of [1, 2, 3, 4, 5])
    worker.embed({ id, text: id === 1 ? long : `number ${id}`, urgent: false });
  worker.embed({ id: 6, text: 'a query', urgent: true });
  worker.embed({ id: 7, text: 'another query', urgent: true });
  worker.hurry(4);
  worker.hurry(1);
  const order = (await all).map(({ id }) => id);
  assert.deepEqual(
    order.filter((id) => id !== 1),
    [6, 7, 4, 2, 3, 5],
  );
});

it('has a query that comes during a run of the network wait for that run and no other', async () => {
  // The tiny model's runs are too short to come into.
  const real = startModelThread({ modelDir: defaultModelDir, manifest: await readManifest(defaultModelDir) });
  await real.ready;
  const waitedFor = await new Promise<number[]>((resolve) => {
    const counts: number[] = [];
    let id = 0;
    let query: { id: number; documents: number } | null = null;
    const document = () => {
      id += 1;
      real.embed({ id, text: `${id} ${'graph networks '.repeat(120)}`, urgent: false });
    };
    real.onAnswer((answer) => {
      if (answer.id === query?.id) {
        counts.push(query.documents);
        query = null;
        if (counts.length === 15) resolve(counts);
        return;
      }
      if (counts.length === 15) return;
      document();
      if (query !== null) query.documents += 1;
      else {
        // A third of a run later: the next one is under way.
        setTimeout(() => {
          id += 1;
          query ??= { id, documents: 0 };
          if (query.id === id) real.embed({ id, text: 'a query', urgent: true });
        }, answer.runMs / 3);
      }
    });
    document();
    document();
  });
  real.stop();
  await real.gone;
  // The median, because on a busy machine a message may be late now and then.
  const median = waitedFor.sort((a, b) => a - b)[7]!;
  assert.ok(median <= 1, `documents before the query: ${waitedFor}`);
});

it('answers with the vector and how long its run took', async () => {
  const all = collect(1);
  worker.embed({ id: 1, text: 'graph', urgent: false });
  const [answer] = await all;
  assert.ok(answer!.result.ok && answer!.result.vector.length === 64);
  assert.ok(answer!.runMs > 0);
});
