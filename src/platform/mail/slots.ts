/** So many at once; whoever comes later waits in line. */
export function createSlots(count: number) {
  let free = count;
  const line: (() => void)[] = [];
  const idlers: (() => void)[] = [];

  function release(): void {
    const next = line.shift();
    if (next) {
      next();
      return;
    }
    free += 1;
    if (free === count) for (const tell of idlers.splice(0)) tell();
  }

  function once(): () => void {
    let isReleased = false;
    return () => {
      if (!isReleased) release();
      isReleased = true;
    };
  }

  return {
    /** Resolves with what gives the slot back; null when the signal came first. */
    take(signal?: AbortSignal): Promise<(() => void) | null> {
      if (signal?.aborted) return Promise.resolve(null);
      if (free > 0) {
        free -= 1;
        return Promise.resolve(once());
      }
      return new Promise((resolve) => {
        const enter = (): void => {
          signal?.removeEventListener('abort', leave);
          resolve(once());
        };
        const leave = (): void => {
          line.splice(line.indexOf(enter), 1);
          resolve(null);
        };
        signal?.addEventListener('abort', leave, { once: true });
        line.push(enter);
      });
    },
    /** Resolves when nobody has a slot or waits for one. */
    allFree(): Promise<void> {
      return free === count ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve));
    },
  };
}
