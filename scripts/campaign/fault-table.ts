import { scenarioColumns } from '../../tests/support/fault-scenarios.js';
import { faults, payloadPapers } from '../../tests/support/fault-server.js';
import type { FaultPullReport } from './fault-pull-child.js';

/** What came of a fault in the answers of a source. */
export interface Cell {
  fault: string;
  column: string;
  report: FaultPullReport | { died: string };
}

const MAX_WHY = 160;
const inCell = (text: string): string => text.replace(/\s+/g, ' ').replaceAll('|', '\\|');

function textOf(cell: Cell | undefined): string {
  if (!cell) return '–';
  if ('died' in cell.report) return 'died';
  const { scenarios, peakMb, baseMb } = cell.report;
  const outcomes = [...new Set(scenarios.map(({ pulled }) => (pulled ? saidOf(pulled) : 'threw')))];
  const cpuMs = Math.max(...scenarios.map((one) => one.cpuMs));
  return `${outcomes.join(', ')}; ${cpuMs} ms; ${Math.max(0, peakMb - baseMb)} MB`;
}

/** `done`, with what was not taken in; else the outcome alone. */
function saidOf({ outcome, failed }: { outcome: string; failed: number }): string {
  return outcome === 'done' && failed > 0 ? `done but ${failed}` : outcome;
}

const row = (cells: readonly string[]): string => `| ${cells.map(inCell).join(' | ')} |`;

/** A line a fault, a column a source. */
export function asTable(cells: readonly Cell[]): string {
  const columns = scenarioColumns.filter((column) => cells.some((cell) => cell.column === column));
  const rows = faults.flatMap(({ name, what }) => {
    const own = cells.filter(({ fault }) => fault === name);
    if (own.length === 0) return [];
    return [row([what, ...columns.map((column) => textOf(own.find((cell) => cell.column === column)))])];
  });
  return [row(['Fault', ...columns]), row(['---', ...columns.map(() => '---')]), ...rows].join('\n');
}

/** What the books say: a line for each thing that is said of a fault, with the columns where it is. */
function asReasons(cells: readonly Cell[]): string {
  const rows = faults.flatMap(({ name, what }) => {
    const where = new Map<string, Set<string>>();
    for (const { fault, column, report } of cells)
      if (fault === name && !('died' in report))
        for (const { pulled } of report.scenarios)
          if (pulled?.why) {
            const why = pulled.why.slice(0, MAX_WHY);
            where.set(why, (where.get(why) ?? new Set()).add(column));
          }
    return [...where].map(([why, columns]) => row([what, why, [...columns].join(', ')]));
  });
  return [row(['Fault', 'What the books say', 'Of']), row(['---', '---', '---']), ...rows].join('\n');
}

export interface TableSums {
  scenarios: number;
  seconds: number;
  mostCpuMs: number;
  mostGrowthMb: number;
  problems: readonly string[];
}

export function asDocument(cells: readonly Cell[], sums: TableSums): string {
  const { scenarios, mostCpuMs, mostGrowthMb, problems } = sums;
  return `# What becomes of a source's faults

Made by \`npm run campaign:fault-pulls -- --write-docs\`: a server of faults answers, and what asks is the product's own client, puller,
parsers and database. Each fault is in one answer of a source, in ${scenarios} scenarios (of a source there are several where it has several shapes or pages).
Each is pulled twice: with the fault, and again, when the source is due, without it.

In each cell: the outcome of the pull with the fault (\`done\`: all of it was taken in; \`done but 3\`: three entries were not,
with the reason in the books; \`later\`: it is asked again soon; \`failed\`: it is asked again when it is due, and somebody should look), the
processor's time for both pulls, and by how much the process's peak was above what it held before. Of several scenarios the most counts.

Checked of each: the pull ends by itself with an outcome, and with a reason where it isn't \`done\`; it is \`done\` only where all ${payloadPapers} papers are in the database or the
others are counted (a 404 for Hugging Face's list of today means that there is none yet); the source moves on from nothing that it could not read; the pull without the fault is \`done\` and all papers are there; no connection went
anywhere but to the source. Most of the processor: ${mostCpuMs} ms. Most memory: ${mostGrowthMb} MB. Problems: ${problems.length === 0 ? 'none' : problems.length}.

${asTable(cells)}

## What the books say

${asReasons(cells)}
${problems.length === 0 ? '' : `\n## Problems\n\n${problems.map((problem) => `- ${problem}`).join('\n')}\n`}`;
}
