/** Pulls of sources that misbehave, through the puller and a database: a pull with the fault, and one without it. */
import { createIngest } from '../../src/ingest/ingest.js';
import { createIntakeStore } from '../../src/ingest/intake-store.js';
import { createPuller } from '../../src/ingest/sources/puller.js';
import { readSource } from '../../src/ingest/sources/source.js';
import type { SourceRun } from '../../src/ingest/sources/source-run.js';
import { createSourceStore } from '../../src/ingest/sources/source-store.js';
import { createPaperStore } from '../../src/papers/paper-store.js';
import type { Database } from '../../src/platform/db/database.js';
import { isAppError } from '../../src/platform/errors.js';
import { createFetcher, type FetchOutcome, type FetchRequest } from '../../src/platform/fetcher.js';
import type { HttpClient } from '../../src/platform/http-client.js';
import { silentLogger } from '../../src/platform/log.js';
import { type PullScenario, scenarioHost } from './fault-scenarios.js';
import { type Fault, faultPath, payloadPapers } from './fault-server.js';
import type { createTestTime } from './test-time.js';

/** What both of them were: the run's books, and what is in the database. */
export interface PulledTwice {
  outcome: string;
  /** Why it wasn't done, else the first thing that was wrong in what was taken in. */
  why: string | null;
  note: string | null;
  failed: number;
  papers: number;
  /** Whether the source stands where it stood, as far as it has to. */
  isKept: boolean;
  again: { outcome: string; why: string | null; papers: number; damaged: number };
}

export interface FaultPullDeps {
  db: Database;
  /** Of the pull with the fault, and of the one without. */
  http: (isFaulty: boolean) => Pick<HttpClient, 'open'>;
  /** Where the server of faults is, as `http` calls it. */
  base: string;
  time: ReturnType<typeof createTestTime>;
}

/** A tag of the server's, of the good answer and of what is left of it: a cache in between can cut an answer and keep its head. */
const ETAG = '"a"';
const MAX_PULLS = 5;

