import type { SourcesFreshness } from '../../ingest/sources/sources.js';
import type { LatestIntake } from '../../search/listings.js';
import { minuteText } from './dates.js';

export interface FreshnessProps {
  /** null: nothing was ever taken in. */
  intake: LatestIntake | null;
  sources: SourcesFreshness;
}

/** Sources that are named; of more it is said how many. */
const NAMED = 3;

/** Whether a list is short because it was a quiet time, or because nobody has looked. */
export function Freshness({ intake, sources }: FreshnessProps) {
  return (
    <>
      <p class="facts">
        {sources.announcedAt !== null && (
          <>
            Last announcement taken in <Moment time={sources.announcedAt} />
            {' · '}
          </>
        )}
        <LastIntake intake={intake} /> · <a href="/sources">Sources</a>
      </p>
      <Trouble {...sources} />
    </>
  );
}

function LastIntake({ intake }: Pick<FreshnessProps, 'intake'>) {
  if (intake === null) return 'Nothing was taken in yet';
  const { startedAt, finishedAt, added } = intake;
  return (
    <>
      Last looked <Moment time={finishedAt ?? startedAt} />
      {finishedAt === null ? ', not finished' : `: ${added.toLocaleString('en')} new`}
    </>
  );
}

function Trouble({ trouble }: SourcesFreshness) {
  if (trouble.length === 0) return null;
  const names = trouble.slice(0, NAMED).map(({ name }) => name);
  const more = trouble.length - names.length;
  const failing = trouble.some(({ state }) => state === 'failing');
  return (
    <p class="notice" role="status">
      Papers may be missing: {names.join(', ')}
      {more > 0 && ` and ${more} more`} {failing ? 'could not be read' : 'could not be read lately'}. The{' '}
      <a href="/sources">sources</a> tell why.
    </p>
  );
}

export function Moment({ time }: { time: Date }) {
  return (
    <time dateTime={time.toISOString()} title={time.toISOString()}>
      {minuteText(time)}
    </time>
  );
}
