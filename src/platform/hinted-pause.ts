/** A wait that a hint ends early. A hint while nobody waits ends the next wait at once. */
export function createHintedPause() {
  let hinted = false;
  let ended = false;
  let wake: () => void = () => {};

  return {
    async pause(ms: number): Promise<void> {
      if (!hinted && !ended) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      wake = () => {};
      hinted = false;
    },
    hint(): void {
      hinted = true;
      wake();
    },
    /** Hints so far end no wait. */
    forget(): void {
      hinted = false;
    },
    /** Ends the wait under way and every later one. */
    end(): void {
      ended = true;
      wake();
    },
  };
}
