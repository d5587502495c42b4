import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { download } from '../../src/ingest/download.js';
import { findListings } from '../../src/ingest/files.js';
import { createHttpClient } from '../../src/platform/http-client.js';
import { withHttpServers } from '../support/http-servers.js';
import { bytesOf } from '../support/service.js';
import { collect } from './read-fixture.js';

const serve = withHttpServers();

interface FetchOptions {
  allowsPrivate?: boolean;
  timeoutMs?: number;
  silenceMs?: number;
  signal?: AbortSignal;
}

async function take(url: string, { allowsPrivate = true, signal, ...limits }: FetchOptions = {}) {
  const http = createHttpClient({ allowsPrivate, userAgent: 'Quire/test', ...limits });
  const [file] = await findListings([url], bytesOf(''), { http, signal });
  return { file: file!, result: await collect(file!.open()) };
}

/** How many bytes came. */
async function drain(parts: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const part of parts) size += part.length;
  return size;
}

describe('an address', () => {
  test('is read by its content, whatever its type says, compressed or not, behind a redirect', async () => {
    const csv = 'title,date\nLight Birds,2020\nHéavy Birds,2021\n';
    const base = await serve(({ url }, response) => {
      if (url === '/moved') response.writeHead(302, { location: '/list.csv.gz?key=secret' }).end();
      else
        response.writeHead(200, { 'content-type': 'image/png' }).end(url === '/plain' ? csv : gzipSync(csv));
    });
    for (const path of ['/plain', '/list.csv.gz?key=secret', '/moved']) {
      const { file, result } = await take(`${base}${path}`);
      assert.deepEqual(
        [result.format, result.titles, result.problems],
        ['csv', ['Light Birds', 'Héavy Birds'], []],
      );
      assert.ok(!file.name.includes('secret') && file.name.startsWith('127.0.0.1:'), file.name);
    }
  });

  for (const [status, code, message] of [
    [404, 'invalid_input', /nothing at this address \(404\)/],
    [403, 'invalid_input', /save it in a browser.*\(403\)/],
    [204, 'invalid_input', /expected an answer with status 200 \(204\)/],
    [429, 'source_unavailable', /asked too often \(429\)\. Try again in 7 s/],
    [503, 'source_unavailable', /can't answer at the moment \(503\)\. Try again in 7 s/],
  ] as const)
    test(`that answers with ${status} says what to do`, async () => {
      const base = await serve((_, response) => response.writeHead(status, { 'retry-after': '7' }).end());
      await assert.rejects(take(base), { code, message });
    });

  test('on a private network is refused, also behind a name, unless it is allowed', async () => {
    let asked = 0;
    const base = await serve((_, response) => {
      asked += 1;
      response.end('title,date\nOne,2020\n');
    });
    await assert.rejects(take(base, { allowsPrivate: false }), {
      code: 'invalid_input',
      message: /was not fetched: 127\.0\.0\.1 is on a private network/,
    });
    await assert.rejects(take(base.replace('127.0.0.1', 'localhost'), { allowsPrivate: false }), {
      code: 'invalid_input',
    });
    assert.equal(asked, 0);
  });

  test('that says too much, nothing at all, or is taken back', async () => {
    const base = await serve(({ url }, response) => {
      if (url === '/long') response.end('x'.repeat(2_000));
      if (url === '/broken') response.write('title\nBees', () => response.destroy());
    });
    const http = createHttpClient({ allowsPrivate: true, userAgent: 'Quire/test' });
    for (const [maxBytes, isRead] of [
      [1_999, false],
      [2_000, true],
    ] as const) {
      const bytes = drain(download(`${base}/long`, { http, maxBytes }));
      if (isRead) assert.equal(await bytes, 2_000);
      else await assert.rejects(bytes, { code: 'body_too_large' });
    }
    await assert.rejects(take(`${base}/broken`), { code: 'source_unavailable', message: /it broke off/ });
    for (const limits of [{ timeoutMs: 50 }, { silenceMs: 50 }])
      await assert.rejects(take(`${base}/silent`, limits), {
        code: 'source_unavailable',
        message: /no answer in time\. Try again later/,
      });
    await assert.rejects(take(`${base}/silent`, { signal: AbortSignal.abort() }), { code: 'cancelled' });
  });

  test('is read while it comes, however slowly it is read', async () => {
    let isOver = false;
    let goOn = (): void => undefined;
    const base = await serve((_, response) => {
      goOn = () => {
        isOver = true;
        response.end('end');
      };
      response.write('begin');
    });
    const http = createHttpClient({ allowsPrivate: true, userAgent: 'Quire/test', silenceMs: 1_000 });
    const parts = download(base, { http });
    assert.equal(Buffer.from((await parts.next()).value!).toString(), 'begin');
    assert.equal(isOver, false);
    // Silence counts while somebody waits.
    await sleep(1_100);
    goOn();
    assert.equal(await drain(parts), 3);
  });

  test('may say that it is compressed, or not, whatever its file is', async () => {
    const csv = 'title,date\nLight Birds,2020\n';
    const base = await serve(({ url }, response) => {
      const [, coding = '', kind] = url!.split('/');
      const file = kind === 'gz' ? gzipSync(csv) : Buffer.from(csv);
      if (coding !== 'none') response.setHeader('content-encoding', coding);
      response.end(coding === 'gzip' ? gzipSync(file) : coding === 'br' ? brotliCompressSync(file) : file);
    });
    for (const coding of ['none', 'gzip', 'br'])
      for (const kind of ['csv', 'gz'])
        assert.deepEqual(
          (await take(`${base}/${coding}/${kind}`)).result.titles,
          ['Light Birds'],
          coding + kind,
        );
    await assert.rejects(take(`${base}/x-feather/csv`), {
      code: 'invalid_input',
      message: /x-feather.*expected gzip, deflate or br/,
    });
  });

  test('that breaks off within a gzip file is no damaged file', async () => {
    const file = gzipSync(Array.from({ length: 9_000 }, (_, at) => `Birds ${at},${at % 7}`).join('\n'));
    const base = await serve((_, response) => {
      response.writeHead(200, { 'content-length': file.length });
      response.write(file.subarray(0, 9_000), () => setImmediate(() => response.destroy()));
    });
    await assert.rejects(take(base), { code: 'source_unavailable', message: /it broke off/ });
  });

  test('is none where addresses are not read', async () => {
    await assert.rejects(findListings(['https://example.org/x'], bytesOf('')), {
      code: 'invalid_input',
      message: /is an address: `quire ingest` reads these/,
    });
  });
});
