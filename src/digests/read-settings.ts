import { normalizePaperRef } from '../papers/paper-id.js';
import { parseQuery } from '../search/query/parse.js';
import { printQuery } from '../search/query/print.js';
import { invalid } from '../search/request.js';
import { isTimeZone } from './schedule.js';
import { DEFAULT_CAP, MAX_CAP, MAX_LIKES, MAX_MUTED, type SubscriptionSettings } from './subscription.js';

/** Settings as they are typed; what is left out has a default. */
export type SettingsInput = Partial<SubscriptionSettings> & Pick<SubscriptionSettings, 'kind'>;

/** Characters of a muted word, author or category. */
export const MAX_MUTED_LENGTH = 200;

const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
const DEFAULT_HOUR = 8;

/** @throws AppError invalid_input that names the field, invalid_query */
export function readSettings(input: SettingsInput): SubscriptionSettings {
  const { kind, minScore = null, tellsEmpty = false } = input;
  const { hour = DEFAULT_HOUR, cap = DEFAULT_CAP, timeZone = 'UTC' } = input;
  const days = [...new Set(input.days ?? EVERY_DAY)].sort((a, b) => a - b);
  if (days.length === 0 || days.some((day) => !EVERY_DAY.includes(day)))
    throw invalid('days', 'at least one of 1 (Monday) to 7 (Sunday)');
  if (!Number.isInteger(hour) || hour < 0 || hour > 23) throw invalid('hour', 'a whole number from 0 to 23');
  if (!Number.isInteger(cap) || cap < 1 || cap > MAX_CAP)
    throw invalid('cap', `a whole number from 1 to ${MAX_CAP}`);
  if (!isTimeZone(timeZone)) throw invalid('timeZone', 'an IANA time zone such as Europe/Berlin');
  if (minScore !== null && !Number.isFinite(minScore)) throw invalid('minScore', 'a number, or null');
  return {
    ...{ kind, days, hour, timeZone, cap, minScore, tellsEmpty },
    query: kind === 'query' ? readQuery(input.query ?? '') : '',
    likes: kind === 'likes' ? readLikes(input.likes ?? []) : [],
    mutedWords: readMuted(input.mutedWords, 'mutedWords'),
    mutedAuthors: readMuted(input.mutedAuthors, 'mutedAuthors'),
    mutedCategories: readMuted(input.mutedCategories, 'mutedCategories'),
  };
}

function readQuery(text: string): string {
  const query = printQuery(parseQuery(text));
  if (query === '') throw invalid('query', 'words or filters to search for');
  return query;
}

function readLikes(refs: readonly string[]): string[] {
  const likes = [...new Set(refs.map((ref) => normalizePaperRef(ref) ?? ref.trim()))];
  if (likes.length === 0 || likes.length > MAX_LIKES)
    throw invalid('likes', `1 to ${MAX_LIKES} ids of papers`);
  return likes;
}

function readMuted(given: readonly string[] = [], field: string): string[] {
  const muted = [...new Set(given.map((text) => text.trim()).filter((text) => text !== ''))];
  if (muted.length > MAX_MUTED || muted.some((text) => text.length > MAX_MUTED_LENGTH))
    throw invalid(field, `at most ${MAX_MUTED} of at most ${MAX_MUTED_LENGTH} characters`);
  return muted;
}
