import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { composeDigest } from '../../src/digests/compose.js';
import type { NewPapers } from '../../src/digests/new-papers.js';
import {
  DEFAULT_CAP,
  type Subscription,
  type SubscriptionKind,
  type SubscriptionSettings,
} from '../../src/digests/subscription.js';
import { digestMail } from '../../src/digests/templates/mail.js';
import type { DigestLinks } from '../../src/digests/templates/words.js';
import { readConfig } from '../../src/platform/config.js';
import { silentLogger } from '../../src/platform/log.js';
import { projectRoot } from '../../src/platform/paths.js';
import { createProgress } from '../../src/platform/progress.js';
import { createServices, type Services } from '../../src/services.js';
import { type Chance, chanceOf } from '../campaign/random.js';
import { defaultModel, fillDataFolder } from './fill.js';
import { runBench } from './run-bench.js';
import { quantile, tenth } from './search-protocol.js';
import { requireSharedData } from './shared-data.js';

const help = `npm run bench:digests -- [OPTIONS]

Matches, composes and writes the digests of many subscribers on a day of ../shared/data's papers, one after the other as a run
does it: time, memory, and what became of the papers. Nothing is sent.

  --count N        papers in all; default: 100000
  --new N          papers of the day; default: 1000
  --subscribers N  default: 10000
  --json           the result as JSON
  --help
`;

interface Options {
  count: number;
  new: number;
  subscribers: number;
  json: boolean;
  help: boolean;
}

interface KindResult {
  subscribers: number;
  /** Milliseconds of one subscriber: matching, then composing and writing both parts of the mail. */
  match: { p50: number; p99: number };
  compose: { p50: number; p99: number };
  matched: number;
  sent: number;
  empty: number;
}

interface Result {
  papers: number;
  newPapers: number;
  subscribers: number;
  seconds: number;
  /** MB of this process with the service in it, before the first and at most. */
  rssBefore: number;
  rssMost: number;
  kinds: Record<SubscriptionKind, KindResult>;
}

const POLL_MS = 200;
const READY_LIMIT_MS = 600_000;
/** Of ten subscribers so many follow a query, and papers; the others get the day. */
const [OF_QUERIES, OF_LIKES] = [7, 2];

function parse(): Options {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '100000' },
      new: { type: 'string', default: '1000' },
      subscribers: { type: 'string', default: '10000' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [count, fresh, subscribers] = [values.count, values.new, values.subscribers].map(Number);
  if (![count, fresh, subscribers].every((value) => Number.isInteger(value) && value! > 0))
    throw new Error('--count, --new and --subscribers: expected whole numbers from 1');
  return { ...values, count: count!, new: fresh!, subscribers: subscribers! };
}

