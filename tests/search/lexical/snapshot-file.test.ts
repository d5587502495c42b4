import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { isAppError } from '../../../src/platform/errors.js';
import { createLexicalEngine } from '../../../src/search/lexical/lexical-engine.js';
import { loadLexicalSnapshot } from '../../../src/search/lexical/segments/snapshot-file.js';
import { randomNumbers } from '../../vectors/vectors-fixture.js';
import { engineWith, keysOf, paper, temporaryFolder } from './lexical-fixture.js';

const papers = Array.from({ length: 40 }, (_, n) =>
  paper(n + 1, `Title ${n} of the ants`, {
    abstract: `Bees number ${n * n} and their hives`,
    authors: [`Ada Number${n}`],
    upvotes: n,
    date: '2024-05-01',
  }),
);

/** A folder with snapshots of the first 20 papers, and of all, as of the changes 20 and 40. */
async function savedFolder(t: TestContext): Promise<string> {
  const dir = await temporaryFolder(t);
  const engine = createLexicalEngine(dir);
  for (const upTo of [20, 40]) {
    engine.apply({ put: papers.slice(upTo - 20, upTo), removed: [], watermark: BigInt(upTo) });
    await engine.save();
  }
  return dir;
}

const first = 'words-000001.lex';
const second = 'words-000002.lex';

/** The snapshot with other bytes and a sum that fits. */
function signed(bytes: Buffer): Buffer {
  const body = bytes.subarray(0, bytes.length - 32);
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}

function headerOf(file: Buffer): Record<string, unknown> {
  return JSON.parse(file.subarray(12, 12 + file.readUInt32LE(8)).toString());
}

function withHeader(file: Buffer, change: Record<string, unknown>): Buffer {
  const length = file.readUInt32LE(8);
  const text = Buffer.from(JSON.stringify({ ...headerOf(file), ...change }));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(text.length);
  return signed(Buffer.concat([file.subarray(0, 8), size, text, file.subarray(12 + length)]));
}

