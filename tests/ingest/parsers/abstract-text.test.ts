import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseJsonPaper } from '../../../src/ingest/parsers/jsonl.js';

const math = (content: string): string => `<mml:math>${content}</mml:math>`;
const [x, i, two] = ['<mml:mi>x</mml:mi>', '<mml:mi>i</mml:mi>', '<mml:mn>2</mml:mn>'];

/** What stands in a file, and what a person reads. */
const table: readonly [name: string, typed: string, read: string][] = [
  ['JATS paragraphs', '<jats:p>We fly.</jats:p><jats:p>We land.</jats:p>', 'We fly.\n\nWe land.'],
  [
    'JATS titles',
    '<jats:sec><jats:title>Aims</jats:title><jats:p>To fly.</jats:p></jats:sec>',
    'Aims\n\nTo fly.',
  ],
  ['JATS without its prefix', '<sec><p>To <italic>fly</italic>.</p></sec>', 'To fly.'],
  ['JATS italic', 'of <jats:italic toggle="yes">Passer</jats:italic> birds', 'of Passer birds'],
  ['JATS sub', 'CO<jats:sub>2</jats:sub> in air', 'CO2 in air'],
  [
    'a power of ten',
    'some 10<jats:sup>5</jats:sup> birds, 10<sup>−3</sup> of them',
    'some 10^5 birds, 10^−3 of them',
  ],
  ['an ordinal', 'the 5<sup>th</sup> bird', 'the 5th bird'],
  [
    'JATS lists',
    '<jats:list><jats:list-item><jats:p>One</jats:p></jats:list-item><jats:list-item><jats:p>Two</jats:p></jats:list-item></jats:list>',
    'One\n\nTwo',
  ],
  ['JATS references', 'as before <xref ref-type="bibr" rid="b1">1</xref>', 'as before 1'],
  [
    'links',
    'see <a href="https://example.org/b">our page</a> or <ext-link xlink:href="https://example.org">this</ext-link>',
    'see our page or this',
  ],
  ['MathML', `of ${math(x)} birds`, 'of x birds'],
  [
    'MathML with a subscript and an exponent',
    math(`<mml:msub>${x}${i}</mml:msub><mml:mo>=</mml:mo><mml:msup>${x}${two}</mml:msup>`),
    'x_i=x^2',
  ],
  [
    'MathML fractions',
    math(`<mml:mfrac><mml:mn>1</mml:mn><mml:mrow>${x}<mml:mo>+</mml:mo>${two}</mml:mrow></mml:mfrac>`),
    '1/(x+2)',
  ],
  ['MathML functions', math(`<mml:mi>sin</mml:mi>${x}`), 'sin x'],
  ['MathML references', math(`${x}<mml:mo>&lt;</mml:mo>${two}`), 'x<2'],
  [
    'MathML with an annotation',
    `of ${math(`<mml:semantics><mml:mrow>${x}</mml:mrow><mml:annotation encoding="application/x-tex">x</mml:annotation></mml:semantics>`)} birds`,
    'of x birds',
  ],
  [
    'MathML without a prefix',
    'of <math xmlns="m"><semantics><mi>x</mi><annotation-xml><ci>x</ci></annotation-xml></semantics></math> birds',
    'of x birds',
  ],
  [
    'MathML beside TeX',
    `of <inline-formula><alternatives><tex-math>$x$</tex-math>${math(x)}</alternatives></inline-formula> birds`,
    'of x birds',
  ],
  ['TeX alone', 'of <jats:tex-math>$x_i$</jats:tex-math> birds', 'of $x_i$ birds'],
  [
    'TeX as a document',
    'of <tex-math>\\documentclass[12pt]{minimal} \\begin{document}$$x_i$$\\end{document}</tex-math> birds',
    'of $$x_i$$ birds',
  ],
  ['LaTeX as typed', 'of $x<y$ and $a>b$, \\alpha \\emph{too}', 'of $x<y$ and $a>b$, \\alpha \\emph{too}'],
  ['references', 'Caf&eacute; &amp; bar, P&nbsp;&lt;&nbsp;0.05 &#8211; &#x2264;', 'Café & bar, P < 0.05 – ≤'],
  [
    'references escaped twice',
    'Caf&amp;eacute; &amp;amp; bar, P &amp;lt; 0.05 &amp;#8211;',
    'Café & bar, P < 0.05 –',
  ],
  ['what only looks like one', 'AT&T, R&amp;D; &amp;unknown;', 'AT&T, R&D; &unknown;'],
  [
    'mark-up that was escaped',
    '&lt;p&gt;One.&lt;/p&gt;&lt;p class=&quot;x&quot;&gt;Two &lt;i&gt;x&lt;/i&gt;.&lt;/p&gt;',
    'One.\n\nTwo x.',
  ],
  [
    'mark-up that was escaped twice',
    '&amp;lt;jats:p&amp;gt;One &amp;amp; two&amp;lt;/jats:p&amp;gt;',
    'One & two',
  ],
  [
    'a text about mark-up',
    'the &lt;b&gt; tag, the <mask> token, <s> and x < y > z',
    'the <b> tag, the <mask> token, <s> and x < y > z',
  ],
  ['control characters', 'nul\u0000 bell\u0007 next\u0085line', 'nul bell next line'],
  [
    'soft hyphens and zero-width characters',
    'soft\u00adhy&shy;phen, zero\u200bwidth',
    'softhyphen, zerowidth',
  ],
  ['lines that were wrapped', 'We fly\nover\r\nhills.', 'We fly over hills.'],
  ['paragraphs that were indented', '  We fly\nhigh.\n  We land.', 'We fly high.\n\nWe land.'],
  ['paragraphs', 'We fly.\n\n\nWe land.', 'We fly.\n\nWe land.'],
  ['comments and CDATA', 'We<!-- hidden <b> --> fly <![CDATA[high]]>.', 'We fly high.'],
  ['spaces of any kind', 'We\u00a0\u2003fly\t high', 'We fly high'],
];

describe('an abstract is read as a person would', () => {
  for (const [name, typed, read] of table)
    test(name, () => {
      const [entry] = parseJsonPaper(JSON.stringify({ title: typed, abstract: typed }), 1);
      assert.ok(entry?.kind === 'paper');
      assert.equal(entry.record.abstract, read);
      assert.equal(entry.record.title, read.replace(/\n+/g, ' '));
    });
});

test('a formula of any depth ends in its letters', () => {
  const deep = `<math>${'<mrow>'.repeat(3_000)}x${'</mrow>'.repeat(3_000)}</math>`;
  const [entry] = parseJsonPaper(JSON.stringify({ title: `of ${deep} birds` }), 1);
  assert.equal(entry?.kind === 'paper' && entry.record.title, 'of x birds');
});
