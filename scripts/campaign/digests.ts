import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SMTPServer } from 'smtp-server';
import { createPaperStore } from '../../src/papers/paper-store.js';
import { type Database, openDatabase } from '../../src/platform/db/database.js';
import { startEmbeddedPostgres } from '../../src/platform/db/embedded/postgres.js';
import { migrate } from '../../src/platform/db/migrate.js';
import { silentLogger } from '../../src/platform/log.js';
import { projectRoot } from '../../src/platform/paths.js';
import { createProgress } from '../../src/platform/progress.js';
import { runBench } from '../bench/run-bench.js';
import { type DigestOrder, type DigestPoint, type DigestRecovery, digestPoints } from './digest-plan.js';
import { type Chance, chanceOf } from './random.js';
import { addSubscribers } from './subscribers.js';

const help = `npm run campaign:digests -- [OPTIONS]

SIGKILLs the process that sends digests, at named points and at random moments, while a real mail server counts what it
has taken. In the end every digest must be sent or uncertain, none that counts as sent may be missing at the server, none may be there
twice, and no crash may have left more uncertain ones than there were connections. Exits with 1 otherwise.

  --messages N  subscribers, one digest each; default: 30000
  --kills N     default: 300
  --seed N      default: 1
  --json        the result as JSON
  --help

Points: random, and
${Object.entries(digestPoints)
  .map(([name, about]) => `  ${name.padEnd(16)}${about}\n`)
  .join('')}`;

const entry = fileURLToPath(new URL('./digest-child.js', import.meta.url));
const NOW = '2026-03-02T06:00:00Z';
/** Of the transport (SMTP). */
const CONNECTIONS = 2;
/** Kills while digests are still being prepared; each look at all subscriptions takes seconds. */
const PREPARE_SHARE = 0.1;
/** How many pass a named point before the kill. Those prepared outnumber those sent meanwhile, or nothing is left for the later kills. */
const MOST_PREPARED = 1_500;
const MOST_SENT = 90;
const RANDOM_MS = [300, 2_500] as const;

interface Options {
  messages: number;
  kills: number;
  seed: number;
  json: boolean;
  help: boolean;
}

interface Result {
  messages: number;
  kills: number;
  seed: number;
  byPoint: Record<string, number>;
  sent: number;
  uncertain: number;
  mostUncertainOfACrash: number;
  taken: number;
  missing: number;
  twice: number;
  seconds: number;
  problems: string[];
}

