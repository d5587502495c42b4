import { type Logger, pino } from 'pino';

export type { Logger };

export interface LogOptions {
  level: string;
  /** `pretty` for people at a terminal, `json` (one object a line) for everything else. */
  format: 'pretty' | 'json';
}

/** Logs go to standard error: standard output belongs to a command's result. */
export function createLogger({ level, format }: LogOptions): Logger {
  const base = {
    level,
    redact: { paths: ['req.headers.authorization', 'req.headers.cookie', '*.apiKey'], censor: '[hidden]' },
  };
  if (format === 'json') return pino(base, pino.destination({ fd: 2, sync: true }));
  return pino({
    ...base,
    transport: {
      target: 'pino-pretty',
      options: { destination: 2, ignore: 'pid,hostname,reqId', translateTime: 'HH:MM:ss', singleLine: true },
    },
  });
}

/**
 * A text without the tokens in it (256 bits in base64url, 43 characters): paths hold them, and logs must not. Mail programs lengthen
 * links, cut them, and write characters as `%54` or `=3D`, so that a long enough run of all of these is one; but for numbers in hex, which are
 * ids of papers and of requests. Of a token in shorter runs 70 bits at least are missing.
 */
export function withoutTokens(text: string): string {
  return text.replace(/[\w%=-]{32,}/g, (run) => (/^[0-9a-f-]+$/.test(run) ? run : '[token]'));
}

/** A text without the mail addresses in it: what servers and databases answer may hold them, and who reads it is nobody's friend. */
export function withoutAddresses(text: string): string {
  return text.replace(/[^\s<>()[\]",;:]{1,320}@[^\s<>()",;]+/g, '[address]');
}

/** For tests and for callers that don't care. */
export const silentLogger: Logger = pino({ level: 'silent' });
