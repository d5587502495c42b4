import { median } from './embedding-race.js';
import type { Findable, Spread } from './search-findable.js';
import { type LoadResult, tenth } from './search-protocol.js';
import type { Round, Row, Scenario } from './search-round.js';

/** One scenario: medians over the rounds, sums of what went wrong. */
export type Summary = Scenario & LoadResult;

/** What is compared, and what is wanted of it. */
export interface Ratio {
  name: string;
  wanted: { least?: number; most?: number };
  /** Over the rounds. */
  median: number;
  least: number;
  most: number;
  reached: boolean;
}

interface Comparison {
  name: string;
  wanted: Ratio['wanted'];
  /** null where this round has not measured it. */
  of(round: Round): number | null;
}

type Field = 'perSecond' | 'p99';

interface Wanted {
  service: Scenario['service'];
  mode: string | null;
  what?: string;
  intake?: boolean;
}

/** Of the closed loop. */
function find(rows: readonly Row[], { service, mode, what = 'new', intake = false }: Wanted): Row | null {
  return (
    rows.find(
      (row) =>
        row.service === service &&
        row.mode === mode &&
        row.what === what &&
        row.intake === intake &&
        row.load.kind === 'closed',
    ) ?? null
  );
}

function quotient({ rows }: Round, field: Field, [above, below]: [Wanted, Wanted]): number | null {
  const [one, other] = [find(rows, above), find(rows, below)];
  return one === null || other === null ? null : one[field] / other[field];
}

const plain: Wanted = { service: 'plain', mode: null };

function comparisonsOf(mode: string): Comparison[] {
  const ours: Wanted = { service: 'ours', mode };
  const [busy, plainBusy] = [
    { ...ours, intake: true },
    { ...plain, intake: true },
  ];
  const compare = (name: string, wanted: Ratio['wanted'], field: Field, pair: [Wanted, Wanted]) => ({
    name: `${mode}: ${name}`,
    wanted,
    of: (round: Round) => quotient(round, field, pair),
  });
  return [
    compare('new queries/s', { least: mode === 'semantic' ? 1.35 : 1 }, 'perSecond', [ours, plain]),
    compare('p99 of new queries', { most: 0.65 }, 'p99', [ours, plain]),
    compare('queries/s during intake', { least: 35 }, 'perSecond', [busy, plainBusy]),
    compare('p99 during intake', { most: 0.01 }, 'p99', [busy, plainBusy]),
    compare('queries/s during intake, of our own idle', { least: 0.667 }, 'perSecond', [busy, ours]),
    compare('repeated queries/s', { least: 6 }, 'perSecond', [
      { ...ours, what: 'repeated' },
      { ...plain, what: 'repeated' },
    ]),
  ];
}

export function ratiosOf(rounds: readonly Round[], modes: readonly string[]): Ratio[] {
  return modes.flatMap(comparisonsOf).flatMap(({ name, wanted, of }) => {
    const values = rounds.map(of).filter((value) => value !== null);
    if (values.length === 0) return [];
    const middle = median(values);
    const reached = middle >= (wanted.least ?? 0) && middle <= (wanted.most ?? Number.POSITIVE_INFINITY);
    const [least, most] = [short(Math.min(...values)), short(Math.max(...values))];
    return [{ name, wanted, median: short(middle), least, most, reached }];
  });
}

const short = (value: number): number => Number(value.toPrecision(3));

const keyOf = ({ service, what, mode, load, intake }: Scenario): string =>
  JSON.stringify([service, what, mode, load, intake]);

export function summarise(rounds: readonly Round[]): Summary[] {
  const groups = new Map<string, Row[]>();
  for (const row of rounds.flatMap(({ rows }) => rows))
    groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  return [...groups.values()].map((rows) => {
    const middle = (field: 'answered' | 'perSecond' | 'p50' | 'p99' | 'loadCores') =>
      median(rows.map((row) => row[field]));
    return {
      ...rows[0]!,
      answered: middle('answered'),
      perSecond: tenth(middle('perSecond')),
      p50: tenth(middle('p50')),
      p99: tenth(middle('p99')),
      loadCores: middle('loadCores'),
      empty: rows.reduce((sum, row) => sum + row.empty, 0),
      failed: sumByKey(rows.map(({ failed }) => failed)),
    };
  });
}

function sumByKey(all: readonly Record<string, number>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const one of all) for (const [key, value] of Object.entries(one)) sums[key] = (sums[key] ?? 0) + value;
  return sums;
}

export function titleOf({ service, what, mode, load, intake }: Scenario): string {
  const how = load.kind === 'closed' ? `${load.connections} clients` : `${load.perSecond}/s`;
  return [service, what, mode, how, intake ? 'intake' : null].filter((part) => part !== null).join(', ');
}

export function lineOf(row: Summary): string {
  const wrong = Object.entries(row.failed).map(([reason, times]) => `  ${times} FAILED: ${reason}`);
  const empty = row.empty === 0 ? '' : `  ${row.empty} of them empty`;
  return `${titleOf(row).padEnd(44)}${`${row.perSecond}/s`.padStart(10)}${`${row.p50}`.padStart(9)} ms${`${row.p99}`.padStart(10)} ms${`${row.loadCores}`.padStart(8)}${empty}${wrong.join('')}`;
}

export function stagesOf({ stages, ...row }: Summary): string[] {
  const sum = Object.values(stages).reduce((total, ms) => total + ms, 0);
  if (sum === 0) return [];
  const parts = Object.entries(stages).map(
    ([name, ms]) => `${name} ${ms.toFixed(2)} ms (${Math.round((ms / sum) * 100)} %)`,
  );
  return [`  ${titleOf(row as Scenario)}: ${parts.join(', ')}`];
}

export function ratioLine({ name, wanted, median: middle, least, most, reached }: Ratio): string {
  const goal = wanted.least === undefined ? `at most ${wanted.most}` : `at least ${wanted.least}`;
  return `  ${name.padEnd(54)}${`${middle}`.padStart(8)}  (${least} to ${most}), wanted ${goal}: ${reached ? 'reached' : 'MISSED'}`;
}

const spreadText = ({ median: middle, most }: Spread): string => `${middle} ms (most ${most})`;

export function findableLine(
  when: string,
  { afterVector, afterIntake, byWords, notFound }: Findable,
): string {
  const missing = notFound.length === 0 ? '' : `; NOT FOUND: ${notFound.join(' | ')}`;
  return `  a new paper, ${when.padEnd(16)} by words ${spreadText(byWords)} after its intake, by meaning ${spreadText(afterVector)} after its vector, ${spreadText(afterIntake)} after its intake${missing}`;
}
