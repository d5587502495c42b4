import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, it } from 'node:test';
import { projectRoot } from '../src/platform/paths.js';

/** Folder below src -> the folders that it may import from, besides itself. `src/README.md` says why. */
const allowed: Record<string, readonly string[]> = {
  platform: [],
  papers: ['platform'],
  embedding: ['platform'],
  ingest: ['platform', 'papers'],
  vectors: ['platform', 'papers', 'embedding'],
  engine: ['platform', 'papers', 'embedding', 'vectors'],
  search: ['platform', 'papers', 'embedding', 'vectors', 'engine'],
  recommendations: ['platform', 'papers', 'embedding', 'vectors', 'engine', 'search'],
  digests: ['platform', 'papers', 'embedding', 'vectors', 'engine', 'search', 'recommendations'],
  http: ['platform', 'papers', 'ingest', 'search', 'recommendations', 'digests'],
  web: ['platform', 'papers', 'ingest', 'search', 'recommendations', 'digests'],
};

/** Where SQL and Prisma may be known. */
const storage = /^(platform\/db\/|[a-z]+\/([a-z]+\/)?[a-z-]+-store\.ts$|search\/lexical\.ts$)/;

/** Files at the top, and the commands: they put everything together. */
const composition = /^([a-z-]+\.ts|cli\/.+)$/;

interface Source {
  path: string;
  text: string;
  /** Module specifiers, types too. */
  imports: { from: string; names: string }[];
}

const sourceRoot = join(projectRoot, 'src');
const sources: Source[] = readdirSync(sourceRoot, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path) && !path.startsWith('platform/db/generated/'))
  .map((path) => {
    const text = readFileSync(join(sourceRoot, path), 'utf8');
    const found = text.matchAll(/^(?:import|export)\s+([^'";]*?)\s*(?:from\s+)?'([^']+)';/gms);
    return { path, text, imports: [...found].map(([, names = '', from = '']) => ({ names, from })) };
  });

function folderOf(path: string): string {
  return path.split('/')[0]!;
}

function problems(check: (source: Source) => string[]): string[] {
  return sources.flatMap((source) => check(source).map((problem) => `src/${source.path}: ${problem}`));
}

describe('architecture', () => {
  it('sees the sources and their imports', () => {
    assert.ok(sources.length > 60, `${sources.length} files`);
    for (const folder of Object.keys(allowed))
      assert.ok(
        sources.some(({ path }) => folderOf(path) === folder),
        folder,
      );
    assert.ok(sources.flatMap(({ imports }) => imports).length > 300);
  });

  it('lets each folder import from the ones below it alone', () => {
    const found = problems(({ path, imports }) => {
      if (composition.test(path)) return [];
      const own = folderOf(path);
      const known = allowed[own];
      if (!known) return [`the folder ${own} has no place in the layout`];
      return imports
        .filter(({ from }) => from.startsWith('.'))
        .map(({ from }) => posix.normalize(posix.join(dirname(path), from)))
        .filter((target) => !known.includes(folderOf(target)) && folderOf(target) !== own)
        .map((target) => `imports ${target}`);
    });
    assert.deepEqual(found, []);
  });

  it('keeps Fastify in http, web and app', () => {
    const found = problems(({ path, imports }) =>
      /^(http|web)\/|^app\.ts$/.test(path)
        ? []
        : imports.filter(({ from }) => /fastify/.test(from)).map(({ from }) => from),
    );
    assert.deepEqual(found, []);
  });

  it('keeps Prisma and SQL in stores, lexical search and platform/db', () => {
    const found = problems(({ path, text, imports }) => {
      if (storage.test(path)) return [];
      const modules = imports
        .filter(({ from }) => /^@prisma|^pg$|db\/generated/.test(from))
        .map(({ from }) => `imports ${from}`);
      return /\$queryRaw|\$executeRaw|prisma\./.test(text) ? [...modules, 'holds SQL'] : modules;
    });
    assert.deepEqual(found, []);
  });

  it('lets routes and pages know services, never stores', () => {
    const found = problems(({ path, imports }) =>
      /^(http|web)\//.test(path)
        ? imports.filter(({ from }) => /-store\.js$|platform\/db/.test(from)).map(({ from }) => from)
        : [],
    );
    assert.deepEqual(found, []);
  });

  it('lets a command that asks no model load little', () => {
    const found = new Set(['cli.ts', 'cli/status-command.ts', 'store-services.ts']);
    const packages = new Set<string>();
    for (const path of found) {
      const { imports } = sources.find((source) => source.path === path) ?? { imports: [] };
      for (const { from, names } of imports) {
        if (/^type |=/.test(names) || from.startsWith('node:')) continue;
        if (from.startsWith('.')) found.add(posix.join(dirname(path), from).replace(/\.js$/, '.ts'));
        else packages.add(from);
      }
    }
    assert.ok(found.has('papers/paper-store.ts'), [...found].join(' '));
    // TypeBox alone is 500 files: with all that the service loads, a command began 0.5 s of processor time later.
    assert.deepEqual([...packages].sort(), ['@prisma/adapter-pg', 'commander', 'pg', 'pino']);
  });

  it('lets hnswlib-node be known in one file', () => {
    const users = sources.filter(({ text }) => text.includes("'hnswlib-node'")).map(({ path }) => path);
    assert.deepEqual(users, ['vectors/graph/hnsw.ts']);
  });

  it('reads the clock and the environment in platform, cli and server alone', () => {
    const found = problems(({ path, text }) =>
      /^(platform\/|cli|server\.ts)/.test(path)
        ? []
        : [...text.matchAll(/Date\.now\(\)|new Date\(\)|process\.env/g)].map(([use]) => use),
    );
    assert.deepEqual(found, []);
  });

  it('has no barrel files and none over 400 lines', () => {
    const found = problems(({ path, text }) => {
      const lines = text.split('\n').length;
      return [
        ...(/(^|\/)index\.tsx?$/.test(path) ? ['is a barrel'] : []),
        ...(lines > 400 ? [`${lines} lines`] : []),
      ];
    });
    assert.deepEqual(found, []);
  });
});
