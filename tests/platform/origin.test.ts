import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { originOf } from '../../src/platform/origin.js';

describe('originOf', () => {
  it('is scheme, host and port, and nothing else of what a client may send', () => {
    for (const [protocol, host, origin] of [
      ['http', '127.0.0.1:8080', 'http://127.0.0.1:8080'],
      ['https', 'Papers.Example.org:443', 'https://papers.example.org'],
      ['http', '[::1]:80', 'http://[::1]'],
      ['http', 'me:secret@example.org/path?q#x', 'http://example.org'],
    ] as const)
      assert.equal(originOf({ protocol, host }), origin);
  });

  it('refuses what is no host', () => {
    for (const host of ['', '"><script>', 'a b', ':80', 'example.org:x', '{count}'])
      assert.throws(
        () => originOf({ protocol: 'http', host }),
        { code: 'invalid_input', message: /^Host: / },
        host,
      );
  });
});
