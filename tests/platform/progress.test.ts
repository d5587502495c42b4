import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createProgress, duration, progressLine } from '../../src/platform/progress.js';

function screen(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) };
}

describe('progress', () => {
  it('tells rate and time left on a terminal, in one line that is rewritten', () => {
    let now = 0;
    const out = screen(true);
    const progress = createProgress('Embedding', out, () => now);
    for (let done = 0; done <= 500; done += 50) {
      progress.update({ done, total: 2_000 });
      now += 1_000;
    }
    assert.equal(out.written.at(-1), '\r\u001b[2KEmbedding: 500 of 2,000, 50/s, 30 s left');
    assert.ok(out.written.every((text) => !text.includes('\n')));
    progress.end();
    assert.equal(out.written.at(-1), '\r\u001b[2K');
  });

  it('writes a plain line now and then elsewhere', () => {
    let now = 0;
    const out = screen(false);
    const progress = createProgress('Taking in', out, () => now);
    for (let done = 0; done < 120; done++) {
      progress.update({ done, total: null });
      now += 100;
    }
    progress.end();
    assert.equal(out.written.length, 2);
    assert.match(out.written[0]!, /^Taking in: \d+, 10\/s\n$/);
  });

  it('tells what people count, and the share and time left by what the work is measured in', () => {
    let now = 0;
    const out = screen(true);
    const progress = createProgress('Taking in', out, () => now);
    for (let step = 0; step <= 10; step++) {
      progress.update({ done: step * 1_000, total: 40_000, counted: step * 50 });
      now += 1_000;
    }
    assert.equal(out.written.at(-1), '\r\u001b[2KTaking in: 500, 25 %, 50/s, 30 s left');
  });

  it('says durations as people do', () => {
    assert.deepEqual([0.2, 42, 89, 95, 3_600, 9_000].map(duration), [
      '1 s',
      '42 s',
      '89 s',
      '2 min',
      '60 min',
      '2 h 30 min',
    ]);
    assert.equal(progressLine({ done: 5, total: 5 }, 0), '5 of 5');
  });
});
