import { execFileSync } from 'node:child_process';
import { appendFile, mkdir } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../src/platform/paths.js';

/** One line a run in bench/results.jsonl: what was measured, on which code, on what machine. */
export async function recordResult(name: string, result: object): Promise<void> {
  const [cpu] = cpus();
  const line = {
    name,
    at: new Date().toISOString(),
    commit: commit(),
    node: process.version,
    machine: `${cpus().length} x ${cpu?.model.trim() ?? 'unknown'}`,
    ...result,
  };
  await mkdir(join(projectRoot, 'bench'), { recursive: true });
  await appendFile(join(projectRoot, 'bench/results.jsonl'), `${JSON.stringify(line)}\n`);
}

/** Short hash, with `+` for a tree that differs from it; null outside a checkout. */
function commit(): string | null {
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: projectRoot,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    return (
      git('rev-parse', '--short', 'HEAD') +
      (git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+')
    );
  } catch {
    return null;
  }
}
