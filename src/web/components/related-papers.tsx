import type { Paper } from '../../papers/paper.js';
import type { Recommendation, RecommendResult } from '../../recommendations/request.js';
import { FeedLink } from '../layout.js';
import { type PageFeed, searchPath } from '../links.js';
import { MAX_RELATED_SHOWN, RELATED_STEP, type RelatedChoices, relatedPath } from '../related-choices.js';
import { PaperItem } from './paper-item.js';
import { RelatedControls } from './related-controls.js';
import { RichText } from './rich-text.js';

interface RelatedProps {
  paper: Paper;
  /** null while they can't be looked up. */
  related: RecommendResult | null;
  choices: RelatedChoices;
  feed: PageFeed;
}

/** What is like a paper and why, with the choices of it. */
export function RelatedPapers({ paper, related, choices, feed }: RelatedProps) {
  const { show = RELATED_STEP } = choices;
  const items = related?.items ?? [];
  return (
    <section class="related" aria-labelledby="related">
      <h2 class="section" id="related">
        Related papers
      </h2>
      <RelatedControls id={paper.id} choices={choices} />
      <p class="facts">
        {orderOf(choices, items.length)} <FeedLink feed={feed} /> ·{' '}
        <a href={searchPath({ q: `like:${paper.id}` })}>As a search</a>
      </p>
      {related === null && (
        <p class="notice">Related papers can’t be looked up right now. Try again in a moment.</p>
      )}
      {related?.notice && <p class="notice">{related.notice}</p>}
      {related !== null && items.length === 0 && <NoneRelated paper={paper} choices={choices} />}
      <ol class="results">
        {items.map((item, at) => (
          <RelatedItem key={item.paper.id} item={item} place={at + 1} />
        ))}
      </ol>
      {items.length === show && <MoreRelated paper={paper} choices={choices} />}
    </section>
  );
}

function orderOf({ sort = 'similar' }: RelatedChoices, count: number): string {
  if (sort === 'similar' || count < 2) return '';
  return `The ${count} most alike, ${sort === 'newest' ? 'newest' : 'most upvoted'} first.`;
}

function NoneRelated({ paper, choices }: Pick<RelatedProps, 'paper' | 'choices'>) {
  if (choices.since === undefined) return <p class="notice">No other paper here is like it yet.</p>;
  return (
    <p class="notice">
      Nothing of that time is like it.{' '}
      <a href={relatedPath(paper.id, { ...choices, since: undefined })}>Look at any time</a>
    </p>
  );
}

/** The list grows: two pages of a list that is sorted otherwise would each have an order of their own. */
function MoreRelated({ paper, choices }: Pick<RelatedProps, 'paper' | 'choices'>) {
  const { show = RELATED_STEP } = choices;
  if (show >= MAX_RELATED_SHOWN) {
    return (
      <a class="next" href={searchPath({ q: `like:${paper.id}` })}>
        Go on as a search
      </a>
    );
  }
  const more = Math.min(MAX_RELATED_SHOWN, show + RELATED_STEP);
  // In another order those that come with it stand among the others.
  const from = (choices.sort ?? 'similar') === 'similar' ? show + 1 : undefined;
  return (
    <a class="next" href={relatedPath(paper.id, { ...choices, show: more }, from)} rel="nofollow">
      More related papers
    </a>
  );
}

function RelatedItem({ item, place }: { item: Recommendation; place: number }) {
  const { paper, score, similarity, reason } = item;
  return (
    <li id={`related-${place}`}>
      <PaperItem
        paper={paper}
        score={score}
        scoreTitle={`Likeness by words and meaning, mostly 0 to 1; cosine similarity ${similarity?.toFixed(3) ?? 'not known yet'}`}
      >
        <Why reason={reason} />
      </PaperItem>
    </li>
  );
}

/** What both papers have, in a line; the nearest sentences on demand. */
function Why({ reason }: Pick<Recommendation, 'reason'>) {
  if (reason === null || reason.terms.length === 0) return null;
  const { terms, sentences } = reason;
  return (
    <>
      <p class="facts">Both have: {terms.map(({ term }) => term).join(', ')}</p>
      {sentences && (
        <details>
          <summary>The nearest sentences</summary>
          <p class="lead">
            <RichText text={sentences.result} />
          </p>
          <p class="facts">
            This paper: <RichText text={sentences.given} />
          </p>
        </details>
      )}
    </>
  );
}
