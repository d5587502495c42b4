import type { DigestPaper } from '../digest.js';
import { clipBy, oneLine } from './plain.js';
import type { DigestLinks } from './words.js';

/** The links of a paper beside its own. `one`: whether it is wanted, whose page has the other answers too. */
type Actions = 'all' | 'one' | 'none';

/** What is shown of each paper. Sizes in bytes as a mail has them (`quotedBytes`), without what markup adds. */
export interface Detail {
  title: number;
  /** 0: none. */
  facts: number;
  authors: number;
  why: number;
  sentence: number;
  /** Of those links too that are longer than `address`, none. */
  actions: { html: Actions; text: Actions };
  /** A paper whose address is longer is linked by its title. */
  address: number;
  /** Of the title's words in such a link, escaped. */
  words: number;
}

const all = { html: 'all', text: 'all' } as const;
const fewer = { html: 'all', text: 'one' } as const;
const one = { html: 'one', text: 'none' } as const;
const none = { html: 'none', text: 'none' } as const;

/**
 * The most first. Sentences and names are cut first, titles and the way to say “not for me” last. Forty papers of usual length have all of it;
 * a hundred have title, first author, day and one link. The last fits a hundred of any kind under a host name of any length.
 */
export const details: readonly [Detail, ...Detail[]] = [
  {
    title: 1_200,
    facts: 1_000,
    authors: 3,
    why: 1_000,
    sentence: 1_200,
    actions: all,
    address: 5_000,
    words: 80,
  },
  { title: 600, facts: 400, authors: 3, why: 300, sentence: 400, actions: all, address: 600, words: 80 },
  { title: 400, facts: 200, authors: 2, why: 150, sentence: 200, actions: all, address: 500, words: 80 },
  { title: 300, facts: 150, authors: 1, why: 120, sentence: 140, actions: fewer, address: 400, words: 80 },
  { title: 240, facts: 120, authors: 1, why: 100, sentence: 120, actions: one, address: 400, words: 80 },
  { title: 200, facts: 100, authors: 1, why: 80, sentence: 0, actions: one, address: 350, words: 80 },
  { title: 160, facts: 70, authors: 1, why: 0, sentence: 0, actions: one, address: 350, words: 80 },
  { title: 120, facts: 0, authors: 0, why: 0, sentence: 0, actions: one, address: 350, words: 80 },
  { title: 120, facts: 0, authors: 0, why: 0, sentence: 0, actions: none, address: 300, words: 80 },
  { title: 60, facts: 0, authors: 0, why: 0, sentence: 0, actions: none, address: 120, words: 80 },
  { title: 30, facts: 0, authors: 0, why: 0, sentence: 0, actions: none, address: 0, words: 36 },
];

/** Of a notice, and how many: a digest has three kinds of them. */
const MAX_NOTICE = 600;
const MAX_NOTICES = 3;

export const noticesOf = (notices: readonly string[]): string[] =>
  notices.slice(0, MAX_NOTICES).map((notice) => clipBy(oneLine(notice), MAX_NOTICE, quotedBytes));

/** As mails are written: two of three bytes of any other sign are the quoted-printable's own (RFC 2045, 6.7). */
export const quotedBytes = (character: string): number =>
  character === '=' ? 3 : character > '~' ? 3 * Buffer.byteLength(character) : 1;

/** Where the paper is: by its id, or by its title where the id makes an address that is too long and the title a shorter one. */
export function addressOf(
  { id, title }: DigestPaper,
  links: Pick<DigestLinks, 'paper' | 'search'>,
  { address, words }: Pick<Detail, 'address' | 'words'>,
): string {
  const own = links.paper(id);
  if (own.length <= address) return own;
  const named = links.search(wordsOf(title, words) || wordsOf(id, words));
  return own.length <= named.length ? own : named;
}

/** Words alone: signs would be read as the language of queries. */
const wordsOf = (text: string, most: number): string =>
  clipBy(
    oneLine(text)
      .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
      .trim(),
    most,
    (character) => encodeURIComponent(character).length,
  ).replace(/…$/, '');

/** By name, in their order. */
export function actionsOf(
  { id }: DigestPaper,
  links: DigestLinks,
  { actions, address }: { actions: Actions; address: number },
): [name: string, href: string][] {
  if (actions === 'none') return [];
  const unwanted: [string, string] = ['Not for me', links.notForMe(id)];
  // The longest of them.
  if (unwanted[1].length > address) return [];
  return actions === 'one'
    ? [unwanted]
    : [['Related', links.related(id)], ['Save', links.save(id)], unwanted];
}
