import { gzipSync } from 'node:zlib';
import { answerWell, answerWith, type Fault, type Play, pour, repeated } from './fault.js';

const MEGABYTE = 1_048_576;
/** Levels; a reader that calls itself for each of them has no stack for so many. */
const DEPTH = 1_000_000;

const changed =
  (change: (body: string, play: Play) => string | Uint8Array): Fault['answer'] =>
  (_request, response, play) =>
    answerWith(response, play.payload, change(play.payload.body, play));

const typed =
  (contentType: string): Fault['answer'] =>
  (_request, response, play) =>
    answerWell(response, { ...play, payload: { ...play.payload, contentType } });

/** Ten entities, each ten times the one before: 3 GB of “lol”. */
const laughs = `<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a0 "lol">${Array.from(
  { length: 9 },
  (_, at) => `<!ENTITY a${at + 1} "${`&a${at};`.repeat(10)}">`,
).join('')}]><feed xmlns="http://www.w3.org/2005/Atom"><entry><title>&a9;</title></entry></feed>`;

const outside =
  '<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY file SYSTEM "file:///etc/passwd">]><feed xmlns="http://www.w3.org/2005/Atom"><entry><title>&file;</title></entry></feed>';

const begin = {
  xml: '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>',
  json: '[{"title":"',
  text: '',
};
const end = { xml: '</title></entry></feed>', json: '"}]', text: '' };

/** One line; more than a fetcher takes, or all that it takes. */
const longLine =
  (megabytes: number): Fault['answer'] =>
  (_request, response, { payload: { kind, contentType } }) => {
    response.writeHead(200, { 'content-type': contentType });
    function* parts(): Generator<string | Uint8Array> {
      yield begin[kind];
      yield* repeated(Buffer.alloc(MEGABYTE, 0x78), megabytes);
      yield end[kind];
    }
    pour(response, parts());
  };

/** What comes whole and is something else. */
export const contentFaults: readonly Fault[] = [
  {
    name: 'html',
    what: 'a page of HTML with status 200',
    answer: changed(() => '<!doctype html><html><body><h1>Down for maintenance</h1></body></html>'),
  },
  { name: 'empty', what: 'no body', answer: changed(() => '') },
  { name: 'blank', what: 'white space alone', answer: changed(() => ' \n\n ') },
  {
    name: 'error-object',
    what: 'a JSON error object with status 200',
    answer: changed(() => '{"error":"Rate limit exceeded","message":"Too many birds"}'),
  },
  { name: 'json-null', what: 'the JSON value null', answer: changed(() => 'null') },
  { name: 'laughs', what: 'billion laughs', only: 'xml', answer: changed(() => laughs) },
  {
    name: 'outside-entity',
    what: 'an entity that names a file',
    only: 'xml',
    answer: changed(() => outside),
  },
  {
    name: 'deep',
    what: `${DEPTH} levels deep`,
    answer: changed((_body, { payload }) =>
      payload.kind === 'xml' ? `${begin.xml}${'<a>'.repeat(DEPTH)}` : '['.repeat(DEPTH),
    ),
  },
  {
    name: 'deep-object',
    what: `an object ${DEPTH} levels deep`,
    only: 'json',
    answer: changed(() => '{"a":'.repeat(DEPTH)),
  },
  { name: 'line-100-mb', what: 'a line of 100 MB', answer: longLine(100) },
  { name: 'line-30-mb', what: 'a line of 30 MB', holds: 1, answer: longLine(30) },
  {
    name: 'many-elements',
    what: 'ten million brackets side by side',
    answer: changed((_body, { payload }) =>
      payload.kind === 'xml' ? `${begin.xml}${'<a/>'.repeat(5_000_000)}` : `[${'[],'.repeat(5_000_000)}`,
    ),
  },
  {
    name: 'bad-utf-8',
    isOfShape: true,
    what: 'bytes that are not UTF-8',
    answer: changed((body) => {
      const bytes = Buffer.from(body);
      // Within the letters of the titles.
      for (let at = bytes.indexOf('Größe'); at >= 0; at = bytes.indexOf('Größe', at + 9))
        bytes[at + 2] = 0xff;
      return bytes;
    }),
  },
  {
    name: 'latin-1',
    isOfShape: true,
    what: 'Latin-1 that says it is UTF-8',
    answer: changed((body) => Buffer.from(body, 'latin1')),
  },
  {
    name: 'nul',
    isOfShape: true,
    what: 'bytes of zero among the text',
    answer: changed((body) => body.replaceAll('Birds', 'Bi\0ds')),
  },
  {
    name: 'wrong-charset',
    isOfShape: true,
    what: 'UTF-8 that says it is UTF-16',
    answer: typed('application/octet-stream; charset=utf-16'),
  },
  { name: 'wrong-type', isOfShape: true, what: 'the type of a picture', answer: typed('image/png') },
  {
    name: 'cut-entry',
    isOfShape: true,
    what: 'a body that ends within an entry, with the length that it says',
    answer: changed((body) => {
      const at = body.indexOf('Bird 30 ');
      return body.slice(0, at + 60);
    }),
  },
  {
    name: 'gzip-file',
    isOfShape: true,
    what: 'a gzip file, not as an encoding',
    answer: changed((body) => gzipSync(body)),
  },
  {
    name: 'gzip-file-cut',
    isOfShape: true,
    what: 'a gzip file without its trailer',
    answer: changed((body) => gzipSync(body).subarray(0, -8)),
  },
  {
    name: 'gzip-file-bomb',
    what: 'a gzip file of 1 GB in a line',
    answer: changed((_body, { payload: { kind } }) => {
      const line = gzipSync(Buffer.alloc(32 * MEGABYTE, 0x78));
      // Members of a gzip file follow each other (RFC 1952, 2.2).
      return Buffer.concat([gzipSync(begin[kind]), ...repeated(line, 32)]);
    }),
  },
];
