import type { ComponentChildren } from 'preact';
import type { Digest } from '../../digests/digest.js';
import { usualScore } from '../../digests/match.js';
import { type Preview, type PreviewDay, type PreviewDays, previewDays } from '../../digests/preview.js';
import { localDate } from '../../digests/schedule.js';
import type { Named, SubscriptionSettings } from '../../digests/subscription.js';
import { booksLine, emptyReason, plural } from '../../digests/templates/words.js';
import type { AppError } from '../../platform/errors.js';
import { previewScript } from '../assets.js';
import { BooksTable, Totals } from '../components/books-of-days.js';
import { DayChart } from '../components/day-chart.js';
import { PreviewedPaper } from '../components/previewed-paper.js';
import { AtField, SubscriptionFields } from '../components/subscription-fields.js';
import { Summary } from '../components/subscription-summary.js';
import { dayText, dueText, subjectOf } from '../components/subscription-words.js';
import { type FormProblem, formProblem } from '../form-bodies.js';
import { Page } from '../layout.js';
import { type FormValues, previewPath, subscribePath } from '../subscription-form.js';
import { Problem } from './subscribe-pages.js';

/** Papers of a day that are shown; others are behind a click. */
const SHOWN_PAPERS = 10;

interface Asked {
  values: FormValues;
  back: PreviewDays;
}

/** What settings would have sent, beside the form in which they are changed. */
export function PreviewPage({
  values,
  back,
  settings,
  found,
}: Asked & { settings: SubscriptionSettings & Named; found: Preview }) {
  const subscribe = subscribePath(values);
  const days = found.days.toReversed();
  return (
    <Frame values={values} back={back} problem={null} said={saidOf(found)}>
      <p class="subject">{subjectOf(settings)}</p>
      <Summary settings={settings} />
      <Totals preview={found} />
      <DayChart preview={found} minScore={settings.minScore} usual={usualScore(settings)} />
      <BooksTable preview={found} />
      {subscribe !== null && (
        <p class="acts">
          <a class="button plain" href={subscribe}>
            Subscribe to this
          </a>
        </p>
      )}
      <SoFar found={found} settings={settings} />
      {days.map((day) => (
        <Day key={day.localDate} day={day} settings={settings} />
      ))}
    </Frame>
  );
}

/** The form, and what has to be mended or waited for. */
export function RefusedPreviewPage({ values, back, error }: Asked & { error: AppError }) {
  const problem = formProblem(error);
  const isInvalid = error.kind === 'invalid';
  const again = previewPath(values, back);
  return (
    <Frame
      values={values}
      back={back}
      problem={isInvalid ? problem : null}
      said={isInvalid ? 'Nothing to show: a setting has to be mended.' : 'Not shown just now.'}
    >
      <Problem problem={problem} />
      {isInvalid ? (
        <p>It is marked where it stands. What follows from the settings is shown as soon as it is right.</p>
      ) : (
        <p>
          Your settings are fine and nothing is lost.{' '}
          {again !== null && (
            <a href={again} rel="nofollow">
              Try again
            </a>
          )}{' '}
          in {plural(error.retryAfter ?? 1, 'second')}.
        </p>
      )}
    </Frame>
  );
}

interface FrameProps extends Asked {
  problem: FormProblem | null;
  /** The result in one sentence: all that is read out when it changes. */
  said: string;
  children: ComponentChildren;
}

