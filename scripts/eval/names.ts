/** `npm run eval:names`: what becomes of real authors' names. See `--help`. */
import { createReadStream, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { parse as parseYaml } from 'yaml';
import { parseJsonPaper } from '../../src/ingest/parsers/jsonl.js';
import { readPapers } from '../../src/ingest/read.js';
import { projectRoot } from '../../src/platform/paths.js';
import { runBench } from '../bench/run-bench.js';
import { papersFile, realPapers } from '../bench/shared-data.js';

const help = `npm run eval:names [-- --count 20000] [--show 0] [--json]

Takes the real captures of ../shared/fixtures, the two lists of ../shared/eval/dblp-acm-dedup and the papers of ../shared/data in, and counts names that
can't be people's: without a letter, or with a digit, a bracket, an @, a comma, “et al”, “university” or more than 60 characters.
Then it writes the authors of --count papers as people write lists, and counts the lists that are read back name by name.

  --show  so many examples of each
  --json
  --help
`;

interface Options {
  count: number;
  show: number;
  json: boolean;
  help: boolean;
}

interface Counted {
  papers: number;
  withAuthors: number;
  names: number;
  suspicious: number;
  kinds: Record<string, number>;
  examples: string[];
}

interface Result {
  sources: Record<string, Counted>;
  /** Share of the lists that are read back. */
  forms: Record<string, { lists: number; same: number; examples: string[] }>;
}

const kinds: Record<string, (name: string) => boolean> = {
  empty: (name) => !/\p{L}/u.test(name),
  digit: (name) => /\p{N}/u.test(name),
  bracket: (name) => /[()[\]{}<>]/.test(name),
  at: (name) => name.includes('@'),
  comma: (name) => /[,;]/.test(name),
  others: (name) => /\bet\.? al\b|^others$|\.\.\.|…/i.test(name),
  university: (name) => /universit|institut/i.test(name),
  tex: (name) => /[\\$^_~*†‡§¶&]/.test(name),
  long: (name) => name.length > 60,
};

const fixtures = join(projectRoot, '../shared/fixtures');
const dedup = join(projectRoot, '../shared/eval/dblp-acm-dedup');

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function count(counted: Counted, input: AsyncIterable<Uint8Array>, show: number): Promise<void> {
  for await (const entry of readPapers(input, { name: 'names', asOf: '2026-11-01' })) {
    if (entry.kind !== 'paper') continue;
    counted.papers += 1;
    const { authors = [] } = entry.record;
    if (authors.length > 0) counted.withAuthors += 1;
    for (const name of authors) {
      counted.names += 1;
      const found = Object.keys(kinds).filter((kind) => kinds[kind]!(name));
      if (found.length === 0) continue;
      counted.suspicious += 1;
      for (const kind of found) counted.kinds[kind] = (counted.kinds[kind] ?? 0) + 1;
      if (counted.examples.length < show) counted.examples.push(name);
    }
  }
}

/** Whole files, the body of a kept answer, and the bodies of a cassette. */
function bodiesOf(file: string): Uint8Array[] {
  const bytes = readFileSync(join(fixtures, file));
  if (file.endsWith('.yaml')) {
    const { interactions } = parseYaml(bytes.toString()) as {
      interactions: { response: { content: string } }[];
    };
    return interactions.map(({ response }) => Buffer.from(response.content));
  }
  const text = file.endsWith('.json') ? bytes.toString() : '';
  const kept = text.startsWith('{') ? (JSON.parse(text) as { body?: unknown; status_code?: unknown }) : {};
  return [typeof kept.body === 'string' && 'status_code' in kept ? Buffer.from(kept.body) : bytes];
}

async function sourcesOf(show: number): Promise<Record<string, Counted>> {
  const sources: Record<string, Counted> = {};
  const begin = (name: string): Counted => {
    const counted = { papers: 0, withAuthors: 0, names: 0, suspicious: 0, kinds: {}, examples: [] };
    sources[name] = counted;
    return counted;
  };
  for (const file of readdirSync(fixtures).filter((name) => !name.endsWith('.txt'))) {
    const counted = begin(file);
    for (const bytes of bodiesOf(file)) await count(counted, once(bytes), show);
  }
  for (const name of ['DBLP2', 'ACM']) {
    const text = gunzipSync(readFileSync(join(dedup, `${name}.csv.gz`)));
    const utf8 = name === 'ACM' ? Buffer.from(text.toString('latin1')) : text;
    await count(begin(name), once(utf8), show);
  }
  await count(begin('papers-100k'), createReadStream(papersFile) as AsyncIterable<Buffer>, show);
  return sources;
}

/** `Ann B. Lee` with the last word in front. */
const lastFirst = (name: string): string => name.replace(/^(.+) (\S+)$/, '$2, $1');
const initials = (name: string): string =>
  name.replace(/^(.+) (\S+)$/, (_, given: string, last: string) => `${last}, ${shortened(given)}`);
const shortened = (given: string): string =>
  given
    .split(' ')
    .map((word) => `${word[0]}.`)
    .join(' ');

const forms: Record<string, { write: (names: string[]) => string; read?: (name: string) => string }> = {
  'A B, C D, E F': { write: (names) => names.join(', ') },
  'A B, C D and E F': { write: (names) => names.join(', ').replace(/, (?=[^,]*$)/, ' and ') },
  'A B; C D; E F': { write: (names) => names.join('; ') },
  'B, A; D, C': { write: (names) => names.map(lastFirst).join('; ') },
  'B, A and D, C': { write: (names) => names.map(lastFirst).join(' and ') },
  'B, A, D, C': { write: (names) => names.map(lastFirst).join(', ') },
  'B, A., D, C.': {
    write: (names) => names.map(initials).join(', '),
    read: (name) =>
      name.replace(/^(.+) (\S+)$/, (_, given: string, last: string) => `${shortened(given)} ${last}`),
  },
  'A B (1), C D (2) ((1) …)': {
    write: (names) =>
      `${names.map((name, at) => `${name} (${at + 1})`).join(', ')} ((1) A University, Oslo, (2) Another)`,
  },
  'A B, C D, et al.': { write: (names) => `${names.join(', ')}, et al.` },
};

/** Of which the forms say no more than the words: first and last name, no particle, no suffix. */
const plain = /^\p{Lu}[\p{L}'’-]+(?: \p{Lu}\.)*(?: \p{Lu}[\p{L}'’-]+)$/u;

