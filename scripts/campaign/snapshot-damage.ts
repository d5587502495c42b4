import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Chance } from './random.js';

/** Far more than a manifest may have, and quick to write. */
const HUGE_BYTES = 2 ** 20;

/** Longest range that is zeroed or copied, bytes; a disk loses whole blocks. */
const LONGEST_RANGE = 4_096;

/** Where hnswlib's file keeps what (graph-file.ts): a header, then a record a node. */
const HEADER_BYTES = 96;
const LINK_BYTES = 4 * 33;

/** Where the files of a snapshot lie that is to be damaged, and others to swap it with. */
export interface DamageScene {
  dir: string;
  /** The generation that is damaged, and its neighbour. */
  name: string;
  neighbour: string;
  /** Folders with a whole snapshot of the same name, of another model and of another dimension. */
  otherModel: string;
  otherDimension: string;
  dimension: number;
  chance: Chance;
}

type Effect = 'damaged' | 'both damaged' | 'harmless';

export interface Damage {
  name: string;
  /** It takes from the neighbour: done to both, the second would put things right again. */
  takesNeighbour?: boolean;
  /** Damages the files in place. */
  apply(scene: DamageScene): Effect;
}

const graphOf = ({ dir }: DamageScene, name: string): string => join(dir, `${name}.hnsw`);
const manifestOf = ({ dir }: DamageScene, name: string): string => join(dir, `${name}.json`);

type Change = (bytes: Buffer, chance: Chance) => Buffer;

/** Changes a file's bytes. A change that by chance leaves them as they were turns one bit more. */
function rewrite(path: string, chance: Chance, change: Change): void {
  const before = readFileSync(path);
  const changed = change(Buffer.from(before), chance);
  writeFileSync(path, changed.equals(before) ? flip(changed, chance) : changed);
}

function flip(bytes: Buffer, chance: Chance): Buffer {
  const at = chance.between(0, bytes.length - 1);
  bytes[at] = bytes[at]! ^ (1 << chance.between(0, 7));
  return bytes;
}

function flipSome(bytes: Buffer, chance: Chance): Buffer {
  // Of different bytes, or two flips could undo each other.
  const step = Math.floor(bytes.length / 8);
  for (let i = chance.between(1, 8); i > 0; i--) {
    const at = (i - 1) * step + chance.between(0, step - 1);
    bytes[at] = bytes[at]! ^ (1 << chance.between(0, 7));
  }
  return bytes;
}

const truncate: Change = (bytes, chance) => bytes.subarray(0, chance.between(0, bytes.length - 1));

function rangeOf(bytes: Buffer, chance: Chance): [from: number, to: number] {
  const from = chance.between(0, bytes.length - 1);
  return [from, Math.min(bytes.length, from + chance.between(1, LONGEST_RANGE))];
}

const zeroRange: Change = (bytes, chance) => bytes.fill(0, ...rangeOf(bytes, chance));

const repeatRange: Change = (bytes, chance) => {
  const [from, to] = rangeOf(bytes, chance);
  return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
};

const copyRange: Change = (bytes, chance) => {
  const [from, to] = rangeOf(bytes, chance);
  bytes.copy(bytes, chance.between(0, bytes.length - 1), from, to);
  return bytes;
};

const append: Change = (bytes, chance) =>
  Buffer.concat([bytes, Buffer.alloc(chance.between(1, LONGEST_RANGE), chance.between(0, 255))]);

/** Of one file of the snapshot. */
function inFile(of: typeof graphOf, name: string, change: Change): Damage {
  return {
    name,
    apply(scene) {
      rewrite(of(scene, scene.name), scene.chance, change);
      return 'damaged';
    },
  };
}

type Manifest = Record<string, unknown>;

/** A manifest whose own sum is right, whatever it says. */
function reseal(scene: DamageScene, change: (manifest: Manifest) => Manifest): void {
  const path = manifestOf(scene, scene.name);
  const { manifestSha256: _, ...before } = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  const manifest = change(before);
  const manifestSha256 = createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
  writeFileSync(path, `${JSON.stringify({ ...manifest, manifestSha256 }, null, 2)}\n`);
}

function lie(name: string, change: (manifest: Manifest) => Manifest): Damage {
  return {
    name,
    apply(scene) {
      reseal(scene, change);
      return 'damaged';
    },
  };
}

/** A graph that isn't one, under a manifest whose sums are all right: only its structure tells. */
function forged(name: string, change: (bytes: Buffer, scene: DamageScene) => Buffer): Damage {
  return {
    name: `forged: ${name}`,
    apply(scene) {
      const path = graphOf(scene, scene.name);
      const bytes = change(readFileSync(path), scene);
      writeFileSync(path, bytes);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      reseal(scene, (manifest) => ({ ...manifest, sha256, size: bytes.length }));
      return 'damaged';
    },
  };
}

const recordBytes = ({ dimension }: DamageScene): number => LINK_BYTES + dimension * 4 + 8;

/** Where a random node's record begins. */
function randomRecord(bytes: Buffer, scene: DamageScene): number {
  const count = Number(bytes.readBigUInt64LE(16));
  return HEADER_BYTES + scene.chance.between(0, count - 1) * recordBytes(scene);
}

function fromElsewhere(name: string, folder: (scene: DamageScene) => string): Damage {
  return {
    name,
    apply(scene) {
      for (const kind of ['hnsw', 'json'])
        copyFileSync(join(folder(scene), `${scene.name}.${kind}`), join(scene.dir, `${scene.name}.${kind}`));
      return 'damaged';
    },
  };
}