function Frame({ values, back, problem, said, children }: FrameProps) {
  return (
    <Page
      title="What it would have sent · Quire"
      description="What a digest with these settings would have sent on each of the last days."
      canonical="/subscribe/preview"
      script={previewScript}
      wide
    >
      <h1>What it would have sent</h1>
      <p class="read">
        Day by day, as if you had been sent nothing before. Nothing is stored and nobody is written to. The
        address of this page holds the settings, so you can keep and share it.
      </p>
      <div class="machine">
        <p class="said">
          <span id="preview-said" role="status">
            {said}
          </span>
          {problem === null && (
            <a class="to-result" href="#preview">
              See them
            </a>
          )}
        </p>
        <form class="settings" id="preview-form" action="/subscribe/preview" method="get" autocomplete="off">
          <fieldset>
            <legend>Looking back</legend>
            <div class="days">
              {previewDays.map((days) => (
                <label key={days} class="choice">
                  <input type="radio" name="back" value={days} checked={days === back} /> {days} days
                </label>
              ))}
            </div>
            <AtField name="back" problem={problem} />
          </fieldset>
          <SubscriptionFields values={values} problem={problem} unfolded />
          <button type="submit">Show</button>
        </form>
        <p class="least" id="least-control" hidden>
          <label htmlFor="least">Least score</label>
          <input type="range" id="least" min="0" max="1" step="any" />
          <span class="num" id="least-said" aria-hidden="true" />
        </p>
        <section id="preview" class="preview" aria-label="What it would have sent">
          {children}
        </section>
      </div>
    </Page>
  );
}

function saidOf({ days, announced, sent, soFar }: Preview): string {
  const busy = days.filter(({ digest }) => digest.papers.length > 0).length;
  const digests = plural(days.length, 'digest');
  const before =
    announced === 0
      ? `Nothing came in for the last ${digests}.`
      : sent === 0
        ? `None of the ${plural(announced, 'paper')} that came in for the last ${digests}.`
        : `${plural(sent, 'paper')} in ${busy} of ${digests}.`;
  const { papers } = soFar.digest;
  return papers.length === 0
    ? before
    : `${before} So far for the next one: ${plural(papers.length, 'paper')}.`;
}

type OfKind = Pick<SubscriptionSettings, 'kind'>;

/** What a new service has to judge a query by: none of its papers may be older than the last day on which a digest was due. */
function SoFar({ found: { soFar, next }, settings }: { found: Preview; settings: SubscriptionSettings }) {
  const { since, digest } = soFar;
  const { announced, matched, sent } = digest.books;
  const from = `since ${dueText({ localDate: localDate(since, settings.timeZone) }, settings)}`;
  return (
    <section id="so-far" class="day">
      <h2>So far for the next one</h2>
      <p class="facts">
        The next one would be due {dueText(next, settings)}. What follows is for somebody who is subscribed
        already; a new subscription begins with what comes in after it is confirmed.
      </p>
      <p class="facts">
        {announced === 0
          ? `Nothing came in ${from} yet.`
          : `${plural(announced, 'paper')} came in ${from}: ${matched} of them ${matched === 1 ? 'matches' : 'match'}, ${sent} would be sent.`}
      </p>
      {announced > 0 && <Found digest={digest} settings={settings} id="so-far" />}
    </section>
  );
}

function Day({ day: { localDate, digest }, settings }: { day: PreviewDay; settings: OfKind }) {
  return (
    <section id={`day-${localDate}`} class="day">
      <h2>
        <time dateTime={localDate}>{dayText(localDate)}</time>
      </h2>
      <p class="facts">{booksLine(digest.books)}</p>
      <Found digest={digest} settings={settings} id={localDate} />
    </section>
  );
}

/** Remarks and papers of a digest. */
function Found({ digest, settings, id }: { digest: Digest; settings: OfKind; id: string }) {
  const empty = emptyReason(digest);
  const [shown, more] = [digest.papers.slice(0, SHOWN_PAPERS), digest.papers.slice(SHOWN_PAPERS)];
  return (
    <>
      {digest.notices.map((notice) => (
        <p key={notice} class="empty">
          {notice}
        </p>
      ))}
      {/* A day on which nothing came in has a notice that says since when. */}
      {empty !== null && digest.books.announced > 0 && <p class="empty">{empty}</p>}
      {shown.length > 0 && (
        <ol>
          {shown.map((paper) => (
            <PreviewedPaper key={paper.key} paper={paper} settings={settings} />
          ))}
        </ol>
      )}
      {more.length > 0 && (
        <details id={`more-${id}`}>
          <summary>And {more.length} more</summary>
          <ol start={SHOWN_PAPERS + 1}>
            {more.map((paper) => (
              <PreviewedPaper key={paper.key} paper={paper} settings={settings} />
            ))}
          </ol>
        </details>
      )}
    </>
  );
}
