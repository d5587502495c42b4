import type { ComponentChildren, VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { MAX_QUERY_LENGTH } from '../search/query/query-text.js';
import { type Asset, siteScript, stylesheet } from './assets.js';
import { KeyHelp } from './components/key-help.js';
import { feedPath, feedTypes, type PageFeed } from './links.js';
import { openSearchType } from './opensearch.js';
import { type Asked, AskedProvider, ThemeSwitch, useAsked } from './theme.js';

export interface PageProps {
  title: string;
  description: string;
  /** Path of the page's one address. */
  canonical?: string | undefined;
  /** What stands in the search box. */
  query?: string | undefined;
  /** How the next search from the box is to be answered; hybrid when not given. */
  mode?: string | undefined;
  /** The same, as papers come in. */
  feed?: PageFeed | undefined;
  /** What makes this page quicker to use, beside what all pages have: it is whole without. */
  script?: Asset | undefined;
  /** What else machines read of it: `meta` and `link`. */
  head?: ComponentChildren;
  /** Two columns where there is room. */
  wide?: boolean | undefined;
  children: ComponentChildren;
}

/** The frame of every page. */
export function Page({
  title,
  description,
  canonical,
  query,
  mode,
  feed,
  script,
  head,
  wide = false,
  children,
}: PageProps) {
  const { theme } = useAsked();
  return (
    <html lang="en" data-theme={theme === 'auto' ? undefined : theme}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{title}</title>
        <meta name="description" content={description} />
        {canonical && <link rel="canonical" href={canonical} />}
        <link rel="icon" href="/assets/favicon.svg" type="image/svg+xml" />
        <link rel="search" type={openSearchType} title="Quire" href="/opensearch.xml" />
        {feed && <FeedLinks feed={feed} />}
        {head}
        <link rel="stylesheet" href={stylesheet.path} />
        <script src={siteScript.path} defer />
        {script && <script src={script.path} defer />}
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <div class={wide ? 'page wide' : 'page'}>
          <header class="top">
            <a class="wordmark" href="/">
              Quire
            </a>
            <nav aria-label="Service">
              <a class="quiet" href="/listings">
                Listings
              </a>
              <a class="quiet" href="/trending">
                Trending
              </a>
              <a class="quiet" href="/subscribe">
                Digests
              </a>
            </nav>
          </header>
          <search>
            <form class="search" action="/" method="get">
              <input
                type="search"
                name="q"
                value={query ?? ''}
                aria-label="Search papers"
                placeholder="What are you looking for?"
                maxlength={MAX_QUERY_LENGTH}
                required
              />
              {mode && mode !== 'hybrid' && <input type="hidden" name="mode" value={mode} />}
              <button type="submit">Search</button>
            </form>
          </search>
          <main id="main">{children}</main>
          <footer class="foot">
            <nav aria-label="More of this service">
              <a href="/sources">Sources</a>
              <a href="/health">Health</a>
              <a href="/docs">API</a>
              <a href="/manage">Your digests</a>
              <button type="button" class="link" data-shows="keys" hidden>
                Keys
              </button>
            </nav>
            <ThemeSwitch />
          </footer>
          <KeyHelp />
        </div>
      </body>
    </html>
  );
}

/** Where readers and browsers look for a page's feeds. */
function FeedLinks({ feed }: { feed: PageFeed }) {
  return (
    <>
      {feedFormats.map((format) => (
        <link
          key={format}
          rel="alternate"
          type={feedTypes[format]}
          title={feed.title}
          href={feedPath(feed, format)}
        />
      ))}
    </>
  );
}

const feedFormats = ['atom', 'rss', 'json'] as const;

/** For people; readers find the other formats in the page's head. */
export function FeedLink({ feed }: { feed: PageFeed }) {
  return (
    <a href={feedPath(feed, 'atom')} type={feedTypes.atom} title={`${feed.title}: for a feed reader`}>
      Feed
    </a>
  );
}

/** A whole document; everything in it is escaped but what a component marks as HTML. */
export function renderPage(page: VNode, asked: Asked): string {
  return `<!doctype html>${renderToString(<AskedProvider value={asked}>{page}</AskedProvider>)}`;
}
