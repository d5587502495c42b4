/** Codes of drivers, Prisma and PostgreSQL (class 08, shutdown and start-up) for a server that isn't there. */
const OUTAGE = /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|P1001|P1002|P1017|08\w{3}|57P0[123]|53300)$/;

/** How deep Prisma wraps the driver's error: `cause`, or `meta.driverAdapterError`. */
const MAX_DEPTH = 6;

/** 53100 disk_full, and the system's own words: PostgreSQL tells of a full write-ahead log by these. */
const FULL = /^(ENOSPC|EDQUOT|53100)$/;
const NO_SPACE = 'No space left on device';

type Sign = (error: Record<string, unknown>) => boolean;

/** Whether an error, or what it wraps, has the sign. */
function anywhere(error: unknown, sign: Sign): boolean {
  let current = error;
  for (let depth = 0; depth < MAX_DEPTH && typeof current === 'object' && current !== null; depth += 1) {
    const fields = current as Record<string, unknown>;
    if (sign(fields)) return true;
    const { meta, cause } = fields;
    const wrapped =
      typeof meta === 'object' && meta !== null ? Reflect.get(meta, 'driverAdapterError') : undefined;
    current = wrapped ?? cause;
  }
  return false;
}

const hasCode = ({ code, originalCode }: Record<string, unknown>, codes: RegExp): boolean =>
  [code, originalCode].some((value) => typeof value === 'string' && codes.test(value));

const says = ({ message }: Record<string, unknown>, words: string): boolean =>
  typeof message === 'string' && message.includes(words);

/** Whether an error says that the database can't be reached right now, rather than that something is wrong. */
export function isDatabaseOutage(error: unknown): boolean {
  return anywhere(
    error,
    (fields) =>
      hasCode(fields, OUTAGE) ||
      fields['kind'] === 'DatabaseNotReachable' ||
      fields['kind'] === 'ConnectionClosed' ||
      // The embedded server's socket isn't there while it starts again.
      says(fields, 'connect ENOENT') ||
      says(fields, "Can't reach database server"),
  );
}

/** Whether an error says that a disk is full: the database's, or this machine's. */
export function isStorageFull(error: unknown): boolean {
  return anywhere(error, (fields) => hasCode(fields, FULL) || says(fields, NO_SPACE));
}