export function createFaultPulls({ db, http, base, time }: FaultPullDeps) {
  const papers = createPaperStore(db);
  const intakes = createIntakeStore(db);
  const store = createSourceStore(db);
  const { clock } = time;
  const addressOf = (
    fault: Pick<Fault, 'name' | 'isSecure'>,
    { payload, key }: PullScenario,
    phase: string,
  ) => `${fault.isSecure ? 'https://faults.example' : base}${faultPath(fault, payload)}?${key}-${phase}`;

  /** Answers of the source: with the fault, well, or what the scenario says of its other addresses. */
  function fetcherOf(scenario: PullScenario) {
    let isFaulty = true;
    const fetcher = createFetcher({
      http: { open: (asked) => http(isFaulty).open(asked) },
      clock,
      sleep: time.sleep,
      random: () => 0.5,
    });
    return {
      mend(): void {
        isFaulty = false;
      },
      async get(request: FetchRequest): Promise<FetchOutcome> {
        const { url } = request;
        if (!url.startsWith(scenarioHost)) return { kind: 'failed', why: `nobody is asked at ${url}` };
        if (!scenario.isMet(new URL(url)))
          return { kind: 'fetched', bytes: Buffer.from(scenario.other(new URL(url))), headers: {}, url };
        const address = isFaulty
          ? addressOf(scenario.fault, scenario, 'first')
          : addressOf({ name: 'not-modified' }, scenario, 'again');
        const outcome = await fetcher.get({ ...request, url: address });
        return outcome.kind === 'fetched'
          ? { ...outcome, headers: { etag: ETAG, ...outcome.headers } }
          : outcome;
      },
    };
  }

  const countPapers = () => db.prisma.paper.count({ where: { title: { contains: 'Find Their Way Over' } } });
  const countDamaged = () => db.prisma.paper.count({ where: { title: { contains: '\ufffd' } } });

  /** Both pulls; the database must have no papers. @throws what no source may cause */
  async function pullTwice(scenario: PullScenario): Promise<PulledTwice> {
    const asked = readSource({ name: scenario.key, ...scenario.settings }, 'the source');
    const { id } = await store.put(asked, { origin: 'command', now: clock.now() });
    const fetcher = fetcherOf(scenario);
    const puller = createPuller({ store, papers, intakes, fetcher, db, clock, log: silentLogger });
    const pull = async (): Promise<SourceRun> => {
      const run = await puller.pull(id, { signal: new AbortController().signal });
      if (run === null) throw new Error('the source was not due');
      return run;
    };
    const run = await pull();
    const found = await countPapers();
    const { cursor, nextAt } = (await store.findById(id))!;
    const waiting = await store.countAnnounced(id);
    fetcher.mend();
    let due = nextAt;
    let again: SourceRun;
    for (let pulls = 1; ; pulls += 1) {
      time.advance(Math.max(0, due.getTime() - clock.now().getTime()));
      again = await pull();
      due = (await store.findById(id))!.nextAt;
      // A host may hold for longer than its source waits; not for ever.
      if (again.outcome === 'done' || pulls >= MAX_PULLS) break;
    }
    const first = run.problemList[0]?.reason ?? null;
    return {
      outcome: run.finishedAt === null ? 'unfinished' : String(run.outcome),
      why: run.problem ?? first,
      note: run.note,
      failed: run.failed,
      papers: found,
      isKept: scenario.isKept(cursor, waiting),
      again: {
        outcome: String(again.outcome),
        why: again.problem,
        papers: await countPapers(),
        damaged: await countDamaged(),
      },
    };
  }

  /** What `quire ingest URL` does, twice. @throws what no address may cause */
  async function ingestTwice(scenario: PullScenario, limits: IngestLimits): Promise<PulledTwice> {
    const ingest = createIngest({ papers, intakes, clock, log: silentLogger });
    async function take(isFaulty: boolean) {
      const address = addressOf(
        isFaulty ? scenario.fault : { name: 'well' },
        scenario,
        isFaulty ? 'first' : 'again',
      );
      try {
        const report = await ingest.take({
          name: scenario.key,
          bytes: limits.download(address, http(isFaulty)),
          size: null,
        });
        return { outcome: 'done', why: report.problemList[0]?.reason ?? null, failed: report.problems };
      } catch (error) {
        if (!isAppError(error)) throw error;
        return {
          outcome: error.code === 'source_unavailable' ? 'later' : 'failed',
          why: error.message,
          failed: 0,
        };
      }
    }
    const first = await take(true);
    const found = await countPapers();
    const { outcome, why } = await take(false);
    return {
      ...{ ...first, note: null, papers: found, isKept: true },
      again: { outcome, why, papers: await countPapers(), damaged: await countDamaged() },
    };
  }

  return { pullTwice, ingestTwice };
}

export interface IngestLimits {
  download(address: string, http: Pick<HttpClient, 'open'>): AsyncIterable<Uint8Array>;
}

/** What is wrong with what came of a fault; null where every rule was kept. */
export function whyWrong(
  { outcome, why, failed, papers, isKept, again }: PulledTwice,
  { fault, nothingYet }: Pick<PullScenario, 'fault' | 'nothingYet'>,
): string | null {
  if (!['done', 'later', 'failed'].includes(outcome)) return `the run is ${outcome}`;
  if (outcome !== 'done' && !why) return 'it was not done, and nothing says why';
  if (outcome !== 'done' && !isKept) return `${outcome}, and the source has moved on`;
  if (outcome === 'done' && papers < payloadPapers && failed === 0 && fault.name !== nothingYet)
    return `done with ${papers} of ${payloadPapers} papers, and no word of the others`;
  if (again.outcome !== 'done') return `without the fault it was ${again.outcome}: ${again.why}`;
  if (again.papers !== payloadPapers)
    return `${again.papers} of ${payloadPapers} papers are there after a pull without the fault`;
  return again.damaged > 0 ? `${again.damaged} titles stay damaged after a pull without the fault` : null;
}
