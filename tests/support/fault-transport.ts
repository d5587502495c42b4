import type { ServerResponse } from 'node:http';
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { answerWell, answerWith, type Fault, type Play, pour, repeated } from './fault.js';

const MEGABYTE = 1_048_576;
/** 10 GB of spaces: each part of the compressed body stands for a megabyte. */
const BOMB_MEGABYTES = 10_240;

const half = ({ payload }: Play): Buffer => {
  const whole = Buffer.from(payload.body);
  return whole.subarray(0, whole.length / 2);
};

const status = (code: number, headers: Record<string, string> = {}) =>
  ((_request, response) => void response.writeHead(code, headers).end('not now')) satisfies Fault['answer'];

/** As `status`, and well at the second request. */
const once =
  (code: number, headers: (play: Play) => Record<string, string> = () => ({})): Fault['answer'] =>
  (_request, response, play) =>
    play.count > 1 ? answerWell(response, play) : void response.writeHead(code, headers(play)).end('not now');

const inSeconds = ({ now }: Play, seconds: number) => new Date(now.getTime() + seconds * 1_000).toUTCString();

const statuses: Fault[] = [
  {
    name: '429-seconds',
    what: '429 once, with Retry-After in seconds',
    answer: once(429, () => ({ 'retry-after': '20' })),
  },
  {
    name: '429-date',
    what: '429 once, with Retry-After as a date',
    answer: once(429, (play) => ({ 'retry-after': inSeconds(play, 20) })),
  },
  { name: '429-bare', what: '429 once, without Retry-After', answer: once(429) },
  {
    name: '429-nonsense',
    what: '429 once, with a Retry-After that says nothing',
    answer: once(429, () => ({ 'retry-after': '-1; soon' })),
  },
  {
    name: '429-past',
    what: '429 once, with a Retry-After that is over',
    answer: once(429, (play) => ({ 'retry-after': inSeconds(play, -600) })),
  },
  {
    name: '429-day',
    what: '429 with a Retry-After of two days',
    answer: status(429, { 'retry-after': '172800' }),
  },
  {
    name: '429-for-ever',
    what: '429 each time, with a Retry-After of a second',
    answer: status(429, { 'retry-after': '1' }),
  },
  ...[500, 502, 503].flatMap((code): Fault[] => [
    { name: `${code}-once`, what: `${code} once`, answer: once(code) },
    { name: `${code}-for-ever`, what: `${code} each time`, answer: status(code) },
  ]),
  { name: '404', what: '404', answer: status(404) },
  { name: '403', what: '403', answer: status(403) },
  { name: '206', what: 'a part, with status 206', answer: status(206) },
  { name: '204', what: 'no content', answer: (_request, response) => void response.writeHead(204).end() },
  {
    name: '304-unasked',
    what: '304 without being asked',
    answer: (_request, response) => void response.writeHead(304).end(),
  },
];

/** Sends the head and a half of the body, then does what is asked. */
const afterHalf =
  (
    headers: (play: Play) => Record<string, string | number>,
    then: (response: ServerResponse) => void,
  ): Fault['answer'] =>
  (_request, response, play) => {
    response.writeHead(200, { 'content-type': play.payload.contentType, ...headers(play) });
    response.write(half(play), () => setImmediate(then, response));
  };
const wholeLength = ({ payload }: Play) => ({ 'content-length': Buffer.byteLength(payload.body) });

const endings: Fault[] = [
  {
    name: 'cut-length',
    what: 'the connection ends before content-length',
    answer: afterHalf(wholeLength, (response) => response.socket?.end()),
  },
  {
    name: 'cut-chunked',
    what: 'the connection ends between chunks, without the last one',
    answer: afterHalf(
      () => ({}),
      (response) => response.socket?.end(),
    ),
  },
  {
    name: 'cut-once',
    what: 'the connection ends before content-length, once',
    answer: (request, response, play) =>
      play.count > 1
        ? answerWell(response, play)
        : afterHalf(wholeLength, () => response.socket?.end())(request, response, play),
  },
  {
    name: 'reset',
    what: 'the connection is reset within the body',
    answer: afterHalf(wholeLength, (response) => response.socket?.resetAndDestroy()),
  },
  {
    name: 'drop',
    what: 'the connection ends without an answer',
    answer: (request) => void request.socket.destroy(),
  },
  { name: 'hang', what: 'no answer', answer: () => undefined },
  {
    name: 'hang-body',
    what: 'nothing after half of the body',
    answer: afterHalf(wholeLength, () => undefined),
  },
  {
    name: 'drip',
    what: 'a byte every 10 ms',
    answer: (_request, response, play) => {
      response.writeHead(200, { 'content-type': play.payload.contentType });
      const drip = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(drip));
    },
  },
  {
    name: 'length-too-small',
    what: 'content-length is half of the body',
    answer: (_request, response, play) => {
      response.writeHead(200, {
        'content-type': play.payload.contentType,
        'content-length': half(play).length,
      });
      response.end(play.payload.body);
    },
  },
  {
    name: 'length-too-large',
    what: 'content-length is greater than the body, and the connection stays open',
    answer: (_request, response, play) => {
      response.writeHead(200, { 'content-length': Buffer.byteLength(play.payload.body) + 1 });
      response.write(play.payload.body);
    },
  },
  {
    name: 'no-http',
    what: 'something that is not HTTP',
    answer: ({ socket }) => void socket.end('220 mail.example ESMTP\r\n'),
  },
  {
    name: 'endless',
    what: 'a body without an end',
    answer: (_request, response) =>
      pour(response, repeated(Buffer.alloc(65_536, 0x20), Number.POSITIVE_INFINITY)),
  },
  {
    name: 'byte-chunks',
    what: 'two million chunks of a byte each',
    // 7 bytes a chunk on the wire: past the response, which would send each as a packet.
    answer: ({ socket }) => {
      const chunk = Buffer.from('1\r\n \r\n'.repeat(10_000));
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
      let left = 200;
      const go = (): void => {
        while (left > 0 && !socket.destroyed) {
          left -= 1;
          if (!socket.write(chunk)) return void socket.once('drain', go);
        }
        socket.end('0\r\n\r\n');
      };
      go();
    },
  },
  {
    name: 'declared-too-large',
    what: 'content-length says a terabyte',
    answer: (_request, response) => void response.writeHead(200, { 'content-length': 1e12 }).write('x'),
  },
  {
    name: 'huge-headers',
    what: '64 KB of headers',
    answer: (_request, response, play) => {
      response.setHeader('x-big', 'x'.repeat(65_536));
      answerWell(response, play);
    },
  },
];

