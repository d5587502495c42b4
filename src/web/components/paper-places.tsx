import type { Paper } from '../../papers/paper.js';
import { FeedLink } from '../layout.js';
import { authorPath, followPath, type PageFeed, paperPath, searchPath } from '../links.js';
import { PaperDate } from './paper-item.js';

/** Versions that have a link; of more the first and the last ones. */
const SHOWN_VERSIONS = 6;
/** Of its authors, in the list of what can be followed. */
const FOLLOWED_AUTHORS = 3;

/** From December 2023 on arXiv makes HTML of what was sent in as TeX (https://info.arxiv.org/about/accessible_HTML.html). */
const FIRST_MONTH_OF_HTML = '2312';

/** Ids, places to read it at, dates, and what can be followed from here. */
export function PaperPlaces({ paper, feed }: { paper: Paper; feed: PageFeed }) {
  return (
    <aside class="places" aria-label="About this paper">
      <ReadAt paper={paper} />
      <Names paper={paper} />
      <Dates paper={paper} />
      <Follow paper={paper} feed={feed} />
    </aside>
  );
}

/** Pages elsewhere about the paper, the nearest to its makers first. */
export function outsideLinks({ arxivId, doi, url }: Paper): [label: string, href: string][] {
  const isNewStyle = arxivId !== null && /^\d/.test(arxivId);
  const hasHtml = isNewStyle && arxivId.slice(0, 4) >= FIRST_MONTH_OF_HTML;
  const scholarId = arxivId ? `arXiv:${arxivId}` : doi && `DOI:${encodeURI(doi)}`;
  const links: [string, string | null | false][] = [
    ['arXiv', arxivId && `https://arxiv.org/abs/${arxivId}`],
    ['PDF', arxivId && `https://arxiv.org/pdf/${arxivId}`],
    ['HTML', hasHtml && `https://arxiv.org/html/${arxivId}`],
    ['DOI', doi && `https://doi.org/${encodeURI(doi)}`],
    [hostOf(url) ?? '', isKnownPlace(url) ? null : url],
    ['Hugging Face', isNewStyle && `https://huggingface.co/papers/${arxivId}`],
    ['Semantic Scholar', scholarId && `https://api.semanticscholar.org/${scholarId}`],
  ];
  return links.filter((link): link is [string, string] => Boolean(link[1]));
}

const hostOf = (url: string | null): string | null =>
  url !== null && URL.canParse(url) ? new URL(url).hostname.replace(/^www\./, '') : null;

/** Has a link of its own. */
const isKnownPlace = (url: string | null): boolean =>
  url === null || /^(?:[a-z0-9-]+\.)*(?:arxiv\.org|doi\.org)$/.test(hostOf(url) ?? '');

function ReadAt({ paper }: { paper: Paper }) {
  const links = outsideLinks(paper);
  if (links.length === 0) return null;
  return (
    <section class="read-at">
      <h2>Read it at</h2>
      <ul>
        {links.map(([label, href]) => (
          <li key={href}>
            <a href={href} rel="external noopener">
              {label}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Names({ paper: { id, doi, aliases } }: { paper: Paper }) {
  const shown = new Set([id, doi === null ? '' : `doi:${doi}`]);
  const former = aliases.filter((alias) => !shown.has(alias));
  return (
    <section>
      <h2>Ids</h2>
      <ul class="num">
        <li>{id}</li>
        {doi !== null && !id.startsWith('doi:') && <li>doi:{doi}</li>}
        {former.map((alias) => (
          <li key={alias}>
            <a href={paperPath(alias)} rel="nofollow" title="An earlier id, which leads here">
              {alias}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Dates({ paper: { arxivId, arxivVersion, createdAt, updatedAt } }: { paper: Paper }) {
  const hasChanged = updatedAt.getTime() - createdAt.getTime() > 1_000;
  return (
    <section>
      <h2>Versions</h2>
      <ul>
        {arxivId !== null && arxivVersion !== null && (
          <li>
            {'arXiv '}
            {shownVersions(arxivVersion).map((version, at, all) => (
              <span key={version}>
                {at > 0 && (version - all[at - 1]! > 1 ? ' … ' : ' · ')}
                <a href={`https://arxiv.org/abs/${arxivId}v${version}`} rel="external noopener">
                  v{version}
                </a>
              </span>
            ))}
          </li>
        )}
        <li>
          Came in <Moment at={createdAt} />
        </li>
        {hasChanged && (
          <li>
            Changed <Moment at={updatedAt} />
          </li>
        )}
      </ul>
    </section>
  );
}

function shownVersions(latest: number): number[] {
  const from = Math.max(1, latest - SHOWN_VERSIONS + 1);
  const last = Array.from({ length: latest - from + 1 }, (_, n) => from + n);
  return from === 1 ? last : [1, ...last.slice(1)];
}

/** The day as people read it; the exact time when pointed at. */
function Moment({ at }: { at: Date }) {
  return (
    <span title={at.toISOString()}>
      <PaperDate date={at.toISOString().slice(0, 10)} />
    </span>
  );
}

function Follow({ paper, feed }: { paper: Paper; feed: PageFeed }) {
  const [category] = paper.categories;
  return (
    <section class="follow">
      <h2>Follow</h2>
      <ul>
        <li>
          <span>Papers like this</span>{' '}
          <a href={followPath(paper.id)} data-key="s" aria-label="Papers like this by mail">
            Mail
          </a>{' '}
          <FeedLink feed={feed} />
        </li>
        {paper.authors.slice(0, FOLLOWED_AUTHORS).map((author) => (
          <Followed
            key={author}
            label={author}
            path={authorPath(author)}
            query={`author:"${author.replaceAll('"', '')}"`}
          />
        ))}
        {category && (
          <Followed label={category} path={categoryPath(category)} query={categoryTerm(category)} />
        )}
      </ul>
    </section>
  );
}

function Followed({ label, path, query }: { label: string; path: string; query: string }) {
  return (
    <li>
      <a class="by" href={path}>
        {label}
      </a>{' '}
      <a href={`/subscribe?${new URLSearchParams({ q: query })}`} aria-label={`${label} by mail`}>
        Mail
      </a>{' '}
      <FeedLink feed={{ title: label, name: 'search', params: { q: query } }} />
    </li>
  );
}

const categoryTerm = (category: string): string =>
  /[\s"]/.test(category) ? `category:"${category.replaceAll('"', '')}"` : `category:${category}`;

export function categoryPath(category: string): string {
  return searchPath({ q: categoryTerm(category), sort: 'newest' });
}