async function measure(options: Options): Promise<Result> {
  requireSharedData();
  const folder = await mkdtemp(join(tmpdir(), 'quire-digests-'));
  try {
    await fillDataFolder(folder, options.count);
    const config = readConfig({
      DATA_DIR: folder,
      MODELS_DIR: `${projectRoot}/models`,
      MODEL: defaultModel,
      SAMPLE: 'off',
      LOG_LEVEL: 'silent',
    });
    const services = await createServices(config, silentLogger);
    try {
      services.start();
      await services.engines.serving.model.embedder.warm();
      await untilReady(services);
      return await runAll(services, options);
    } finally {
      await services.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function untilReady({ readiness }: Services): Promise<void> {
  for (const started = performance.now(); performance.now() - started < READY_LIMIT_MS; await sleep(POLL_MS))
    if ((await readiness.checkAnew()).ready) return;
  throw new Error('the service did not become ready');
}

async function runAll(services: Services, { count, new: fresh, subscribers }: Options): Promise<Result> {
  const news = await dayOf(services, fresh);
  const { rows } = await services.db.pool.query<{ id: string; title: string }>(
    'SELECT public_id AS id, title FROM papers ORDER BY md5(public_id) LIMIT 20000',
  );
  const chance = chanceOf(1);
  const times = new Map<SubscriptionKind, { match: number[]; compose: number[] }>();
  const sums = new Map<SubscriptionKind, { matched: number; sent: number; empty: number }>();
  const memory = { before: process.memoryUsage.rss(), most: 0 };
  const progress = createProgress('digests', process.stderr);
  const started = performance.now();
  for (let n = 0; n < subscribers; n++) {
    const subscription = invent(n, { chance, rows });
    const { kind } = subscription;
    const own = times.get(kind) ?? { match: [], compose: [] };
    const sum = sums.get(kind) ?? { matched: 0, sent: 0, empty: 0 };
    times.set(kind, own);
    sums.set(kind, sum);
    const at = performance.now();
    const matches = await services.matcher.match(subscription, news);
    const between = performance.now();
    const now = services.clock.now();
    const digest = await composeDigest({ settings: subscription, news, matches, sent: new Set(), now });
    const from = { name: 'Quire', address: 'bench@example.org' };
    await digestMail(subscription, digest, { links, messageId: `${n}@example.org`, from, date: now });
    own.match.push(between - at);
    own.compose.push(performance.now() - between);
    sum.matched += digest.books.matched;
    sum.sent += digest.books.sent;
    sum.empty += Number(digest.papers.length === 0);
    memory.most = Math.max(memory.most, process.memoryUsage.rss());
    if (n % 100 === 0) progress.update({ done: n, total: subscribers });
  }
  progress.end();
  const seconds = (performance.now() - started) / 1_000;
  const kinds = [...times].map(([kind, { match, compose }]): [SubscriptionKind, KindResult] => [
    kind,
    {
      subscribers: match.length,
      match: quantilesOf(match),
      compose: quantilesOf(compose),
      ...sums.get(kind)!,
    },
  ]);
  return {
    ...{ papers: count, newPapers: news.papers.length, subscribers, seconds: tenth(seconds) },
    ...{ rssBefore: Math.round(memory.before / 1e6), rssMost: Math.round(memory.most / 1e6) },
    kinds: Object.fromEntries(kinds) as Result['kinds'],
  };
}

/** The papers that came in last. */
async function dayOf({ db, newPapers, clock }: Services, fresh: number): Promise<NewPapers> {
  const { rows } = await db.pool.query<{ after: string; until: string }>(
    `SELECT min(added) - 1 AS after, max(added) AS until
     FROM (SELECT added FROM papers ORDER BY added DESC LIMIT $1) last`,
    [fresh],
  );
  const { after, until } = rows[0]!;
  return newPapers.added({ after: BigInt(after), until: BigInt(until) }, clock.now());
}

/** A subscription as people have them: some words of a title, a few papers, or the day. */
function invent(
  n: number,
  { chance, rows }: { chance: Chance; rows: readonly { id: string; title: string }[] },
): Subscription {
  const at = n % 10;
  const kind = at < OF_QUERIES ? 'query' : at < OF_QUERIES + OF_LIKES ? 'likes' : 'daily';
  const words = chance.pick(rows).title.match(/\p{L}{4,}/gu) ?? ['graph', 'kernels'];
  const settings: SubscriptionSettings = {
    ...{ days: [1, 2, 3, 4, 5, 6, 7], hour: 8, timeZone: 'UTC', cap: DEFAULT_CAP, minScore: null },
    ...{ mutedAuthors: [], mutedCategories: [], tellsEmpty: false },
    kind,
    query: words.slice(0, chance.between(1, 4)).join(' ') || 'graph kernels',
    likes: Array.from({ length: chance.between(1, 5) }, () => chance.pick(rows).id),
    mutedWords: ['survey', 'position paper'],
  };
  const at0 = new Date(0);
  return {
    ...settings,
    ...{ id: n, subscriberId: n, email: 'somebody@example.org', channel: { kind: 'mail' }, state: 'active' },
    ...{ pausedUntil: null, confirmedAt: at0, endedAt: null, endedBy: null, seenUntil: 0n, createdAt: at0 },
  };
}

const base = 'https://papers.example.org/';
const links: DigestLinks = {
  paper: (id) => `${base}papers/${encodeURIComponent(id)}`,
  search: (words) => `${base}?q=${encodeURIComponent(words)}`,
  related: (id) => `${base}papers/${encodeURIComponent(id)}#related`,
  notForMe: (id) => `${base}digests/not-for-me?token=${'x'.repeat(43)}&paper=${encodeURIComponent(id)}`,
  save: (id) => `${base}digests/save?token=${'x'.repeat(43)}&paper=${encodeURIComponent(id)}`,
  manage: () => `${base}digests/manage?token=${'x'.repeat(43)}`,
  unsubscribe: () => `${base}digests/unsubscribe?token=${'x'.repeat(43)}`,
};

function quantilesOf(times: number[]): { p50: number; p99: number } {
  times.sort((a, b) => a - b);
  return { p50: tenth(quantile(times, 0.5)), p99: tenth(quantile(times, 0.99)) };
}

function asText({ papers, newPapers, subscribers, seconds, rssBefore, rssMost, kinds }: Result): string {
  const lines = Object.entries(kinds).map(
    ([kind, { subscribers: count, match, compose, matched, sent, empty }]) =>
      `${kind}: ${count}, matching p50 ${match.p50} ms, p99 ${match.p99}; composing p50 ${compose.p50}, p99 ${compose.p99}; ${matched} matched, ${sent} sent, ${empty} empty\n`,
  );
  return `${subscribers} subscribers, ${newPapers} new papers of ${papers}: ${seconds} s, ${rssBefore} MB before, ${rssMost} at most
${lines.join('')}`;
}

await runBench({ name: 'digests', help, parse, measure, asText });
