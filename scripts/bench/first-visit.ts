import type { Browser } from 'playwright-core';

declare global {
  interface Window {
    /** In the page: the layout shift so far. */
    __shift: number;
  }
}

export interface Visit {
  /** Over the wire, with headers. */
  bytes: { all: number; html: number; css: number; js: number; other: number };
  requests: number;
  firstByteMs: number;
  /** First contentful paint. */
  paintMs: number;
  /** The sum of all layout shifts, without a unit. */
  shift: number;
  /** The page itself came with a content coding. */
  isCompressed: boolean;
}

const kinds: Readonly<Record<string, 'html' | 'css' | 'js'>> = {
  Document: 'html',
  Stylesheet: 'css',
  Script: 'js',
};

/** Opens an address as somebody who was never here. */
export async function firstVisit(browser: Browser, url: string): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1_280, height: 900 } });
  try {
    const page = await context.newPage();
    const network = await context.newCDPSession(page);
    await network.send('Network.enable');
    const bytes = { all: 0, html: 0, css: 0, js: 0, other: 0 };
    const types = new Map<string, string>();
    let isCompressed = false;
    network.on('Network.responseReceived', ({ requestId, type, response }) => {
      types.set(requestId, type);
      const { 'content-encoding': coding } = lowerCase(response.headers);
      if (type === 'Document') isCompressed = coding !== undefined;
    });
    network.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
      bytes.all += encodedDataLength;
      bytes[kinds[types.get(requestId) ?? ''] ?? 'other'] += encodedDataLength;
    });
    await page.addInitScript(() => {
      window.__shift = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if ('value' in entry) window.__shift += Number(entry.value);
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await page.goto(url, { waitUntil: 'networkidle' });
    const timed = await page.evaluate(readTimes);
    return { bytes, requests: types.size, isCompressed, ...timed };
  } finally {
    await context.close();
  }
}

const lowerCase = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** Runs in the browser; resolves when the first paint is known. */
async function readTimes(): Promise<Pick<Visit, 'firstByteMs' | 'paintMs' | 'shift'>> {
  const paintMs = await new Promise<number>((resolve) => {
    new PerformanceObserver((list) => {
      const [paint] = list.getEntriesByName('first-contentful-paint');
      if (paint) resolve(paint.startTime);
    }).observe({ type: 'paint', buffered: true });
  });
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  const { __shift: shift } = window;
  return { firstByteMs: navigation!.responseStart - navigation!.requestStart, paintMs, shift };
}
