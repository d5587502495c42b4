import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createFaultPulls, whyWrong } from '../../support/fault-pulls.js';
import { faultNamed, scenariosOf } from '../../support/fault-scenarios.js';
import { createFaultClient, startFaultServer } from '../../support/fault-server.js';
import { withDatabase } from '../../support/postgres.js';
import { createTestTime } from '../../support/test-time.js';

/** Faults of each sort, and what a pull comes to; `npm run campaign:fault-pulls` has all of them, with time and memory. */
const outcomes: Record<string, 'done' | 'later' | 'failed'> = {
  '429-day': 'later',
  '503-for-ever': 'later',
  '403': 'failed',
  'cut-length': 'later',
  'gzip-bomb': 'failed',
  'gzip-no-trailer': 'later',
  'to-private': 'failed',
  'to-loop': 'failed',
  laughs: 'later',
  'bad-utf-8': 'done',
  'cut-entry': 'later',
  'gzip-file-cut': 'later',
};

/** XML by its shape, JSON without it, and a repository whose list has pages. */
const columns: Record<string, readonly string[]> = {
  'arXiv, announcement': ['rss'],
  'Hugging Face': ['today'],
  'OAI-PMH': ['second page'],
};

describe('a source that misbehaves loses nothing', () => {
  const database = withDatabase();
  let server: Awaited<ReturnType<typeof startFaultServer>>;
  const time = createTestTime();
  before(async () => {
    server = await startFaultServer(time.clock);
  });
  after(() => server.close());

  for (const [name, expected] of Object.entries(outcomes))
    for (const scenario of scenariosOf(faultNamed(name)).filter((one) =>
      columns[one.column]?.includes(one.name),
    ))
      it(`${name}: ${scenario.column}`, async () => {
        const { db } = database;
        await db.prisma.$executeRaw`TRUNCATE papers, sources, intakes CASCADE`;
        const http = createFaultClient(server.base, { timeoutMs: 20_000 });
        const own = createTestTime();
        const pulls = createFaultPulls({ db, http: () => http, base: server.base, time: own });
        const pulled = await pulls.pullTwice(scenario);
        assert.equal(whyWrong(pulled, scenario), null, JSON.stringify(pulled));
        assert.equal(pulled.outcome, expected, pulled.why ?? '');
      });
});
