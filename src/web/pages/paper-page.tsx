import { Fragment } from 'preact';
import type { Background } from '../../papers/catalog.js';
import { observationKinds } from '../../papers/heat.js';
import type { Paper } from '../../papers/paper.js';
import type { RecommendResult } from '../../recommendations/request.js';
import { CitationMeta, Cite } from '../components/citation.js';
import { AuthorLinks, PaperDate } from '../components/paper-item.js';
import { categoryPath, outsideLinks, PaperPlaces } from '../components/paper-places.js';
import { Provenance } from '../components/provenance.js';
import { RelatedPapers } from '../components/related-papers.js';
import { RichText } from '../components/rich-text.js';
import { Page } from '../layout.js';
import { followPath, type PageFeed, paperPath } from '../links.js';
import { plainText } from '../plain-text.js';
import { diversities, type RelatedChoices } from '../related-choices.js';

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
  const title = plainText(paper.title);
  const feed = feedOf(paper, choices);
  return (
    <Page
      title={`${title} · Quire`}
      description={plainText(paper.abstract).slice(0, DESCRIPTION_LENGTH) || `About the paper “${title}”.`}
      canonical={paperPath(paper.id)}
      feed={feed}
      head={<CitationMeta paper={paper} />}
      wide
    >
      <div class="spread">
        <PaperText paper={paper} background={background} />
        <PaperPlaces paper={paper} feed={feed} />
        <RelatedPapers {...{ paper, related, choices, feed }} />
      </div>
    </Page>
  );
}

/** As the list is narrowed; its order doesn't matter to a feed. */
function feedOf({ id, title }: Paper, { since, diversity = 'low' }: RelatedChoices): PageFeed {
  const params = { since, diversity: diversity === 'low' ? undefined : String(diversities[diversity]) };
  return {
    title: `Papers like “${plainText(title)}”`,
    name: `papers/${encodeURIComponent(id)}/related`,
    params,
  };
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
