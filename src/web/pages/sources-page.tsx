import type { SourceRun } from '../../ingest/sources/source-run.js';
import type { SourceView } from '../../ingest/sources/sources.js';
import { Page } from '../layout.js';
import { OpenNotice } from './key-needed-page.js';

export interface SourcesPageProps {
  /** Each with its last runs, newest first. */
  sources: readonly { source: SourceView; runs: readonly SourceRun[] }[];
  /** There is no key that would close it. */
  isOpen: boolean;
}

/** For whoever runs the service; of addresses it shows host and path alone, as it may be open to all. */
export function SourcesPage({ sources, isOpen }: SourcesPageProps) {
  return (
    <Page title="Sources · Quire" description="Where papers come from." canonical="/sources" wide>
      <h1>Sources</h1>
      {isOpen && <OpenNotice />}
      {sources.length === 0 ? (
        <p class="read">
          No papers are pulled from anywhere yet. <code>quire sources add arxiv cs.CL cs.LG</code> has arXiv’s
          announcements taken in as they come, <code>quire sources add huggingface</code> the daily papers of
          Hugging Face, and <code>quire sources add feed https://…</code> anything else that Quire reads.
        </p>
      ) : (
        sources.map(({ source, runs }) => <SourceSection key={source.name} source={source} runs={runs} />)
      )}
    </Page>
  );
}

function SourceSection({ source, runs }: { source: SourceView; runs: readonly SourceRun[] }) {
  const { name, what, state, advice, nextAt, lastDone, everyMinutes } = source;
  const facts = [
    stateNames[state],
    `every ${everyText(everyMinutes)}`,
    nextAt === null ? null : `next ${timeText(nextAt)}`,
    lastDone?.finishedAt ? `last done ${timeText(lastDone.finishedAt)}` : null,
  ].filter((fact) => fact !== null);
  return (
    <section>
      <h2 class="section">{name}</h2>
      <p>{what}</p>
      <p class="facts">{facts.join(' · ')}</p>
      {advice !== null && (
        <p class="notice" role={state === 'failing' ? 'alert' : undefined}>
          {advice}
        </p>
      )}
      {runs.length > 0 && <RunTable name={name} runs={runs} />}
    </section>
  );
}

function RunTable({ name, runs }: { name: string; runs: readonly SourceRun[] }) {
  return (
    <section class="scrolls runs" aria-label={`Pulls of ${name}`} tabindex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Began</th>
            <th scope="col">What came of it</th>
            <th scope="col">Announced</th>
            <th scope="col">New</th>
            <th scope="col">Completed</th>
            <th scope="col">Known</th>
            <th scope="col">Failed</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.id}>
              <th scope="row">{timeText(run.startedAt)}</th>
              <td>{outcomeText(run)}</td>
              <td>{run.announced}</td>
              <td>{run.added}</td>
              <td>{run.updated}</td>
              <td>{run.unchanged}</td>
              <td>{run.failed}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const stateNames: Readonly<Record<SourceView['state'], string>> = {
  off: 'turned off',
  new: 'not yet pulled',
  pulling: 'being pulled now',
  fresh: 'up to date',
  behind: 'behind',
  failing: 'failing',
};

function outcomeText({ outcome, problem, note, waiting, problemList }: SourceRun): string {
  const what = outcome === null ? 'under way' : outcome === 'done' ? null : (problem ?? outcome);
  const first = problemList[0] && `first failure: ${problemList[0].reason}`;
  const late = waiting > 0 ? `${waiting} wait for their records` : null;
  const parts = [what, note, late, first].filter(Boolean);
  return parts.length === 0 ? 'done' : parts.join('; ');
}

/** As it was asked for: `90 minutes`, `6 hours`, `2 days`. */
export function everyText(minutes: number): string {
  const [count, unit] =
    minutes % 1_440 === 0
      ? [minutes / 1_440, 'day']
      : minutes % 60 === 0
        ? [minutes / 60, 'hour']
        : [minutes, 'minute'];
  return count === 1 ? unit : `${count} ${unit}s`;
}

const timeText = (time: Date): string => `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
