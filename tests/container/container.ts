import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hostEnvironment, type Image, searchPath } from './image-build.js';

/** "nobody": the image's own user doesn't exist here, and no file of the image is that one's. */
const NOBODY = 65_534;

export interface Container {
  readonly process: ChildProcess;
  /** Of the service, once it said so. */
  readonly port: number;
  /** Everything it wrote so far. */
  output(): string;
  /** Sends the signal and waits for the end. */
  stop(signal: NodeJS.Signals, timeoutMs: number): Promise<{ code: number | null; signal: string | null }>;
}

/** The numbers to run as: under root those of nobody, where nobody can start Node.js. */
export function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const identity = { uid: NOBODY, gid: NOBODY };
  const { status } = spawnSync(process.execPath, ['--version'], { ...identity, cwd: '/' });
  return status === 0 ? identity : {};
}

/** Folders that stand for a fresh volume and for `/tmp`, writable by the container's user. */
export function makeWritable(...folders: string[]): void {
  const { uid, gid } = unprivileged();
  for (const folder of folders) {
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o700);
    if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
  }
}

/** The environment of a process in the container; nothing of this machine's but where programs are. */
function containerEnvironment(image: Image, more: Record<string, string>): Record<string, string> {
  return { PATH: searchPath(), ...hostEnvironment(image), ...more };
}

/**
 * Starts the command in the image's folder, and waits until the service names its port.
 * @throws Error with its output when it ends before, or says nothing in `timeoutMs`
 */
export async function startContainer(
  image: Image,
  options: { command: readonly string[]; env: Record<string, string>; timeoutMs: number },
): Promise<Container> {
  const [file = '', ...args] = options.command;
  const child = spawn(file, args, {
    cwd: join(image.root, image.workdir),
    env: containerEnvironment(image, options.env),
    ...unprivileged(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.once('error', reject).once('close', (code, signal) => resolve({ code, signal }));
  });
  let end: { code: number | null; signal: string | null } | undefined;
  ended.then(
    (value) => {
      end = value;
    },
    () => undefined,
  );
  const port = await until(options.timeoutMs, 'the service to say its address', () => {
    if (end) throw new Error(`it ended with ${end.code ?? end.signal}:\n${output}`);
    return Number(/ is at http:\/\/[^/\s]+:(\d+)/.exec(output)?.[1]) || null;
  }).catch((error: unknown) => {
    child.kill('SIGTERM');
    throw new Error(`${String(error)}\n${output}`);
  });
  return {
    process: child,
    port,
    output: () => output,
    async stop(signal, timeoutMs) {
      child.kill(signal);
      const late = new AbortController();
      const killer = sleep(timeoutMs, undefined, { signal: late.signal }).then(
        () => child.kill('SIGKILL'),
        () => undefined,
      );
      const result = await ended;
      late.abort();
      await killer;
      return result;
    },
  };
}

/** Runs one more command in the container, as `docker exec` does. Answers its exit code. */
export function execInContainer(
  image: Image,
  command: readonly string[],
  env: Record<string, string>,
): { code: number | null; output: string } {
  const [file = '', ...args] = command;
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    cwd: join(image.root, image.workdir),
    env: containerEnvironment(image, env),
    ...unprivileged(),
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (error) throw error;
  return { code: status, output: stdout + stderr };
}

/** Asks four times a second until there is an answer. */
export async function until<T>(
  timeoutMs: number,
  what: string,
  ask: () => T | null | Promise<T | null>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs / 1_000} s for ${what}`);
    await sleep(250);
  }
}
