import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { XMLParser } from 'fast-xml-parser';
import type { App } from '../../src/app.js';

/** A page with nothing, in whose frames the others are opened. */
export const hostPath = '/-/host';
/** What a reader makes of the feed at `?of=`. */
export const readerPath = '/-/reader';
export const letterPath = (n: number): string => `/-/letter/${n}`;
/** The vector as it is: what the campaign would see if nothing were escaped. */
export const rawPath = (n: number): string => `/-/raw/${n}`;

export interface Proxy {
  url: string;
  close(): Promise<void>;
}

export interface ProxyOptions {
  app: App;
  letters: readonly string[];
  vectors: readonly string[];
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

const html = (body: string): Answer => ({
  status: 200,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body,
});

/** The service, whose pages may be framed here, and beside them its mails and feeds as programs show them. */
export async function startProxy({ app, letters, vectors }: ProxyOptions): Promise<Proxy> {
  // Each page is opened with its policy and without.
  const answers = new Map<string, Promise<Answer>>();
  const ask = async (path: string): Promise<Answer> => {
    const answer = await app.inject({ url: path, headers: { accept: 'text/html' } });
    const policy = answer.headers['content-security-policy'];
    const cache = answer.headers['cache-control'];
    return {
      status: answer.statusCode,
      headers: {
        'content-type': String(answer.headers['content-type'] ?? 'text/plain'),
        ...(policy === undefined ? {} : { 'content-security-policy': withoutAncestors(String(policy)) }),
        ...(cache?.includes('immutable') ? { 'cache-control': cache } : {}),
        ...(answer.headers.location === undefined ? {} : { location: String(answer.headers.location) }),
      },
      body: answer.body,
    };
  };
  const answerTo = async (path: string): Promise<Answer> => {
    const url = new URL(path, 'http://proxy');
    if (url.pathname === hostPath) return html('<!doctype html><title>frames</title>');
    if (url.pathname === readerPath) {
      const of = url.searchParams.get('of')!;
      return html(readFeed(of, (await ask(of)).body));
    }
    const [, kind, number] = /^\/-\/(letter|raw)\/(\d+)$/.exec(url.pathname) ?? [];
    if (kind === 'letter') return html(letters[Number(number)] ?? '');
    if (kind === 'raw')
      return html(`<!doctype html><title>x</title><body><h2>${vectors[Number(number)]}</h2>`);
    return ask(path);
  };
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    const known = answers.get(path) ?? answerTo(path);
    answers.set(path, known);
    known.then(
      ({ status, headers, body }) => response.writeHead(status, headers).end(body),
      (error: unknown) => response.writeHead(599).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** The policy forbids frames, which are what makes thousands of pages quick here. */
const withoutAncestors = (policy: string): string => policy.replace(/;?\s*frame-ancestors[^;]*/, '');

const parser = new XMLParser({ ignoreAttributes: true, trimValues: false, parseTagValue: false });

type Entry = Record<string, unknown>;

/** Titles as text, contents as HTML, without any cleaning of the reader's own. */
function readFeed(of: string, body: string): string {
  const entries = of.includes('.json')
    ? (JSON.parse(body) as { items: Entry[] }).items.map((item) => [item['title'], item['content_html']])
    : entriesOf(parser.parse(body) as Entry).map((entry) => [
        entry['title'],
        entry['content'] ?? entry['description'],
      ]);
  if (entries.length === 0) throw new Error(`${of} has no entries`);
  const articles = entries.map(
    ([title, content]) => `<article><h2>${escaped(String(title))}</h2>${String(content)}</article>`,
  );
  return `<!doctype html><title>reader</title>${articles.join('')}`;
}

function entriesOf(document: Entry): Entry[] {
  const feed = document['feed'] as Entry | undefined;
  const channel = (document['rss'] as Entry | undefined)?.['channel'] as Entry | undefined;
  return [feed?.['entry'] ?? channel?.['item'] ?? []].flat() as Entry[];
}

const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
