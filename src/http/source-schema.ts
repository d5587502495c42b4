import { type Static, Type } from 'typebox';
import {
  MAX_EVERY_MINUTES,
  MIN_EVERY_MINUTES,
  type SourceKind,
  sourceKinds,
} from '../ingest/sources/source.js';
import { MAX_RUN_PROBLEMS, type SourceRun } from '../ingest/sources/source-run.js';
import { type SourceState, type SourceView, sourceStates } from '../ingest/sources/sources.js';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description });

export const SourceRunSchema = Type.Object({
  startedAt: Type.String({ description: 'UTC.' }),
  finishedAt: nullable(Type.String(), 'null: under way, or broken off.'),
  outcome: nullable(
    Type.Union([
      Type.Literal('done'),
      Type.Literal('later'),
      Type.Literal('failed'),
      Type.Literal('broken off'),
    ]),
    '`later`: it is tried again soon; `failed`: somebody has to look; `broken off`: the process ended; null: under way.',
  ),
  requests: Type.Integer(),
  announced: Type.Integer({ description: 'Papers that the source named.' }),
  added: Type.Integer(),
  updated: Type.Integer(),
  unchanged: Type.Integer({ description: 'Known already, and nothing new of them.' }),
  merged: Type.Integer({ description: 'Papers that turned out to be another one.' }),
  failed: Type.Integer({ description: 'Entries that could not be taken in.' }),
  waiting: Type.Integer({ description: 'Announced papers whose records the source didn’t have yet.' }),
  problem: nullable(Type.String(), 'Why it wasn’t done.'),
  note: nullable(Type.String(), 'A weekend, a gap that was caught up with.'),
  problems: Type.Array(Type.Object({ line: Type.Integer(), reason: Type.String(), excerpt: Type.String() }), {
    description: `Of the entries that failed, the first ${MAX_RUN_PROBLEMS}.`,
  }),
});

export const SourceSchema = Type.Object({
  name: Type.String(),
  kind: Type.Unsafe<SourceKind>({ type: 'string', enum: [...sourceKinds] }),
  what: Type.String({ description: 'Categories, or host and path; never what stands behind a `?`.' }),
  everyMinutes: Type.Integer({ minimum: MIN_EVERY_MINUTES, maximum: MAX_EVERY_MINUTES }),
  origin: Type.Union([Type.Literal('file'), Type.Literal('command')], {
    description: 'Whether it stands in SOURCES_FILE.',
  }),
  state: Type.Unsafe<SourceState>({
    type: 'string',
    enum: [...sourceStates],
    description:
      '`behind`: due and not done, or to be tried again; `failing`: somebody has to look; `new`: never pulled yet.',
  }),
  advice: nullable(Type.String(), 'What is wrong and what to do; null where all is well.'),
  nextAt: nullable(Type.String(), 'When it is pulled next; null while it is off.'),
  failures: Type.Integer({ description: 'Pulls in a row that came to nothing.' }),
  lastRun: nullable(SourceRunSchema, 'null: none yet.'),
  lastDoneAt: nullable(Type.String(), 'When a pull was last done; null: never.'),
});

export function runView({
  id: _,
  startedAt,
  finishedAt,
  problemList,
  ...run
}: SourceRun): Static<typeof SourceRunSchema> {
  return {
    ...run,
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
    problems: problemList,
  };
}

export function sourceView({
  lastRun,
  lastDone,
  nextAt,
  ...source
}: SourceView): Static<typeof SourceSchema> {
  return {
    ...source,
    nextAt: nextAt?.toISOString() ?? null,
    lastRun: lastRun && runView(lastRun),
    lastDoneAt: lastDone?.finishedAt?.toISOString() ?? null,
  };
}
