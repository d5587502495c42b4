import { Fragment } from 'preact';
import type { Background } from '../../papers/catalog.js';
import { observationKinds } from '../../papers/heat.js';
import type { Paper } from '../../papers/paper.js';
import type { Recommendation, RecommendResult } from '../../recommendations/request.js';
import { CitationMeta, Cite } from '../components/citation.js';
import { AuthorLinks, PaperDate, PaperItem } from '../components/paper-item.js';
import { categoryPath, outsideLinks, PaperPlaces } from '../components/paper-places.js';
import { Provenance } from '../components/provenance.js';
import { RelatedControls } from '../components/related-controls.js';
import { RichText } from '../components/rich-text.js';
import { FeedLink, Page } from '../layout.js';
import { followPath, type PageFeed, paperPath, searchPath } from '../links.js';
import {
  diversities,
  MAX_RELATED_SHOWN,
  RELATED_STEP,
  type RelatedChoices,
  relatedPath,
} from '../related-choices.js';

export interface PaperPageProps {
  paper: Paper;
  background: Background;
  /** null while related papers can't be looked up. */
  related: RecommendResult | null;
  choices: RelatedChoices;
}

/** Of an abstract, in characters: what search engines show. */
const DESCRIPTION_LENGTH = 160;

export function PaperPage({ paper, background, related, choices }: PaperPageProps) {
  const feed = feedOf(paper, choices);
  return (
    <Page
      title={`${paper.title} · Quire`}
      description={paper.abstract.slice(0, DESCRIPTION_LENGTH) || `About the paper “${paper.title}”.`}
      canonical={paperPath(paper.id)}
      feed={feed}
      head={<CitationMeta paper={paper} />}
      wide
    >
      <div class="spread">
        <PaperText paper={paper} background={background} />
        <PaperPlaces paper={paper} feed={feed} />
        <Related {...{ paper, related, choices, feed }} />
      </div>
    </Page>
  );
}

/** As the list is narrowed; its order doesn't matter to a feed. */
function feedOf({ id, title }: Paper, { since, diversity = 'low' }: RelatedChoices): PageFeed {
  const params = { since, diversity: diversity === 'low' ? undefined : String(diversities[diversity]) };
  return { title: `Papers like “${title}”`, name: `papers/${encodeURIComponent(id)}/related`, params };
}

function PaperText({ paper, background }: { paper: Paper; background: Background }) {
  const { title, abstract, origins } = paper;
  const pdf = outsideLinks(paper).find(([label]) => label === 'PDF');
  return (
    <article class="paper">
      <h1>
        <RichText text={title} />
      </h1>
      <Authors paper={paper} />
      <PaperFacts paper={paper} counts={background.counts} />
      {origins.abstract?.source === 'sample' && (
        <p class="facts">A summary in Quire’s own words, not the paper’s abstract:</p>
      )}
      <p class="abstract">{abstract === '' ? 'No abstract is known.' : <RichText text={abstract} />}</p>
      <p class="acts">
        {pdf && (
          <a class="button first" href={pdf[1]} rel="external noopener">
            PDF
          </a>
        )}
        <a class="button" href="#cite">
          Cite
        </a>
        <a class="button" href="#related" data-key="r">
          Related
        </a>
        <a class="button" href={followPath(paper.id)} title="Papers like this, by mail">
          Subscribe
        </a>
      </p>
      <Cite paper={paper} />
      <Provenance paper={paper} said={background.said} />
    </article>
  );
}

/** So many stand in the line; three thousand would bury the page, and are one click away. */
const SHOWN_AUTHORS = 12;

function Authors({ paper: { authors, authorCount } }: { paper: Paper }) {
  const named = authors.length;
  if (named === 0) return authorCount ? <p class="byline">{number(authorCount)} authors</p> : null;
  const unnamed = Math.max(0, (authorCount ?? 0) - named);
  return (
    <>
      <p class="byline">
        <AuthorLinks authors={authors.slice(0, SHOWN_AUTHORS)} />
        {named > SHOWN_AUTHORS && ` + ${number(named - SHOWN_AUTHORS)}`}
        {unnamed > 0 && ` and ${number(unnamed)} who ${unnamed === 1 ? 'is' : 'are'} not named here`}
        {authorCount === null && ' et al.'}
      </p>
      {named > SHOWN_AUTHORS && (
        <details class="fold everyone">
          <summary>All {number(named)} authors</summary>
          <p class="byline">
            <AuthorLinks authors={authors} />
          </p>
        </details>
      )}
    </>
  );
}

const number = (count: number): string => count.toLocaleString('en');

/** Date, venue, categories and counts: what is known, in one line. */
function PaperFacts({ paper, counts }: { paper: Paper } & Pick<Background, 'counts'>) {
  const { date, venue, categories } = paper;
  const facts = [
    date && <PaperDate date={date} />,
    venue,
    ...categories.map((category) => <a href={categoryPath(category)}>{category}</a>),
    ...sortedCounts(counts).map(({ kind, day, value }) => (
      <span class="count" title={`As seen on ${day}`}>
        {number(value)} {value === 1 ? kind.slice(0, -1) : kind}
      </span>
    )),
  ].filter(Boolean);
  if (facts.length === 0) return null;
  return (
    <p class="facts">
      {facts.map((fact, at) => (
        <Fragment key={String(at)}>
          {at > 0 && ' · '}
          {fact}
        </Fragment>
      ))}
    </p>
  );
}

const sortedCounts = (counts: Background['counts']) =>
  observationKinds.flatMap((kind) => counts.filter((one) => one.kind === kind));

interface RelatedProps extends Pick<PaperPageProps, 'paper' | 'related' | 'choices'> {
  feed: PageFeed;
}

function Related({ paper, related, choices, feed }: RelatedProps) {
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
