import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig } from '../../src/platform/config.js';
import { readTrustProxy } from '../../src/platform/trust-proxy.js';

describe('TRUST_PROXY', () => {
  it('believes nobody unless it is set', () => {
    assert.equal(readConfig({}).trustProxy, null);
    assert.equal(readConfig({ TRUST_PROXY: '' }).trustProxy, null);
    assert.ok(readConfig({ TRUST_PROXY: '1' }).trustProxy?.('127.0.0.1', 0));
  });

  it('counts proxies from one in a private network on', () => {
    const trusts = readTrustProxy('2');
    for (const nearest of ['127.0.0.1', '::ffff:172.18.0.1', 'fd00::1'])
      assert.ok(trusts(nearest, 0), nearest);
    assert.ok(!trusts('198.51.100.7', 0), 'somebody who comes past the proxies');
    assert.ok(trusts('198.51.100.7', 1));
    assert.ok(!trusts('198.51.100.7', 2));
  });

  it('takes addresses and networks', () => {
    const trusts = readTrustProxy('172.18.0.0/16, 203.0.113.9, 2001:db8::/32');
    for (const address of ['172.18.3.4', '::ffff:172.18.3.4', '203.0.113.9', '2001:db8::5'])
      assert.ok(trusts(address, 3), address);
    for (const address of ['172.19.0.1', '203.0.113.8', '127.0.0.1', '2001:db9::5', 'unknown', ''])
      assert.ok(!trusts(address, 0), address);
  });

  it('refuses all else, and a network of everybody', () => {
    for (const wrong of [
      '0',
      '9',
      'true',
      '10.0.0.0/33',
      '0.0.0.0/0',
      '10.0.0.0/8/8',
      '10.0.0.1,',
      '10.0.0.0/',
    ])
      assert.throws(() => readConfig({ TRUST_PROXY: wrong }), /TRUST_PROXY: expected/, wrong);
    assert.throws(() => readTrustProxy(Array(17).fill('10.0.0.1').join(',')), /at most 16/);
  });
});
