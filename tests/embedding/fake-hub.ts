import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { tinyModelDir } from '../support/models.js';

/** What goes wrong the next time a file is asked for. */
export type Fault =
  /** `sent` is awaited before the line breaks: what the client hasn't read by then, it loses. */
  | { kind: 'break' | 'stall'; after: number; sent?: () => Promise<void> }
  | { kind: 'wrong-byte' | 'too-long' | 'no-range' }
  | { kind: 'status'; status: number };

export const FAKE_COMMIT = 'c0ffee0000000000000000000000000000c0ffee';
export const FAKE_ID = 'test-owner/tiny-64d';

/** A hub with one model, the tiny one, that answers as the real one does: a listing, and files by way of a redirect. */
export async function startFakeHub() {
  const files = new Map<string, Buffer>();
  for (const path of [
    'config.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'onnx/model_quantized.onnx',
  ]) {
    files.set(path, await readFile(join(tinyModelDir(), path)));
  }
  files.set('1_Pooling/config.json', Buffer.from('{"pooling_mode_mean_tokens": true}'));
  files.set('sentence_bert_config.json', Buffer.from('{"max_seq_length": 256}'));
  files.set('README.md', Buffer.from('# Not needed'));
  const faults = new Map<string, Fault[]>();
  const requests: { path: string; range: string | null; encoding: string | undefined }[] = [];
  let listingStatus = 200;

  function list(response: ServerResponse): void {
    const siblings = [...files].map(([rfilename, bytes]) => {
      const size = bytes.length;
      if (size < 10_000) {
        const blobId = createHash('sha1').update(`blob ${size}\0`).update(bytes).digest('hex');
        return { rfilename, size, blobId };
      }
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return { rfilename, size, blobId: '0'.repeat(40), lfs: { sha256, size, pointerSize: 130 } };
    });
    response.writeHead(listingStatus, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ id: FAKE_ID, sha: FAKE_COMMIT, cardData: { license: 'apache-2.0' }, siblings }),
    );
  }

  async function send(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { range, 'accept-encoding': encoding } = request.headers;
    requests.push({ path, range: range ?? null, encoding: encoding?.toString() });
    const whole = files.get(path);
    const fault = faults.get(path)?.shift();
    if (whole === undefined || fault?.kind === 'status') {
      response.writeHead(fault?.kind === 'status' ? fault.status : 404).end();
      return;
    }
    const from = fault?.kind === 'no-range' ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    let bytes = Buffer.from(whole.subarray(from));
    if (fault?.kind === 'wrong-byte') bytes[bytes.length >> 1]! ^= 1;
    if (fault?.kind === 'too-long') bytes = Buffer.concat([bytes, Buffer.from('x')]);
    const part = from > 0 ? { 'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { ...part, 'content-length': bytes.length });
    if (fault?.kind !== 'break' && fault?.kind !== 'stall') {
      response.end(bytes);
      return;
    }
    await new Promise((resolve) => response.write(bytes.subarray(0, fault.after), resolve));
    await fault.sent?.();
    if (fault.kind === 'break') response.socket?.end();
  }

  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://hub').pathname);
    const resolved = `/${FAKE_ID}/resolve/${FAKE_COMMIT}/`;
    if (path.startsWith(`/api/models/${FAKE_ID}/revision/`)) list(response);
    else if (path.startsWith(resolved)) {
      response.writeHead(302, { location: `/cdn/${path.slice(resolved.length)}` }).end();
    } else if (path.startsWith('/cdn/')) void send(path.slice('/cdn/'.length), request, response);
    else response.writeHead(path.includes('gated') ? 401 : 404).end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    files,
    requests,
    /** In the order of the requests for the file. */
    fail(path: string, ...next: Fault[]) {
      faults.set(path, next);
    },
    answerListingsWith(status: number) {
      listingStatus = status;
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export type FakeHub = Awaited<ReturnType<typeof startFakeHub>>;
