import type { PreviewDays } from '../digests/preview.js';
import type { SubscriptionKind, SubscriptionSettings } from '../digests/subscription.js';
import { defaults, type SettingsRequest } from '../digests/subscription-request.js';
import { type FormFields, textOf } from './form-bodies.js';

/** What stands in the form of a subscription, as typed. */
export interface FormValues {
  email: string;
  kind: string;
  query: string;
  likes: string;
  days: readonly string[];
  hour: string;
  timeZone: string;
  cap: string;
  minScore: string;
  mutedWords: string;
  mutedAuthors: string;
  mutedCategories: string;
  tellsEmpty: boolean;
}

const lines = (texts: readonly string[]): string => texts.join('\n');

/** The form of a subscription that is there, or of a new one. */
export function valuesOf(settings: SubscriptionSettings, email = ''): FormValues {
  const { kind, query, timeZone, tellsEmpty, days, hour, cap, minScore } = settings;
  const { likes, mutedWords, mutedAuthors, mutedCategories } = settings;
  // By name: a subscription has more than its settings, and these go into addresses.
  return {
    ...{ email, kind, query, timeZone, tellsEmpty },
    likes: lines(likes),
    days: days.map(String),
    hour: String(hour),
    cap: String(cap),
    minScore: minScore === null ? '' : String(minScore),
    mutedWords: lines(mutedWords),
    mutedAuthors: lines(mutedAuthors),
    mutedCategories: lines(mutedCategories),
  };
}

/** A new subscription to a query, to papers like these, or, where there is neither, of the kind `otherwise`. */
function newValues({
  query,
  likes,
  otherwise,
}: {
  query: string;
  likes: readonly string[];
  otherwise: SubscriptionKind;
}): FormValues {
  const kind = likes.length > 0 ? 'likes' : query === '' ? otherwise : 'query';
  return valuesOf({
    ...defaults,
    days: [...defaults.days],
    kind,
    query,
    likes: [...likes],
    mutedWords: [],
    mutedAuthors: [],
    mutedCategories: [],
  });
}

export function readValues(fields: FormFields): FormValues {
  const text = (name: string): string => textOf(fields, name);
  return {
    email: text('email'),
    kind: text('kind'),
    query: text('query'),
    likes: text('likes'),
    days: fields.get('days') ?? [],
    hour: text('hour'),
    timeZone: text('timeZone'),
    cap: text('cap'),
    minScore: text('minScore'),
    mutedWords: text('mutedWords'),
    mutedAuthors: text('mutedAuthors'),
    mutedCategories: text('mutedCategories'),
    tellsEmpty: fields.has('tellsEmpty'),
  };
}

/** Missing where none is ticked. */
const boxes: readonly string[] = ['days', 'tellsEmpty'];

/** A form has all of these, empty or not: what has fewer was written by hand, and a box that it lacks is as by default. */
const formFields = ['hour', 'timeZone', 'cap'] as const;

/**
 * The form as an address fills it: with every setting (`paramsOf`), or with some that somebody wrote by hand. Never with a mail address,
 * which has no place in a URL. `otherwise`: the kind where nothing says one.
 */
export function valuesOfParams(params: FormFields, otherwise: SubscriptionKind): FormValues {
  const given = { ...readValues(params), email: '' };
  const subject = newValues({
    query: textOf(params, 'query') || textOf(params, 'q'),
    likes: params.get('like') ?? (given.likes === '' ? [] : [given.likes]),
    otherwise,
  });
  const isForm = formFields.every((name) => params.has(name));
  const known = Object.entries(given).filter(
    ([name]) => params.has(name) || (isForm && boxes.includes(name)),
  );
  return { ...subject, ...Object.fromEntries(known), ...(params.has('kind') ? {} : { kind: subject.kind }) };
}

/** The settings in an address, by the names of the form's fields. */
function paramsOf({ email: _, days, tellsEmpty, ...texts }: FormValues): URLSearchParams {
  const params = new URLSearchParams(formFields.map((name) => [name, texts[name]]));
  for (const [name, text] of Object.entries(texts)) if (text !== '') params.set(name, text);
  for (const day of days) params.append('days', day);
  if (tellsEmpty) params.set('tellsEmpty', 'on');
  return params;
}

/** Proxies commonly take 8 kB for the first line of a request. */
const MAX_PATH = 7_500;

const pathWith = (path: string, params: URLSearchParams): string | null => {
  const whole = `${path}?${params}`;
  return whole.length > MAX_PATH ? null : whole;
};

/** The page that shows what such a subscription would have sent; null: there are too many settings for an address. */
export function previewPath(values: FormValues, back?: PreviewDays): string | null {
  const params = paramsOf(values);
  if (back !== undefined) params.set('back', String(back));
  return pathWith('/subscribe/preview', params);
}

/** The form with these settings in it; null: there are too many of them for an address. */
export const subscribePath = (values: FormValues): string | null => pathWith('/subscribe', paramsOf(values));

/** What the form asks for; the domain checks it: what is no number comes as NaN. */
export function requestOf(values: FormValues): SettingsRequest {
  const { kind, query, timeZone, tellsEmpty, days, hour, cap, minScore } = values;
  return {
    kind: kind as SubscriptionKind,
    query,
    likes: values.likes.split(/[\s,]+/).filter((id) => id !== ''),
    days: days.map(numberOf),
    hour: numberOf(hour),
    timeZone: timeZone.trim(),
    cap: numberOf(cap),
    minScore: minScore.trim() === '' ? null : numberOf(minScore),
    mutedWords: linesOf(values.mutedWords),
    mutedAuthors: linesOf(values.mutedAuthors),
    mutedCategories: values.mutedCategories.split(/[\s,]+/),
    tellsEmpty,
  };
}

/** '' is no number, though `Number` takes it for 0. */
const numberOf = (text: string): number => (text.trim() === '' ? Number.NaN : Number(text));

const linesOf = (text: string): string[] => text.split(/\r?\n/);