/** A gzip body of spaces that is nowhere held as a whole, neither here nor there. Its check sum is nobody's. */
function* bomb(): Generator<Uint8Array> {
  yield Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  const part = deflateRawSync(Buffer.alloc(MEGABYTE, 0x20), { finishFlush: constants.Z_FULL_FLUSH });
  yield* repeated(part, BOMB_MEGABYTES);
  yield Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
}

const encoded =
  (encoding: string, encode: (body: string) => Uint8Array): Fault['answer'] =>
  (_request, response, { payload }) => {
    const body = encode(payload.body);
    response.setHeader('content-encoding', encoding);
    answerWith(response, payload, body);
  };

const encodings: Fault[] = [
  { name: 'gzip', what: 'gzip, as it should be', answer: encoded('gzip', gzipSync) },
  { name: 'deflate', what: 'deflate, as it should be', answer: encoded('deflate', deflateSync) },
  {
    name: 'deflate-raw',
    what: 'deflate without the frame of zlib',
    answer: encoded('Deflate', deflateRawSync),
  },
  { name: 'br', what: 'Brotli, as it should be', answer: encoded('br', brotliCompressSync) },
  {
    name: 'gzip-bomb',
    what: '10 MB of gzip that are 10 GB',
    answer: (_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      pour(response, bomb());
    },
  },
  {
    name: 'gzip-no-trailer',
    what: 'gzip without its last 8 bytes',
    answer: encoded('gzip', (body) => gzipSync(body).subarray(0, -8)),
  },
  {
    name: 'br-cut',
    what: 'Brotli without its last half',
    answer: encoded('br', (body) => {
      const whole = brotliCompressSync(body);
      return whole.subarray(0, whole.length / 2);
    }),
  },
  {
    name: 'gzip-damaged',
    what: 'gzip with a wrong check sum',
    answer: encoded('gzip', (body) => {
      const whole = gzipSync(body);
      whole[whole.length - 6]! ^= 0xff;
      return whole;
    }),
  },
  {
    name: 'gzip-untrue',
    what: 'plain text that says it is gzip',
    answer: encoded('gzip', (body) => Buffer.from(body)),
  },
  {
    name: 'gzip-empty',
    what: 'no body, said to be gzip',
    answer: encoded('gzip', () => new Uint8Array()),
  },
  {
    name: 'two-encodings',
    what: 'gzip twice',
    answer: encoded('gzip, gzip', (body) => gzipSync(gzipSync(body))),
  },
  {
    name: 'unknown-encoding',
    what: 'an encoding that nobody knows',
    answer: encoded('x-feather', (body) => Buffer.from(body)),
  },
];

const redirects: Fault[] = [
  ...Object.entries({
    loop: ['itself', ''],
    loopback: ['127.0.0.1', 'http://127.0.0.1:9/'],
    metadata: ['169.254.169.254', 'http://169.254.169.254/latest/meta-data/'],
    'loopback-6': ['[::1]', 'http://[::1]:9/'],
    private: ['10.0.0.1', 'http://10.0.0.1/'],
    'private-name': ['a name of a private address', 'http://inside.example/'],
    file: ['a file', 'file:///etc/passwd'],
    nowhere: ['what is no address', 'http://['],
    user: ['an address with a password', 'http://u:p@faults.example/'],
  }).map(
    ([name, [where = '', location = '']]): Fault => ({
      name: `to-${name}`,
      what: `a redirect to ${where}`,
      answer: (request, response) =>
        void response.writeHead(302, { location: location || request.url! }).end(),
    }),
  ),
  {
    name: 'to-http',
    what: 'a redirect from https to http',
    isSecure: true,
    answer: (_request, response, { base }) =>
      void response.writeHead(302, { location: `${base}/well` }).end(),
  },
  { name: 'to-missing', what: '302 without a Location', answer: status(302) },
];

/** What goes wrong on the way, whatever is sent. */
export const transportFaults: readonly Fault[] = [...statuses, ...endings, ...encodings, ...redirects];
