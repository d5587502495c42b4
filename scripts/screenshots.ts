/** `npm run screenshots`: pictures of every page, for docs/pages.md. See `--help`. */
import { createReadStream } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { messageOf } from '../src/platform/errors.js';
import { projectRoot } from '../src/platform/paths.js';
import { launchBrowser, noBrowser } from '../tests/support/browser.js';
import { everyPage, type KindOfPage } from '../tests/support/every-page.js';
import { settableClock } from '../tests/support/subscribing.js';
import { openPageService, type PageService, untilFound } from './campaign/page-service.js';

const help = `npm run screenshots -- [--out docs/screenshots]

Starts a service of its own with the sample collection and the default model, opens every page in Chromium at 1,280 and at 390 pixels, some
in the dark too, and writes a picture of each and docs/pages.md, which shows them. The clock stands still at 2 March 2026.
`;

const SAMPLE_FILE = join(projectRoot, 'samples/landmark-papers.jsonl');
const DAY = '2026-03-02';
const PAPER = '1706.03762';
const QUERY = 'language models that call tools';
const widths = [1_280, 390] as const;
const inTheDark = new Set(['front', 'search', 'paper', 'subscribe']);
/** On a busy machine. */
const PAGE_LIMIT_MS = 120_000;
const MAX_HEIGHT = 1_000;
const QUALITY = 70;
/** All of them: they are part of every checkout. */
const MAX_BYTES = 2_000_000;

interface Shot {
  page: KindOfPage;
  width: (typeof widths)[number];
  colorScheme: 'light' | 'dark';
}

const fileOf = ({ page, width, colorScheme }: Shot): string =>
  `${page.name}-${width}${colorScheme === 'dark' ? '-dark' : ''}.webp`;

const titles: Readonly<Record<string, string>> = {
  front: 'The front page',
  search: 'A search',
  'search-filters': 'A search with conditions, the newest first',
  'search-error': 'A query that can’t be read',
  'search-nothing': 'A search that finds nothing',
  paper: 'A paper',
  'listing-day': 'The papers of a day',
  'listing-week': 'The papers of a week',
  'listing-month': 'The papers of a month',
  trending: 'What is talked about',
  subscribe: 'Subscribing to a search',
  asked: 'Subscribed: a mail asks for a confirmation',
  preview: 'What a digest would have sent',
  confirm: 'The page behind the mail’s link',
  'manage-ask': 'Asking for the page of one’s digests',
  manage: 'One’s digests',
  feedback: 'Saying what is wanted',
  unsubscribe: 'Ending a digest',
  health: 'The service’s health',
  sources: 'Where papers are pulled from',
  'not-found': 'Nothing is there',
};

async function takeSampleIn({ services }: PageService): Promise<void> {
  await services.ingest.take({ name: 'sample', bytes: createReadStream(SAMPLE_FILE), source: 'sample' });
  await untilFound(services);
  // Three days of listings, the same in every run.
  await services.db.pool.query(
    `UPDATE papers SET created_at = timestamptz '${DAY} 06:00Z' - make_interval(days => (id % 3)::int), updated_at = timestamptz '${DAY} 06:00Z'`,
  );
}

async function shoot(browser: Browser, url: string, shot: Shot): Promise<{ file: string; picture: Buffer }> {
  const { page: kind, width, colorScheme } = shot;
  const context = await browser.newContext({
    viewport: { width, height: 800 },
    colorScheme,
    reducedMotion: 'reduce',
  });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(PAGE_LIMIT_MS);
    await page.goto(url + kind.path, { waitUntil: 'networkidle' });
    await kind.act?.(page);
    const height = Math.min(MAX_HEIGHT, await heightOf(page));
    await page.setViewportSize({ width, height });
    // Half of what JPEG takes for text.
    const screen = await context.newCDPSession(page);
    const { data } = await screen.send('Page.captureScreenshot', { format: 'webp', quality: QUALITY });
    const picture = Buffer.from(data, 'base64');
    return { file: fileOf(shot), picture };
  } finally {
    await context.close();
  }
}

const heightOf = (page: Page): Promise<number> => page.evaluate(() => document.documentElement.scrollHeight);

function pagesDocument(shots: readonly Shot[], out: string): string {
  const names = [...new Set(shots.map(({ page }) => page.name))];
  const sections = names.map((name) => {
    const own = shots.filter(({ page }) => page.name === name);
    const pictures = own.map((shot) => {
      const at = `${shot.width} pixels${shot.colorScheme === 'dark' ? ', dark' : ''}`;
      return `<img src="${out}/${fileOf(shot)}" width="${shot.width === 390 ? 195 : 480}" alt="${titles[name] ?? name}, ${at}">`;
    });
    return `## ${titles[name] ?? name}\n\n${pictures.join('\n')}\n`;
  });
  return `# The pages\n\nMade by \`npm run screenshots\` with the sample collection; the clock stands at ${DAY}.\n\n${sections.join('\n')}`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      out: { type: 'string', default: 'docs/screenshots' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  if (noBrowser) throw new Error(noBrowser);
  const folder = join(projectRoot, values.out);
  const clock = settableClock(`${DAY}T12:00:00Z`);
  const model = { MODELS_DIR: join(projectRoot, 'models'), MODEL: 'Xenova/all-MiniLM-L6-v2' };
  const service = await openPageService({ clock, env: { PUBLIC_URL: 'https://quire.example', ...model } });
  const browser = await launchBrowser();
  try {
    await takeSampleIn(service);
    const { services, mails, app } = service;
    const pages = await everyPage({ services, mails, clock, query: QUERY, paper: PAPER, day: DAY });
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const shots = pages.flatMap((page) =>
      widths.flatMap((width): Shot[] => [
        { page, width, colorScheme: 'light' },
        ...(inTheDark.has(page.name) ? [{ page, width, colorScheme: 'dark' } as const] : []),
      ]),
    );
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    let bytes = 0;
    for (const shot of shots) {
      const { file, picture } = await shoot(browser, url, shot);
      await writeFile(join(folder, file), picture);
      bytes += picture.length;
    }
    await writeFile(
      join(projectRoot, 'docs/pages.md'),
      pagesDocument(shots, values.out.replace(/^docs\//, '')),
    );
    process.stdout.write(`${shots.length} pictures, ${(bytes / 1_000).toFixed(0)} kB in ${values.out}\n`);
    if (bytes > MAX_BYTES) throw new Error(`they take more than ${MAX_BYTES / 1_000} kB`);
  } finally {
    await browser.close();
    await service.close();
  }
}

await main().catch((error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
});
