/** What `campaign:ingest-kill` does, and its small sister among the tests: a file is taken in by processes that are killed again and again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import pg from 'pg';
import { clientConfig, type DatabaseConnection } from '../../src/platform/db/connection.js';
import { cliFile, commandEnv } from '../../tests/support/process.js';
import { chanceOf } from './random.js';

/** Longer than any start and any batch on a busy machine. */
const LIMIT_MS = 120_000;
const LOOK_EVERY_MS = 5;
/** A batch takes some 100 ms: kills fall anywhere in it, and in the one after. */
const MOST_DELAY_MS = 250;

export interface KilledIntake {
  connection: DatabaseConnection;
  url: string;
  dataDir: string;
  file: string;
  entries: number;
  kills: number;
  seed: number;
}

/**
 * Papers of which some come again, as they were or with more ids, counts and authors, far behind their first entry; and lines that are
 * no papers. All of it invented.
 */
export async function writeEntries(file: string, { count, seed }: { count: number; seed: number }) {
  const chance = chanceOf(seed);
  const lines: string[] = [];
  let entries = 0;
  for (let n = 0; entries < count; n++) {
    if (chance.next() < 0.01) {
      lines.push(chance.pick(['{"title": ""}', '{"abstract": "of nothing"}', 'not JSON']));
      continue;
    }
    const isAgain = n > 50 && chance.next() < 0.1;
    const number = isAgain ? chance.between(0, n - 1) : n;
    const paper = {
      title: `Resuming after ${number} interruptions, a study of case ${number * 7919}`,
      abstract: `In case ${number} we stop at ${number % 97} and go on. What was done before is not done again, which ${number % 11} runs confirm.`,
      authors: [`Ada Case${number}`, `Bo Rerun${number % 13}`],
      date: `20${10 + (number % 15)}`,
      upvotes: chance.next() < 0.3 ? chance.between(1, 500) : undefined,
      doi: number % 3 === 0 && chance.next() < 0.7 ? `10.5555/case.${number}` : undefined,
      id: number % 4 === 0 && chance.next() < 0.7 ? arxivId(number) : undefined,
    };
    lines.push(JSON.stringify(paper));
    entries += 1;
  }
  await writeFile(file, gzipSync(`${lines.join('\n')}\n`));
}

const arxivId = (number: number): string =>
  `21${String(1 + (number % 12)).padStart(2, '0')}.${10_000 + number}`;

/** Takes the file in; each process but the last is killed. Answers what the last one reported, and problems of the books. */
export async function takeInWithKills(intake: KilledIntake): Promise<{ report: Report; killedAt: number[] }> {
  const { connection, entries, kills, seed } = intake;
  const chance = chanceOf(seed);
  const client = new pg.Client(clientConfig(connection));
  await client.connect();
  const killedAt: number[] = [];
  try {
    for (let kill = 0; kill < kills; kill++) {
      const child = start(intake);
      const done = once(child, 'close');
      const least = await entriesDone(client);
      // In even shares of the file, or kills beyond its middle would be rare.
      const target = Math.max(least, Math.floor((entries * (kill + chance.next())) / (kills + 1)));
      await until(async () => child.exitCode !== null || (await entriesDone(client)) >= target);
      await sleep(chance.between(0, MOST_DELAY_MS));
      child.kill('SIGKILL');
      await done;
      killedAt.push(await entriesDone(client));
    }
    const child = start(intake);
    let stdout = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    await once(child, 'close');
    const { files } = JSON.parse(stdout) as { files: { report: Report }[] };
    return { report: files[0]!.report, killedAt };
  } finally {
    await client.end();
  }
}

export interface Report {
  entries: number;
  papers: number;
  added: number;
  updated: number;
  unchanged: number;
  merged: number;
  problems: number;
  doneBefore: number;
}

function start({ url, dataDir, file }: KilledIntake): ChildProcess {
  const env = commandEnv(dataDir, { DATABASE_URL: url, LOG_LEVEL: 'error' });
  const args = ['ingest', '--no-embed', '--json', '--as-of', '2025-11-30', file];
  return spawn(process.execPath, [cliFile, ...args], { env, stdio: ['ignore', 'pipe', 'ignore'] });
}

async function entriesDone(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ done: number }>(
    'SELECT coalesce(max(entries), 0)::int AS done FROM intakes',
  );
  return rows[0]!.done;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const started = performance.now();
  while (!(await isSo())) {
    if (performance.now() - started > LIMIT_MS) throw new Error(`nothing moved for ${LIMIT_MS / 1_000} s`);
    await sleep(LOOK_EVERY_MS);
  }
}

/** Notes every batch that is committed, whichever intake and process it is of; to be called before the first. */
export async function watchBatches(connection: DatabaseConnection): Promise<void> {
  await withClient(connection, (client) =>
    client.query(`
      CREATE TABLE seen_batches (intake_id int, after int);
      CREATE FUNCTION note_batch() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO public.seen_batches VALUES (NEW.intake_id, NEW.after);
        RETURN NEW;
      END $$;
      CREATE TRIGGER seen AFTER INSERT ON intake_batches FOR EACH ROW EXECUTE FUNCTION note_batch()`),
  );
}

export interface Books {
  intakes: number;
  /** Batches committed, and how many of them were committed before. */
  batches: number;
  twice: number;
  /** Rows that are kept of a finished intake. */
  left: number;
}

export async function readBooks(connection: DatabaseConnection): Promise<Books> {
  const { rows } = await withClient(connection, (client) =>
    client.query<Books>(`
      SELECT (SELECT count(*) FROM intakes WHERE entries > 0)::int AS intakes, (SELECT count(*) FROM seen_batches)::int AS batches,
        (SELECT count(*) - count(DISTINCT after) FROM seen_batches)::int AS twice,
        (SELECT count(*) FROM intake_batches)::int AS left`),
  );
  return rows[0]!;
}

/** Everything that an intake stores, without row numbers and times: equal for two databases that took in the same. */
export async function contentOf(connection: DatabaseConnection): Promise<string[]> {
  const { rows } = await withClient(connection, (client) =>
    client.query<{ line: string }>(`
      SELECT 'paper ' || (to_jsonb(p) - '{id,seq,added,created_at,updated_at}'::text[])::text AS line FROM papers p
      UNION ALL SELECT 'alias ' || alias || ' ' || public_id FROM paper_aliases a JOIN papers p ON p.id = a.paper_id
      UNION ALL SELECT concat_ws(' ', 'count', public_id, kind, day, value)
        FROM paper_observations o JOIN papers p ON p.id = o.paper_id
      UNION ALL SELECT concat_ws(' ', 'record', public_id, ref, record)
        FROM source_records r JOIN papers p ON p.id = r.paper_id
      ORDER BY line`),
  );
  return rows.map(({ line }) => line);
}

async function withClient<T>(
  connection: DatabaseConnection,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client(clientConfig(connection));
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
