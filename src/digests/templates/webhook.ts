import type { Digest, DigestPaper } from '../digest.js';
import { type Named, type Subscription, type WebhookShape, webhookRoom } from '../subscription.js';
import { addressOf } from './detail.js';
import { clip, clipBy, oneLine } from './plain.js';
import { booksLine, type DigestLinks, emptyReason, factsOf, nameOf, scoreOf, subjectOf } from './words.js';

export interface WebhookOptions {
  shape: WebhookShape;
  subscription: Subscription & Named;
  /** The same for the same digest, however often it is posted. */
  id: string;
  /** YYYY-MM-DD, in the subscription's time zone. */
  localDate: string;
  /** Those that act for one person (`manage`, `unsubscribe` …) are left out: a channel has many readers. */
  links: Pick<DigestLinks, 'paper' | 'related' | 'search'>;
}

/** What is posted, as JSON. At most `webhookRoom` papers of the digest. */
export function webhookBody(digest: Digest, { shape, ...options }: WebhookOptions): object {
  const papers = digest.papers.slice(0, webhookRoom[shape]);
  return bodies[shape]({ digest: { ...digest, papers }, ...options });
}

interface Content extends Omit<WebhookOptions, 'shape'> {
  digest: Digest;
}

const bodies: Readonly<Record<WebhookShape, (content: Content) => object>> = {
  generic: genericBody,
  slack: slackBody,
  discord: discordBody,
};

/** Described in http/webhook-schema.ts. */
function genericBody({ id: digestId, localDate, digest, subscription, links }: Content): object {
  const { id, kind, query, likes } = subscription;
  const { papers, books, notices, from, to } = digest;
  return {
    ...{ id: digestId, localDate },
    subscription: { id, kind, query, likes },
    subject: subjectOf(subscription, digest),
    ...{ from, to, books, notices },
    empty: emptyReason(digest),
    papers: papers.map(({ key: _, ...paper }) => ({
      ...paper,
      links: { paper: links.paper(paper.id), related: links.related(paper.id) },
    })),
  };
}

/**
 * Characters: https://docs.slack.dev/reference/block-kit/blocks has 150 for a header, and 3,000 for a section. A paper's parts and its two
 * addresses stay below that together, so that no link is ever cut.
 */
const slackLimits = { header: 150, title: 300, facts: 300, why: 300, sentence: 600, address: 650, words: 80 };

/** In mrkdwn these three begin links, mentions and entities; nothing else gets out of its place. By the length that it then has. */
const slackText = (text: string, most: number): string =>
  clipBy(oneLine(text), most, (character) => entity(character).length).replace(ENTITIES, entity);
const ENTITIES = /[&<>]/g;
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const entity = (character: string): string => entities[character] ?? character;

function slackBody({ digest, subscription, links }: Content): object {
  const section = (text: string): object => ({
    type: 'section',
    text: { type: 'mrkdwn', text, verbatim: true },
  });
  const subject = subjectOf(subscription, digest);
  return {
    text: slackText(subject, slackLimits.facts),
    // No previews of every link below.
    ...{ unfurl_links: false, unfurl_media: false },
    blocks: [
      {
        type: 'header',
        text: { type: 'plain_text', text: clip(`Quire: ${nameOf(subscription)}`, slackLimits.header) },
      },
      ...remarksOf(digest).map((remark) => section(slackText(remark, slackLimits.sentence))),
      ...digest.papers.map((paper) => section(slackPaper(paper, { subscription, links }))),
      {
        type: 'context',
        elements: [
          { type: 'mrkdwn', text: slackText(booksLine(digest.books), slackLimits.facts), verbatim: true },
        ],
      },
    ],
  };
}

function slackPaper(
  paper: DigestPaper,
  { subscription, links }: Pick<Content, 'subscription' | 'links'>,
): string {
  const { title, facts: most, why, sentence } = slackLimits;
  const facts = factsOf(paper).join(' · ');
  const own = urlIn(links.paper(paper.id));
  const address = addressOf(paper, { paper: () => own, search: links.search }, slackLimits);
  const related = address === own ? ` · <${urlIn(links.related(paper.id))}|Related>` : '';
  return [
    `<${urlIn(address)}|${slackText(paper.title, title) || slackText(paper.id, title)}>`,
    ...(facts === '' ? [] : [slackText(facts, most)]),
    slackText(whyOf(paper, subscription), why) + related,
    ...(paper.sentence === null ? [] : [`> ${slackText(paper.sentence, sentence)}`]),
  ].join('\n');
}

/** What ends a link in mrkdwn or Markdown can't stand in it. */
const urlIn = (url: string): string =>
  new URL(url).href.replace(/[<>|()\s]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);

/** Characters: https://discord.com/developers/docs/resources/message has 256 for a title, 2,048 for an address and 6,000 for all embeds. */
const discordLimits = {
  ...{ content: 1_000, title: 200, facts: 120, why: 100, sentence: 100 },
  ...{ address: 2_000, words: 80 },
} as const;

/** What Discord's Markdown reads as mark-up, each with a backslash; by the length that it then has. */
const discordText = (text: string, most: number): string =>
  clipBy(oneLine(text), most, (character) => escaped(character).length).replace(MARKUP, '\\$&');
const MARKUP = /[\\*_~`|<>[\]()#:@-]/g;
const escaped = (character: string): string => character.replace(MARKUP, '\\$&');

function discordBody({ digest, subscription, links }: Content): object {
  const { content, title, facts, why, sentence } = discordLimits;
  const remarks = [subjectOf(subscription, digest), ...remarksOf(digest), booksLine(digest.books)];
  return {
    content: remarks.map((remark) => discordText(remark, content / remarks.length)).join('\n'),
    // Whatever stands in a title, nobody is called.
    allowed_mentions: { parse: [] },
    embeds: digest.papers.map((paper) => ({
      title: discordText(paper.title, title) || discordText(paper.id, title),
      url: addressOf(paper, links, discordLimits),
      description: [
        discordText(factsOf(paper).join(' · '), facts),
        discordText(whyOf(paper, subscription), why),
        discordText(paper.sentence ?? '', sentence),
      ]
        .filter((line) => line !== '')
        .join('\n'),
    })),
  };
}

const whyOf = (paper: DigestPaper, subscription: Subscription): string => {
  const score = scoreOf(paper, subscription);
  return `${paper.why}${score === null ? '' : ` · ${score}`}`;
};

/** At most so many notices: a digest has three kinds of them. */
const MAX_REMARKS = 3;

const remarksOf = (digest: Digest): string[] =>
  [emptyReason(digest), ...digest.notices].filter((remark) => remark !== null).slice(0, MAX_REMARKS);
