import type { Digest, DigestPaper } from '../digest.js';
import type { SubscriptionSettings } from '../subscription.js';
import { clip, oneLine, wrap } from './plain.js';
import {
  booksLine,
  type DigestLinks,
  dayOf,
  emptyReason,
  factsOf,
  nameOf,
  plural,
  scoreOf,
} from './words.js';

const MAX_TITLE = 400;
const MAX_SENTENCE = 500;

export interface TextOptions {
  settings: SubscriptionSettings;
  links: DigestLinks;
  date: Date;
}

/** The whole digest as text: what the HTML says, in lines of 72 columns; only addresses are longer. */
export function digestText(digest: Digest, { settings, links, date }: TextOptions): string {
  const { papers, books, notices } = digest;
  const reason = emptyReason(digest);
  const blocks = [
    `${wrap(`Quire: ${nameOf(settings)}`)}\n${plural(papers.length, 'new paper')}, ${dayOf(date, settings)}`,
    ...(reason === null ? [] : [wrap(reason)]),
    ...notices.map((notice) => wrap(oneLine(notice))),
    ...papers.map((paper, at) => paperText(paper, { number: at + 1, settings, links })),
    `Unsubscribe: ${links.unsubscribe()}\nChange or pause: ${links.manage()}`,
    wrap(booksLine(books)),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function paperText(
  paper: DigestPaper,
  { number, settings, links }: Pick<TextOptions, 'settings' | 'links'> & { number: number },
): string {
  const indent = '    ';
  const { id, title, why, sentence } = paper;
  const score = scoreOf(paper, settings);
  const facts = factsOf(paper);
  return [
    wrap(clip(oneLine(title), MAX_TITLE), indent, `${number}.`.padEnd(indent.length)),
    ...(facts.length > 0 ? [wrap(facts.join(', '), indent)] : []),
    wrap(`Why: ${clip(oneLine(why), MAX_SENTENCE)}${score === null ? '' : `; score ${score}`}`, indent),
    ...(sentence === null ? [] : [wrap(`“${clip(oneLine(sentence), MAX_SENTENCE)}”`, indent)]),
    `${indent}Read: ${links.paper(id)}`,
    `${indent}Related: ${links.related(id)}`,
    `${indent}Save: ${links.save(id)}`,
    `${indent}Not for me: ${links.notForMe(id)}`,
  ].join('\n');
}
