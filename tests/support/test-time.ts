import type { Clock } from '../../src/platform/clock.js';

/** A clock that stands still but for sleeping, which takes no time. */
export function createTestTime(begin = '2024-06-11T12:00:00Z') {
  let now = Date.parse(begin);
  const slept: number[] = [];
  const clock: Clock = { now: () => new Date(now) };
  return {
    clock,
    slept,
    advance(ms: number): void {
      now += ms;
    },
    async sleep(ms: number, signal?: AbortSignal): Promise<void> {
      slept.push(ms);
      signal?.throwIfAborted();
      now += ms;
    },
  };
}
