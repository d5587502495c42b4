import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { createHttpClient, whyNotAllowed } from '../../src/platform/http-client.js';
import { isSpecialAddress } from '../../src/platform/special-networks.js';

const userAgent = 'Quire/test';

describe('special networks', () => {
  it('are told from the open one, in each way to write them', () => {
    for (const inside of [
      ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '127.0.0.1', '127.9.9.9', '169.254.169.254', '172.31.255.255'],
      ...['192.168.0.1', '198.19.0.1', '192.0.2.1', '203.0.113.9', '224.0.0.1', '255.255.255.255'],
      ...[
        '::',
        '::1',
        'fe80::1',
        'fe80::1%eth0',
        'fc00::1',
        'fd12::1',
        'ff02::1',
        '64:ff9b::7f00:1',
        '100::1',
      ],
      ...['2001:db8::1', '2001::1', '2002:7f00:1::', '::7f00:1', '::ffff:127.0.0.1', '::ffff:a00:1'],
      ...['::ffff:169.254.169.254', '', 'example.org', '127.1'],
    ])
      assert.equal(isSpecialAddress(inside), true, inside);
    for (const outside of [
      ...['1.1.1.1', '9.255.255.255', '100.128.0.1', '172.32.0.1', '192.169.0.1', '223.255.255.255'],
      ...['2606:4700::1111', '2a00:1450::1', '2001:4860::8888', '::ffff:1.1.1.1'],
    ])
      assert.equal(isSpecialAddress(outside), false, outside);
  });

  it('are the same for an IPv4 address and for the IPv6 one that holds it', () => {
    fc.assert(
      fc.property(
        fc.ipV4(),
        (address) => isSpecialAddress(address) === isSpecialAddress(`::ffff:${address}`),
      ),
    );
  });
});