describe('snapshots of the word index', () => {
  it('come back as they were written, the newest first', async (t) => {
    const dir = await savedFolder(t);
    const engine = createLexicalEngine(dir);
    assert.deepEqual(await engine.open(), { watermark: 40n, problems: [] });
    assert.equal(engine.stats().papers, 40);
    assert.equal(engine.compare(papers), 40);
    assert.deepEqual(keysOf(engine, 'upvotes:38'), [39, 40]);
    assert.deepEqual(keysOf(engine, 'author:number7'), [8]);
    assert.deepEqual((await readdir(dir)).sort(), [first, second]);
  });

  it('are taken at a moment: what comes in while one is written is not in it', async (t) => {
    const dir = await temporaryFolder(t);
    const engine = engineWith(papers, dir);
    const saving = engine.save();
    engine.apply({ put: [paper(99, 'Later')], removed: [1, 2], watermark: 9n });
    await saving;
    const restored = createLexicalEngine(dir);
    assert.equal((await restored.open()).watermark, 1n);
    assert.equal(restored.compare(papers), 40);
    assert.equal(restored.stats().papers, 40);
    assert.equal(engine.stats().papers, 39);
  });

  it('are kept twice, and unfinished ones are removed', async (t) => {
    const dir = await savedFolder(t);
    const others = ['words-000009.lex.tmp', 'words-000002.lex.tmp'];
    for (const name of [...others, 'notes.txt']) await writeFile(join(dir, name), 'begun');
    const engine = createLexicalEngine(dir);
    assert.deepEqual((await engine.open()).problems, []);
    const { file, bytes } = await engine.save();
    assert.equal((await readFile(join(dir, file))).length, bytes);
    assert.deepEqual((await readdir(dir)).sort(), ['notes.txt', second, file]);
    await engine.reset();
    assert.deepEqual(await readdir(dir), ['notes.txt']);
    assert.equal(engine.stats().papers, 0);
  });

  it('are never loaded damaged: the one before takes their place', async (t) => {
    const dir = await savedFolder(t);
    const whole = await readFile(join(dir, second));
    const random = randomNumbers(7);
    const below = (bound: number): number => Math.floor(random() * bound);
    const damages: ((file: Buffer) => Buffer)[] = [
      (file) => {
        file[below(file.length)]! ^= 1 << below(8);
        return file;
      },
      (file) => file.subarray(0, below(file.length)),
      (file) => Buffer.concat([file, Buffer.alloc(1 + below(50))]),
      (file) => file.fill(0, below(file.length)).fill(255, file.length - 1),
      (file) => {
        const [from, to] = [below(file.length), below(file.length)];
        return Buffer.concat([file.subarray(0, from), Buffer.from('?'), file.subarray(to)]);
      },
    ];
    // Every byte of what comes before the arrays, and of the sum; elsewhere by chance.
    const edges = [...Array(200).keys()].flatMap((at) => [at, whole.length - 1 - (at % 40)]);
    for (let n = 0; n < 600; n++) {
      const damaged = Buffer.from(whole);
      const bytes = n < edges.length ? damaged : damages[n % damages.length]!(damaged);
      if (n < edges.length) bytes[edges[n]!]! ^= 1 << below(8);
      await writeFile(join(dir, second), bytes);
      const { loaded, problems } = await loadLexicalSnapshot(dir, { keepDamaged: n % 2 === 0 });
      assert.equal(loaded?.watermark, 20n, `damage ${n}`);
      assert.match(problems.join(), /^snapshot words-000002\.lex was passed over: it /);
      assert.equal((await readdir(dir)).includes(second), n % 2 === 0);
    }
    await writeFile(join(dir, first), 'none');
    await rm(join(dir, second), { force: true });
    const { loaded, problems } = await loadLexicalSnapshot(dir);
    assert.deepEqual([loaded, problems.length], [null, 1]);
  });

  it('of another form, or that contradict themselves, are passed over', async (t) => {
    const dir = await savedFolder(t);
    const whole = await readFile(join(dir, second));
    const { size, segments } = headerOf(whole);
    const [segment] = segments as { bytes: number[] }[];
    const longer = [{ ...segment, bytes: segment!.bytes.map((bytes) => bytes + 4_000) }];
    const others: [RegExp, Record<string, unknown>][] = [
      [/of format 99\.\d+, expected/, { format: 99 }],
      [/of format \d+\.99, expected/, { analysis: 99 }],
      [/ends too early/, { size: Number(size) + 1 }],
      [/more than its header says/, { size: Number(size) - 1 }],
      [/ends too early/, { segments: longer }],
    ];
    for (const [reason, change] of others) {
      await writeFile(join(dir, second), withHeader(whole, change));
      const { loaded, problems } = await loadLexicalSnapshot(dir, { keepDamaged: true });
      assert.equal(loaded?.watermark, 20n);
      assert.match(problems[0]!, reason);
    }
    const long = Buffer.from(whole);
    long.writeUInt32LE(2 ** 32 - 1, 8);
    await writeFile(join(dir, second), signed(long));
    assert.match((await loadLexicalSnapshot(dir)).problems[0]!, /header is too long/);
    await writeFile(join(dir, second), withHeader(whole, {}));
    assert.equal((await loadLexicalSnapshot(dir)).loaded?.watermark, 40n);
  });

  it('that can not be written leave what was there', async (t) => {
    const dir = await savedFolder(t);
    const engine = createLexicalEngine(dir);
    await engine.open();
    // A folder stands where the new file is to be written.
    const inTheWay = join(dir, 'words-000003.lex.tmp');
    await mkdir(join(inTheWay, 'full'), { recursive: true });
    await assert.rejects(engine.save(), (error) => isAppError(error, 'snapshot_failed'));
    assert.deepEqual((await readdir(dir)).sort(), [first, second, 'words-000003.lex.tmp']);
    assert.equal((await loadLexicalSnapshot(dir)).loaded?.watermark, 40n);
    await rm(inTheWay, { recursive: true });
    assert.equal((await engine.save()).file, 'words-000003.lex');
  });

  it('have no place in what is no folder', async (t) => {
    const dir = await temporaryFolder(t);
    await writeFile(join(dir, 'file'), 'kept');
    const engine = engineWith(papers, join(dir, 'file'));
    await assert.rejects(engine.save(), (error) => isAppError(error, 'snapshot_failed'));
    assert.match((await engine.open()).problems.join(), /could not be read/);
    assert.equal(await readFile(join(dir, 'file'), 'utf8'), 'kept');
  });
});
