/** `npm run bench:ingest`: how fast a file becomes papers and vectors, and in how much memory. See `--help`. */
import { parseArgs } from 'node:util';
import { comparePlain } from './ingest-plain.js';
import { type DatabaseKind, databaseKinds, measureStorage, type StorageResult } from './ingest-storage.js';
import { runBench } from './run-bench.js';
import { requireSharedData } from './shared-data.js';

const HELP = `npm run bench:ingest -- [--papers 10000,100000] [--database embedded,tcp] [--embed-seconds 30] [--json]
npm run bench:ingest -- --plain [--count 2000] [--rounds 3] [--cut] [--json]

The first: quire ingest --no-embed of the first real papers of ../shared/data, for each number and database: papers a second to storage, its
processor time, and its peak memory. Then the service starts over them, and abstracts a second to vectors are counted for --embed-seconds (0: not).
tcp is the server of TEST_DATABASE_URL, else one of our own over TCP. It takes some three minutes.

--plain: the whole service, from the first byte that is sent until the last paper can be found by meaning (storage and index included), beside
the library's own pipeline('feature-extraction') over the same abstracts, in batches of 32 as they come, with as many threads. They take turns, --count
other papers in each round. --cut has the pipeline read no more of a text than the service does; by itself it reads up to 512 tokens. 3 rounds of
2,000 take some ten minutes on two cores.

Appends a line to bench/results.jsonl.
`;

/** Of storage, papers a second. */
const STORAGE_TARGET = 3_000;
/** Of the plain way. */
const PLAIN_TARGET = 3.5;

function parse() {
  const { values } = parseArgs({
    options: {
      papers: { type: 'string', default: '10000,100000' },
      database: { type: 'string', default: databaseKinds.join() },
      'embed-seconds': { type: 'string', default: '30' },
      plain: { type: 'boolean', default: false },
      count: { type: 'string', default: '2000' },
      rounds: { type: 'string', default: '3' },
      cut: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const sizes = values.papers.split(',').map(Number);
  if (!sizes.every((size) => Number.isInteger(size) && size >= 1_000 && size <= 100_000))
    throw new Error('--papers: expected numbers from 1000 to 100000 with commas between them');
  const databases = databaseKinds.filter((kind) => values.database.split(',').includes(kind));
  if (databases.length === 0) throw new Error(`--database: expected one or more of ${databaseKinds.join()}`);
  const [embedSeconds, count, rounds] = [values['embed-seconds'], values.count, values.rounds].map(Number);
  if (!(embedSeconds! >= 0 && embedSeconds! <= 600)) throw new Error('--embed-seconds: expected 0 to 600');
  if (!(count! >= 100 && count! <= 10_000)) throw new Error('--count: expected 100 to 10000');
  if (!(rounds! >= 1 && rounds! <= 9)) throw new Error('--rounds: expected 1 to 9');
  if (!values.help) requireSharedData();
  return { ...values, sizes, databases, embedSeconds: embedSeconds!, count: count!, rounds: rounds! };
}

async function measure({
  sizes,
  databases,
  embedSeconds,
  plain,
  count,
  rounds,
  cut,
}: ReturnType<typeof parse>) {
  if (plain) {
    const compared = await comparePlain({ count, rounds, cut });
    return { kind: 'plain' as const, papers: count, ...compared, target: PLAIN_TARGET };
  }
  const storage: StorageResult[] = [];
  for (const database of databases)
    storage.push(...(await measureStorage(database, { sizes, embedSeconds })));
  return { kind: 'storage' as const, storage, target: STORAGE_TARGET };
}

function asText(result: Awaited<ReturnType<typeof measure>>): string {
  if (result.kind === 'plain') {
    const { perSecond, ratio, target, rounds, papers, cut } = result;
    return `${rounds} rounds of ${papers} papers, medians
  whole service          ${perSecond.service} abstracts/s
  pipeline, batches of 32${cut ? ', cut' : ''} ${perSecond.plain} abstracts/s
  the service is ${ratio.median} times the pipeline (${ratio.least} to ${ratio.most}), wanted ${target}: ${ratio.median >= target ? 'reached' : 'MISSED'}
`;
  }
  const lines = result.storage.map(
    ({ database, papers, perSecond, cpuSeconds, peakMb, vectorsPerSecond }) => {
      const verdict = perSecond >= result.target ? 'reached' : 'MISSED';
      const vectors = vectorsPerSecond === null ? '' : `; ${vectorsPerSecond} abstracts/s to vectors`;
      return `${nameOf(database)} ${papers} papers: ${perSecond}/s to storage (wanted ${result.target}: ${verdict}), ${cpuSeconds} s of processor, peak ${peakMb} MB${vectors}\n`;
    },
  );
  return lines.join('');
}

const nameOf = (database: DatabaseKind): string => database.padEnd(8);

await runBench({ name: 'ingest', help: HELP, parse, measure, asText });
