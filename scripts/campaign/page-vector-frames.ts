import type { Browser, BrowserContext, Page } from 'playwright-core';
import { hostPath } from './page-vector-proxy.js';

declare global {
  interface Window {
    /** In the page: to the process that drives it. */
    __report: (kind: string, detail: string) => void;
  }
}

/** `executed`: a script ran. `asked`: for something of another host. `planted`: markup that no page of ours has. `refused`: by the policy. */
export type FindingKind = 'executed' | 'asked' | 'planted' | 'refused' | 'broken';

export interface Finding {
  kind: FindingKind;
  /** What was opened. */
  path: string;
  /** The number that a vector told, or what was seen. */
  detail: string;
}

export interface LookOptions {
  url: string;
  paths: readonly string[];
  /** Without the content security policy. */
  bypassCSP: boolean;
  /** Opened at once. */
  frames?: number;
  onProgress?: (done: number) => void;
}

const FRAMES = 16;
/** Of one batch on a busy machine. */
const BATCH_LIMIT_MS = 60_000;
/** A text that breaks everything need not be told a thousand times. */
const MAX_FINDINGS = 500;

/** Opens every path in a frame and says what its texts did. */
export async function lookAt(browser: Browser, options: LookOptions): Promise<Finding[]> {
  const { url, paths, bypassCSP, frames = FRAMES, onProgress } = options;
  const context = await browser.newContext({
    bypassCSP,
    acceptDownloads: false,
    viewport: { width: 400, height: 300 },
  });
  const findings: Finding[] = [];
  const note = (kind: FindingKind, path: string, detail: string): void => {
    if (findings.length < MAX_FINDINGS) findings.push({ kind, path, detail });
  };
  try {
    await watch(context, url, note);
    let page = await openHost(context, url);
    for (let from = 0; from < paths.length; from += frames) {
      const batch = paths.slice(from, from + frames);
      try {
        for (const { path, seen } of await openAll(page, batch))
          for (const detail of seen) note('planted', path, detail);
      } catch (error) {
        // A text took the whole page away, or it hangs: each alone tells which.
        const [reason = ''] = String(error).split('\n');
        note('broken', batch.join(' '), reason);
        await page.close();
        page = await openHost(context, url);
      }
      onProgress?.(Math.min(paths.length, from + frames));
    }
  } finally {
    await context.close();
  }
  return findings;
}

async function openHost(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(BATCH_LIMIT_MS);
  await page.goto(url + hostPath);
  return page;
}

type Note = (kind: FindingKind, path: string, detail: string) => void;

const pathOf = (address: string): string => {
  const { pathname, search } = new URL(address, 'http://x');
  return pathname + search;
};

async function watch(context: BrowserContext, url: string, note: Note): Promise<void> {
  await context.exposeBinding('__report', ({ frame }, kind: 'executed' | 'refused', detail: string) =>
    note(kind, pathOf(frame.url()), detail),
  );
  await context.addInitScript(() => {
    const { __report: report } = window;
    const tell = (value: unknown): void => report('executed', String(value));
    for (const name of ['alert', 'confirm', 'prompt'])
      Object.defineProperty(window, name, { value: tell, configurable: false, writable: false });
    Object.defineProperty(window, '__x', { set: tell, configurable: false });
    document.addEventListener('securitypolicyviolation', (event) =>
      report('refused', `${event.effectiveDirective} ${event.blockedURI} ${event.sample}`),
    );
  });
  context.on('console', (message) => {
    const [, id] = /^vector (\d+)$/.exec(message.text()) ?? [];
    if (id !== undefined) note('executed', pathOf(message.page()?.url() ?? '/'), id);
  });
  context.on('dialog', (dialog) => {
    note('executed', pathOf(dialog.page()?.url() ?? '/'), dialog.message());
    void dialog.dismiss();
  });
  context.on('request', (request) => {
    const address = request.url();
    if (/^https?:/.test(address) && !address.startsWith(`${url}/`))
      note('asked', pathOf(safely(() => request.frame().url()) ?? '/'), address);
  });
}

function safely<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

interface Seen {
  path: string;
  seen: string[];
}

/** Opens the paths in frames of the page; what stands in them that no page of ours has. */
async function openAll(page: Page, paths: readonly string[]): Promise<Seen[]> {
  const limit = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error('it takes too long')), BATCH_LIMIT_MS).unref();
  });
  return Promise.race([page.evaluate(openFrames, paths), limit]);
}

/** Runs in the browser. */
async function openFrames(paths: readonly string[]): Promise<Seen[]> {
  const forbidden = new Set([
    'iframe',
    'object',
    'embed',
    'base',
    'frame',
    'applet',
    'foreignobject',
    'mglyph',
    'annotation-xml',
  ]);
  const addresses = [
    'href',
    'xlink:href',
    'src',
    'action',
    'formaction',
    'data',
    'poster',
    'ping',
    'srcset',
    'background',
  ];
  const isOurs = (element: Element): boolean => {
    const address = element.getAttribute('src') ?? element.getAttribute('href') ?? '';
    if (element.localName === 'script') return /^\/assets\/[\w-]+\.js$/.test(address);
    if (element.localName === 'link')
      return element.parentElement === document.head || element.parentElement?.localName === 'head';
    return !element.hasAttribute('http-equiv');
  };
  const look = (document: Document, isPage: boolean): string[] => {
    const seen: string[] = [];
    for (const element of document.querySelectorAll('*')) {
      const name = element.localName.toLowerCase();
      if (forbidden.has(name)) seen.push(`<${name}>`);
      if (['script', 'link', 'meta'].includes(name) && !isOurs(element))
        seen.push(element.outerHTML.slice(0, 200));
      for (const { name: attribute, value } of element.attributes) {
        if (/^on/i.test(attribute) || attribute === 'srcdoc')
          seen.push(`<${name} ${attribute}="${value.slice(0, 200)}">`);
        if (attribute === 'style' && (isPage || /url\(|expression/i.test(value)))
          seen.push(`<${name} style="${value}">`);
        // As browsers read addresses: without control characters and blanks.
        const address = [...value].filter((sign) => sign > ' ').join('');
        if (addresses.includes(attribute) && /^(?:javascript|data|vbscript|file|blob):/i.test(address))
          seen.push(`<${name} ${attribute}="${value.slice(0, 200)}">`);
      }
    }
    return seen;
  };
  const settled = (): Promise<void> =>
    new Promise((resolve) =>
      requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 0))),
    );
  return Promise.all(
    paths.map(async (path) => {
      const frame = document.createElement('iframe');
      const loaded = new Promise<void>((resolve) => {
        frame.onload = () => resolve();
      });
      frame.src = path;
      // Laid out and run as any, but not painted, which would take most of the time.
      frame.style.cssText = 'position:absolute;top:-9999px;width:300px;height:150px';
      document.body.append(frame);
      await loaded;
      // Events of what stands there come behind the page's own.
      await settled();
      let seen: string[];
      try {
        seen = frame.contentDocument
          ? look(frame.contentDocument, !/^\/(?:-|feeds)\//.test(path))
          : ['the frame shows another site'];
      } catch {
        seen = ['the frame shows another site'];
      }
      frame.remove();
      return { path, seen };
    }),
  );
}
