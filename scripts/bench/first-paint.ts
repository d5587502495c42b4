/** `npm run bench:first-paint`: what a first visit costs. See `--help`. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { launchBrowser, noBrowser } from '../../tests/support/browser.js';
import { firstVisit, type Visit } from './first-visit.js';
import { runBench } from './run-bench.js';
import { makeOurs } from './search-prepare.js';
import { startOurs } from './search-services.js';
import { requireSharedData } from './shared-data.js';

const help = `npm run bench:first-paint -- [--count 100000] [--rounds 3] [--data DIR] [--json]

The service with --count real papers of ../shared/data, and Chromium with an empty cache for every visit: ten searches, the front page,
a paper's page and the listing of a month. Bytes as they come over the wire, headers and all, requests, milliseconds until the first byte and
the first contentful paint, and the layout shift (https://web.dev/articles/cls). Medians over --rounds, after one round that isn't counted.

Wanted: at most 60 kB for a search page, and nothing that shifts. Exit code 1 otherwise. Filling a folder with 100,000 papers takes four minutes:
--data DIR keeps it. Appends a line to bench/results.jsonl.
`;

/** Of a search page's first load, over the wire. */
const WANTED_BYTES = 60_000;

const queries = [
  'graph neural networks',
  'diffusion models for images',
  'reinforcement learning from human feedback',
  'low rank adaptation of large language models',
  'protein structure prediction',
  'speech recognition without labels',
  'federated learning privacy',
  'object detection in real time',
  'machine translation of low resource languages',
  'causal inference with observational data',
];

function parse() {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '100000' },
      rounds: { type: 'string', default: '3' },
      data: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [count, rounds] = [Number(values.count), Number(values.rounds)];
  if (!(Number.isInteger(count) && count >= 100 && count <= 100_000))
    throw new Error('--count: expected 100 to 100000');
  if (!(Number.isInteger(rounds) && rounds > 0)) throw new Error('--rounds: expected a whole number from 1');
  if (!values.help) {
    requireSharedData();
    if (noBrowser) throw new Error(noBrowser);
  }
  return { ...values, count, rounds };
}

type Options = ReturnType<typeof parse>;

/** A data folder to be thrown away, and the id of one of its papers. */
async function prepare({ count, data }: Options) {
  const run = await mkdtemp(join(tmpdir(), 'quire-first-paint-'));
  const remove = () => rm(run, { recursive: true, force: true });
  try {
    const home = data === undefined ? run : join(data, String(count));
    const done = join(home, 'first-paint.json');
    if (!existsSync(done)) {
      await mkdir(home, { recursive: true });
      await writeFile(done, JSON.stringify(await makeOurs(join(home, 'ours'), count)));
    }
    const [id = ''] = JSON.parse(await readFile(done, 'utf8')) as string[];
    // Node's own copy doesn't keep the owner, and PostgreSQL starts on its own files alone.
    if (home !== run) await promisify(execFile)('cp', ['-Rp', join(home, 'ours'), join(run, 'ours')]);
    return { folder: join(run, 'ours'), id, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

interface PageResult extends Visit {
  page: 'search' | 'front' | 'paper' | 'listing';
}

async function visitAll(browser: Browser, url: string, { rounds, id }: { rounds: number; id: string }) {
  const paths: [PageResult['page'], string][] = [
    ...queries.map((query): [PageResult['page'], string] => ['search', `/?q=${encodeURIComponent(query)}`]),
    ['front', '/'],
    ['paper', `/papers/${encodeURIComponent(id)}`],
    ['listing', '/listings?period=month'],
  ];
  const visits: PageResult[] = [];
  for (let round = 0; round <= rounds; round++)
    for (const [page, path] of paths) {
      const visit = await firstVisit(browser, url + path);
      if (round > 0) visits.push({ page, ...visit });
    }
  return visits;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

function summarise(visits: readonly PageResult[], page: PageResult['page']) {
  const own = visits.filter((visit) => visit.page === page);
  const of = (read: (visit: Visit) => number) => median(own.map(read));
  return {
    page,
    visits: own.length,
    bytes: of(({ bytes }) => bytes.all),
    mostBytes: Math.max(...own.map(({ bytes }) => bytes.all)),
    html: of(({ bytes }) => bytes.html),
    css: of(({ bytes }) => bytes.css),
    js: of(({ bytes }) => bytes.js),
    other: of(({ bytes }) => bytes.other),
    requests: of(({ requests }) => requests),
    firstByteMs: of(({ firstByteMs }) => firstByteMs),
    paintMs: of(({ paintMs }) => paintMs),
    mostShift: Math.max(...own.map(({ shift }) => shift)),
    isCompressed: own.every(({ isCompressed }) => isCompressed),
  };
}

async function measure(options: Options) {
  const { folder, id, remove } = await prepare(options);
  try {
    const service = await startOurs(folder);
    const browser = await launchBrowser();
    try {
      const visits = await visitAll(browser, service.url, { rounds: options.rounds, id });
      const pages = (['search', 'front', 'paper', 'listing'] as const).map((page) => summarise(visits, page));
      const [search] = pages;
      const isSmall = search!.mostBytes <= WANTED_BYTES;
      const isStill = pages.every(({ mostShift }) => mostShift === 0);
      if (!isSmall || !isStill) process.exitCode = 1;
      return {
        papers: options.count,
        rounds: options.rounds,
        wantedBytes: WANTED_BYTES,
        isSmall,
        isStill,
        pages,
      };
    } finally {
      await browser.close();
      await service.stop();
    }
  } finally {
    await remove();
  }
}

const kB = (bytes: number): string => `${(bytes / 1_000).toFixed(1)} kB`;

function asText({ papers, rounds, isSmall, isStill, pages }: Awaited<ReturnType<typeof measure>>): string {
  const lines = pages.map(
    (one) =>
      `${one.page.padEnd(8)} ${kB(one.bytes)} (HTML ${kB(one.html)}, CSS ${kB(one.css)}, scripts ${kB(one.js)}, other ${kB(one.other)}${one.isCompressed ? '' : '; NOT COMPRESSED'}), ${one.requests} requests, first byte ${one.firstByteMs.toFixed(0)} ms, first paint ${one.paintMs.toFixed(0)} ms, shift at most ${one.mostShift.toFixed(4)}`,
  );
  const most = pages[0]!.mostBytes;
  return `${papers} papers, an empty cache, medians of ${rounds} rounds
${lines.join('\n')}
${isSmall ? 'as wanted' : 'NOT AS WANTED'}: a search page takes at most ${kB(most)}, wanted ${kB(WANTED_BYTES)}
${isStill ? 'as wanted' : 'NOT AS WANTED'}: ${isStill ? 'nothing shifts' : 'something shifts'}
`;
}

await runBench({ name: 'first-paint', help, parse, measure, asText });
