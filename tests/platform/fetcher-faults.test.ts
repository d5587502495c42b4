import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readPapers } from '../../src/ingest/read.js';
import { createFetcher } from '../../src/platform/fetcher.js';
import { type ExpectedOutcome, expectedOutcomes } from '../support/fault-outcomes.js';
import {
  createFaultClient,
  type Fault,
  faults,
  payloadPapers,
  payloads,
  startFaultServer,
} from '../support/fault-server.js';
import { createTestTime } from '../support/test-time.js';

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
    assert.deepEqual(faults.map(({ name }) => name).sort(), Object.keys(expectedOutcomes).sort());
  });

  for (const fault of faults) {
    const want = expectedOutcomes[fault.name];
    if (want) test(`${fault.name}: ${fault.what}`, () => check(fault, want));
  }

  async function check(fault: Fault, want: ExpectedOutcome): Promise<void> {
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

  async function checkPapers(bytes: Uint8Array, want: ExpectedOutcome): Promise<void> {
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
