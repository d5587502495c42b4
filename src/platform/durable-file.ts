import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What was renamed or removed in a folder is on the disk. */
export async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * Writes a file that is there as a whole or not at all, whenever the power fails: beside its place, synced, renamed. On
 * an error nothing is left of it, and what was there before stays. `mode`: who may read it, 0o666 less the umask unless given.
 */
export async function writeDurably(
  path: string,
  parts: Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>,
  { mode }: { mode?: number } = {},
): Promise<void> {
  const temporary = `${path}.tmp`;
  try {
    const file = await open(temporary, 'w', mode);
    try {
      // One that a crash has left has a mode already.
      if (mode !== undefined) await file.chmod(mode);
      for await (const part of parts) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}
