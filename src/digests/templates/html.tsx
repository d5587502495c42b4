import { Fragment } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { Digest, DigestPaper } from '../digest.js';
import { actionsOf, addressOf, type Detail, details, noticesOf, quotedBytes } from './detail.js';
import { clipBy, oneLine } from './plain.js';
import type { TextOptions } from './text.js';
import {
  booksLine,
  dayOf,
  emptyReason,
  factsOf,
  LINKS_ARE_YOURS,
  nameOf,
  plural,
  scoreOf,
  subjectOf,
} from './words.js';

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

const dark = `:root{color-scheme:light dark}@media(prefers-color-scheme:dark){body{background:#151514!important;color:#ece9e2!important}a{color:#5cc8bf!important}.q{color:#a29d92!important}}.q a{white-space:nowrap}`;

/** The whole digest as a document that loads nothing. */
export const digestHtml = (digest: Digest, options: TextOptions, detail: Detail = details[0]): string =>
  `<!doctype html>${renderToString(<Document digest={digest} options={options} detail={detail} />)}`;

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
          <h1 style="font:24px/1.3 Georgia,serif;margin:0">{headingOf(settings)}</h1>
          <p class="q" style={`${css.quiet};margin:4px 0 20px`}>
            {plural(papers.length, 'new paper')} · {dayOf(date, settings)}
          </p>
          {reason !== null && <p>{reason}</p>}
          {noticesOf(notices).map((notice) => (
            <p key={notice}>{notice}</p>
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
            {LINKS_ARE_YOURS}
            <br />
            {booksLine(books)}
          </p>
        </div>
      </body>
    </html>
  );
}

function Paper({ paper, options, detail }: { paper: DigestPaper; options: TextOptions; detail: Detail }) {
  const { settings, links } = options;
  const score = scoreOf(paper, settings);
  const facts = clipped(factsOf(paper, detail.authors).join(' · '), detail.facts);
  const sentence = clipped(paper.sentence ?? '', detail.sentence);
  const why = clipped(paper.why, detail.why);
  const said = [
    ...(why === '' ? [] : [why, ...(score === null ? [] : [score])]),
    ...actionsOf(paper, links, { actions: detail.actions.html, address: detail.address }).map(
      ([name, href]) => (
        <a key={name} style={css.link} href={href}>
          {name}
        </a>
      ),
    ),
  ];
  return (
    <>
      <a style={css.title} href={addressOf(paper, links, detail)}>
        {clipped(paper.title, detail.title) || clipped(paper.id, detail.title)}
      </a>
      {facts !== '' && (
        <p class="q" style={css.quiet + MARGIN}>
          {facts}
        </p>
      )}
      {sentence !== '' && <p style={css.line}>{sentence}</p>}
      {said.length > 0 && (
        <p class="q" style={css.quiet + MARGIN}>
          {said.map((part, at) => (
            <Fragment key={at}>
              {at > 0 && ' · '}
              {part}
            </Fragment>
          ))}
        </p>
      )}
    </>
  );
}

const headingOf = (settings: TextOptions['settings']): string =>
  nameOf(settings).replace(/^[a-z]/, (letter) => letter.toUpperCase());

const MARGIN = `;${css.line}`;

const clipped = (text: string, most: number): string =>
  most === 0 ? '' : clipBy(oneLine(text), most, writtenBytes);

/** `&`, `<` and `"` take up to six. */
const writtenBytes = (character: string): number => (/[&<>"']/.test(character) ? 6 : quotedBytes(character));
