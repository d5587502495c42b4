import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { createWebhookSender } from '../../src/digests/webhook-sender.js';
import { createHttpClient, type HttpRequest } from '../../src/platform/http-client.js';

it('a webhook’s status says what became of it, also where its body never ends or breaks off', async () => {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const [, status, ending] = request.url!.split('/');
      if (status === 'none') return ending === 'break' ? request.socket.destroy() : undefined;
      response.writeHead(Number(status), { 'content-length': 10 });
      response.write('a', () => ending === 'break' && setImmediate(() => request.socket.destroy()));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const client = createHttpClient({ allowsPrivate: true, userAgent: 'Quire/test', timeoutMs: 500 });
    const { post } = createWebhookSender(client);
    const kinds = { 200: 'sent', 429: 'deferred', 500: 'deferred', 404: 'failed', none: 'uncertain' };
    for (const [status, kind] of Object.entries(kinds))
      for (const ending of ['hang', 'break']) {
        const url = `http://127.0.0.1:${port}/${status}/${ending}`;
        const outcome = await post(url, {}, { id: 'digest.1', mayStillSend: async () => true });
        assert.equal(outcome.kind, kind, `${status} ${ending}`);
      }
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

describe('the sender of webhooks', () => {
  it('names the digest in a header, the same at each try', async () => {
    const requests: HttpRequest[] = [];
    const sender = createWebhookSender({
      async request(request) {
        requests.push(request);
        return {
          kind: 'answered',
          status: requests.length === 1 ? 503 : 200,
          headers: {},
          body: '',
          isWhole: true,
          isTooLong: false,
        };
      },
    });
    const post = (wanted: boolean) =>
      sender.post(
        'https://hooks.example.org',
        { a: 1 },
        { id: 'digest.1', mayStillSend: async () => wanted },
      );
    assert.equal((await post(false)).kind, 'withdrawn');
    assert.equal((await post(true)).kind, 'deferred');
    assert.equal((await post(true)).kind, 'sent');
    assert.deepEqual(
      requests.map(({ headers }) => headers!['idempotency-key']),
      ['"digest.1"', '"digest.1"'],
    );
  });
});
