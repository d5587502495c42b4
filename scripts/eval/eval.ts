import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '../../src/platform/errors.js';
import { projectRoot } from '../../src/platform/paths.js';
import { rankParameters } from '../../src/search/lexical/queries/rank.js';
import { exampleParameters } from '../../src/search/ranking/examples.js';
import { hybridParameters } from '../../src/search/ranking/hybrid.js';
import { type SearchMode, searchModes } from '../../src/search/request.js';
import { recordResult } from '../bench/results.js';
import {
  measureRelated,
  type RelatedScores,
  type RelatedWay,
  relatedMetrics,
  relatedReference,
  relatedWays,
} from './related.js';
import { type MetricName, metricNames, runSet, type Scores } from './run-set.js';
import { folder, hasSets, readSet, type SetName, setNames } from './sets.js';

export const expectedFile = join(projectRoot, 'tests/relevance/expected.json');

/** How far a value may be from the one written down: int8 kernels of other processors round differently. */
export const TOLERANCE = 0.01;

/** Measured with numpy before the first line: BM25 (k1 .9, b .4, Porter), the default model, and both with the moved query. */
const reference: Record<SetName, { metric: MetricName } & Record<SearchMode, number>> = {
  scifact: { metric: 'nDCG@10', keyword: 0.677, semantic: 0.65, hybrid: 0.732 },
  csfcube: { metric: 'MAP', keyword: 0.331, semantic: 0.389, hybrid: 0.4 },
  cacm: { metric: 'MAP', keyword: 0.313, semantic: 0.315, hybrid: 0.427 },
  'scitldr-knownitem': { metric: 'MRR@10', keyword: 0.788, semantic: 0.751, hybrid: 0.843 },
};

const help = `npm run eval [-- OPTIONS]

Measures retrieval on the judged sets in ../shared/eval, through the service's own search, in each mode: takes each set in,
embeds it (some four minutes for all on two cores), asks every query. Compares with ${'tests/relevance/expected.json'}
and exits with 1 where a value is more than ${TOLERANCE} away, or a hybrid search is worse than the better of its sides.

  --sets NAMES   of ${setNames.join(',')}; default: all
  --split test|train   train: what parameters are tuned on (scifact, scitldr-knownitem); nothing is compared
  --data DIR     keep what was taken in there, for the next run; default: a folder that is removed
  --update       write what was measured to expected.json
  --json         the result as JSON
  --help
`;

type Results = Partial<Record<SetName, Record<SearchMode, Scores>>>;
type Related = Record<RelatedWay, RelatedScores>;

interface Expected {
  /** What the values were measured with: another default needs other values. */
  parameters: {
    hybrid: typeof hybridParameters;
    words: typeof rankParameters;
    examples: typeof exampleParameters;
  };
  tolerance: number;
  values: Results;
  /** Papers like a paper, on csfcube. */
  related: Related;
}

const readExpected = (): Expected => JSON.parse(readFileSync(expectedFile, 'utf8')) as Expected;

function problemsOf(results: Results): string[] {
  const expected = readExpected();
  return Object.entries(results).flatMap(([name, modes]) => [
    ...searchModes.flatMap((mode) =>
      metricNames.flatMap((metric) => {
        const is = modes[mode][metric];
        const was = expected.values[name as SetName]?.[mode][metric];
        if (was !== undefined && Math.abs(is - was) <= expected.tolerance) return [];
        return [`${name} ${mode} ${metric}: ${is}, expected ${was} ± ${expected.tolerance}`];
      }),
    ),
    ...metricNames.flatMap((metric) => {
      const better = Math.max(modes.keyword[metric], modes.semantic[metric]);
      const is = modes.hybrid[metric];
      return is >= better ? [] : [`${name} hybrid ${metric}: ${is}, the better of its sides has ${better}`];
    }),
  ]);
}

function relatedProblems(related: Related): string[] {
  const expected = readExpected();
  return relatedMetrics.flatMap((metric) => [
    ...relatedWays.flatMap((way) => {
      const [is, was] = [related[way][metric], expected.related[way][metric]];
      return Math.abs(is - was) <= expected.tolerance
        ? []
        : [`related ${way} ${metric}: ${is}, expected ${was} ± ${expected.tolerance}`];
    }),
    ...(related.shipped[metric] >= Math.max(related.dense[metric], related.lexical[metric])
      ? []
      : [`related ${metric}: one side alone is better than what is shipped`]),
  ]);
}

function relatedText(related: Related): string {
  const lines = relatedWays.map((way) => {
    const values = relatedMetrics.map((metric) => `${metric} ${related[way][metric].toFixed(4)}`).join('  ');
    return `${'related (csfcube)'.padEnd(18)} ${way.padEnd(9)} ${values}  MAP ${relatedReference[way]}`;
  });
  return `${lines.join('\n')}\n`;
}

function asText(results: Results): string {
  const lines = [
    `${'set'.padEnd(18)} ${'mode'.padEnd(9)} ${metricNames.map((name) => name.padStart(10)).join(' ')}  reference`,
  ];
  for (const [name, modes] of Object.entries(results)) {
    for (const mode of searchModes) {
      const values = metricNames.map((metric) => modes[mode][metric].toFixed(4).padStart(10)).join(' ');
      const { metric, [mode]: wanted } = reference[name as SetName];
      lines.push(`${name.padEnd(18)} ${mode.padEnd(9)} ${values}  ${metric} ${wanted}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      sets: { type: 'string', default: setNames.join(',') },
      split: { type: 'string', default: 'test' },
      data: { type: 'string' },
      update: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const names = values.sets.split(',') as SetName[];
  const unknown = names.find((name) => !setNames.includes(name));
  if (unknown !== undefined || (values.split !== 'test' && values.split !== 'train')) {
    process.stderr.write(help);
    return 2;
  }
  if (!hasSets()) throw new Error(`the judged sets are not there: ${folder}`);
  const dir = values.data ?? (await mkdtemp(join(tmpdir(), 'quire-eval-')));
  const results: Results = {};
  let related: Related | null = null;
  try {
    for (const name of names) results[name] = await runSet(readSet(name, values.split), dir);
    if (names.includes('csfcube')) related = await measureRelated(dir);
  } finally {
    if (values.data === undefined) await rm(dir, { recursive: true, force: true });
  }
  await recordResult('eval', { split: values.split, results, related });
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ ...results, related })}\n`
      : asText(results) + (related === null ? '' : relatedText(related)),
  );
  if (values.split === 'train') return 0;
  if (values.update) {
    const parameters = { hybrid: hybridParameters, words: rankParameters, examples: exampleParameters };
    const before = readExpected();
    const expected: Expected = {
      parameters,
      tolerance: TOLERANCE,
      values: { ...before.values, ...results },
      related: related ?? before.related,
    };
    await writeFile(expectedFile, `${JSON.stringify(expected, null, 2)}\n`);
    return 0;
  }
  const problems = [...problemsOf(results), ...(related === null ? [] : relatedProblems(related))];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  return problems.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}
