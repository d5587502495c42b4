import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../tests/support/browser.js';
import { type Finding, type FindingKind, lookAt } from './page-vector-frames.js';
import { letterPath, rawPath, readerPath, startProxy } from './page-vector-proxy.js';
import { isQuery, type Stage, setStage } from './page-vector-stage.js';
import { makeVectors } from './page-vector-texts.js';
import { chanceOf, seedOf } from './random.js';

export interface PageVectorsOptions {
  count: number;
  seed: number;
  /** Every list, paper and mail, but of the queries and feeds a few. */
  sample?: boolean;
  onProgress?: (what: string, done: number, total: number) => void;
}

export interface PageVectorsResult {
  vectors: number;
  papers: number;
  /** Opened with the content security policy, and again without. */
  pages: number;
  feeds: number;
  mails: number;
  /** Of a hundred vectors that were put into a page as they are, those that did something: what the campaign is able to see. */
  armedPercent: number;
  executed: number;
  asked: number;
  planted: number;
  refused: number;
  broken: number;
  seconds: number;
  /** Each names its page and its vector. */
  problems: string[];
}

/** Enough for a share of a hundred. */
const ARMED_TRIED = 300;
/** Words of the vectors: what a search marks in them. */
const words = [
  'case',
  'script alert',
  'img src onerror',
  'href javascript text',
  'svg onload',
  'style iframe srcdoc',
  'alert case much',
];
const MAX_PAGES = 400;
const SAMPLE_QUERIES = 30;
/** Atom, RSS and JSON, each as it is and as read. */
const SAMPLE_FEEDS = 12;

