import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { openSearchDescription } from '../../src/web/opensearch.js';

const decode = (text: string) =>
  text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));

function templates(origin: string): Record<string, string> {
  const found = openSearchDescription(origin).matchAll(/<Url type="([^"]+)"[^>]* template="([^"]*)"\/>/g);
  return Object.fromEntries([...found].map(([, type, template]) => [type!, decode(template!)]));
}

const element = (name: string) =>
  decode(
    new RegExp(`<${name}[^>]*>([^<]*)</${name}>`).exec(openSearchDescription('https://example.org'))![1]!,
  );

describe('openSearchDescription', () => {
  it('names the page and the suggestions', () => {
    assert.deepEqual(templates('https://example.org:8080'), {
      'text/html': 'https://example.org:8080/?q={searchTerms}',
      'application/x-suggestions+json':
        'https://example.org:8080/api/v1/suggest?q={searchTerms}&format=opensearch',
    });
    assert.equal(element('Image'), 'https://example.org/assets/favicon.svg');
    assert.equal(element('InputEncoding'), 'UTF-8');
  });

  it('keeps to the lengths of the specification', () => {
    assert.equal(element('ShortName'), 'Quire');
    assert.ok(element('Description').length <= 1_024);
    assert.match(element('Description'), /^[^<>&]+$/);
  });

  it('is the same XML around any origin', () => {
    const skeleton = (origin: string) =>
      openSearchDescription(origin).replace(/(?<=[">])[^"<>]*(?=["<])/g, '');
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.constant('http://{count}&')), (origin) => {
        const xml = openSearchDescription(origin);
        assert.equal(skeleton(origin), skeleton('https://example.org'));
        assert.doesNotMatch(xml, /&(?!#\d+;)/);
        assert.doesNotMatch(xml, /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u);
        for (const template of Object.values(templates(origin)))
          assert.deepEqual(template.match(/\{[^}]*\}?/g), ['{searchTerms}']);
      }),
    );
  });
});
