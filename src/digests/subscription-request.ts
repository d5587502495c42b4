import { domainToASCII } from 'node:url';
import type { Catalog } from '../papers/catalog.js';
import { AppError, isAppError } from '../platform/errors.js';
import { explainQuery } from '../search/query/explain.js';
import { isCategoryName } from '../search/query/operators.js';
import { parseQuery } from '../search/query/parse.js';
import { printQuery } from '../search/query/print.js';
import { invalid } from '../search/request.js';
import { isTimeZone } from './schedule.js';
import {
  type Channel,
  DEFAULT_CAP,
  MAX_CAP,
  MAX_EMAIL_LENGTH,
  MAX_LIKES,
  MAX_MUTED,
  type SubscriptionKind,
  type SubscriptionSettings,
  subscriptionKinds,
  webhookShapes,
} from './subscription.js';

/** What is asked for; what isn't given is as `defaults` say. */
export type SettingsRequest = { [K in keyof SubscriptionSettings]?: SubscriptionSettings[K] | undefined };

/** Working days at eight: when people plan what to read. */
export const defaults = {
  query: '',
  likes: [],
  days: [1, 2, 3, 4, 5],
  hour: 8,
  timeZone: 'UTC',
  cap: DEFAULT_CAP,
  minScore: null,
  mutedWords: [],
  mutedAuthors: [],
  mutedCategories: [],
  // Silence can't be told from a fault.
  tellsEmpty: true,
} as const satisfies Partial<SubscriptionSettings>;

/** Longest muted word or name; longer ones are pasted by mistake. */
const MAX_MUTED_LENGTH = 100;

const MAX_URL_LENGTH = 2_048;

/** Scores are mostly 0 to 1. */
const MAX_SCORE = 10;

/** RFC 5321 4.5.3.1.1. */
const MAX_LOCAL_LENGTH = 64;

export interface EmailAddress {
  /** As typed but for a domain of other letters, which is in its ASCII form: for the envelope. */
  email: string;
  /** In lower case: what it is for every other purpose. */
  key: string;
}

/** @throws AppError invalid_input that names `email` */
export function checkEmail(text: string): EmailAddress {
  const typed = text.trim();
  const at = typed.lastIndexOf('@');
  const local = typed.slice(0, at);
  const domain = domainToASCII(typed.slice(at + 1));
  // A quoted local part and one of other letters (SMTPUTF8) are legal, rare, and refused by many servers.
  const isLocal = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/.test(local);
  const isDomain = /^(?:[a-z\d](?:[a-z\d-]{0,61}[a-z\d])?\.)+[a-z](?:[a-z\d-]{0,61}[a-z\d])$/.test(domain);
  const email = `${local}@${domain}`;
  if (at < 1 || !isLocal || !isDomain || local.length > MAX_LOCAL_LENGTH || email.length > MAX_EMAIL_LENGTH)
    throw invalid('email', `an address such as name@example.org, of at most ${MAX_EMAIL_LENGTH} characters`);
  return { email, key: email.toLowerCase() };
}

/**
 * Settings as they are stored: the query in canonical form, papers by public id. What is left out is as in `current`, or as
 * `defaults` say. A query or papers that the kind doesn't use are refused: whoever gives them wants them to count.
 * @throws AppError invalid_input or invalid_query that names the field
 */
export async function checkSettings(
  request: SettingsRequest,
  { catalog, current }: { catalog: Pick<Catalog, 'resolve'>; current?: SubscriptionSettings | undefined },
): Promise<SubscriptionSettings> {
  const given = Object.fromEntries(Object.entries(request).filter(([, value]) => value !== undefined));
  const asked: Omit<SubscriptionSettings, 'kind'> & SettingsRequest = { ...defaults, ...current, ...given };
  const { hour, timeZone, cap, minScore, tellsEmpty } = asked;
  const kind = asked.kind ?? kindOf(asked);
  if (!subscriptionKinds.includes(kind)) throw invalid('kind', `one of ${subscriptionKinds.join(', ')}`);
  checkUnused(request, kind);
  checkWhole('hour', hour, [0, 23]);
  checkWhole('cap', cap, [1, MAX_CAP]);
  if (!isTimeZone(timeZone)) throw invalid('timeZone', 'an IANA time zone such as Europe/Berlin');
  if (minScore !== null && !(minScore >= 0 && minScore <= MAX_SCORE))
    throw invalid('minScore', `a number from 0 to ${MAX_SCORE}, or none`);
  return {
    kind,
    query: kind === 'query' ? await checkQuery(asked.query, catalog) : '',
    likes: kind === 'likes' ? await checkLikes(asked.likes, catalog) : [],
    days: checkDays(asked.days),
    hour,
    timeZone,
    cap,
    minScore,
    mutedWords: checkMuted('mutedWords', asked.mutedWords),
    mutedAuthors: checkMuted('mutedAuthors', asked.mutedAuthors),
    mutedCategories: checkMuted('mutedCategories', asked.mutedCategories, isCategoryName),
    tellsEmpty,
  };
}

