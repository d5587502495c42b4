import type { ComponentChildren } from 'preact';
import type { DigestStatus } from '../../digests/scheduler.js';
import { withoutAddresses } from '../../platform/log.js';
import type { Readiness } from '../../search/readiness.js';
import { DayBars, type DayCount } from '../components/day-bars.js';
import { Page } from '../layout.js';
import { OpenNotice } from './key-needed-page.js';

/** Not its name: that may be a path of whoever took it in. */
export interface LatestIntake {
  startedAt: Date;
  /** null: under way or broken off. */
  finishedAt: Date | null;
  added: number;
  updated: number;
  problems: number;
}

export interface HealthPageProps {
  readiness: Readiness;
  digests: DigestStatus;
  intake: LatestIntake | null;
  /** How many there are, and those that could not be read. */
  sources: { fine: number; failing: number; off: number };
  /** Papers by the day on which they came in. */
  takenIn: { from: string; to: string; counts: DayCount[] };
  /** There is no key that would close it. */
  isOpen: boolean;
}

/** For whoever runs the service; it names no subscriber, address or file, as it may be open to all. */
export function HealthPage({ readiness, digests, intake, sources, takenIn, isOpen }: HealthPageProps) {
  const { papers, searchable, pending, failed, reasons } = readiness;
  return (
    <Page title="Health · Quire" description="How the service is." canonical="/health">
      <h1>Health</h1>
      {isOpen && <OpenNotice />}
      <h2 class="section">Papers</h2>
      <p class={readiness.ready ? 'facts' : 'notice'}>
        {readiness.ready ? 'Every paper can be found.' : `Not yet complete: ${reasons.join('; ')}.`}
      </p>
      <dl class="state">
        <Row name="Papers">{papers}</Row>
        <Row name="Searchable by meaning">{searchable}</Row>
        <Row name="Pending">{pending}</Row>
        {failed > 0 && <Row name="By words alone">{failed}</Row>}
        <Row name="Last intake">{intakeText(intake)}</Row>
        <Row name="Sources">
          <a href="/sources">{sourcesText(sources)}</a>
        </Row>
      </dl>
      <h2 class="section">Taken in</h2>
      <DayBars id="taken-in" title="New papers by the day on which they came in" {...takenIn} />
      <h2 class="section">Digests</h2>
      <Advice status={digests} />
      <DigestFacts status={digests} />
    </Page>
  );
}

function Row({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function sourcesText({ fine, failing, off }: HealthPageProps['sources']): string {
  const parts = [
    fine > 0 ? `${fine} up to date` : '',
    failing > 0 ? `${failing} could not be read` : '',
    off > 0 ? `${off} turned off` : '',
  ].filter(Boolean);
  return parts.length === 0 ? 'none yet' : parts.join(', ');
}

function intakeText(intake: LatestIntake | null): string {
  if (intake === null) return 'none yet';
  const { startedAt, finishedAt, added, updated, problems } = intake;
  const when = finishedAt === null ? `${timeText(startedAt)}, not finished` : timeText(finishedAt);
  return `${when}: ${added} added, ${updated} updated, ${problems} problems`;
}

/** What is wrong and what to do about it; nothing where all is well. */
function Advice({ status }: { status: DigestStatus }) {
  const { standsStill, stuck, uncertain, formFailures, error, lastRun } = status;
  const problem = lastRun?.problem ?? null;
  return (
    <>
      {standsStill && (
        <p class="notice" role="alert">
          Nobody has looked for ten minutes: nothing is sent. Digests go out while a service runs; see its
          log, and start it again where it hangs. <code>quire digest run</code> sends what is due by hand.
        </p>
      )}
      {error !== null && <p class="notice">The last look failed: {withoutAddresses(error)}</p>}
      {problem !== null && (
        <p class="notice">
          The last run was stopped: {withoutAddresses(problem)}. <code>quire doctor mail</code> looks for the
          reason.
        </p>
      )}
      {stuck > 0 && (
        <p class="notice">
          Due for half an hour and not sent: {stuck}. <code>quire digest status</code> lists them with what
          the servers answered; they are tried again by themselves, and now by{' '}
          <code>quire digest resend --deferred</code>.
        </p>
      )}
      {uncertain > 0 && (
        <p class="notice">
          May have been sent or not: {uncertain}. <code>quire digest status</code> lists them;{' '}
          <code>quire digest resend ID</code> sends one again, perhaps twice.
        </p>
      )}
      {formFailures > 0 && (
        <p class="notice">
          Mails of the subscription form that failed in the last day: {formFailures}.{' '}
          <code>quire digest status</code> lists them with what the servers answered.
        </p>
      )}
    </>
  );
}

function DigestFacts({ status: { lastRun, nextLookAt, states } }: { status: DigestStatus }) {
  return (
    <dl class="state">
      <Row name="Last run">{runText(lastRun)}</Row>
      {nextLookAt !== null && <Row name="Next look due">{timeText(nextLookAt)}</Row>}
      {states.map(({ state, count, nextAt }) => (
        <Row key={state} name={stateNames[state]}>
          {count}
          {nextAt !== null && `, next try ${timeText(nextAt)}`}
        </Row>
      ))}
    </dl>
  );
}

const stateNames: Record<DigestStatus['states'][number]['state'], string> = {
  prepared: 'Prepared',
  claimed: 'Being sent',
  sent: 'Sent in the last week',
  deferred: 'To be tried again',
  failed: 'Failed in the last week',
  uncertain: 'Uncertain',
  skipped: 'Passed over in the last week',
};

function runText(run: DigestStatus['lastRun']): string {
  if (!run?.finishedAt) return 'none yet: the service sends digests while it runs';
  const { finishedAt, prepared, due, sent, deferred, failed, uncertain, skipped } = run;
  const books = `${sent} sent, ${deferred} put off, ${failed} failed, ${uncertain} uncertain, ${skipped} not wanted any more`;
  return `ended ${timeText(finishedAt)}: ${prepared} prepared, ${due} due (${books})`;
}

/** To the second, in UTC: it is read beside a log. */
const timeText = (time: Date): string => `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
