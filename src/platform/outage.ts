/** Codes of drivers, Prisma and PostgreSQL (class 08, shutdown and start-up) for a server that isn't there. */
const OUTAGE = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|P1001|P1002|P1017|08\w{3}|57P0[123]|53300)$/;

/** How deep Prisma wraps the driver's error: `cause`, or `meta.driverAdapterError`. */
const MAX_DEPTH = 6;

/** Whether an error says that the database can't be reached right now, rather than that something is wrong. */
export function isDatabaseOutage(error: unknown): boolean {
  let current = error;
  for (let depth = 0; depth < MAX_DEPTH && typeof current === 'object' && current !== null; depth += 1) {
    const { code, originalCode, kind, meta, cause, message } = current as Record<string, unknown>;
    if ([code, originalCode].some((value) => typeof value === 'string' && OUTAGE.test(value))) return true;
    if (kind === 'DatabaseNotReachable' || kind === 'ConnectionClosed') return true;
    if (typeof message === 'string' && message.includes("Can't reach database server")) return true;
    const wrapped =
      typeof meta === 'object' && meta !== null ? Reflect.get(meta, 'driverAdapterError') : undefined;
    current = wrapped ?? cause;
  }
  return false;
}
