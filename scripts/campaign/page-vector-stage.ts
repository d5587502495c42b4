import { setTimeout as sleep } from 'node:timers/promises';
import { parseQuery } from '../../src/search/query/parse.js';
import { settableClock, tokenOf } from '../../tests/support/subscribing.js';
import { openPageService, type PageService, untilFound } from './page-service.js';

export const VECTORS_A_PAPER = 4;
const PAPERS_A_DIGEST = 30;
/** A query is a line in a mail, and a mail a page. */
const QUERY_SUBSCRIPTIONS = 40;
const ADDRESS = 'reader@campaign.example';
const PUBLIC_URL = 'http://quire.example';
const FORM_LIMIT_MS = 20_000;

export interface Stage extends PageService {
  /** Public ids, in the order of the papers. */
  ids: string[];
  /** HTML parts. */
  letters: string[];
  manageToken: string;
}

/** Takes the vectors in as papers, has digests of all of them sent, and follows some as queries. */
export async function setStage(vectors: readonly string[]): Promise<Stage> {
  const clock = settableClock('2026-03-02T12:00:00Z');
  const service = await openPageService({ clock, env: { PUBLIC_URL } });
  try {
    const { services, app, mails } = service;
    await subscribe(service, vectors);
    const key = await services.apiKeys.create('campaign');
    const papers = Math.ceil(vectors.length / VECTORS_A_PAPER);
    for (let from = 0; from < papers; from += PAPERS_A_DIGEST) {
      const numbers = range(from, Math.min(papers, from + PAPERS_A_DIGEST));
      await services.papers.takeIn(numbers.filter((n) => n % 2 === 0).map((n) => recordOf(n, vectors)));
      const lines = numbers.filter((n) => n % 2 === 1).map((n) => `${JSON.stringify(lineOf(n, vectors))}\n`);
      const taken = await app.inject({
        ...{ method: 'POST', url: '/api/v1/ingest?name=vectors.jsonl&format=jsonl', payload: lines.join('') },
        headers: { 'x-api-key': key, 'content-type': 'application/x-ndjson' },
      });
      if (taken.statusCode !== 200) throw new Error(`the intake answered ${taken.body}`);
      await untilFound(services);
      clock.advance(86_400_000);
      await services.digests.runOnce();
    }
    await services.subscriptions.requestManageLink({ email: ADDRESS, ip: '192.0.2.1' });
    const manage = await waitFor(() =>
      mails.find(({ text }) => text.includes('/manage/') && !text.includes('/papers/')),
    );
    const { rows } = await services.db.pool.query<{ id: string }>(
      'SELECT public_id AS id FROM papers ORDER BY id',
    );
    return {
      ...service,
      ids: rows.map(({ id }) => id),
      letters: mails.map(({ html }) => html),
      manageToken: tokenOf(manage),
    };
  } catch (error) {
    await service.close();
    throw error;
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, at) => from + at);

async function waitFor<T>(find: () => T | undefined): Promise<T> {
  const started = performance.now();
  for (;;) {
    const found = find();
    if (found !== undefined) return found;
    if (performance.now() - started > FORM_LIMIT_MS) throw new Error('no mail with a link came');
    await sleep(20);
  }
}

/** As a form would have, without its limits for strangers: one of everything, and of queries that can be read. */
async function subscribe({ services }: PageService, vectors: readonly string[]): Promise<void> {
  const queries = vectors.filter(isQuery).slice(0, QUERY_SUBSCRIPTIONS);
  await services.db.pool.query(
    `WITH person AS (INSERT INTO subscribers (email, email_key) VALUES ($1, $1) RETURNING id)
     INSERT INTO subscriptions (subscriber_id, kind, query, likes, days, hour, time_zone, cap, muted_words, muted_authors,
       muted_categories, tells_empty, channel, state, confirmed_at, seen_until, created_at)
     SELECT person.id, wish.kind, wish.query, '{}', 127, 0, 'UTC', $3, '{}', '{}', '{}', wish.kind = 'daily', 'mail', 'active',
       '2026-03-01T00:00:00Z', 0, '2026-03-01T00:00:00Z'
     FROM person, (SELECT 'daily' AS kind, '' AS query UNION ALL SELECT 'query', unnest($2::text[])) wish`,
    [ADDRESS, queries, PAPERS_A_DIGEST],
  );
}

const MAX_QUERY = 512;

export function isQuery(text: string): boolean {
  if (text.length > MAX_QUERY || !text.isWellFormed() || text.includes('\0')) return false;
  try {
    return parseQuery(text).terms.length > 0;
  } catch {
    return false;
  }
}

const oneLine = (text: string): string => stored(text).replace(/\s+/g, ' ').trim();
/** What a parser hands on: PostgreSQL takes neither. */
const stored = (text: string): string => text.toWellFormed().replaceAll('\0', '');

const own = (n: number, vectors: readonly string[]): string[] =>
  range(0, VECTORS_A_PAPER).map((at) => vectors[(n * VECTORS_A_PAPER + at) % vectors.length]!);

/** A record as a parser makes them, but that none has cleaned. */
function recordOf(
  n: number,
  vectors: readonly string[],
): Parameters<PageService['services']['papers']['takeIn']>[0][number] {
  const [a = '', b = '', c = '', d = ''] = own(n, vectors).map(oneLine);
  const abstract = own(n, vectors).map((vector) => `About a case. ${stored(vector)} So much of the case.`);
  return {
    source: 'jsonl',
    title: `Case ${n}: ${a} ${b}`.slice(0, 1_000).toWellFormed().trim(),
    abstract: abstract.join('\n\n'),
    authors: [a, b, c, d].filter((name) => name !== ''),
    venue: c || 'none',
    categories: [b, d].filter((name) => name !== ''),
    date: dateOf(n),
    url: `https://papers.example/${n}?${d}`,
    upvotes: n,
    ...(n % 4 === 0
      ? { arxivId: arxivIdOf(n) }
      : { doi: `10.5555/${n}${oneLine(b).toLowerCase().replaceAll(' ', '')}` }),
  };
}

/** The same as somebody's JSON lines. */
function lineOf(n: number, vectors: readonly string[]): object {
  const [a, b, c, d] = own(n, vectors);
  return {
    title: `Case ${n}: ${a} ${c}`,
    abstract: own(n, vectors)
      .map((vector) => `About a case. ${vector} So much of the case.`)
      .join('\n\n'),
    authors: [a, b, c, d],
    venue: d,
    categories: [a, c],
    date: dateOf(n),
    id: n % 4 === 1 ? arxivIdOf(n) : undefined,
    url: n % 8 === 3 ? b : n % 8 === 5 ? `javascript:${c}` : `https://papers.example/${n}?${b}`,
    upvotes: n,
  };
}

const dateOf = (n: number): string => `2026-03-${String(1 + (n % 28)).padStart(2, '0')}`;
const arxivIdOf = (n: number): string => `2603.${String(n).padStart(5, '0')}`;