/** Every way to damage a snapshot; all but the harmless ones must keep it from being loaded. */
export const damages: readonly Damage[] = [
  inFile(graphOf, 'bits of the graph', flipSome),
  inFile(graphOf, 'a bit of the graph', flip),
  inFile(graphOf, 'a short graph', truncate),
  inFile(graphOf, 'zeros in the graph', zeroRange),
  inFile(graphOf, 'a range of the graph twice', repeatRange),
  inFile(graphOf, 'a range of the graph in another place', copyRange),
  inFile(graphOf, 'a graph that goes on', append),
  inFile(manifestOf, 'a bit of the manifest', flip),
  inFile(manifestOf, 'a short manifest', truncate),
  inFile(manifestOf, 'zeros in the manifest', zeroRange),
  inFile(manifestOf, 'a manifest that goes on', append),
  inFile(manifestOf, 'an empty manifest', () => Buffer.alloc(0)),
  inFile(manifestOf, 'a huge manifest', (bytes) => Buffer.concat([bytes, Buffer.alloc(HUGE_BYTES, ' ')])),
  inFile(manifestOf, 'a manifest that is not JSON', () => Buffer.from('<html>not found</html>')),
  inFile(manifestOf, 'a manifest of another type', (_, chance) =>
    Buffer.from(chance.pick(['null', '[]', '1e999', '"vectors"', '{}', '{"formatVersion":1}', '[[[[]]]]'])),
  ),
  lie('an older format', (manifest) => ({ ...manifest, formatVersion: 0 })),
  lie('a newer format', (manifest) => ({ ...manifest, formatVersion: 2 })),
  lie('another sum', (manifest) => ({ ...manifest, sha256: '0'.repeat(64) })),
  lie('another count', (manifest) => ({ ...manifest, count: Number(manifest['count']) + 1 })),
  lie('another count of tombstones', (manifest) => ({ ...manifest, dead: Number(manifest['dead']) + 1 })),
  lie('another size', (manifest) => ({ ...manifest, size: Number(manifest['size']) - 4 })),
  lie('a file elsewhere', (manifest) => ({ ...manifest, file: '../../../../etc/passwd' })),
  lie('other parameters', (manifest) => ({
    ...manifest,
    parameters: { space: 'l2', m: 16, efConstruction: 200 },
  })),
  lie('the name of another model', (manifest) => ({ ...manifest, model: 'other@1' })),
  lie('another dimension', (manifest) => ({ ...manifest, dimension: Number(manifest['dimension']) * 2 })),
  fromElsewhere('another model', ({ otherModel }) => otherModel),
  fromElsewhere('vectors of another length', ({ otherDimension }) => otherDimension),
  forged('more nodes', (bytes) => {
    bytes.writeBigUInt64LE(bytes.readBigUInt64LE(16) + 1n, 16);
    return bytes;
  }),
  forged('room for 2^40 nodes', (bytes) => {
    bytes.writeBigUInt64LE(2n ** 40n, 8);
    return bytes;
  }),
  forged('an entry point beyond the end', (bytes) => {
    bytes.writeUInt32LE(0x7fff_fff0, 52);
    return bytes;
  }),
  forged('a link that leads nowhere', (bytes, scene) => {
    bytes.writeUInt32LE(0x7fff_ffff, randomRecord(bytes, scene) + 4);
    return bytes;
  }),
  forged('too many links', (bytes, scene) => {
    bytes.writeUInt16LE(0xffff, randomRecord(bytes, scene));
    return bytes;
  }),
  forged('a label twice', (bytes, scene) => {
    const record = randomRecord(bytes, scene);
    const [first, label] = [HEADER_BYTES, recordBytes(scene) - 8];
    const other = record === first ? first + recordBytes(scene) : record;
    bytes.writeBigUInt64LE(bytes.readBigUInt64LE(first + label), other + label);
    return bytes;
  }),
  forged('a short end', (bytes) => bytes.subarray(0, bytes.length - 4)),
  {
    name: 'no graph',
    apply(scene) {
      rmSync(graphOf(scene, scene.name));
      return 'damaged';
    },
  },
  {
    name: 'no manifest',
    apply(scene) {
      rmSync(manifestOf(scene, scene.name));
      return 'damaged';
    },
  },
  {
    name: 'a folder in place of the graph',
    apply(scene) {
      rmSync(graphOf(scene, scene.name));
      mkdirSync(graphOf(scene, scene.name));
      return 'damaged';
    },
  },
  {
    name: 'the graph of another generation',
    takesNeighbour: true,
    apply(scene) {
      copyFileSync(graphOf(scene, scene.neighbour), graphOf(scene, scene.name));
      return 'damaged';
    },
  },
  {
    name: 'the manifest of another generation',
    takesNeighbour: true,
    apply(scene) {
      copyFileSync(manifestOf(scene, scene.neighbour), manifestOf(scene, scene.name));
      return 'damaged';
    },
  },
  {
    name: 'two graphs with each other’s name',
    takesNeighbour: true,
    apply(scene) {
      const [own, other] = [graphOf(scene, scene.name), graphOf(scene, scene.neighbour)];
      renameSync(own, `${own}.swap`);
      renameSync(other, own);
      renameSync(`${own}.swap`, other);
      return 'both damaged';
    },
  },
  {
    name: 'what a crash leaves beside it',
    apply(scene) {
      for (const kind of ['hnsw', 'json'])
        writeFileSync(join(scene.dir, `vectors-000009.${kind}.tmp`), 'half');
      writeFileSync(join(scene.dir, 'vectors-000008.hnsw'), 'a graph without a manifest');
      return 'harmless';
    },
  },
  {
    name: 'rubbish of a higher generation',
    apply(scene) {
      writeFileSync(join(scene.dir, 'vectors-999999.json'), scene.chance.pick(['', '{}', 'null', '\0\0']));
      return 'harmless';
    },
  },
];