async function formsOf(papers: number, show: number): Promise<Result['forms']> {
  const found: Result['forms'] = {};
  for (const name of Object.keys(forms)) found[name] = { lists: 0, same: 0, examples: [] };
  for await (const { line } of realPapers(papers)) {
    const { authors = [] } = JSON.parse(line) as { authors?: string[] };
    if (authors.length === 0 || !authors.every((name) => plain.test(name))) continue;
    for (const [form, { write, read = (name: string) => name }] of Object.entries(forms)) {
      const text = write(authors);
      const [entry] = parseJsonPaper(JSON.stringify({ title: 'T', authors: text }), 1);
      const names = entry?.kind === 'paper' ? entry.record.authors : [];
      const counted = found[form]!;
      counted.lists += 1;
      if (JSON.stringify(names) === JSON.stringify(authors.map(read))) counted.same += 1;
      else if (counted.examples.length < show) counted.examples.push(`${text} → ${JSON.stringify(names)}`);
    }
  }
  return found;
}

async function measure({ count: papers, show }: Options): Promise<Result> {
  for (const folder of [fixtures, dedup, papersFile])
    if (!existsSync(folder)) throw new Error(`the real files are not there: ${folder}`);
  return { sources: await sourcesOf(show), forms: await formsOf(papers, show) };
}

function asText({ sources, forms: read }: Result): string {
  const lines = Object.entries(sources).map(
    ([name, { papers, withAuthors, names, suspicious, kinds: of, examples }]) =>
      [
        `${name}: ${papers} papers, ${withAuthors} with authors, ${names} names, ${suspicious} suspicious ${JSON.stringify(of)}`,
        ...examples.map((example) => `    ${example}`),
      ].join('\n'),
  );
  const backs = Object.entries(read).map(([form, { lists, same, examples }]) =>
    [
      `${form}: ${same} of ${lists} lists (${((100 * same) / lists).toFixed(2)} %)`,
      ...examples.map((example) => `    ${example}`),
    ].join('\n'),
  );
  return `${[...lines, '', ...backs].join('\n')}\n`;
}

function parse(): Options {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '20000' },
      show: { type: 'string', default: '0' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const whole = (name: 'count' | 'show'): number => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= 0 && value <= 100_000) return value;
    throw new Error(`--${name}: expected a whole number from 0 to 100000`);
  };
  return { ...values, count: whole('count'), show: whole('show') };
}

await runBench({ name: 'names', help, parse, measure, asText });
