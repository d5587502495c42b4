import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAppError, messageOf } from '../../src/platform/errors.js';
import { silentLogger } from '../../src/platform/log.js';
import { loadSnapshot } from '../../src/vectors/graph/snapshot.js';
import type { VectorChange } from '../../src/vectors/ports.js';
import { createVectorIndex } from '../../src/vectors/worker/client.js';
import { randomVector } from '../../tests/vectors/vectors-fixture.js';
import { chanceOf } from './random.js';
import { mountSmallDisk, PAGE_BYTES, type SmallDisk } from './small-disk.js';

const DIMENSION = 24;
const MODEL = 'disk@1';

/** A graph of some 25 pages: every one of them is the one that doesn't fit. */
const VECTORS = 400;
const EXACT_LIMIT = 100;

/** Room for the generations that are kept, the one that is written, and some files. */
const DISK = { bytes: 4 * 2 ** 20, files: 64 };

/** Pages beyond a graph's own up to which the disk is filled: it has a manifest, and grows meanwhile. */
const MORE_PAGES = 10;

/** Files that a snapshot makes: a graph and a manifest, one after the other. */
const SNAPSHOT_FILES = 2;

const BUILD_LIMIT_MS = 30_000;
const LOOK_MS = 10;

export interface IndexDiskResult {
  saves: number;
  /** Those that failed because there was no room. */
  refused: number;
  /** The words of the last refusal. */
  words: string;
  problems: string[];
}

type Index = ReturnType<typeof createVectorIndex>;

/** Saves the index on a disk with room for no page, one page, …, and for no file or one. */
export async function runIndexDisk(root: string): Promise<IndexDiskResult> {
  const disk = await mountSmallDisk(join(root, 'index-disk'), DISK);
  const dir = join(disk.dir, 'index');
  const open = (): Index =>
    createVectorIndex({
      dir,
      dimension: DIMENSION,
      modelId: MODEL,
      exactLimit: EXACT_LIMIT,
      log: silentLogger,
    });
  const index = open();
  const random = chanceOf(DIMENSION).next;
  const first = randomVector(DIMENSION, random);
  const result: IndexDiskResult = { saves: 0, refused: 0, words: '', problems: [] };
  let seq = 0n;
  let saved = 0n;

  const change = (vector = randomVector(DIMENSION, random)): VectorChange => {
    seq += 1n;
    return { seq, label: Number(seq), vector };
  };

  /** One save on a full disk: it may fail, and then everything else is as before. */
  async function saveWithin(what: string, isRoom: boolean): Promise<void> {
    await index.apply([change()], seq);
    result.saves += 1;
    const error = await index.save().then(
      () => null,
      (failure: unknown) => failure,
    );
    if (error === null) saved = seq;
    else {
      result.refused += 1;
      const words = messageOf(error);
      // The folder is another one in every run.
      result.words = words.replaceAll(dir, '…');
      if (!isAppError(error, 'snapshot_failed') || !words.includes(dir))
        result.problems.push(`${what}: the error is ${words}`);
      if (isRoom) result.problems.push(`${what}: not saved, though there is room: ${messageOf(error)}`);
    }
    const [hit] = await index.search(first, 1);
    if (hit?.label !== 1) result.problems.push(`${what}: a search no longer finds what it found`);
    const { loaded } = await loadSnapshot({ dir, model: MODEL, dimension: DIMENSION }, { keepDamaged: true });
    if (loaded?.watermark !== saved)
      result.problems.push(`${what}: the snapshot holds ${loaded?.watermark}, expected ${saved}`);
    loaded?.graph.dispose();
  }

  /** With room again the next save must work. */
  async function saveFreely(what: string, small: SmallDisk): Promise<void> {
    small.makeRoom();
    await saveWithin(`${what}, and room again`, true);
  }

  try {
    await index.open();
    await index.apply([change(first), ...Array.from({ length: VECTORS - 1 }, () => change())], seq);
    await untilBuilt(index);
    await saveFreely('an empty disk', disk);
    const { bytes } = (await index.save())!;
    const pages = Math.ceil(bytes / PAGE_BYTES);
    for (let free = 0; free <= pages + MORE_PAGES; free++) {
      disk.fill(free);
      await saveWithin(`${free} free pages`, free === pages + MORE_PAGES);
      await saveFreely(`${free} free pages`, disk);
    }
    for (let free = 0; free <= SNAPSHOT_FILES; free++) {
      disk.fillFiles(free);
      await saveWithin(`${free} free files`, free === SNAPSHOT_FILES);
      await saveFreely(`${free} free files`, disk);
    }
    // What ends on a full disk starts again from what was saved before.
    disk.fill(0);
    await index.apply([change()], seq);
    await index.close({ save: true });
    const again = open();
    const opened = await again.open();
    if (opened.watermark !== saved)
      result.problems.push(`a restart loads up to ${opened.watermark}, expected ${saved}`);
    await again.close();
  } finally {
    await index.close();
    await disk.close();
  }
  return result;
}

async function untilBuilt(index: Index): Promise<void> {
  const deadline = performance.now() + BUILD_LIMIT_MS;
  for (;;) {
    await index.search(new Float32Array(DIMENSION).fill(DIMENSION ** -0.5), 1);
    const { kind, building } = index.stats();
    if (kind === 'hnsw' && !building) return;
    if (performance.now() > deadline) throw new Error(`no graph within ${BUILD_LIMIT_MS} ms`);
    await sleep(LOOK_MS);
  }
}
