import { existsSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { projectRoot } from '../src/platform/paths.js';

/** `file:///…/dist/tests/x.test.js:12:3`, or the same without a scheme or from the project's root. */
const PLACE = /(?:file:\/\/)?((?:\/[^\s():'"]*?\/)?dist\/[^\s():'"]+\.js):(\d+):(\d+)/g;

/**
 * Puts the lines of sources where a text has those of what was compiled. The runner does so with its output because node's own way,
 * `--enable-source-maps`, reads the map of every module at its start: 0.4 s of processor time for each file that starts a service.
 */
export function toSources(text: string): string {
  return text.replace(PLACE, (place, file: string, line: string, column: string) => {
    const path = join(file.startsWith('/') ? '/' : projectRoot, file);
    const map = mapOf(path);
    const entry = map?.findEntry(Number(line) - 1, Number(column) - 1);
    if (entry === undefined || !('originalSource' in entry)) return place;
    const source = relative(projectRoot, join(dirname(path), entry.originalSource));
    return `${source}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  });
}

const maps = new Map<string, SourceMap | null>();

function mapOf(path: string): SourceMap | null {
  const known = maps.get(path);
  if (known !== undefined) return known;
  const file = `${path}.map`;
  const map = existsSync(file)
    ? new SourceMap(JSON.parse(readFileSync(file, 'utf8')) as SourceMapPayload)
    : null;
  maps.set(path, map);
  return map;
}
