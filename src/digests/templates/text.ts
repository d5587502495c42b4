import type { Digest, DigestPaper } from '../digest.js';
import type { Named, SubscriptionSettings } from '../subscription.js';
import { actionsOf, addressOf, type Detail, details, noticesOf, quotedBytes } from './detail.js';
import { clipBy, oneLine, wrap } from './plain.js';
import {
  booksLine,
  type DigestLinks,
  dayOf,
  emptyReason,
  factsOf,
  LINKS_ARE_YOURS,
  nameOf,
  plural,
  scoreOf,
} from './words.js';

export interface TextOptions {
  settings: SubscriptionSettings & Named;
  links: DigestLinks;
  date: Date;
}

/** The whole digest as text: what the HTML says, in lines of 72 columns; only addresses are longer. */
export function digestText(digest: Digest, options: TextOptions, detail: Detail = details[0]): string {
  const { settings, links, date } = options;
  const { papers, books, notices } = digest;
  const reason = emptyReason(digest);
  const blocks = [
    `${wrap(`Quire: ${nameOf(settings)}`)}\n${plural(papers.length, 'new paper')}, ${dayOf(date, settings)}`,
    ...(reason === null ? [] : [wrap(reason)]),
    ...noticesOf(notices).map((notice) => wrap(notice)),
    ...papers.map((paper, at) => paperText(paper, { number: at + 1, options, detail })),
    `Unsubscribe: ${links.unsubscribe()}\nChange or pause: ${links.manage()}\n${wrap(LINKS_ARE_YOURS)}`,
    wrap(booksLine(books)),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function paperText(
  paper: DigestPaper,
  { number, options, detail }: { number: number; options: TextOptions; detail: Detail },
): string {
  const { settings, links } = options;
  const first = `${number}. `.padEnd(4);
  const indent = ' '.repeat(first.length);
  const score = scoreOf(paper, settings);
  const facts = clipped(factsOf(paper, detail.authors).join(', '), detail.facts);
  const why = clipped(paper.why, detail.why);
  const sentence = clipped(paper.sentence ?? '', detail.sentence);
  return [
    wrap(clipped(paper.title, detail.title) || clipped(paper.id, detail.title), indent, first),
    ...(facts === '' ? [] : [wrap(facts, indent)]),
    ...(why === '' ? [] : [wrap(`Why: ${why}${score === null ? '' : `; score ${score}`}`, indent)]),
    ...(sentence === '' ? [] : [wrap(`“${sentence}”`, indent)]),
    `${indent}Read: ${addressOf(paper, links, detail)}`,
    ...actionsOf(paper, links, { actions: detail.actions.text, address: detail.address }).map(
      ([name, href]) => `${indent}${name}: ${href}`,
    ),
  ].join('\n');
}

const clipped = (text: string, most: number): string =>
  most === 0 ? '' : clipBy(oneLine(text), most, quotedBytes);