function parse(): Options {
  const { values } = parseArgs({
    options: {
      messages: { type: 'string', default: '30000' },
      kills: { type: 'string', default: '300' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [messages, kills, seed] = [values.messages, values.kills, values.seed].map(Number);
  if (![messages, kills, seed].every((value) => Number.isInteger(value) && value! > 0))
    throw new Error('--messages, --kills and --seed: expected whole numbers from 1');
  return { ...values, messages: messages!, kills: kills!, seed: seed! };
}

/** How often it has taken each message, by Message-ID: counted before it answers. */
async function startOracle(): Promise<{
  url: string;
  taken: Map<string, number>;
  close: () => Promise<void>;
}> {
  const taken = new Map<string, number>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData(stream, _session, callback) {
      const parts: Buffer[] = [];
      stream.on('data', (part: Buffer) => parts.push(part));
      stream.on('end', () => {
        const id = /^Message-ID:\s*<([^>@]+)@/im.exec(Buffer.concat(parts).toString('latin1'))?.[1] ?? '';
        taken.set(id, (taken.get(id) ?? 0) + 1);
        callback();
      });
    },
  });
  // Connections of processes that were killed.
  server.on('error', () => {});
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const { port } = listening.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}?tls=off`,
    taken,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Until it dies or is done: what it found of the one before, and whether it was killed. */
async function runChild(order: DigestOrder): Promise<{ recovery: DigestRecovery; isKilled: boolean }> {
  const child: ChildProcess = spawn(process.execPath, [entry, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout!.on('data', (part: Buffer) => {
    said += part.toString();
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  if (signal !== 'SIGKILL' && code !== 0) throw new Error(`the process ended with ${code ?? signal}`);
  const [line = ''] = said.split('\n');
  const recovery = line === '' ? { uncertain: 0, freed: 0 } : (JSON.parse(line) as DigestRecovery);
  return { recovery, isKilled: signal === 'SIGKILL' };
}

function planKill(chance: Chance, share: number): Pick<DigestOrder, 'work' | 'point' | 'at'> {
  const isPreparing = share < PREPARE_SHARE;
  const names = Object.keys(digestPoints) as DigestPoint[];
  const points = names.filter((name) => name.startsWith('prepare') === isPreparing);
  const point = chance.pick<DigestPoint>([...points, 'random']);
  const at =
    point === 'random'
      ? chance.between(...RANDOM_MS)
      : chance.between(1, isPreparing ? MOST_PREPARED : MOST_SENT);
  return { work: isPreparing ? 'prepare' : 'send', point, at };
}

async function measure({ messages, kills, seed }: Options): Promise<Result> {
  const started = performance.now();
  const dir = await mkdtemp(join(tmpdir(), 'quire-digests-'));
  const oracle = await startOracle();
  try {
    const postgres = await startEmbeddedPostgres({ dataDir: dir, log: silentLogger });
    try {
      await migrate(postgres.connection, {
        migrationsDir: join(projectRoot, 'prisma/migrations'),
        log: silentLogger,
      });
      const db = await openDatabase(postgres.connection, { log: silentLogger, poolSize: 4 });
      try {
        await createPaperStore(db).takeIn([
          { source: 'jsonl', title: 'A paper for everybody', abstract: '' },
        ]);
        await addSubscribers(db, { count: messages, tellsEmpty: false });
        const base = {
          connection: postgres.connection,
          smtpUrl: oracle.url,
          now: NOW,
          uncertain: 'hold' as const,
        };
        const killed = await killAll(base, { kills, chance: chanceOf(seed) });
        const books = await checkBooks(db, oracle.taken);
        const seconds = Math.round((performance.now() - started) / 1_000);
        const problems = problemsOf({ ...killed, ...books, messages, kills });
        if (problems.length > 0) process.exitCode = 1;
        return { messages, kills: killed.done, seed, ...killed, ...books, seconds, problems };
      } finally {
        await db.close();
      }
    } finally {
      await postgres.close();
    }
  } finally {
    await oracle.close();
    await rm(dir, { recursive: true, force: true });
  }
}

type Base = Pick<DigestOrder, 'connection' | 'smtpUrl' | 'now' | 'uncertain'>;

async function killAll(base: Base, { kills, chance }: { kills: number; chance: Chance }) {
  const progress = createProgress('kills', process.stderr);
  const byPoint: Record<string, number> = {};
  let mostUncertainOfACrash = 0;
  let done = 0;
  for (let tries = 0; done < kills && tries < 2 * kills; tries++) {
    const plan = planKill(chance, done / kills);
    const { recovery, isKilled } = await runChild({ ...base, ...plan });
    mostUncertainOfACrash = Math.max(mostUncertainOfACrash, recovery.uncertain);
    if (!isKilled) continue;
    done += 1;
    byPoint[plan.point!] = (byPoint[plan.point!] ?? 0) + 1;
    progress.update({ done, total: kills });
  }
  progress.end();
  const last = await runChild({ ...base, work: 'prepare', point: null, at: 0 });
  mostUncertainOfACrash = Math.max(mostUncertainOfACrash, last.recovery.uncertain);
  return { done, byPoint, mostUncertainOfACrash };
}

async function checkBooks({ pool }: Database, taken: ReadonlyMap<string, number>) {
  const { rows } = await pool.query<{ state: string; message_id: string }>(
    'SELECT state, message_id FROM deliveries',
  );
  const inState = (state: string) => rows.filter((row) => row.state === state);
  return {
    sent: inState('sent').length,
    uncertain: inState('uncertain').length,
    others: rows.length - inState('sent').length - inState('uncertain').length,
    taken: [...taken.values()].reduce((sum, count) => sum + count, 0),
    missing: inState('sent').filter(({ message_id: id }) => !taken.has(id)).length,
    twice: [...taken.values()].filter((count) => count > 1).length,
  };
}

function problemsOf(found: {
  messages: number;
  kills: number;
  done: number;
  sent: number;
  uncertain: number;
  others: number;
  missing: number;
  twice: number;
  mostUncertainOfACrash: number;
}): string[] {
  const { messages, kills, done, sent, uncertain, others, missing, twice, mostUncertainOfACrash } = found;
  return [
    // The messages ran out before the kills did.
    done < kills && `only ${done} of ${kills} kills`,
    sent + uncertain !== messages && `${sent} sent and ${uncertain} uncertain of ${messages}`,
    others > 0 && `${others} are in another state`,
    missing > 0 && `${missing} that count as sent are not at the server`,
    twice > 0 && `${twice} are at the server twice`,
    mostUncertainOfACrash > CONNECTIONS && `a crash left ${mostUncertainOfACrash} uncertain`,
  ].filter((problem) => problem !== false);
}

function asText(result: Result): string {
  const {
    messages,
    kills,
    sent,
    uncertain,
    taken,
    missing,
    twice,
    mostUncertainOfACrash,
    seconds,
    problems,
  } = result;
  return `${messages} digests, ${kills} kills: ${sent} sent, ${uncertain} uncertain (at most ${mostUncertainOfACrash} a crash); the server took ${taken}, ${missing} missing, ${twice} twice; ${seconds} s
${problems.map((problem) => `  ${problem}\n`).join('')}`;
}

await runBench({ name: 'campaign:digests', help, parse, measure, asText });
