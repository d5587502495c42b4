import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface DockerIgnore {
  /** Whether a file or folder, `/`-separated from the context's root, stays out of the context. */
  ignores(path: string): boolean;
  /** Whether something below an ignored folder may still come in. */
  mayHold(folder: string): boolean;
}

/**
 * The rules of .dockerignore: each line excludes the paths it matches and all below them, `!` brings them back,
 * and the last line that matches decides. https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export function parseDockerIgnore(text: string): DockerIgnore {
  const rules = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const back = line.startsWith('!');
      const pattern = (back ? line.slice(1) : line).replace(/^\/|\/$/g, '');
      return { back, pattern, expression: toExpression(pattern) };
    });
  return {
    ignores(path) {
      const rule = rules.findLast(({ expression }) => expression.test(path));
      return rule !== undefined && !rule.back;
    },
    mayHold: (folder) =>
      rules.some(({ back, pattern }) => back && (pattern.startsWith(`${folder}/`) || pattern.includes('*'))),
  };
}

/** Matches the path itself and everything below it. */
function toExpression(pattern: string): RegExp {
  const source = pattern
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => {
      if (part === '**/') return '(?:.*/)?';
      if (part === '**') return '.*';
      if (part === '*') return '[^/]*';
      if (part === '?') return '[^/]';
      return part.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}(?:/.*)?$`);
}

/** The files that a build gets to see, sorted, `/`-separated. */
export function listContext(root: string): string[] {
  const rules = parseDockerIgnore(readFileSync(join(root, '.dockerignore'), 'utf8'));
  const files: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const ignored = rules.ignores(path);
      if (entry.isDirectory()) {
        if (!ignored || rules.mayHold(path)) walk(path);
      } else if (!ignored) {
        files.push(path);
      }
    }
  };
  walk('');
  return files.sort();
}
