import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename, dirname, join } from 'node:path';
import { projectRoot } from '../../src/platform/paths.js';
import { tinyModelDir } from './models.js';

/** The command as people run it, compiled. */
export const cliFile = join(projectRoot, 'dist/src/cli.js');

/** Longer than any start or stop on a busy machine. */
const limitMs = 60_000;

/** An environment without the machine's own settings: the tiny model, a folder, any free port. */
export function commandEnv(dataDir: string, env: Record<string, string> = {}): NodeJS.ProcessEnv {
  const model = tinyModelDir();
  const { PATH, HOME, TMPDIR } = process.env;
  return {
    ...(PATH ? { PATH } : {}),
    ...(HOME ? { HOME } : {}),
    ...(TMPDIR ? { TMPDIR } : {}),
    DATA_DIR: dataDir,
    PORT: '0',
    MODELS_DIR: dirname(model),
    MODEL: basename(model),
    ...env,
  };
}

export interface CommandResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `quire …` to its end. */
export async function quire(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  { input = '', limitMs: limit = limitMs }: { input?: string; limitMs?: number } = {},
): Promise<CommandResult> {
  const child = spawn(process.execPath, [cliFile, ...args], {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: limit,
  });
  child.stdin.end(input);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      output[name] += chunk.toString();
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}

export interface RunningService {
  readonly url: string;
  readonly pid: number;
  /** Everything on standard output so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves when standard output holds it. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** SIGTERM and the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL, without a goodbye. */
  kill(): Promise<void>;
}

/** Starts `quire serve …`; resolves when it says where it is. Rejects with its standard error when it ends before. */
export async function startQuire(args: readonly string[], env: NodeJS.ProcessEnv): Promise<RunningService> {
  const child: ChildProcess = spawn(process.execPath, [cliFile, 'serve', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.on('data', (chunk: Buffer) => {
      output[name] += chunk.toString();
      for (const look of watchers) look();
    });
  }
  const ended = once(child, 'close').then(([code]) => {
    for (const look of watchers) look();
    return code as number | null;
  });

  function says(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const fail = (reason: string) => {
        finish();
        reject(new Error(`${reason}; it said:\n${output.stdout}\n${output.stderr}`));
      };
      const timer = setTimeout(() => fail(`no ${pattern} within ${limitMs} ms`), limitMs);
      const finish = () => {
        clearTimeout(timer);
        watchers.delete(look);
      };
      const look = () => {
        const match = pattern.exec(output.stdout);
        if (match) {
          finish();
          resolve(match);
        } else if (child.exitCode !== null || child.signalCode !== null) {
          fail(`it ended with ${child.exitCode ?? child.signalCode}`);
        }
      };
      watchers.add(look);
      look();
    });
  }

  const [, url] = await says(/ is at (http:\S+)\n/);
  return {
    url: url!,
    pid: child.pid!,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    says,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
      const code = await ended;
      clearTimeout(timer);
      return code;
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
