import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../src/platform/paths.js';

const captures = join(projectRoot, '../shared/fixtures');

/** For `it(…, { skip })`: the answers of the real services lie beside the checkout, or they don't. */
export const skipWithoutCaptures = existsSync(captures)
  ? false
  : '../shared/fixtures is not beside this checkout';

export const readCapture = (name: string): unknown => JSON.parse(readFileSync(join(captures, name), 'utf8'));

/** Every path of a value with the types that stand there: `[].paper.id` → string. */
export function typesOf(value: unknown): Map<string, Set<string>> {
  const types = new Map<string, Set<string>>();
  const visit = (one: unknown, path: string): void => {
    const type = one === null ? 'null' : Array.isArray(one) ? 'array' : typeof one;
    types.set(path, (types.get(path) ?? new Set()).add(type));
    if (Array.isArray(one)) for (const item of one) visit(item, `${path}[]`);
    else if (type === 'object')
      for (const [key, inner] of Object.entries(one as object)) visit(inner, `${path}.${key}`);
  };
  visit(value, '');
  return types;
}

/** That ours has nothing at a place where theirs has nothing, and no type there that theirs hasn't. */
export function assertShapeWithin(
  ours: unknown,
  theirs: readonly unknown[],
  { except = [] }: { except?: readonly string[] } = {},
): void {
  const known = new Map<string, Set<string>>();
  for (const one of theirs)
    for (const [path, types] of typesOf(one))
      known.set(path, new Set([...(known.get(path) ?? []), ...types]));
  assert.ok(known.size > 10, 'the capture holds something');
  const strange = [...typesOf(ours)].flatMap(([path, types]) =>
    except.includes(path)
      ? []
      : [...types].filter((type) => !known.get(path)?.has(type)).map((type) => `${path}: ${type}`),
  );
  assert.deepEqual(strange, []);
}

/** Paths that every item of a real answer has, and ours hasn't. */
export function alwaysThere(items: readonly object[]): string[] {
  const counts = new Map<string, number>();
  for (const item of items)
    for (const path of typesOf(item).keys()) counts.set(path, (counts.get(path) ?? 0) + 1);
  return [...counts].filter(([, count]) => count === items.length).map(([path]) => path);
}
