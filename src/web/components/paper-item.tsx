import { type ComponentChildren, Fragment } from 'preact';
import type { Paper } from '../../papers/paper.js';
import type { Highlights, Range } from '../../search/text/highlight.js';
import { authorPath, followPath, paperPath } from '../links.js';
import { RichText } from './rich-text.js';

export const SHOWN_AUTHORS = 3;

/** Of an abstract, in characters: three lines on a wide screen, and some to be cut. */
const LEAD_LENGTH = 400;

export interface PaperItemProps {
  paper: Paper;
  score?: number | undefined;
  scoreTitle?: string | undefined;
  /** Of a search: where its words are. */
  highlights?: Highlights | undefined;
  /** Id of a form that asks why the paper is here. */
  whyForm?: string | undefined;
  /** Below the abstract. */
  children?: ComponentChildren;
}

export function PaperItem({ paper, score, scoreTitle, highlights, whyForm, children }: PaperItemProps) {
  const sentence = highlights?.sentence;
  return (
    <article>
      <h2>
        <a href={paperPath(paper.id)}>
          <RichText text={paper.title} ranges={highlights?.title} />
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
          <RichText text={paper.abstract} ranges={highlights.abstract} within={beginningOf(sentence)} />
        </p>
      ) : (
        paper.abstract !== '' && (
          <p class="lead">
            <RichText text={paper.abstract} within={beginningOf({ start: 0, end: paper.abstract.length })} />
          </p>
        )
      )}
      {children}
      {/* Named by their paper through its article alone: its title in each of them was a tenth of the page. */}
      <p class="actions">
        <a href={`${paperPath(paper.id)}#related`} data-key="r">
          Related
        </a>
        {whyForm && (
          <button type="submit" class="link" form={whyForm} name="why" value={paper.id}>
            Why
          </button>
        )}
        <a href={`${paperPath(paper.id)}#cite`}>Cite</a>
        <a href={followPath(paper.id)} data-key="s">
          Subscribe
        </a>
      </p>
    </article>
  );
}

/** Of a text of 50,000 characters a list shows what fits. */
const beginningOf = ({ start, end }: Range): Range => ({ start, end: Math.min(end, start + LEAD_LENGTH) });

/** First authors, date, category, upvotes: what is known, in one line; `children` come last. */
export function Facts({ paper, children }: { paper: Paper; children?: ComponentChildren }) {
  const { date, venue, categories, upvotes, comments } = paper;
  const facts: ComponentChildren[] = [
    date && <PaperDate date={date} />,
    (paper.authors.length > 0 || paper.authorCount !== null) && <AuthorsLine paper={paper} />,
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

function AuthorsLine({ paper: { authors, authorCount } }: { paper: Paper }) {
  const total = Math.max(authorCount ?? 0, authors.length);
  const shown = authors.slice(0, SHOWN_AUTHORS);
  const rest = total - shown.length;
  if (shown.length === 0) return <>{plural(total, 'author')}</>;
  return (
    <span class="authors">
      <AuthorLinks authors={shown} />
      {rest > 0 && ` + ${rest}`}
    </span>
  );
}

/** Each leads to what else they wrote. */
export function AuthorLinks({ authors }: { authors: readonly string[] }) {
  return (
    <>
      {authors.map((author, at) => (
        <Fragment key={`${at} ${author}`}>
          {at > 0 && ', '}
          <a class="by" href={authorPath(author)}>
            {author}
          </a>
        </Fragment>
      ))}
    </>
  );
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
