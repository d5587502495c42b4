import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  cleanLine,
  cleanParagraphs,
  excerpt,
  forEachLine,
  truncate,
} from '../../../src/ingest/parsers/text.js';

test('cleanLine: spaces of any kind become one, what can’t be seen goes', () => {
  assert.equal(cleanLine('  A\u00a0title\t with\u2003spaces \r\n'), 'A title with spaces');
  assert.equal(cleanLine('\ufeffzero\u200bwidth\u2060 soft\u00adhyphen'), 'zerowidth softhyphen');
  assert.equal(cleanLine('nul\u0000 and \u001bescape\u0085next'), 'nul and escape next');
  assert.equal(cleanLine('turned \u202earound\u202c'), 'turned around');
  assert.equal(cleanLine('e\u0301'), 'é');
  assert.equal(cleanLine('lone \ud83d and \udc4d'), 'lone \ufffd and \ufffd');
  assert.equal(cleanLine('thumb 👍 up'), 'thumb 👍 up');
});

test('cleanLine: joiners stay where they shape letters', () => {
  assert.equal(cleanLine('Lat\u200cin\u200d text'), 'Latin text');
  assert.equal(cleanLine('می\u200cخواهم'), 'می\u200cخواهم');
  assert.equal(cleanLine('👩\u200d🔬'), '👩\u200d🔬');
});

test('cleanLine: idempotent, well-formed, one line, whatever comes in', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const cleaned = cleanLine(text);
      assert.equal(cleanLine(cleaned), cleaned);
      assert.equal(Buffer.from(cleaned).toString(), cleaned);
      assert.ok(!cleaned.includes('\n') && !cleaned.includes('\u0000') && cleaned === cleaned.trim());
    }),
    { seed: 7, numRuns: 500 },
  );
});

test('cleanParagraphs: blank lines part, line breaks join', () => {
  assert.equal(cleanParagraphs('one\ntwo\r\n \r\nthree  four\r\rfive'), 'one two\n\nthree four\n\nfive');
  assert.equal(cleanParagraphs('\n\n one \n\n\n\n'), 'one');
});

test('truncate: between words, never inside a character', () => {
  assert.equal(truncate('short', 10), 'short');
  assert.equal(truncate('some words here', 12), 'some words');
  assert.equal(truncate('x'.repeat(20), 12), 'x'.repeat(12));
  assert.equal(truncate('aaaaaaaaa👍b', 10), 'aaaaaaaaa');
});

test('excerpt: at most 120 characters of cleaned text', () => {
  assert.equal(excerpt('a  b'), 'a b');
  assert.ok(excerpt('word '.repeat(1_000)).length <= 120);
  assert.ok(excerpt('x'.repeat(1_000)).endsWith('…'));
});

test('forEachLine: line breaks of any system; stops when told', () => {
  const lines = (text: string): string[] => {
    const out: string[] = [];
    forEachLine(text, (line, number) => {
      out.push(`${number}:${line}`);
      return true;
    });
    return out;
  };
  assert.deepEqual(lines('a\nb\r\nc\rd'), ['1:a', '2:b', '3:c', '4:d']);
  assert.deepEqual(lines('a\n\n'), ['1:a', '2:']);
  assert.deepEqual(lines(''), []);
  let seen = 0;
  forEachLine('a\nb\nc', () => {
    seen += 1;
    return seen < 2;
  });
  assert.equal(seen, 2);
});
