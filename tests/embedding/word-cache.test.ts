import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, it } from 'node:test';
import { AutoTokenizer, env } from '@xenova/transformers';
import fc from 'fast-check';
import { createWordCache, isWordByWord, type TokenizerFile } from '../../src/embedding/pool/word-cache.js';
import { projectRoot } from '../../src/platform/paths.js';
import { defaultModelDir } from '../support/models.js';

const papers = join(projectRoot, '..', 'shared', 'data', 'papers-100k.jsonl.gz');

let tokenizer: Awaited<ReturnType<typeof AutoTokenizer.from_pretrained>>;
let file: TokenizerFile;
before(async () => {
  env.allowRemoteModels = false;
  env.useFSCache = false;
  tokenizer = await AutoTokenizer.from_pretrained(defaultModelDir, { local_files_only: true });
  file = JSON.parse(await readFile(join(defaultModelDir, 'tokenizer.json'), 'utf8'));
});

it("gives the library's token ids for any text, cold and warm", () => {
  const words = createWordCache(tokenizer, Number.POSITIVE_INFINITY);
  const piece = fc.oneof(
    fc.constantFrom(
      ' ',
      ' ',
      ' ',
      '  ',
      '\t',
      '\n',
      '\u00a0',
      '\u3000',
      '\0',
      '\u200d',
      '\ufeff',
      '\ufffd',
      '\ud800',
    ),
    fc.constantFrom(
      '[SEP]',
      '[CLS',
      ']',
      '##ing',
      'network',
      'Réseau',
      'e\u0301',
      '\u0301',
      'ΑΣ',
      'Σ',
      'İ',
      'ß',
      '图',
      '한국',
    ),
    fc.constantFrom('x'.repeat(101), '$\\alpha$', '(2,3)', "don't", 'co-author', '👩‍🔬'),
    fc.string({ unit: 'grapheme', maxLength: 6 }),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  const texts = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(texts, (text) => {
      const expected = tokenizer.encode(text);
      assert.deepEqual(words.encode(text), expected);
      assert.deepEqual(words.encode(text), expected);
    }),
    { numRuns: 600 },
  );
});

const skip = !existsSync(papers) && `NOT RUN: needs ${papers}`;
it("gives the library's token ids for 3,000 real abstracts", { skip }, () => {
  const lines = execFileSync('sh', ['-c', `gzip -dc '${papers}' 2>/dev/null | head -n 3000`], {
    maxBuffer: 1 << 26,
  });
  const words = createWordCache(tokenizer, Number.POSITIVE_INFINITY);
  const texts = lines
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(texts.length, 3000);
  for (const { title, abstract } of texts) {
    const text = `${title}. ${abstract}`;
    assert.deepEqual(words.encode(text), tokenizer.encode(text), title);
  }
});

it('stops where there is enough, and has the same beginning and the closing token', () => {
  const text = 'graph convolutional networks '.repeat(50);
  const whole = tokenizer.encode(text);
  const some = createWordCache(tokenizer, 32).encode(text);
  assert.ok(some.length > 32 && some.length < 40);
  assert.deepEqual(some.slice(0, -1), whole.slice(0, some.length - 1));
  assert.equal(some.at(-1), whole.at(-1));
});

it('is for tokenizers that never look beyond a space', () => {
  assert.equal(isWordByWord(file), true);
  assert.equal(isWordByWord({ ...file, added_tokens: [{ content: 'two words' }] }), false);
  assert.equal(isWordByWord({ ...file, model: { type: 'BPE' } }), false);
  assert.equal(isWordByWord({ ...file, normalizer: { type: 'Sequence' } }), false);
  assert.equal(isWordByWord({ ...file, pre_tokenizer: null }), false);
});
