import { displayName } from '../../../papers/person-name.js';
import { isOthers, readNameList, readSingleName } from '../names.js';
import { cleanLine } from '../text.js';
import { texToText } from './tex.js';

/**
 * Display names (`First von Last Jr`) of an author field: `Last, First`, `First von Last` and `von Last, Jr, First`
 * with `and` between, and biblatex's `family=…, given=…`. Braces keep a name in one piece. `others` stays, for the reader to know that there are some.
 */
export function readNames(tex: string): string[] {
  return splitOutside(tex, /\sand(?=\s)/gi)
    .flatMap((name) => (isOthers(name) ? [name] : namesOf(name.trim())))
    .map(cleanLine)
    .filter((name) => name !== '' && !/^and$/i.test(name));
}

function namesOf(tex: string): string[] {
  if (/^\{[^{}]*\}$/.test(tex)) return [texToText(tex)];
  const parts = splitOutside(tex, /,/g).map((part) => part.trim());
  if (parts.length > 1 && parts.every((part) => /^[a-z-]{3,20}\s*=/.test(part))) return [extended(parts)];
  // Neither is BibTeX, but people type it: semicolons, or commas alone, between names.
  if (parts.length > 3 || splitOutside(tex, /;/g).length > 1) return readNameList(tex).names;
  return [readSingleName(parts.map(texToText).join(', '))];
}

/** https://mirrors.ctan.org/macros/latex/contrib/biblatex/doc/biblatex.pdf, 3.4: extended name format. */
function extended(parts: readonly string[]): string {
  const values = new Map(
    parts.map((part): [string, string] => {
      const at = part.indexOf('=');
      return [part.slice(0, at).trim(), texToText(part.slice(at + 1)).replace(/^\s*"|"\s*$/g, '')];
    }),
  );
  const [given, particle, family, suffix] = ['given', 'prefix', 'family', 'suffix'].map((key) =>
    (values.get(key) ?? '').trim(),
  );
  return displayName({ given: given!, particle: particle!, family: family!, suffix: suffix! });
}

/** Cuts at a separator outside of braces. */
function splitOutside(tex: string, separator: RegExp): string[] {
  if (!tex.includes('{')) return tex.split(separator);
  const parts: string[] = [];
  const special = new RegExp(`[{}]|${separator.source}`, separator.flags);
  let depth = 0;
  let from = 0;
  for (let found = special.exec(tex); found; found = special.exec(tex)) {
    if (found[0] === '{') depth += 1;
    else if (found[0] === '}') depth = Math.max(0, depth - 1);
    else if (depth === 0) {
      parts.push(tex.slice(from, found.index));
      from = special.lastIndex;
    }
  }
  return [...parts, tex.slice(from)];
}
