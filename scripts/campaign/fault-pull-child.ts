/*
 * Pulls the scenarios of one fault and one source, each twice, and answers what came of them: a child of fault-pulls.ts, because
 * a process's peak is that of its whole life.
 */
import { lookup as lookUp } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { download } from '../../src/ingest/download.js';
import type { DatabaseConnection } from '../../src/platform/db/connection.js';
import { type Database, openDatabase } from '../../src/platform/db/database.js';
import { messageOf } from '../../src/platform/errors.js';
import { createHttpClient, type HttpClient } from '../../src/platform/http-client.js';
import { silentLogger } from '../../src/platform/log.js';
import { expectedOutcomes } from '../../tests/support/fault-outcomes.js';
import { createFaultPulls, type PulledTwice, whyWrong } from '../../tests/support/fault-pulls.js';
import {
  faultNamed,
  type PullScenario,
  pullColumns,
  scenariosOf,
} from '../../tests/support/fault-scenarios.js';
import { createTestTime } from '../../tests/support/test-time.js';
import { leadSockets, publicName } from './fault-sockets.js';

export interface FaultPullOrder {
  fault: string;
  column: string;
  /** Of the server of faults. */
  port: number;
  /** Of nobody else meanwhile. */
  connection: DatabaseConnection;
  /** ISO 8601; the server's clock stands there too. */
  now: string;
}

export interface ScenarioReport {
  name: string;
  pulled: PulledTwice | null;
  problem: string | null;
  /** Of the processor, for both pulls. */
  cpuMs: number;
}

export interface FaultPullReport {
  scenarios: ScenarioReport[];
  peakMb: number;
  /** With the database open, and nothing read. */
  baseMb: number;
}

/** Of a try. Those that hang are known, and needn't hang for long. */
const TIMEOUT_MS = 60_000;
const HANG_TIMEOUT_MS = 300;

const publicAddress = '93.184.215.14';

/** What the names of sources and redirects stand for. */
const lookup: LookupFunction = (name, options, callback) => {
  const address = { [publicName]: publicAddress, 'inside.example': '10.0.0.1' }[name];
  if (address === undefined) lookUp(name, options, callback);
  else if (options.all) callback(null, [{ address, family: 4 }]);
  else callback(null, address, 4);
};

/** Nothing here speaks TLS: what is asked for by https is fetched without, and whoever asked doesn't know. */
function clientOf(timeoutMs: number): Pick<HttpClient, 'open'> {
  const options = { allowsPrivate: false, userAgent: 'Quire/test (+https://quire.example)', lookup };
  const http = createHttpClient({ ...options, timeoutMs, silenceMs: timeoutMs });
  const plain = (url: string) => url.replace(/^https:\/\/faults\.example\//, `http://${publicName}/`);
  return { open: (asked) => http.open({ ...asked, url: plain(asked.url) }) };
}

async function runScenario(
  scenario: PullScenario,
  { db, now, elsewhere }: { db: Database; now: string; elsewhere: string[] },
): Promise<ScenarioReport> {
  await db.prisma.$executeRaw`TRUNCATE papers, sources, intakes CASCADE`;
  const time = createTestTime(now);
  const hangs = expectedOutcomes[scenario.fault.name]?.hangs;
  const well = clientOf(TIMEOUT_MS);
  const faulty = hangs ? clientOf(HANG_TIMEOUT_MS) : well;
  const http = (isFaulty: boolean) => (isFaulty ? faulty : well);
  const pulls = createFaultPulls({ db, http, base: `http://${publicName}`, time });
  const used = process.cpuUsage();
  const report = { name: scenario.name, pulled: null, problem: null };
  const spent = () => {
    const { user, system } = process.cpuUsage(used);
    return Math.round((user + system) / 1_000);
  };
  try {
    const pulled = pullColumns.includes(scenario.column)
      ? await pulls.pullTwice(scenario)
      : await pulls.ingestTwice(scenario, {
          download: (address, client) => download(address, { http: client }),
        });
    const other = elsewhere.splice(0).join(', ');
    const problem = other === '' ? whyWrong(pulled, scenario) : `connections went to ${other}`;
    return { ...report, pulled, problem, cpuMs: spent() };
  } catch (error) {
    return { ...report, problem: `it threw ${messageOf(error)}`, cpuMs: spent() };
  }
}

async function run({ fault, column, port, connection, now }: FaultPullOrder): Promise<FaultPullReport> {
  const elsewhere = leadSockets(port);
  const db = await openDatabase(connection, { log: silentLogger, poolSize: 3 });
  const peakMb = () => Math.round(process.resourceUsage().maxRSS / 1_024);
  const scenarios: ScenarioReport[] = [];
  try {
    await db.prisma.paper.count();
    elsewhere.length = 0;
    const baseMb = peakMb();
    for (const scenario of scenariosOf(faultNamed(fault)))
      if (scenario.column === column) scenarios.push(await runScenario(scenario, { db, now, elsewhere }));
    return { scenarios, peakMb: peakMb(), baseMb };
  } finally {
    await db.close();
  }
}

process.on('message', (order: FaultPullOrder) => {
  run(order).then(
    (report) => process.send?.(report, () => process.disconnect()),
    (error: unknown) => {
      process.stderr.write(messageOf(error));
      process.exit(1);
    },
  );
});
