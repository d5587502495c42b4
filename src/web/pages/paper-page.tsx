import type { Paper } from '../../papers/paper.js';
import type { Recommendation } from '../../recommendations/request.js';
import { Facts, PaperItem, SHOWN_AUTHORS } from '../components/paper-item.js';
import { FeedLink, Page } from '../layout.js';
import { paperPath } from '../links.js';

export interface PaperPageProps {
  paper: Paper;
  /** null while related papers can't be looked up. */
  related: Recommendation[] | null;
}

export function PaperPage({ paper, related }: PaperPageProps) {
  const feed = {
    title: `Papers like “${paper.title}”`,
    name: `papers/${encodeURIComponent(paper.id)}/related`,
  };
  const isOurSummary = paper.origins.abstract?.source === 'sample';
  return (
    <Page
      title={`${paper.title} · Quire`}
      description={paper.abstract.slice(0, 160)}
      canonical={paperPath(paper.id)}
      feed={feed}
    >
      <article class="paper">
        <h1>{paper.title}</h1>
        <p class="facts">
          <Facts paper={paper} />
        </p>
        {isOurSummary && <p class="facts">A summary in Quire’s own words, not the paper’s abstract:</p>}
        <p class="abstract">{paper.abstract || 'No abstract is known.'}</p>
        <Authors authors={paper.authors} />
        <dl>
          <Links paper={paper} />
          <dt>Known as</dt>
          <dd class="num">{[paper.id, ...paper.aliases].join(', ')}</dd>
          <dt>Taken from</dt>
          <dd>{originsLine(paper)}</dd>
        </dl>
      </article>
      <h2 class="section" id="related">
        Related papers
      </h2>
      <p class="facts">
        <FeedLink feed={feed} /> of the newest of them
      </p>
      {related === null && (
        <p class="notice">Related papers can’t be looked up right now. Try again in a moment.</p>
      )}
      {related?.length === 0 && <p class="notice">There are no other papers yet.</p>}
      <ol class="results">
        {related?.map(({ paper: other, score, similarity, reason }) => (
          <li key={other.id}>
            <PaperItem
              paper={other}
              score={score}
              scoreTitle={`Likeness by words and meaning, mostly 0 to 1; cosine similarity ${similarity?.toFixed(3) ?? 'not known yet'}`}
            >
              <Why reason={reason} />
            </PaperItem>
          </li>
        ))}
      </ol>
    </Page>
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
          <p class="lead">{sentences.result}</p>
          <p class="facts">This paper: {sentences.given}</p>
        </details>
      )}
    </>
  );
}

/** Three thousand names would bury the page; they are one click away. */
function Authors({ authors }: { authors: string[] }) {
  // The line of facts has named them all.
  if (authors.length <= SHOWN_AUTHORS) return null;
  if (authors.length <= 12) return <p class="facts">{authors.join(', ')}</p>;
  return (
    <details>
      <summary>All {authors.length} authors</summary>
      <p class="facts">{authors.join(', ')}</p>
    </details>
  );
}

function Links({ paper }: { paper: Paper }) {
  const links = [
    paper.arxivId && ['arXiv', `https://arxiv.org/abs/${paper.arxivId}`],
    paper.arxivId && ['PDF', `https://arxiv.org/pdf/${paper.arxivId}`],
    paper.doi && ['DOI', `https://doi.org/${paper.doi}`],
    paper.url && !paper.url.includes('arxiv.org/') && ['Source', paper.url],
  ].filter((link): link is [string, string] => Array.isArray(link));
  if (links.length === 0) return null;
  return (
    <>
      <dt>Read it at</dt>
      <dd>
        {links.map(([label, href], at) => (
          <span key={href}>
            {at > 0 && ' · '}
            <a href={href} rel="external noopener">
              {label}
            </a>
          </span>
        ))}
      </dd>
    </>
  );
}

const fieldNames: Readonly<Record<string, string>> = { authorCount: 'number of authors' };

/** “title, abstract: listing; authors: jsonl”. */
function originsLine({ origins }: Paper): string {
  const bySource = new Map<string, string[]>();
  for (const [field, origin] of Object.entries(origins)) {
    const name = fieldNames[field] ?? field;
    bySource.set(origin.source, [...(bySource.get(origin.source) ?? []), name]);
  }
  return [...bySource].map(([source, fields]) => `${fields.join(', ')}: ${source}`).join('; ');
}
