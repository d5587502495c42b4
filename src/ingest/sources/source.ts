import { AppError } from '../../platform/errors.js';
import { type InputFormat, inputFormats } from '../format-names.js';

/** What is announced under these, as `https://rss.arxiv.org/rss/cs.CL+cs.LG`, then by id from the API. */
export interface ArxivSettings {
  kind: 'arxiv';
  categories: readonly string[];
  /** Papers since that day are asked for at the first pull; the last announcement alone when absent. YYYY-MM-DD. */
  since?: string;
  /** Where arXiv answers. */
  feeds: string;
  api: string;
}

/** The papers of each day, https://huggingface.co/papers. */
export interface HuggingFaceSettings {
  kind: 'huggingface';
  /** From that day on; the last week when absent. YYYY-MM-DD. */
  since?: string;
  base: string;
}

/** An OAI-PMH repository (https://www.openarchives.org/OAI/openarchivesprotocol.html), harvested since the last time. */
export interface OaiSettings {
  kind: 'oai';
  url: string;
  set?: string;
  /** What its records are written in: `arXiv`, `arXivRaw` or `oai_dc`. */
  prefix: string;
  /** From that day on; all when absent. YYYY-MM-DD. */
  since?: string;
}

/** Anything that Quire reads, at one address, with the pages behind it. */
export interface FeedSettings {
  kind: 'feed';
  url: string;
  /** By its content when absent. */
  format?: InputFormat;
}

export type SourceSettings = ArxivSettings | HuggingFaceSettings | OaiSettings | FeedSettings;
export type SourceKind = SourceSettings['kind'];

export const sourceKinds = ['arxiv', 'huggingface', 'oai', 'feed'] as const satisfies readonly SourceKind[];

/** A source as somebody asks for it. */
export interface SourceRequest {
  name: string;
  everyMinutes: number;
  settings: SourceSettings;
}

/** Minutes between two pulls: more often is impolite, more seldom than the oldest listing that a source still has loses papers. */
export const MIN_EVERY_MINUTES = 15;
export const MAX_EVERY_MINUTES = 7 * 24 * 60;

/** No pull puts the next one off beyond that; a later one is of a clock that was ahead, and is due. */
export function latestNext(now: Date): Date {
  return new Date(now.getTime() + (MAX_EVERY_MINUTES + 24 * 60) * 60_000);
}

/** arXiv announces once a day, Hugging Face through the day, and repositories ask to be left alone. */
const everyByKind: Readonly<Record<SourceKind, number>> = {
  arxiv: 120,
  huggingface: 180,
  oai: 24 * 60,
  feed: 360,
};

/** Of one source: arXiv's whole archive has 155. */
const MAX_CATEGORIES = 40;

/** A database's. */
export const MAX_SOURCES = 100;

const MAX_NAME_LENGTH = 60;
const MAX_URL_LENGTH = 2_000;

/** What may be asked for; anything else is refused, so that a slip is not passed over. */
const keysByKind: Readonly<Record<SourceKind, readonly string[]>> = {
  arxiv: ['categories', 'since', 'feeds', 'api'],
  huggingface: ['since', 'base'],
  oai: ['url', 'set', 'prefix', 'since'],
  feed: ['url', 'format'],
};

/**
 * A source as JSON has it: `{kind, name?, every?, …}` with what its kind asks for.
 * @param where names the place for the error: `sources[2]`; '' where there is one place alone
 * @throws AppError invalid_input that names the field and what was expected
 */
export function readSource(value: unknown, where: string): SourceRequest {
  const read = reader(value, where);
  const kind = read.oneOf('kind', sourceKinds);
  read.only(['kind', 'name', 'every', ...keysByKind[kind]]);
  const settings = readSettings(kind, read);
  const name = read.text('name', /^[a-z0-9][a-z0-9._-]*$/, 'small letters, digits, “.”, “_” and “-”') ?? '';
  if (name.length > MAX_NAME_LENGTH) read.fail('name', `at most ${MAX_NAME_LENGTH} characters`);
  return {
    name: name === '' ? nameFor(settings) : name,
    everyMinutes: readEvery(read, kind),
    settings,
  };
}

