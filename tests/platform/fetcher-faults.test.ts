import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readPapers } from '../../src/ingest/read.js';
import { createFetcher, type FetchOutcome } from '../../src/platform/fetcher.js';
import {
  createFaultClient,
  type Fault,
  faults,
  payloadPapers,
  payloads,
  startFaultServer,
} from '../support/fault-server.js';
import { createTestTime } from './test-time.js';

/** What becomes of a fault; a fault without a line here fails. */
interface Expected {
  kind: FetchOutcome['kind'];
  why?: RegExp;
  /** One when absent; of those that wait, four. */
  requests?: number;
  /** Of what was fetched, what the parsers make of it; all of them when absent. */
  papers?: number;
  problem?: RegExp;
  /** It ends by the time-out. */
  hangs?: boolean;
  /** Seconds that it waits in all, where that is no matter of chance. */
  waits?: number;
}

const well: Expected = { kind: 'fetched' };
const secondTime: Expected = { kind: 'fetched', requests: 2 };
const later = (why: RegExp, more: Partial<Expected> = {}): Expected => ({
  kind: 'later',
  why,
  requests: 4,
  ...more,
});
const failed = (why: RegExp): Expected => ({ kind: 'failed', why });
const useless = (problem: RegExp): Expected => ({ kind: 'fetched', papers: 0, problem });
const brokeOff = later(/^it broke off$/);
const hangs = later(/^no answer in time$/, { hangs: true });
const tooLarge = failed(/^it is larger than 33554432 bytes$/);
const inside = failed(/on a private network$/);

const expected: Record<string, Expected> = {
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
  'byte-chunks': { kind: 'fetched', papers: 0 },
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

/** Megabytes by which the most that the process ever held may grow, the server of faults and the parsers with it. */
const MAX_GROWTH_MB = 250;
const peakMb = () => process.resourceUsage().maxRSS / 1_024;

describe('a source that misbehaves', () => {
  const time = createTestTime();
  let server: Awaited<ReturnType<typeof startFaultServer>>;
  before(async () => {
    server = await startFaultServer(time.clock);
  });
  after(() => server.close());

  const fetcherFor = (timeoutMs: number) =>
    createFetcher({
      http: createFaultClient(server.base, { timeoutMs }),
      clock: time.clock,
      sleep: time.sleep,
      random: () => 0.5,
    });

  test('is met in each way that is known', () => {
    assert.deepEqual(faults.map(({ name }) => name).sort(), Object.keys(expected).sort());
  });

  for (const fault of faults) {
    const want = expected[fault.name];
    if (want) test(`${fault.name}: ${fault.what}`, () => check(fault, want));
  }

  async function check(fault: Fault, want: Expected): Promise<void> {
    const payload = payloads.find(({ kind }) => kind === (fault.only ?? 'xml'))!;
    const url = server.urlOf(fault, payload);
    const peak = peakMb();
    const begun = time.clock.now().getTime();
    const outcome = await fetcherFor(want.hangs ? 150 : 20_000).get({ url });
    const waited = (time.clock.now().getTime() - begun) / 1_000;
    const { bytes, ...said } = { bytes: null, ...outcome };
    assert.equal(outcome.kind, want.kind, JSON.stringify(said));
    if (want.why) assert.match('why' in outcome ? outcome.why : '', want.why);
    assert.equal(server.requests.get(new URL(url).pathname), want.requests ?? 1);
    if (want.waits !== undefined) assert.equal(waited, want.waits);
    // Three pauses at most, each with a host of its own to wait for.
    else assert.ok(waited <= 60, `${waited} s`);
    if (outcome.kind === 'later') {
      const wait = outcome.retryAt.getTime() - time.clock.now().getTime();
      assert.ok(wait >= 300_000 && wait <= 86_400_000, `${wait} ms`);
    }
    if (outcome.kind === 'fetched' && bytes) await checkPapers(bytes, want);
    const growth = peakMb() - peak;
    assert.ok(growth < MAX_GROWTH_MB, `${growth} MB more`);
  }

  async function checkPapers(bytes: Uint8Array, want: Expected): Promise<void> {
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield bytes;
    }
    let papers = 0;
    const problems: string[] = [];
    for await (const entry of readPapers(chunks(), { name: 'a source', asOf: '2024-06-01' })) {
      if (entry.kind === 'paper') papers += 1;
      else problems.push(entry.problem.reason);
    }
    assert.equal(papers, want.papers ?? payloadPapers, problems.join('; '));
    if (want.problem) assert.match(problems.join('; '), want.problem);
    else assert.deepEqual(problems, []);
  }
});
