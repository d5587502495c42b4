import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainText } from '../../../src/ingest/parsers/markup.js';
import { cpuMs } from '../../support/cpu-time.js';

test('known tags go, what only looks like one stays', () => {
  assert.equal(plainText('<i>L<sub>p</sub></i> testing'), 'Lp testing');
  assert.equal(
    plainText('<jats:italic toggle="yes">x</jats:italic> &amp; <mml:math><mml:mi>y</mml:mi></mml:math>'),
    'x & y',
  );
  assert.equal(plainText('if x <y and z> w'), 'if x <y and z> w');
  assert.equal(
    plainText('fill the <mask> token, <entity, aspect>, a<b>c'),
    'fill the <mask> token, <entity, aspect>, ac',
  );
  assert.equal(plainText('<p>One.</p><p class="x">Two.</p>').trim().split(/\n+/).join('|'), 'One.|Two.');
  assert.equal(plainText('one<br/>two'), 'one\n\ntwo');
});

test('character references', () => {
  assert.equal(
    plainText('Q&amp;A &lt;b&gt; &quot;x&quot; &#8211; &#x2013; &eacute;&Eacute;&nbsp;&alpha;'),
    'Q&A <b> "x" – – éÉ\u00a0α',
  );
  assert.equal(plainText('&#150;'), '–');
  assert.equal(
    plainText('AT&T, R&D; &unknown; &#; &#xffffff; &#0; &#55357;'),
    'AT&T, R&D; &unknown; &#; \ufffd \ufffd \ufffd',
  );
  // A text about mark-up is not mark-up.
  assert.equal(plainText('&lt;i&gt;'), '<i>');
  assert.equal(plainText('&amp;lt;'), '<');
});

test('time is linear', () => {
  for (const piece of [
    '<',
    '<math>',
    '<mml:math>',
    '<!--',
    '<alternatives>',
    '<tex-math>',
    '\\documentclass',
    '&lt;p',
    '&lt;/p&gt;',
    '&amp;',
    '<a b>',
    '<i ',
    '<i a=',
    '<i a="',
    '&',
    '&#',
    '&a',
    '<p <p',
    '</',
  ]) {
    const text = piece.repeat(100_000);
    assert.ok(cpuMs(() => plainText(text)) < 2_500, piece);
  }
});
