/** What the embedder does on this machine, against the library it is built on: see `--help`. */
import { createReadStream, existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { createGunzip } from 'node:zlib';
import type { DocumentText } from '../../src/embedding/embedder.js';
import { embeddingModelOf, readManifest } from '../../src/embedding/model/manifest.js';
import { projectRoot } from '../../src/platform/paths.js';
import { measureQueries } from './embedding-queries.js';
import { race } from './embedding-race.js';
import { runBench } from './run-bench.js';

/** What ours must reach of each other's abstracts a second. */
const targets = { batches: 4, singly: 1.4, limit: 0.95 };

const HELP = `Usage: node dist/scripts/bench/embedding.js [options]

Embeds abstracts with all cores in one alternating run: ours; the library's plain pipeline in batches of 32 as
they come; the same one text at a time; and the limit, one single-threaded process a core that runs the
network over texts tokenised and sorted before. Then the milliseconds of a query on an idle embedder and
beside a backfill. 2,000 abstracts take about five minutes on two cores.

  --count N      abstracts, 20 to 5000 (default 2000)
  --rounds N     parts that the abstracts are split into, 1 to 20 (default 5)
  --cut          has the library stop at the model's length too; by itself it reads up to 512 tokens
  --model DIR    a model folder (default models/Xenova/all-MiniLM-L6-v2)
  --input FILE   JSON lines with title and abstract, .gz too (default: ../shared/data/papers-100k.jsonl.gz
                 where that exists, else samples/landmark-papers.jsonl)
  --json         one JSON object on one line
  --help         this text
`;

function wholeNumber(name: string, value: string, [least, most]: readonly [number, number]): number {
  const found = Number(value);
  if (Number.isInteger(found) && found >= least && found <= most) return found;
  throw new Error(`--${name} must be a whole number from ${least} to ${most}, not ${value}`);
}

function parseOptions() {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '2000' },
      rounds: { type: 'string', default: '5' },
      cut: { type: 'boolean', default: false },
      model: { type: 'string', default: join(projectRoot, 'models', 'Xenova', 'all-MiniLM-L6-v2') },
      input: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const count = wholeNumber('count', values.count, [20, 5000]);
  const rounds = wholeNumber('rounds', values.rounds, [1, 20]);
  const candidates = [
    join(projectRoot, '..', 'shared', 'data', 'papers-100k.jsonl.gz'),
    join(projectRoot, 'samples', 'landmark-papers.jsonl'),
  ];
  const input = values.input ?? candidates.find((file) => existsSync(file));
  if (input === undefined)
    throw new Error(`no input: neither ${candidates.join(' nor ')} is there; give --input`);
  return { ...values, count, rounds, input };
}

/** The first `count` documents of a file, from its beginning again where it has fewer. */
async function readDocuments(file: string, count: number): Promise<DocumentText[]> {
  const input = createReadStream(file);
  const found: DocumentText[] = [];
  for await (const line of createInterface({
    input: file.endsWith('.gz') ? input.pipe(createGunzip()) : input,
  })) {
    if (line.trim() === '') continue;
    const { title, abstract }: DocumentText = JSON.parse(line);
    found.push({ title, abstract: abstract ?? '' });
    if (found.length === count) break;
  }
  input.destroy();
  if (found.length === 0) throw new Error(`${file} has no documents`);
  return Array.from({ length: count }, (_, at) => found[at % found.length]!);
}

async function measure({ count, rounds, cut, model, input }: ReturnType<typeof parseOptions>) {
  const documents = await readDocuments(input, count);
  const result = await race({ modelDir: model, documents, rounds, cut });
  return {
    model: embeddingModelOf(await readManifest(model)).id,
    cores: availableParallelism(),
    input: relative(projectRoot, input),
    count,
    cut,
    ...result,
    targets,
    queryMs: await measureQueries(model, documents),
  };
}

function asText({
  queryMs,
  perSecond,
  peakMb,
  ratios,
  ...result
}: Awaited<ReturnType<typeof measure>>): string {
  const line = (name: keyof typeof perSecond, label: string) => {
    const rate = `${label.padEnd(28)}${perSecond[name].toFixed(1).padStart(7)} abstracts/s ${String(peakMb[name] ?? '?').padStart(5)} MB`;
    if (name === 'ours') return rate;
    const { median, least, most } = ratios[name];
    const verdict = median >= targets[name] ? 'reached' : 'MISSED';
    return `${rate}   ours is ${median} times that (${least} to ${most}), wanted ${targets[name]}: ${verdict}`;
  };
  const { idle, busy, documentRun, busyLimitMs } = queryMs;
  const verdict = busy.p99 <= busyLimitMs ? 'reached' : 'MISSED';
  return `${result.model}, ${result.count} abstracts of ${result.input}, ${result.cores} cores, medians of ${result.rounds} rounds
  ${line('ours', 'ours')}
  ${line('batches', 'library, batches of 32')}
  ${line('singly', 'library, one at a time')}
  ${line('limit', 'limit')}
  cold load               ${queryMs.loadMs} ms
  query, idle             p50 ${idle.p50} ms, p99 ${idle.p99} ms
  query, beside backfill  p50 ${busy.p50} ms, p99 ${busy.p99} ms, wanted p99 ${busyLimitMs} ms: ${verdict}
  one document run        p50 ${documentRun.p50} ms, p99 ${documentRun.p99} ms
`;
}

await runBench({ name: 'embedding', help: HELP, parse: parseOptions, measure, asText });