export async function runPageVectors(options: PageVectorsOptions): Promise<PageVectorsResult> {
  const { count, seed, sample = false, onProgress = () => {} } = options;
  const started = performance.now();
  const vectors = makeVectors(count, (part) => chanceOf(seedOf(seed, part)));
  onProgress('papers', 0, count);
  const stage = await setStage(vectors);
  const closing: (() => Promise<unknown>)[] = [stage.close];
  try {
    const proxy = await startProxy({ app: stage.app, letters: stage.letters, vectors });
    closing.push(proxy.close);
    const browser = await launchBrowser();
    closing.push(() => browser.close());
    const { url } = proxy;
    const asked = sample ? vectors.slice(0, SAMPLE_QUERIES) : vectors;
    const pages = await pagesOf(stage, asked);
    const feeds = (await feedsOf(stage)).slice(0, sample ? SAMPLE_FEEDS : undefined);
    const others = [...feeds, ...stage.letters.map((_, n) => letterPath(n))];
    const progress = (done: number) => onProgress('pages', done, pages.length + others.length);
    // Each has a renderer of its own.
    const [armed, open, kept] = await Promise.all([
      armedPercent(browser, { url, vectors: sample ? asked : vectors }),
      lookAt(browser, { url, paths: [...pages, ...others], bypassCSP: true, onProgress: progress }),
      lookAt(browser, { url, paths: pages, bypassCSP: false }),
    ]);
    const findings = [...open, ...kept];
    const counted = (kind: FindingKind) => findings.filter((one) => one.kind === kind).length;
    return {
      ...{ vectors: count, papers: stage.ids.length, pages: pages.length, feeds: feeds.length },
      ...{ mails: stage.letters.length, armedPercent: armed },
      ...{ executed: counted('executed'), asked: counted('asked'), planted: counted('planted') },
      ...{ refused: counted('refused'), broken: counted('broken') },
      seconds: Math.round((performance.now() - started) / 1_000),
      problems: findings.map((finding) => told(finding, vectors)),
    };
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

function told({ kind, path, detail }: Finding, vectors: readonly string[]): string {
  const id = /(?:^|\/|\()(\d+)\)?$/.exec(detail)?.[1] ?? /alert\W{0,6}(\d+)/.exec(detail)?.[1];
  const vector = id === undefined ? undefined : vectors[Number(id)];
  return `${kind} in ${path.slice(0, 300)}: ${detail}${vector === undefined ? '' : `, vector ${JSON.stringify(vector)}`}`;
}

/** Without escaping: a campaign that sees nothing here would see nothing anywhere. */
async function armedPercent(
  browser: Browser,
  { url, vectors }: { url: string; vectors: readonly string[] },
): Promise<number> {
  const paths = vectors.slice(0, ARMED_TRIED).map((_, n) => rawPath(n));
  // One at a time: some take the page away.
  const findings = await lookAt(browser, { url, paths, bypassCSP: true, frames: 1 });
  const armed = new Set(findings.map(({ path, detail }) => (path.startsWith('/-/raw/') ? path : detail)));
  return Math.round((Math.min(armed.size, paths.length) / paths.length) * 100);
}

/** Every page that shows a text of somebody else's. */
async function pagesOf(stage: Stage, vectors: readonly string[]): Promise<string[]> {
  const { app, ids, manageToken } = stage;
  const q = encodeURIComponent;
  const asked = vectors.flatMap((vector, n) => {
    const text = q(vector.toWellFormed());
    const kinds = [
      `/subscribe?q=${text}`,
      `/subscribe/preview?kind=query&query=${text}`,
      `/subscribe?like=${text}&mutedWords=${text}&timeZone=${text}`,
      `/papers/${text}`,
      `/?q=${text}&sort=newest&mode=keyword`,
      `/listings/${text}`,
      `/${text}`,
      `/?q=case&cursor=${text}`,
      `/?q=${q(`author:"${vector.toWellFormed().replaceAll('"', '')}"`)}`,
      `/subscribe/preview?back=${text}&cap=${text}&kind=${text}`,
    ];
    return [`/?q=${text}${isQuery(vector) ? '&mode=keyword' : ''}`, kinds[n % kinds.length]!];
  });
  const lists = await Promise.all([
    ...words.map((text) => walk(stage, `/?q=${q(text)}&mode=keyword`)),
    walk(stage, '/?q=case&sort=newest'),
    ...['day', 'week', 'month'].map((period) => walk(stage, `/listings?period=${period}&sort=newest`)),
    walk(stage, '/trending'),
  ]);
  const own = [
    `/manage/${manageToken}`,
    `/manage/${manageToken}/delete`,
    '/manage',
    '/subscribe',
    '/',
    '/health',
    '/sources',
  ];
  const changes = [
    ...(await app.inject(own[0]!)).body.matchAll(/href="(\/manage\/[\w-]+\/subscriptions\/\d+)"/g),
  ];
  return [
    ...own,
    ...changes.map(([, path]) => path!),
    ...lists.flat(),
    ...ids.map((id) => `/papers/${q(id)}`),
    ...ids.filter((_, n) => n % 8 === 0).map((id) => `/subscribe?like=${q(id)}`),
    ...asked,
  ].filter((path) => !path.startsWith('//'));
}

/** A list and the pages behind it. */
async function walk({ app }: Stage, first: string): Promise<string[]> {
  const found = [first];
  while (found.length < MAX_PAGES) {
    const { body } = await app.inject(found.at(-1)!);
    const link = /<a\b[^>]*\brel="next"[^>]*>/.exec(body)?.[0];
    const next = /href="([^"]+)"/.exec(link ?? '')?.[1]?.replaceAll('&amp;', '&');
    if (next === undefined) break;
    found.push(next);
  }
  return found;
}

const FEED_LIMIT = 100;

/** As files, and as a reader shows them. */
async function feedsOf({ ids }: Stage): Promise<string[]> {
  const q = encodeURIComponent;
  const names = [
    ...words.map((text) => ['search', `q=${q(text)}&limit=${FEED_LIMIT}`]),
    ['search', `sort=newest&limit=${FEED_LIMIT}`],
    ['trending', `limit=${FEED_LIMIT}`],
    ['listings', `period=month&limit=${FEED_LIMIT}`],
    ...ids.filter((_, n) => n % 20 === 0).map((id) => [`papers/${q(id)}/related`, `limit=20`]),
  ];
  return names.flatMap(([name, query]) =>
    ['atom', 'rss', 'json'].flatMap((format) => {
      const path = `/feeds/${name}.${format}?${query}`;
      return [path, `${readerPath}?of=${q(path)}`];
    }),
  );
}
