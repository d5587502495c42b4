/** `npm run campaign:page-vectors`: texts that would run as scripts, through everything that shows texts. See `--help`. */
import { parseArgs } from 'node:util';
import { createProgress } from '../../src/platform/progress.js';
import { noBrowser } from '../../tests/support/browser.js';
import { runBench } from '../bench/run-bench.js';
import { type PageVectorsResult, runPageVectors } from './page-vector-run.js';

const VECTORS = 5_000;
/** Problems that are told. */
const TOLD = 20;

const help = `npm run campaign:page-vectors -- [--count ${VECTORS}] [--seed 1] [--json]

Takes papers in whose titles, abstracts, authors, venues, categories and addresses are made to run as scripts, has digests of them sent,
and asks for the same texts as queries. Every page, feed and mail with them is opened in Chromium, pages with their content security
policy and everything without: nothing may run, nothing may be asked of another host, no markup may stand there that isn't ours, and the
policy may have nothing to refuse. Exit code 1 otherwise. “Armed” is how many of them do something in a page that escapes nothing.

Appends a line to bench/results.jsonl.
`;

function parse() {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: String(VECTORS) },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [count, seed] = [Number(values.count), Number(values.seed)];
  if (![count, seed].every((value) => Number.isInteger(value) && value > 0))
    throw new Error('--count and --seed: expected whole numbers from 1');
  if (!values.help && noBrowser) throw new Error(noBrowser);
  return { ...values, count, seed };
}

async function measure({ count, seed }: ReturnType<typeof parse>) {
  const progress = createProgress('page vectors', process.stderr);
  const result = await runPageVectors({
    ...{ count, seed },
    onProgress: (_what, done, total) => progress.update({ done, total }),
  });
  progress.end();
  if (result.problems.length > 0) process.exitCode = 1;
  return { seed, ...result, problems: result.problems.slice(0, TOLD) };
}

function asText({ seed, problems, ...counts }: PageVectorsResult & { seed: number }): string {
  const { vectors, papers, pages, feeds, mails, armedPercent, seconds } = counts;
  return `${vectors} vectors (seed ${seed}, ${armedPercent}% armed) in ${papers} papers: ${pages} pages, ${feeds} feeds, ${mails} mails, ${seconds} s
  executed ${counts.executed}, asked of other hosts ${counts.asked}, foreign markup ${counts.planted}, refused by the policy ${counts.refused}, broken ${counts.broken}
${problems.map((problem) => `  ${problem}\n`).join('')}`;
}

await runBench({ name: 'campaign:page-vectors', help, parse, measure, asText });
