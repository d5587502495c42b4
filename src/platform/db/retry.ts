/** A conflict that comes back this often isn't chance; the caller then learns of it. */
export const CONFLICT_ATTEMPTS = 5;

/** The first pause, doubled each time and spread by chance, so that two that collided don't collide again. */
const FIRST_PAUSE_MS = 10;

/** 40001 serialization failure, 40P01 deadlock: nothing was written, and the same again may succeed. */
const CONFLICT_STATES = new Set(['40001', '40P01']);

/** An error that comes of running at the same time as others, not of what was asked. */
export function isConflict(error: unknown): boolean {
  // Prisma says P2034 inside a transaction, hands on the driver's error at COMMIT, and wraps it in `meta`
  // or `cause` for raw queries.
  for (let current = error, depth = 0; depth < 5; depth += 1) {
    if (typeof current !== 'object' || current === null) return false;
    for (const key of ['code', 'originalCode']) {
      const code: unknown = Reflect.get(current, key);
      if (code === 'P2034' || (typeof code === 'string' && CONFLICT_STATES.has(code))) return true;
    }
    if (Reflect.get(current, 'kind') === 'TransactionWriteConflict') return true;
    const meta: unknown = Reflect.get(current, 'meta');
    current =
      typeof meta === 'object' && meta !== null && 'driverAdapterError' in meta
        ? meta.driverAdapterError
        : Reflect.get(current, 'cause');
  }
  return false;
}

/**
 * Runs `work` again when it failed by a serialization failure or a deadlock, `CONFLICT_ATTEMPTS` times at
 * most. `work` is a whole transaction and has no effects outside of it.
 */
export async function retryConflicts<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === CONFLICT_ATTEMPTS || !isConflict(error)) throw error;
      const pause = FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random());
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
