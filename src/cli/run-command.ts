import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandServices } from '../command-services.js';
import { type Config, readConfig } from '../platform/config.js';
import { AppError, isAppError, messageOf } from '../platform/errors.js';
import { createLogger, type Logger } from '../platform/log.js';
import type { StoreServices } from '../store-services.js';

export interface CommandContext {
  config: Config;
  log: Logger;
  /** Aborts at the first SIGINT or SIGTERM. */
  signal: AbortSignal;
}

/** 0 done, 1 failed, 2 wrong usage (commander's), 130 interrupted. */
export const exitCodes = { failed: 1, usage: 2, interrupted: 130 } as const;

/**
 * Reads the configuration, runs the work, and turns an error into one line and an exit code. Commands log
 * from `warn` up unless LOG_LEVEL says otherwise: their result is what counts.
 */
export async function runCommand(
  work: (context: CommandContext) => Promise<void>,
  options: { quiet: boolean },
): Promise<void> {
  const stop = stopSignal();
  try {
    const config = readConfig(process.env, { isTerminal: process.stderr.isTTY === true });
    const level = options.quiet && !process.env['LOG_LEVEL'] ? 'warn' : config.log.level;
    const log = createLogger({ ...config.log, level });
    await work({ config, log, signal: stop });
    if (stop.aborted && options.quiet) process.exitCode = exitCodes.interrupted;
  } catch (error) {
    const interrupted = stop.aborted && isAppError(error, 'cancelled');
    process.stderr.write(`quire: ${interrupted ? 'interrupted' : messageOf(error)}\n`);
    if (!isAppError(error) && process.env['LOG_LEVEL'] === 'debug')
      process.stderr.write(`${(error as Error).stack}\n`);
    // A command may know better.
    process.exitCode = interrupted ? exitCodes.interrupted : (process.exitCode ?? exitCodes.failed);
    // What didn't close in time would keep the process alive.
    if (isAppError(error, 'timeout')) process.exit();
  }
}

/**
 * Runs the work with the services of a command, and closes them whatever happens. Only a command that `makes`
 * data may begin a data folder: for the others a mistyped one would look like an empty collection.
 */
export async function withServices<T>(
  context: CommandContext,
  work: (services: CommandServices) => Promise<T>,
  { makes = false }: { makes?: boolean } = {},
): Promise<T> {
  if (!makes) requireData(context);
  const { createCommandServices } = await import('../command-services.js');
  const { config, log, signal } = context;
  return closing(await createCommandServices(config, log, { signal }), work);
}

/** As `withServices`, for work that needs no model: it runs although the model's files are missing. */
export async function withStores<T>(
  context: CommandContext,
  work: (services: StoreServices) => Promise<T>,
  { makes = false }: { makes?: boolean } = {},
): Promise<T> {
  if (!makes) requireData(context);
  const { createStoreServices } = await import('../store-services.js');
  const { config, log, signal } = context;
  return closing(await createStoreServices(config, log, { signal }), work);
}

function requireData({ config }: CommandContext): void {
  if (config.databaseUrl !== null || existsSync(join(config.dataDir, 'postgres'))) return;
  throw new AppError(
    'data_dir_invalid',
    `There is no Quire data in ${config.dataDir} (DATA_DIR): \`npm start\` or \`quire ingest FILE\` makes it.`,
  );
}

async function closing<S extends { close(): Promise<unknown> }, T>(
  services: S,
  work: (services: S) => Promise<T>,
): Promise<T> {
  try {
    return await work(services);
  } finally {
    await services.close();
  }
}

/** The second signal ends the process at once: what is committed is safe. */
function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(exitCodes.interrupted);
      controller.abort();
    });
  }
  return controller.signal;
}

/** A command's result: JSON where asked for, else the lines for people. */
export function print(json: boolean, value: unknown, lines: readonly string[]): void {
  const text = json ? JSON.stringify(value, null, 2) : lines.join('\n');
  if (text !== '') process.stdout.write(`${text}\n`);
}
