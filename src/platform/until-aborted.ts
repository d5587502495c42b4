/**
 * What `wait` comes to, or the rejection of `error` as soon as `signal` is aborted. Each call listens anew and lets go again: a race against one
 * promise for a whole stream would hold every chunk that ever won it (https://github.com/nodejs/node/issues/17469).
 * @throws what `wait` rejects with, or `error(signal.reason)`
 */
export async function untilAborted<T>(
  wait: Promise<T>,
  signal: AbortSignal | undefined,
  error: (reason: unknown) => Error,
): Promise<T> {
  if (!signal) return wait;
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(error(signal.reason));
  });
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    if (signal.aborted) onAbort();
    // Where both have come, being aborted counts: what waits usually rejects because of it.
    return await Promise.race([
      aborted,
      wait.catch((failure: unknown) => (signal.aborted ? aborted : Promise.reject(failure))),
    ]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