function readSettings(kind: SourceKind, read: Reader): SourceSettings {
  const since = read.day('since');
  const from = since === undefined ? {} : { since };
  switch (kind) {
    case 'arxiv': {
      const feeds = read.address('feeds') ?? 'https://rss.arxiv.org';
      const api = read.address('api') ?? 'https://export.arxiv.org';
      return { kind, categories: readCategories(read), ...from, feeds, api };
    }
    case 'huggingface':
      return { kind, ...from, base: read.address('base') ?? 'https://huggingface.co' };
    case 'oai': {
      const set = read.text('set', /^[^\s&=#]{1,100}$/, 'a name without spaces, as its ListSets gives it');
      const prefix = read.oneOf('prefix', ['arXiv', 'arXivRaw', 'oai_dc'], 'oai_dc');
      return { kind, url: read.needed('url'), prefix, ...(set === undefined ? {} : { set }), ...from };
    }
    case 'feed': {
      const format = read.has('format') ? read.oneOf('format', inputFormats) : undefined;
      return { kind, url: read.needed('url'), ...(format === undefined ? {} : { format }) };
    }
  }
}

function readCategories(read: Reader): string[] {
  const given = read.value('categories');
  const expected = `1 to ${MAX_CATEGORIES} of arXiv's categories, such as cs.CL or hep-th`;
  if (!Array.isArray(given) || given.length === 0 || given.length > MAX_CATEGORIES)
    return read.fail('categories', expected);
  for (const [at, one] of given.entries())
    if (typeof one !== 'string' || !/^[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]+(?:-[A-Za-z]+)*)?$/.test(one))
      read.fail(`categories[${at}]`, 'a category such as cs.CL or hep-th');
  return [...new Set(given as string[])];
}

/** `90m`, `6h` or `1d`. */
function readEvery(read: Reader, kind: SourceKind): number {
  const given = read.text('every', /^\d{1,6}[mhd]$/, 'minutes, hours or days such as 30m, 6h or 1d');
  if (given === undefined) return everyByKind[kind];
  const minutes = Number(given.slice(0, -1)) * { m: 1, h: 60, d: 1_440 }[given.at(-1) as 'm' | 'h' | 'd'];
  if (minutes < MIN_EVERY_MINUTES || minutes > MAX_EVERY_MINUTES) read.fail('every', '15m to 7d');
  return minutes;
}

/** `arxiv-cs.cl-cs.lg`, `huggingface`, `export.example.org`. */
function nameFor(settings: SourceSettings): string {
  const text =
    settings.kind === 'arxiv'
      ? ['arxiv', ...settings.categories].join('-')
      : settings.kind === 'huggingface'
        ? 'huggingface'
        : new URL(settings.url).host + new URL(settings.url).pathname;
  return text
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .slice(0, MAX_NAME_LENGTH)
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
}

function isDay(text: string): boolean {
  const time = Date.parse(text);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

type Reader = ReturnType<typeof reader>;

function reader(given: unknown, where: string) {
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given);
  if (!isObject)
    throw new AppError('invalid_input', `${where}: expected an object such as {"kind": "arxiv"}`);
  const object = given as Readonly<Record<string, unknown>>;
  const fail = (field: string, expected: string): never => {
    const named = where === '' ? field : `${where}.${field}`;
    throw new AppError('invalid_input', `${named}: expected ${expected}`, { details: { field: named } });
  };
  const value = (field: string): unknown => object[field];
  const text = (field: string, pattern: RegExp, expected: string): string | undefined => {
    const found = value(field);
    if (found === undefined) return undefined;
    return typeof found === 'string' && pattern.test(found) ? found : fail(field, expected);
  };
  /** Without a slash at its end, so that paths can follow. */
  const address = (field: string): string | undefined => {
    const found = text(field, /^https?:\/\/[^\s]+$/i, 'an address such as https://host/path');
    if (found === undefined) return undefined;
    if (found.length > MAX_URL_LENGTH || !URL.canParse(found))
      return fail(field, `an address of at most ${MAX_URL_LENGTH} characters`);
    return found.replace(/\/+$/, '');
  };
  return {
    fail,
    value,
    text,
    address,
    has: (field: string): boolean => value(field) !== undefined,
    /** As typed: what stands behind the path may matter. */
    needed: (field: string): string =>
      address(field) === undefined
        ? fail(field, 'an address such as https://host/path')
        : String(value(field)),
    day(field: string): string | undefined {
      // `Date.parse` takes February 31 for March 3.
      const found = text(field, /^\d{4}-\d{2}-\d{2}$/, 'a day such as 2026-11-01');
      return found !== undefined && !isDay(found) ? fail(field, 'a day that exists') : found;
    },
    oneOf<const T extends string>(field: string, values: readonly T[], fallback?: T): T {
      const found = value(field) ?? fallback;
      return values.find((one) => one === found) ?? fail(field, `one of ${values.join(', ')}`);
    },
    only(fields: readonly string[]): void {
      const other = Object.keys(object).find((key) => !fields.includes(key));
      if (other !== undefined) fail(other, `none of that name; there are ${fields.join(', ')}`);
    },
  };
}
