import { type ComponentChildren, Fragment } from 'preact';
import type { Paper } from '../../papers/paper.js';
import type { Highlights, Range } from '../../search/text/highlight.js';
import { paperPath } from '../links.js';

export const SHOWN_AUTHORS = 3;

export interface PaperItemProps {
  paper: Paper;
  score?: number | undefined;
  scoreTitle?: string | undefined;
  /** Of a search: where its words are. */
  highlights?: Highlights | undefined;
  /** Below the abstract. */
  children?: ComponentChildren;
}

export function PaperItem({ paper, score, scoreTitle, highlights, children }: PaperItemProps) {
  const sentence = highlights?.sentence;
  return (
    <article>
      <h2>
        <a href={paperPath(paper.id)}>
          <Marked text={paper.title} ranges={highlights?.title ?? []} />
        </a>
      </h2>
      <p class="facts">
        <Facts paper={paper}>
          {score !== undefined && (
            <span class="num" title={scoreTitle}>
              {score.toFixed(3)}
            </span>
          )}
        </Facts>
      </p>
      {sentence ? (
        <p class="lead">
          <Marked text={paper.abstract} ranges={highlights.abstract} within={sentence} />
        </p>
      ) : (
        paper.abstract !== '' && <p class="lead">{paper.abstract.slice(0, 600)}</p>
      )}
      {children}
      <p class="actions">
        <a href={`${paperPath(paper.id)}#related`} aria-label={`Papers related to ${paper.title}`}>
          Related
        </a>
      </p>
    </article>
  );
}

/** The text, or the part of it in `within`, with the ranges marked. */
function Marked({ text, ranges, within }: { text: string; ranges: readonly Range[]; within?: Range }) {
  const { start, end } = within ?? { start: 0, end: text.length };
  const inside = ranges.filter((range) => range.start >= start && range.end <= end);
  return (
    <>
      {inside.map((range, at) => (
        <Fragment key={range.start}>
          {text.slice(inside[at - 1]?.end ?? start, range.start)}
          <mark>{text.slice(range.start, range.end)}</mark>
        </Fragment>
      ))}
      {text.slice(inside.at(-1)?.end ?? start, end)}
    </>
  );
}

/** First authors, date, category, upvotes: what is known, in one line; `children` come last. */
export function Facts({ paper, children }: { paper: Paper; children?: ComponentChildren }) {
  const { date, venue, categories, upvotes, comments } = paper;
  const facts: ComponentChildren[] = [
    date && <PaperDate date={date} />,
    authorsLine(paper),
    venue,
    categories[0],
    upvotes !== null && plural(upvotes, 'upvote'),
    comments !== null && plural(comments, 'comment'),
    children,
  ];
  return (
    <>
      {facts.filter(Boolean).map((fact, at) => (
        <Fragment key={String(at)}>
          {at > 0 && ' · '}
          {fact}
        </Fragment>
      ))}
    </>
  );
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function authorsLine({ authors, authorCount }: Paper): string {
  const total = Math.max(authorCount ?? 0, authors.length);
  if (authors.length === 0) return total === 0 ? '' : plural(total, 'author');
  const rest = total - Math.min(SHOWN_AUTHORS, authors.length);
  return authors.slice(0, SHOWN_AUTHORS).join(', ') + (rest > 0 ? ` + ${rest}` : '');
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** “3 Mar 2024”, or as much of it as is known; the exact form for machines. */
export function PaperDate({ date }: { date: string }) {
  const [year, month, day] = date.split('-');
  const shown = [day && String(Number(day)), month && months[Number(month) - 1], year]
    .filter(Boolean)
    .join(' ');
  return (
    <time dateTime={date} title={date}>
      {shown}
    </time>
  );
}