/** What of a query looks like an operator and is read as words: a filter that was begun and has no value, say. */
export const hintsOf = ({ kind, query }: Pick<SubscriptionSettings, 'kind' | 'query'>): string[] =>
  kind === 'query' ? explainQuery(parseQuery(query)).hints : [];

/** @throws AppError invalid_input that names `url` or `shape` */
export function checkWebhook({
  url,
  shape = 'generic',
}: {
  url: string;
  shape?: string | undefined;
}): Extract<Channel, { kind: 'webhook' }> {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const isWeb = parsed?.protocol === 'https:' || parsed?.protocol === 'http:';
  if (!parsed || !isWeb || parsed.username !== '' || parsed.password !== '' || url.length > MAX_URL_LENGTH)
    throw invalid('url', `an https:// address without a password, of at most ${MAX_URL_LENGTH} characters`);
  const known = webhookShapes.find((one) => one === shape);
  if (!known) throw invalid('shape', `one of ${webhookShapes.join(', ')}`);
  return { kind: 'webhook', url: parsed.href, shape: known };
}

/** Where it isn't said, what there is says it. */
function kindOf({ query, likes }: Pick<SubscriptionSettings, 'query' | 'likes'>) {
  if (query.trim() !== '') return 'query';
  if (likes.length > 0) return 'likes';
  throw invalid('kind', 'a query, papers to be like (likes), or kind “daily” for all of the day’s papers');
}

const uses: Readonly<Record<SubscriptionKind, string>> = {
  query: 'papers that fit a query (kind “query”)',
  likes: 'papers like some (kind “likes”)',
  daily: 'all new papers (kind “daily”)',
};

function checkUnused({ query = '', likes = [] }: SettingsRequest, kind: SubscriptionKind): void {
  const refuse = (field: 'query' | 'likes'): AppError =>
    invalid(field, `nothing, as ${uses[kind]} is chosen: empty it, or choose ${uses[field]}`);
  if (kind !== 'query' && query.trim() !== '') throw refuse('query');
  if (kind !== 'likes' && likes.length > 0) throw refuse('likes');
}

async function checkQuery(text: string, catalog: Pick<Catalog, 'resolve'>): Promise<string> {
  const query = readQuery(text);
  if (query.terms.length === 0) throw invalid('query', 'some words to search for');
  const terms: typeof query.terms = [];
  for (const term of query.terms) {
    if (term.kind !== 'like') terms.push(term);
    else terms.push({ ...term, ref: (await idsOf([term.ref], { field: 'query', catalog }))[0]! });
  }
  const canonical = printQuery({ terms });
  // Ids of papers may be longer than what was typed for them: what is stored must be readable.
  readQuery(canonical);
  return canonical;
}

/** An error speaks of the field here, not of the search's `q`. */
function readQuery(text: string) {
  try {
    return parseQuery(text);
  } catch (error) {
    if (!isAppError(error, 'invalid_query')) throw error;
    throw new AppError('invalid_query', error.message.replace(/^q\b/, 'query'), {
      cause: error,
      details: { ...error.details, field: 'query' },
    });
  }
}

async function checkLikes(refs: readonly string[], catalog: Pick<Catalog, 'resolve'>): Promise<string[]> {
  if (refs.length === 0 || refs.length > MAX_LIKES) throw invalid('likes', `1 to ${MAX_LIKES} ids of papers`);
  return [...new Set(await idsOf(refs, { field: 'likes', catalog }))];
}

async function idsOf(
  refs: readonly string[],
  { field, catalog }: { field: string; catalog: Pick<Catalog, 'resolve'> },
): Promise<string[]> {
  const papers = await catalog.resolve(refs);
  return papers.map((paper, at) => {
    if (paper === null) throw invalid(field, `ids of papers that are here, not “${refs[at]!.slice(0, 100)}”`);
    return paper.id;
  });
}

function checkDays(days: readonly number[]): number[] {
  const sorted = [...new Set(days)].sort((a, b) => a - b);
  if (sorted.length === 0) throw invalid('days', 'at least one day, 1 (Monday) to 7 (Sunday)');
  for (const day of sorted) checkWhole('days', day, [1, 7]);
  return sorted;
}

function checkWhole(field: string, value: number, [min, max]: readonly [number, number]): void {
  if (!Number.isInteger(value) || value < min || value > max)
    throw invalid(field, `a whole number from ${min} to ${max}`);
}

function checkMuted(
  field: string,
  given: readonly string[],
  isFit: (text: string) => boolean = () => true,
): string[] {
  const texts = [
    ...new Set(given.map((text) => text.normalize('NFKC').trim()).filter((text) => text !== '')),
  ];
  if (texts.length > MAX_MUTED) throw invalid(field, `at most ${MAX_MUTED}, not ${texts.length}`);
  const wrong = texts.find(
    (text) => text.length > MAX_MUTED_LENGTH || /\p{Cc}|\p{Cs}/u.test(text) || !isFit(text),
  );
  if (wrong !== undefined) {
    const what = field === 'mutedCategories' ? 'categories such as cs.LG' : 'words';
    throw invalid(
      field,
      `${what} of at most ${MAX_MUTED_LENGTH} characters, not “${wrong.toWellFormed().slice(0, MAX_MUTED_LENGTH)}”`,
    );
  }
  return texts;
}
