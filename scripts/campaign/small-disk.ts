import { execFile, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A probe and a mount take milliseconds. */
const MOUNT_LIMIT_MS = 10_000;

/** What a small disk's files are made of: it can't have less than one free. */
export const PAGE_BYTES = 4_096;

/** Written at once while a disk is filled. */
const FILL_BYTES = 2 ** 20;

const BALLAST = 'ballast';

/**
 * Ways to a process that may mount, for root and for others. Both give it mounts of its own, so that nothing is
 * left of them when it ends, however it ends.
 */
const WAYS: readonly (readonly string[])[] = [
  ['unshare', '-m'],
  ['unshare', '-Urm'],
];

/** The command in front of a program that needs small disks; null where this machine lets nobody mount. */
export function mountingCommand(): readonly string[] | null {
  const probe =
    'd=$(mktemp -d) && mount -t tmpfs -o size=64k tmpfs "$d"; s=$?; umount "$d"; rmdir "$d"; exit $s';
  const works = ([file, ...args]: readonly string[]): boolean =>
    spawnSync(file!, [...args, 'sh', '-c', probe], { stdio: 'ignore', timeout: MOUNT_LIMIT_MS }).status === 0;
  return WAYS.find(works) ?? null;
}

export interface SmallDisk {
  readonly dir: string;
  freePages(): number;
  /** Leaves so many pages free. */
  fill(pages: number): void;
  /** Leaves so many files free, whatever their size. */
  fillFiles(files: number): void;
  /** Takes back what `fill` and `fillFiles` have put there. */
  makeRoom(): void;
  close(): Promise<void>;
}

/** A file system in memory at `dir`; only in a process that was started with `mountingCommand`. */
export async function mountSmallDisk(
  dir: string,
  { bytes, files }: { bytes: number; files: number },
): Promise<SmallDisk> {
  mkdirSync(dir, { recursive: true });
  const options = `size=${bytes},nr_inodes=${files},mode=755`;
  await run('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', dir], { timeout: MOUNT_LIMIT_MS });
  const ballast = join(dir, BALLAST);
  mkdirSync(ballast);
  const freePages = (): number => statfsSync(dir).bavail;

  function makeRoom(): void {
    rmSync(ballast, { recursive: true, force: true });
    mkdirSync(ballast);
  }

  return {
    dir,
    freePages,
    fill(pages) {
      makeRoom();
      const file = openSync(join(ballast, 'bytes'), 'w');
      try {
        for (let left = freePages() - pages; left > 0; left = freePages() - pages) {
          writeSync(file, Buffer.alloc(Math.min(left * PAGE_BYTES, FILL_BYTES), 1));
        }
      } finally {
        closeSync(file);
      }
    },
    fillFiles(count) {
      makeRoom();
      for (let at = 0; statfsSync(dir).ffree > count; at++) writeFileSync(join(ballast, String(at)), '');
    },
    makeRoom,
    async close() {
      await run('umount', [dir], { timeout: MOUNT_LIMIT_MS });
    },
  };
}
