import { relative } from 'node:path';
import { projectRoot } from '../src/platform/paths.js';

/** Files of the list: behind these, each takes less than a hundredth of the whole. */
const SHOWN = 15;

interface TestEvent {
  type: string;
  data: { file?: string; name?: string; nesting?: number; details?: { duration_ms?: number } };
}

/** A reporter of node's runner: at the end, which files took longest, by their top-level suites and tests. */
export default async function* times(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const started = performance.now();
  const files = new Map<string, { ms: number; slowest: string; slowestMs: number }>();
  for await (const { type, data } of events) {
    const { file, name = '', nesting, details } = data;
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (nesting !== 0 || file === undefined || details?.duration_ms === undefined) continue;
    const ms = details.duration_ms;
    const so = files.get(file) ?? { ms: 0, slowest: '', slowestMs: -1 };
    so.ms += ms;
    if (ms > so.slowestMs) Object.assign(so, { slowest: name, slowestMs: ms });
    files.set(file, so);
  }
  const sorted = [...files].sort(([, a], [, b]) => b.ms - a.ms);
  const sum = sorted.reduce((all, [, { ms }]) => all + ms, 0);
  yield `\n${seconds(performance.now() - started)} in all; ${sorted.length} files took ${seconds(sum)}, the slowest:\n`;
  for (const [file, { ms, slowest }] of sorted.slice(0, SHOWN)) {
    yield `${seconds(ms).padStart(9)}  ${relative(projectRoot, file).replace(/^dist\/(.*)\.js$/, '$1.ts')}  ${slowest}\n`;
  }
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
