import { Fragment } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { Digest, DigestPaper } from '../digest.js';
import { clipBy, oneLine } from './plain.js';
import type { TextOptions } from './text.js';
import { booksLine, dayOf, emptyReason, factsOf, nameOf, plural, scoreOf, subjectOf } from './words.js';

/** Gmail cuts a mail off at 102 kB, and with it the link to unsubscribe. */
export const MAX_HTML_BYTES = 100_000;

/** What is shown of each paper, the most first: bytes of its title and sentence as they are written, and whether all its links are. */
const details = [
  { title: 1_000, sentence: 1_000, isFull: true },
  { title: 400, sentence: 300, isFull: true },
  { title: 240, sentence: 120, isFull: true },
  { title: 160, sentence: 0, isFull: true },
  { title: 120, sentence: 0, isFull: false },
] as const;
type Detail = (typeof details)[number];

/** Inline, because some programs leave out the style sheet; that has nothing but what is otherwise in the dark. */
const css = {
  body: 'margin:0;padding:16px;background:#fbfaf7;color:#1c1b19;font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere',
  column: 'max-width:600px;margin:0 auto',
  title: 'font:19px/1.35 Georgia,serif;color:#0b6e69',
  quiet: 'font-size:14px;color:#5f5b53',
  link: 'color:#0b6e69',
  item: 'margin:0 0 24px',
  line: 'margin:2px 0',
} as const;

const dark = `:root{color-scheme:light dark}@media(prefers-color-scheme:dark){body{background:#151514!important;color:#ece9e2!important}a{color:#5cc8bf!important}.q{color:#a29d92!important}}`;

/** The whole digest as a document that loads nothing: smaller than `MAX_HTML_BYTES` with less of each paper where there are many. */
export function digestHtml(digest: Digest, options: TextOptions): string {
  let html = '';
  for (const detail of details) {
    html = `<!doctype html>${renderToString(<Document digest={digest} options={options} detail={detail} />)}`;
    if (Buffer.byteLength(html) < MAX_HTML_BYTES) break;
  }
  return html;
}

interface Props {
  digest: Digest;
  options: TextOptions;
  detail: Detail;
}

function Document({ digest, options, detail }: Props) {
  const { settings, links, date } = options;
  const { papers, books, notices } = digest;
  const reason = emptyReason(digest);
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{subjectOf(settings, digest)}</title>
        <style dangerouslySetInnerHTML={{ __html: dark }} />
      </head>
      <body style={css.body}>
        <div style={css.column}>
          <h1 style="font:24px/1.3 Georgia,serif;margin:0">{nameOf(settings)}</h1>
          <p class="q" style={`${css.quiet};margin:4px 0 20px`}>
            {plural(papers.length, 'new paper')} · {dayOf(date, settings)}
          </p>
          {reason !== null && <p>{reason}</p>}
          {notices.map((notice) => (
            <p key={notice}>{oneLine(notice)}</p>
          ))}
          <ol style="padding:0;margin:0;list-style:none">
            {papers.map((paper) => (
              <li key={paper.id} style={css.item}>
                <Paper paper={paper} options={options} detail={detail} />
              </li>
            ))}
          </ol>
          <p style="font-size:19px">
            <a style={css.link} href={links.unsubscribe()}>
              Unsubscribe
            </a>
            {' · '}
            <a style={css.link} href={links.manage()}>
              Change or pause
            </a>
          </p>
          <p class="q" style={css.quiet}>
            {booksLine(books)}
          </p>
        </div>
      </body>
    </html>
  );
}

function Paper({ paper, options, detail }: { paper: DigestPaper; options: TextOptions; detail: Detail }) {
  const { settings, links } = options;
  const { id, title, why, sentence } = paper;
  const score = scoreOf(paper, settings);
  const facts = factsOf(paper).join(' · ');
  const shown = sentence === null || detail.sentence === 0 ? null : clipped(sentence, detail.sentence);
  const actions: [name: string, href: string][] = [
    ...(detail.isFull
      ? [['Related', links.related(id)] as [string, string], ['Save', links.save(id)] as [string, string]]
      : []),
    ['Not for me', links.notForMe(id)],
  ];
  return (
    <>
      <a style={css.title} href={links.paper(id)}>
        {clipped(title, detail.title)}
      </a>
      {facts !== '' && (
        <p class="q" style={css.quiet + MARGIN}>
          {clipped(facts, detail.title)}
        </p>
      )}
      {shown !== null && <p style={css.line}>{shown}</p>}
      <p class="q" style={css.quiet + MARGIN}>
        {clipped(why, detail.title)}
        {score !== null && ` · ${score}`}
        {actions.map(([name, href]) => (
          <Fragment key={name}>
            {' · '}
            <a style={css.link} href={href}>
              {name}
            </a>
          </Fragment>
        ))}
      </p>
    </>
  );
}

const MARGIN = `;${css.line}`;

const clipped = (text: string, bytes: number): string => clipBy(oneLine(text), bytes, bytesOf);

/** As it is written into the document: `&`, `<` and `"` take up to six. */
function bytesOf(character: string): number {
  return /[&<>"']/.test(character) ? 6 : Buffer.byteLength(character);
}