describe('the HTTP client', () => {
  const servers: Server[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  });
  async function serve(answer: RequestListener): Promise<string> {
    const server = createServer(answer);
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const open = (more: { timeoutMs?: number; maxBodyBytes?: number } = {}) =>
    createHttpClient({ allowsPrivate: true, userAgent, ...more });
  /** A name server that says what it is told. */
  const names =
    (...addresses: string[]): LookupFunction =>
    (_name, options, callback) => {
      const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
      if (options.all) callback(null, found);
      else callback(null, found[0]!.address, found[0]!.family);
    };

  it('posts, says who it is, and gives back what was answered', async () => {
    let seen: { request: IncomingMessage; body: string } | null = null;
    const url = await serve(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      seen = { request, body };
      response.writeHead(418, { 'x-kind': 'teapot' }).end('short and stout');
    });
    const result = await open().request({
      method: 'POST',
      url: `${url}/hook?x=1`,
      headers: { 'content-type': 'application/json' },
      body: '{"größe":1}',
    });
    assert.ok(result.kind === 'answered');
    assert.deepEqual([result.status, result.body, result.isWhole], [418, 'short and stout', true]);
    assert.equal(result.headers['x-kind'], 'teapot');
    const { request, body } = seen!;
    assert.deepEqual([request.method, request.url, body], ['POST', '/hook?x=1', '{"größe":1}']);
    assert.equal(request.headers['user-agent'], userAgent);
  });

  it('goes to no private network: by address, by name, by any of its addresses', async () => {
    let requests = 0;
    const url = await serve((_request, response) => {
      requests += 1;
      response.end();
    });
    const { port } = new URL(url);
    const closed = (lookup?: LookupFunction) =>
      createHttpClient({ allowsPrivate: false, userAgent, ...(lookup && { lookup }) });
    for (const host of [
      '127.0.0.1',
      '2130706433',
      '0x7f.1',
      '017700000001',
      '[::1]',
      '[::ffff:127.0.0.1]',
      'localhost',
      'a.localhost.',
    ])
      assert.equal(
        (await closed().request({ method: 'GET', url: `http://${host}:${port}/` })).kind,
        'refused',
        host,
      );
    for (const addresses of [['127.0.0.1'], ['::ffff:127.0.0.1'], ['1.1.1.1', '10.0.0.1'], ['fe80::1']]) {
      const target = `http://hook.example:${port}/`;
      const result = await closed(names(...addresses)).request({ method: 'POST', url: target, body: 'x' });
      assert.equal(result.kind, 'refused', addresses.join());
    }
    assert.equal(requests, 0);
    // A name server that says something else the second time: there is no second time.
    let asked = 0;
    const rebinding: LookupFunction = (name, options, callback) => {
      asked += 1;
      names(asked === 1 ? '127.0.0.1' : '10.0.0.1')(name, options, callback);
    };
    const known = createHttpClient({ allowsPrivate: true, userAgent, lookup: rebinding });
    assert.equal((await known.request({ method: 'GET', url: `http://h.example:${port}/` })).kind, 'answered');
    assert.deepEqual([asked, requests], [1, 1]);
    assert.equal((await open().request({ method: 'GET', url })).kind, 'answered');
  });

  it('follows redirects of a GET only, and checks each', async () => {
    let inside = 0;
    const secret = await serve((_request, response) => {
      inside += 1;
      response.end('secret');
    });
    const url = await serve((request, response) => {
      const to = {
        '/one': '/two',
        '/two': '/end',
        '/loop': '/loop',
        '/file': 'file:///etc/passwd',
        '/in': secret,
      };
      const location = to[request.url as keyof typeof to];
      if (location === undefined) response.end(`at ${request.url}`);
      else response.writeHead(302, { location }).end();
    });
    const get = (path: string) => open().request({ method: 'GET', url: url + path });
    const end = await get('/one');
    assert.equal(end.kind === 'answered' && end.body, 'at /end');
    assert.match(JSON.stringify(await get('/loop')), /more than 3 redirects/);
    assert.equal((await get('/file')).kind, 'refused');
    const posted = await open().request({ method: 'POST', url: `${url}/in`, body: 'x' });
    assert.equal(posted.kind === 'answered' && posted.status, 302);
    assert.equal(inside, 0);
    assert.equal((await get('/in')).kind, 'answered');
    assert.equal(inside, 1);
  });

  it('reads no more than it is told to, and waits no longer', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/silent') return;
      if (request.url === '/drop') return void request.socket.destroy();
      if (request.url === '/headers') return void response.writeHead(200, { big: 'x'.repeat(20_000) }).end();
      if (request.url === '/drip') {
        response.write('a');
        const drip = setInterval(() => response.write('a'), 10);
        response.on('close', () => clearInterval(drip));
        return;
      }
      response.end('x'.repeat(100_000));
    });
    const long = await open({ maxBodyBytes: 1_000 }).request({ method: 'GET', url });
    assert.ok(long.kind === 'answered');
    assert.deepEqual([long.body.length, long.isWhole], [1_000, false]);
    const paths = ['/silent', '/drop', '/headers'];
    const post = (path: string) =>
      open({ timeoutMs: 3_000 }).request({ method: 'POST', url: url + path, body: 'x' });
    const drip = await post('/drip');
    assert.ok(drip.kind === 'answered' && !drip.isWhole && drip.body.startsWith('aa'), JSON.stringify(drip));
    for (const [at, result] of (await Promise.all(paths.map(post))).entries()) {
      const path = paths[at]!;
      assert.ok(result.kind === 'failed', `${path}: ${JSON.stringify(result)}`);
      assert.equal(result.mayHaveArrived, true, path);
    }
  });

  const endings: [name: string, end: RequestListener][] = [
    ['hangs', (_, response) => void response.write('a')],
    [
      'breaks off',
      (request, response) => void response.write('a', () => setImmediate(() => request.socket.destroy())),
    ],
    ['is no body', (request) => void request.socket.write('not a chunk\r\n')],
  ];
  for (const [name, end] of endings)
    it(`keeps the status where the body ${name}`, async () => {
      const url = await serve((request, response) => {
        request.resume();
        const isBroken = name === 'is no body';
        response.writeHead(Number(request.url!.slice(1)), isBroken ? {} : { 'content-length': 10 });
        response.flushHeaders();
        end(request, response);
      });
      for (const status of [200, 404, 500]) {
        const answer = await open({ timeoutMs: 500 }).request({
          method: 'POST',
          url: `${url}/${status}`,
          body: 'x',
        });
        assert.ok(answer.kind === 'answered' && answer.status === status, JSON.stringify(answer));
        assert.equal(answer.isWhole, false);
      }
    });

  it('tells what can’t have arrived, and stops at a signal', async () => {
    const url = await serve(() => undefined);
    const [gone] = servers.splice(0);
    gone!.close();
    await once(gone!, 'close');
    const refused = await open().request({ method: 'POST', url, body: 'x' });
    assert.ok(refused.kind === 'failed' && !refused.mayHaveArrived, JSON.stringify(refused));
    const silent = await serve(() => undefined);
    const signal = AbortSignal.abort();
    const stopped = await open().request({ method: 'GET', url: silent, signal });
    assert.ok(stopped.kind === 'failed' && stopped.why === 'stopped');
  });

  it('says of an address why it is none', () => {
    assert.equal(whyNotAllowed('https://hooks.example/x', false), null);
    assert.match(whyNotAllowed('ftp://x', true)!, /https/);
    assert.match(whyNotAllowed('https://u:p@x.example', true)!, /no user/);
    assert.match(whyNotAllowed('http://10.0.0.1/', false)!, /private/);
    assert.equal(whyNotAllowed('http://10.0.0.1/', true), null);
  });
});
