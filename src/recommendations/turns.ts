import { setImmediate as nextTick } from 'node:timers/promises';

/** Milliseconds after which others get their turn on this thread. */
const TURN_MS = 5;

/** For a loop that may take long: called in each round, it lets others work when it has taken its turn. */
export function createTurns(): () => Promise<void> {
  let begun = performance.now();
  return async () => {
    if (performance.now() - begun < TURN_MS) return;
    await nextTick();
    begun = performance.now();
  };
}
