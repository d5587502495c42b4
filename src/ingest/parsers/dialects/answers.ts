import type { JsonObject } from '../json-fields.js';
import { excerpt } from '../text.js';
import { isObject, objectsOf, wordsOf } from './dialect.js';

/** What a saved answer of a service says instead of papers; null where it is no such answer. */
export function refusalOf(object: JsonObject): string | null {
  if ('title' in object) return null;
  const { error, message, body } = object;
  if (typeof body === 'string' && 'status_code' in object)
    return 'this is a whole answer, kept in JSON: expected its "body" alone, as a file';
  const said = [isObject(error) ? error['message'] : error, message, objectsOf(message)[0]?.['message']];
  const words = said.flatMap((text) => wordsOf(text) ?? []);
  const isError = error !== undefined || object['status'] === 'failed' || Object.keys(object).length <= 3;
  return isError && words.length > 0
    ? `this is no paper: the service answered with an error: ${excerpt(words.join(' '))}`
    : null;
}
