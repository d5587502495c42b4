import type { FetchOutcome } from '../../src/platform/fetcher.js';

/** What becomes of a fault; a fault without a line here fails the tests. */
export interface ExpectedOutcome {
  kind: FetchOutcome['kind'];
  why?: RegExp;
  /** One when absent; of those that wait, four. */
  requests?: number;
  /** What the parser of Atom or JSON makes of what was fetched; all of them when absent. */
  papers?: number;
  problem?: RegExp;
  /** It ends by the time-out. */
  hangs?: boolean;
  /** Seconds that it waits in all, where that is no matter of chance. */
  waits?: number;
}

const well: ExpectedOutcome = { kind: 'fetched' };
const secondTime: ExpectedOutcome = { kind: 'fetched', requests: 2 };
const later = (why: RegExp, more: Partial<ExpectedOutcome> = {}): ExpectedOutcome => ({
  kind: 'later',
  why,
  requests: 4,
  ...more,
});
const failed = (why: RegExp): ExpectedOutcome => ({ kind: 'failed', why });
const useless = (problem: RegExp): ExpectedOutcome => ({ kind: 'fetched', papers: 0, problem });
const brokeOff = later(/^it broke off$/);
const hangs = later(/^no answer in time$/, { hangs: true });
const tooLarge = failed(/^it is larger than 33554432 bytes$/);
const inside = failed(/on a private network$/);

/** By the names of faults. */
export const expectedOutcomes: Record<string, ExpectedOutcome> = {
  well,
  'not-modified': well,
  '429-seconds': { ...secondTime, waits: 20 },
  '429-date': { ...secondTime, waits: 20 },
  '429-bare': secondTime,
  '429-nonsense': secondTime,
  '429-past': secondTime,
  '429-day': later(/answered 429$/, { requests: 1, waits: 0 }),
  '429-for-ever': later(/answered 429$/),
  ...Object.fromEntries(
    [500, 502, 503].flatMap((status) => [
      [`${status}-once`, secondTime],
      [`${status}-for-ever`, later(new RegExp(`answered ${status}$`))],
    ]),
  ),
  '404': failed(/answered 404$/),
  '403': failed(/answered 403$/),
  '206': failed(/answered 206$/),
  '204': failed(/answered 204$/),
  '304-unasked': failed(/not asked$/),
  'cut-length': brokeOff,
  'cut-chunked': brokeOff,
  'cut-once': secondTime,
  reset: brokeOff,
  drop: later(/hang up/),
  hang: hangs,
  'hang-body': hangs,
  drip: hangs,
  'length-too-small': brokeOff,
  'length-too-large': hangs,
  'no-http': later(/./),
  endless: tooLarge,
  'byte-chunks': useless(/empty/),
  'declared-too-large': tooLarge,
  'huge-headers': later(/Header overflow/i),
  gzip: well,
  deflate: well,
  'deflate-raw': well,
  br: well,
  'gzip-bomb': tooLarge,
  'gzip-no-trailer': later(/breaks off$/),
  'br-cut': later(/breaks off$/),
  'gzip-damaged': failed(/could not be decompressed/),
  'gzip-untrue': failed(/could not be decompressed/),
  'gzip-empty': useless(/empty/),
  'two-encodings': failed(/compressed 2 times/),
  'unknown-encoding': failed(/"x-feather"/),
  'to-loop': { ...failed(/more than 3 redirects/), requests: 4 },
  'to-loopback': inside,
  'to-metadata': inside,
  'to-loopback-6': inside,
  'to-private': inside,
  'to-private-name': inside,
  'to-file': failed(/expected an address/),
  'to-nowhere': failed(/redirect to nowhere/),
  'to-user': failed(/no user and password/),
  'to-http': failed(/from https to http$/),
  'to-missing': failed(/answered 302$/),
  html: useless(/this is HTML/),
  empty: useless(/empty/),
  blank: useless(/empty/),
  'error-object': useless(/./),
  'json-null': useless(/./),
  laughs: useless(/./),
  'outside-entity': useless(/./),
  deep: useless(/./),
  'deep-object': useless(/./),
  'line-100-mb': tooLarge,
  'line-30-mb': useless(/./),
  'many-elements': useless(/./),
  'bad-utf-8': { kind: 'fetched', problem: /UTF-8/ },
  'latin-1': { kind: 'fetched', problem: /UTF-8/ },
  nul: well,
  'wrong-charset': well,
  'wrong-type': well,
  'cut-entry': { kind: 'fetched', papers: 30, problem: /./ },
  'gzip-file': well,
  'gzip-file-cut': { kind: 'fetched', problem: /gzip file is damaged/ },
  'gzip-file-bomb': useless(/./),
};
