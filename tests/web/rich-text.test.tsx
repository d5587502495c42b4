import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { renderToString } from 'preact-render-to-string';
import { RichText } from '../../src/web/components/rich-text.js';

const shown = (text: string, rest: Partial<Parameters<typeof RichText>[0]> = {}): string =>
  renderToString(<RichText text={text} {...rest} />);

describe('a text with formulas', () => {
  it('has them as MathML, and the words around them as they are', () => {
    const html = shown('Width $O(n^2)$ & “more” \\(\\alpha < 1\\).');
    assert.equal(html.match(/<math/g)!.length, 2);
    assert.match(html, /^Width <span class="maths"><math>.*<msup>.*<\/math><\/span> &amp; “more” /);
    assert.doesNotMatch(html, /\$|style=/);
  });

  it('keeps what is money, what can not be read, and what is no formula', () => {
    for (const text of ['From $5 to $10.', 'A $\\nosuch{x}$ b', 'A $\\frac{1}$', '$$', '\\(\\)'])
      assert.equal(shown(text).replaceAll(/<\/?span>/g, ''), text);
  });

  it('marks words, and formulas that a mark touches', () => {
    const html = shown('tight bound $n^2$', { ranges: [{ start: 6, end: 14 }] });
    assert.match(html, /^tight <mark>bound <\/mark><mark class="maths"><math>/);
  });

  it('shows a part, without a formula that it cuts', () => {
    const text = 'One $a^2$ two $b^2$ three';
    assert.equal(shown(text, { within: { start: 10, end: 16 } }), 'two ');
    assert.match(shown(text, { within: { start: 4, end: 13 } }), /^<span class="maths">.*<\/span> two$/);
  });

  it('runs nothing and links nowhere', () => {
    for (const tex of [
      '\\href{javascript:alert(1)}{x}',
      '\\htmlStyle{color:red}{x}',
      '\\text{<img src=x onerror=alert(1)>}',
      '\\color{red" onload="alert(1)}{x}',
    ]) {
      const html = shown(`$${tex}$`);
      assert.doesNotMatch(html, /<img|href=|style=|<[^>]* onload=/, tex);
    }
  });

  it('takes bounded time and space, whatever is defined in it', () => {
    const eight = (name: string) => `{${`\\${name}{#1}`.repeat(8)}}`;
    const bomb = `$\\def\\a#1${eight('b')}\\def\\b#1${eight('c')}\\def\\c#1${eight('d')}\\a{x}$`;
    const wide = `$\\def\\b{${'x+'.repeat(30)}x}${'\\b'.repeat(28)}$`;
    for (const formula of [
      bomb,
      wide,
      `$\\ce{${'H2O'.repeat(150)}}$`,
      `$${'{'.repeat(290)}${'}'.repeat(290)}$`,
    ]) {
      const started = process.cpuUsage();
      const html = shown(`${formula} `.repeat(60));
      const { user } = process.cpuUsage(started);
      assert.ok(html.length < 400_000, `${formula.slice(0, 30)}: ${html.length} characters`);
      assert.ok(user < 400_000, `${formula.slice(0, 30)}: ${user / 1_000} ms`);
    }
    assert.equal(shown(bomb).replaceAll(/<\/?span>/g, ''), bomb, 'as it was typed');
  });
});
