import { parseArgs } from 'node:util';
import { Temporal } from 'temporal-polyfill';
import { dueNext, dueNow, type Timetable } from '../../src/digests/schedule.js';
import { createProgress } from '../../src/platform/progress.js';
import { runBench } from '../bench/run-bench.js';
import { chanceOf } from './random.js';

const help = `npm run campaign:zones -- [OPTIONS]

A daily digest in every time zone that this Node.js knows, by a virtual clock: each local day must have exactly one, at an hour drawn by chance. The
clock goes from one digest's time to the next, and between them stops where nothing may be due: a millisecond before. Exits with 1 where a
day has none or two.

  --years N   default: 5, from 2024 on
  --seed N    default: 1
  --json      the result as JSON
  --help
`;

interface Options {
  years: number;
  seed: number;
  json: boolean;
  help: boolean;
}

interface Result {
  zones: number;
  years: number;
  seed: number;
  digests: number;
  problems: string[];
}

const FIRST_YEAR = 2024;
const MAX_PROBLEMS = 50;
const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];

function parse(): Options {
  const { values } = parseArgs({
    options: {
      years: { type: 'string', default: '5' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const [years, seed] = [Number(values.years), Number(values.seed)];
  if (![years, seed].every((value) => Number.isInteger(value) && value > 0))
    throw new Error('--years and --seed: expected whole numbers from 1');
  return { ...values, years, seed };
}

async function measure({ years, seed }: Options): Promise<Result> {
  const chance = chanceOf(seed);
  const zones = Intl.supportedValuesOf('timeZone');
  const progress = createProgress('zones', process.stderr);
  const problems: string[] = [];
  let digests = 0;
  for (const [at, timeZone] of zones.entries()) {
    const timetable = { days: EVERY_DAY, hour: chance.between(0, 23), timeZone };
    const found = liveThrough(timetable, years);
    digests += found.digests;
    problems.push(...found.problems);
    progress.update({ done: at + 1, total: zones.length });
  }
  progress.end();
  if (problems.length > 0) process.exitCode = 1;
  return { zones: zones.length, years, seed, digests, problems: problems.slice(0, MAX_PROBLEMS) };
}

function liveThrough(timetable: Timetable, years: number): { digests: number; problems: string[] } {
  const problems: string[] = [];
  const since = new Date(Date.UTC(FIRST_YEAR, 0, 1));
  const end = new Date(Date.UTC(FIRST_YEAR + years, 0, 1));
  const note = (what: string) => problems.push(`${timetable.timeZone}, ${timetable.hour} o'clock: ${what}`);
  let last: string | null = null;
  let now = since;
  let digests = 0;
  for (;;) {
    const next = dueNext(timetable, { now, last });
    if (next.at >= end) return { digests, problems };
    const before = dueNow(timetable, { now: new Date(next.at.getTime() - 1), last, since });
    if (last !== null && before !== null) note(`${before.localDate} is due before ${next.localDate}`);
    const due = dueNow(timetable, { now: next.at, last, since });
    if (due?.localDate !== next.localDate)
      note(`at ${next.at.toISOString()} ${due?.localDate} is due, not ${next.localDate}`);
    if (dueNow(timetable, { now: next.at, last: next.localDate, since }) !== null)
      note(`${next.localDate} is due twice`);
    if (last !== null && Temporal.PlainDate.from(last).until(next.localDate).days !== 1)
      note(`after ${last} comes ${next.localDate}`);
    last = next.localDate;
    now = next.at;
    digests += 1;
  }
}

function asText({ zones, years, digests, problems }: Result): string {
  return `${zones} zones, ${years} years: ${digests} digests, ${problems.length} problems\n${problems.map((problem) => `  ${problem}\n`).join('')}`;
}

await runBench({ name: 'zones', help, parse, measure, asText });
