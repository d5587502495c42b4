/**
 * `npm run campaign:query`: reads a hundred thousand texts as queries. Each must give an answer or a positioned
 * error, come back the same from its canonical text, be explained, and all that at once.
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { isAppError, messageOf } from '../../src/platform/errors.js';
import type { Query } from '../../src/search/query/ast.js';
import { explainQuery } from '../../src/search/query/explain.js';
import { parseQuery } from '../../src/search/query/parse.js';
import { printQuery } from '../../src/search/query/print.js';
import { likeRefs, rankingText } from '../../src/search/query/rank-text.js';
import { recordResult } from '../bench/results.js';
import { makeText, textKinds } from './query-texts.js';
import { chanceOf, seedOf } from './random.js';

const TEXTS = 100_000;
const LIMIT_MS = 50;

/** What takes longer is timed again, because the machine may have been busy with something else; the least counts. */
const SLOW_MS = 2;
const TIMINGS = 5;

/** Problems that are told. */
const TOLD = 20;

export interface QueryFuzzOptions {
  count: number;
  seed: number;
}

export interface QueryFuzzResult {
  texts: number;
  /** Texts that are queries, and those that are refused. */
  read: number;
  refused: number;
  /** The slowest, and the middle one. */
  maxMs: number;
  medianMs: number;
  seconds: number;
  /** Each names its text, escaped as in JSON. */
  problems: string[];
}

export function runQueryFuzz({ count, seed }: QueryFuzzOptions): QueryFuzzResult {
  const started = performance.now();
  const result = { texts: count, read: 0, refused: 0, maxMs: 0, medianMs: 0, seconds: 0 };
  const problems: string[] = [];
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const text = makeText(textKinds[i % textKinds.length]!, chanceOf(seedOf(seed, i)));
    const { read, problem } = check(text);
    result[read ? 'read' : 'refused'] += 1;
    const ms = timeOf(text);
    times.push(ms);
    const told = problem ?? (ms > LIMIT_MS ? `took ${ms.toFixed(1)} ms` : null);
    if (told !== null) problems.push(`text ${i}, ${JSON.stringify(text)}: ${told}`);
  }
  times.sort((a, b) => a - b);
  result.maxMs = rounded(times.at(-1) ?? 0);
  result.medianMs = rounded(times[times.length >> 1] ?? 0);
  result.seconds = Math.round((performance.now() - started) / 1_000);
  return { ...result, problems };
}

const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000;

/** What is wrong with how a text is taken. */
function check(text: string): { read: boolean; problem: string | null } {
  let query: Query;
  try {
    query = parseQuery(text);
  } catch (error) {
    return { read: false, problem: errorProblem(error, text) };
  }
  try {
    return { read: true, problem: queryProblem(query, text) };
  } catch (error) {
    return { read: true, problem: `threw ${messageOf(error)}` };
  }
}

function errorProblem(error: unknown, text: string): string | null {
  if (!isAppError(error, 'invalid_query')) return `threw ${messageOf(error)}`;
  const { field, position, length } = error.details;
  const isInside =
    Number.isSafeInteger(position) &&
    Number.isSafeInteger(length) &&
    (position as number) >= 1 &&
    (length as number) >= 1 &&
    (position as number) + (length as number) - 1 <= [...text].length;
  if (field !== 'q' || !isInside) return `the error is at ${JSON.stringify(error.details)}`;
  return error.message.startsWith(`q, character ${position}: `) ? null : `the error says ${error.message}`;
}

function queryProblem(query: Query, text: string): string | null {
  const canonical = printQuery(query);
  const again = parseQuery(canonical);
  if (canonical !== printQuery(again)) return `printed ${canonical}, then ${printQuery(again)}`;
  if (withoutSpans(again) !== withoutSpans(query)) return `read another way as ${canonical}`;
  if (!canonical.isWellFormed() || canonical !== canonical.normalize('NFKC'))
    return `not in one form: ${JSON.stringify(canonical)}`;
  const { parts } = explainQuery(query);
  rankingText(query);
  likeRefs(query);
  const { length } = [...text];
  const isAstray = parts.some(({ start, end }) => !(start >= 0 && start < end && end <= length));
  return isAstray ? `a part lies outside: ${JSON.stringify(parts)}` : null;
}

function withoutSpans(query: Query): string {
  return JSON.stringify(query, (key, value: unknown) => (key === 'span' ? undefined : value));
}

/** Of reading and explaining. */
function timeOf(text: string): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < TIMINGS && least > SLOW_MS; i++) {
    const started = performance.now();
    try {
      explainQuery(parseQuery(text));
    } catch {
      // Looked at by check.
    }
    least = Math.min(least, performance.now() - started);
  }
  return least;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: String(TEXTS) },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(
      `npm run campaign:query -- [--count ${TEXTS}] [--seed 1] [--json]\n\nReads texts as queries. Exit code 1 when one fails otherwise than with a positioned error, doesn’t come back\nfrom its canonical text, or takes more than ${LIMIT_MS} ms.\n`,
    );
    return;
  }
  const [count, seed] = [Number(values.count), Number(values.seed)];
  const result = runQueryFuzz({ count, seed });
  const { problems } = result;
  await recordResult('campaign:query', { seed, ...result, problems: problems.length });
  if (values.json) process.stdout.write(`${JSON.stringify({ seed, ...result }, null, 2)}\n`);
  else
    process.stdout.write(
      `${result.texts} texts (${result.read} read, ${result.refused} refused), ${problems.length} problems, at most ${result.maxMs} ms each, ${result.seconds} s\n${problems
        .slice(0, TOLD)
        .map((line) => `  ${line}\n`)
        .join('')}`,
    );
  if (problems.length > 0) process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
