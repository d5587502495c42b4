import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readPapers } from '../../src/ingest/read.js';
import { collectGarbage } from '../../src/platform/collect-garbage.js';
import { isAppError } from '../../src/platform/errors.js';
import { collect, jsonl } from './read-fixture.js';

describe('the stream', () => {
  test('entries come out before the input has ended', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    async function* slow(): AsyncGenerator<Uint8Array> {
      // More than what is looked at to tell the format.
      yield Buffer.from(jsonl.repeat(1_000));
      await held;
      yield Buffer.from('{"title":"Last"}\n');
    }
    const entries = readPapers(slow(), { name: 'slow', asOf: '2025-06-15' });
    const first = await entries.next();
    assert.equal(first.value?.kind, 'paper');
    release();
    let count = 1;
    for await (const _ of entries) count += 1;
    assert.equal(count, 3_001);
  });

  test('cancelled at once, even while the input keeps everybody waiting', async () => {
    const controller = new AbortController();
    async function* stuck(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(jsonl);
      await new Promise(() => {});
    }
    const reading = collect(stuck(), { signal: controller.signal });
    controller.abort();
    await assert.rejects(reading, (error: unknown) => isAppError(error, 'cancelled'));
    await assert.rejects(collect(jsonl, { signal: AbortSignal.abort() }), (error: unknown) =>
      isAppError(error, 'cancelled'),
    );
  });

  test('lets go of what it has read, whatever may cancel it', async () => {
    const chunks: WeakRef<Uint8Array>[] = [];
    async function* many(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < 40; at++) {
        const chunk = Buffer.from(jsonl.repeat(1_000));
        chunks.push(new WeakRef(chunk));
        yield chunk;
      }
    }
    const entries = readPapers(many(), {
      name: 'many',
      asOf: '2025-06-15',
      signal: new AbortController().signal,
    });
    for (let count = 0; count < 100_000; count++) await entries.next();
    // What a WeakRef was made of or has shown stays until this turn of the event loop is over.
    await new Promise(setImmediate);
    collectGarbage();
    const held = chunks.filter((chunk) => chunk.deref() !== undefined).length;
    assert.ok(chunks.length > 30 && held < 10, `${held} of ${chunks.length} chunks are held`);
    await entries.return(undefined);
  });

  test('who stops reading early closes the input', async () => {
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.from(jsonl.repeat(2_000));
      } finally {
        closed = true;
      }
    }
    for await (const _ of readPapers(source(), { name: 'endless', asOf: '2025-06-15' })) break;
    assert.ok(closed);
  });

  test('an error of the input goes through', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(jsonl);
      throw new Error('the disk is gone');
    }
    await assert.rejects(collect(failing()), /the disk is gone/);
  });
});
