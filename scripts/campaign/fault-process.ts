import { fork } from 'node:child_process';

/** A process that had one order, gave one report and ended; else how it ended. */
export function runChild<Report>(
  file: string,
  order: object,
  limitMs: number,
): Promise<Report | { died: string }> {
  return new Promise((resolve) => {
    const child = fork(file, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let said = '';
    child.stderr?.on('data', (part: Buffer) => {
      said = (said + part.toString()).slice(-500);
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    let report: Report | null = null;
    child.once('message', (message: Report) => {
      report = message;
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      resolve(report ?? { died: `ended with ${signal ?? code}: ${said.trim()}` });
    });
    child.send(order);
  });
}
