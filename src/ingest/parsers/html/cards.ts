import type { JsonObject } from '../json-fields.js';

/** A card as it is shown: what it says of a paper under the names of `parseJsonPaper`. */
export interface Card {
  line: number;
  object: JsonObject;
}

/** More than any page shows; text of a card beyond its bound isn't its title. */
const MAX_CARDS = 10_000;
const MAX_TEXT_LENGTH = 5_000;

/** `/papers/2401.01234`, also with the host that browsers write into saved pages. */
const paperLink = /^(?:https:\/\/huggingface\.co)?\/papers\/(\d{4}\.\d{4,5})(#community)?$/;
const voteLink = /^(?:https:\/\/huggingface\.co)?\/login\?next=/;

interface OpenCard {
  line: number;
  id: string;
  title: string;
  votes: string;
  comments: string;
  text: string;
}

/**
 * Collects cards (`<article>`) from a page's tags and texts: of each the id and title of its paper, how many authors,
 * upvotes and comments it has. Abstracts and dates aren't on them.
 */
export function createCardReader() {
  const cards: Card[] = [];
  let open: OpenCard | null = null;
  /** What the link that is open is for. */
  let link: 'title' | 'votes' | 'comments' | null = null;
  let isHeading = false;

  function openLink(card: OpenCard, href: string): void {
    const found = paperLink.exec(href);
    link = voteLink.test(href) ? 'votes' : found?.[2] ? 'comments' : found && isHeading ? 'title' : null;
    if (found && card.id === '') card.id = found[1]!;
  }

  return {
    /** In document order. */
    cards: (): readonly Card[] => cards,
    openTag(name: string, attributes: Readonly<Record<string, string>>, line: number): void {
      if (name === 'article') open = { line, id: '', title: '', votes: '', comments: '', text: '' };
      else if (name === 'h3') isHeading = true;
      else if (name === 'a' && open) openLink(open, attributes['href'] ?? '');
    },
    text(text: string): void {
      if (!open) return;
      if (open.text.length < MAX_TEXT_LENGTH) open.text += text;
      if (link && open[link].length < MAX_TEXT_LENGTH) open[link] += text;
    },
    closeTag(name: string): void {
      if (name === 'a') link = null;
      else if (name === 'h3') isHeading = false;
      else if (name === 'article' && open) {
        if (open.id !== '' && cards.length < MAX_CARDS)
          cards.push({ line: open.line, object: objectOf(open) });
        open = null;
      }
    },
  };
}

function objectOf({ id, title, votes, comments, text }: OpenCard): JsonObject {
  return {
    title,
    arxiv_id: id,
    author_count: /(\d{1,5})\s+authors?\b/.exec(text)?.[1],
    upvotes: /^\s*(\d{1,6})\s*$/.exec(votes)?.[1],
    comments: /^\s*(\d{1,6})\s*$/.exec(comments)?.[1],
  };
}
