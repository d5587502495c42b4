import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../platform/paths.js';

export interface Asset {
  /** Holds the content's hash, so that it can be cached for ever. */
  path: string;
  type: string;
  body: string;
}

/** A third of what people read in our files says nothing to a browser. None has a text of several lines, so that what begins one is no part of it. */
function lighten(source: string, type: string): string {
  const lines = source.replace(/^\s+/gm, '').replace(/^(\/\/.*|\/\*.*\*\/)\n/gm, '');
  return type.startsWith('text/css')
    ? lines.replace(/^([a-z-]+): /gm, '$1:').replace(/ ?([{,;])\n/g, '$1')
    : lines;
}

function load(file: string, type: string, parts = [file]): Asset {
  const texts = parts.map((part) => readFileSync(join(projectRoot, 'src/web/assets', part), 'utf8'));
  const body = lighten(texts.join(''), type);
  const [name, extension] = file.split('.');
  const hash = createHash('sha256').update(body).digest('hex').slice(0, 10);
  return { path: `/assets/${name}-${hash}.${extension}`, type, body };
}

/** One file for all pages, the tokens first. */
export const stylesheet = load('style.css', 'text/css; charset=utf-8', [
  'styles/tokens.css',
  'styles/base.css',
  'styles/results.css',
  'styles/search.css',
  'styles/paper.css',
  'styles/forms.css',
  'styles/preview.css',
  'styles/operator.css',
  'styles/listing.css',
]);
/** Every page's; its parts know nothing of one another. */
export const siteScript = load('site.js', 'text/javascript; charset=utf-8', [
  'keys.js',
  'suggest.js',
  'copy.js',
  'more.js',
]);
export const previewScript = load('preview.js', 'text/javascript; charset=utf-8');
export const zoneScript = load('zone.js', 'text/javascript; charset=utf-8');

/** A quire: folded sheets, seen from the side. */
export const favicon: Asset = {
  path: '/assets/favicon.svg',
  type: 'image/svg+xml',
  body: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#0b6e69"/><g fill="none" stroke="#fbfaf7" stroke-width="2.4" stroke-linecap="round"><path d="M16 9C13 6.500 9 6.500 6 8v15c3-1.500 7-1.500 10 1c3-2.500 7-2.500 10-1V8c-3-1.500-7-1.500-10 1v15"/><path d="M9.500 12.500c1.500-.4 2.500-.2 3.500.3M9.500 16.500c1.500-.4 2.500-.2 3.500.3M22.500 12.500c-1.500-.4-2.500-.2-3.500.3M22.500 16.500c-1.500-.4-2.500-.2-3.500.3" stroke-width="1.600"/></g></svg>`,
};
