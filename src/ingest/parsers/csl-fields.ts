import { displayName } from '../../papers/person-name.js';
import { parsePartialDate } from './dates.js';
import type { JsonObject } from './json-fields.js';

/** As people show it; what isn't a name stays as it is, for the reader to complain of. */
export function cslName(name: unknown): unknown {
  if (typeof name !== 'object' || name === null || Array.isArray(name)) return name;
  const part = (key: string): string => {
    const value = Object.hasOwn(name, key) ? (name as JsonObject)[key] : '';
    return typeof value === 'string' ? value.trim() : '';
  };
  if (part('literal') !== '') return part('literal');
  const particle = `${part('dropping-particle')} ${part('non-dropping-particle')}`.trim();
  return (
    displayName({ given: part('given'), particle, family: part('family'), suffix: part('suffix') }) || name
  );
}

/** `{"date-parts": [[2020, 5, 1]]}`, with numbers or texts; `raw` and `literal` are what people typed. */
export function cslDate(issued: unknown): unknown {
  if (typeof issued !== 'object' || issued === null) return issued ?? undefined;
  const { 'date-parts': dateParts, raw, literal } = issued as JsonObject;
  const parts: unknown = Array.isArray(dateParts) ? dateParts[0] : undefined;
  if (Array.isArray(parts) && parts.length > 0 && parts[0] !== null) {
    const numbers = parts.slice(0, 3);
    if (!numbers.every((part) => typeof part === 'number' || typeof part === 'string')) return undefined;
    return parsePartialDate(numbers.join('-')) ?? numbers[0];
  }
  for (const typed of [raw, literal]) if (typeof typed === 'string' && typed.trim() !== '') return typed;
  return undefined;
}
