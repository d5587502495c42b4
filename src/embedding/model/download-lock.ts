import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../../platform/errors.js';
import { onDisk } from './transfer.js';

/** Milliseconds between two signs of life of a download. */
const SIGN_OF_LIFE_MS = 5_000;
/** Without one for this long, its process is taken for dead wherever it ran: a stopped container, another machine. */
const DEAD_AFTER_MS = 60_000;

/** What this process holds: a lock with our process id that isn't here is of a process before us. */
const held = new Set<string>();

/**
 * Keeps two processes from downloading into one folder. Sums are checked at the end of a download, so that a
 * lock wrongly taken costs time and never gives a wrong model.
 * @throws AppError model_unavailable: another process is at it
 */
export async function holdDownload(folder: string, label: string): Promise<{ release(): Promise<void> }> {
  const file = join(folder, 'lock');
  const busy = () =>
    new AppError('model_unavailable', `The model ${label} is being downloaded by another process (${file})`, {
      retryAfter: 5,
    });
  if (held.has(file)) throw busy();
  held.add(file);
  const mine = JSON.stringify({ host: hostname(), pid: process.pid });
  try {
    if (!(await create(file, mine))) {
      if (await isAlive(folder, file)) throw busy();
      const old = `${file}-${randomUUID()}`;
      await rename(file, old).catch(() => undefined);
      await rm(old, { force: true });
      if (!(await create(file, mine))) throw busy();
    }
  } catch (error) {
    held.delete(file);
    throw error;
  }
  const timer = setInterval(() => {
    void writeFile(file, mine).catch(() => undefined);
  }, SIGN_OF_LIFE_MS);
  timer.unref();
  return {
    async release() {
      clearInterval(timer);
      held.delete(file);
      await rm(file, { force: true });
    },
  };
}

/** False: there is one. */
async function create(file: string, content: string): Promise<boolean> {
  return onDisk(file, async () => {
    const handle = await open(file, 'wx').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return null;
      throw error;
    });
    if (handle === null) return false;
    try {
      await handle.writeFile(content);
    } finally {
      await handle.close();
    }
    return true;
  });
}

async function isAlive(folder: string, file: string): Promise<boolean> {
  // The file system's clock says how old the lock is: it may be another machine's.
  const probe = join(folder, `probe-${randomUUID()}`);
  const [now, last] = await onDisk(probe, async () => {
    await writeFile(probe, '');
    const [fresh, lock] = await Promise.all([stat(probe), stat(file).catch(() => null)]);
    await rm(probe, { force: true });
    return [fresh.mtimeMs, lock?.mtimeMs ?? 0];
  });
  if (now - last > DEAD_AFTER_MS) return false;
  const owner = await readFile(file, 'utf8')
    .then((text) => JSON.parse(text) as { host?: unknown; pid?: unknown })
    .catch(() => ({ host: null, pid: null }));
  if (owner.host !== hostname() || typeof owner.pid !== 'number') return true;
  return owner.pid !== process.pid && isRunning(owner.pid);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
