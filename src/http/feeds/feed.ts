/** Papers as feed readers take them, in whatever format. */
export interface Feed {
  /** Never changes for one address of the feed. */
  id: string;
  title: string;
  subtitle: string;
  /** Absolute: the feed itself, and the page that shows the same. */
  self: string;
  home: string;
  /** When it began, where that is known: it can't have changed before. */
  begun: Date | null;
  /** In the order asked for; ids are unique. */
  entries: readonly FeedEntry[];
}

export interface FeedEntry {
  /** A URI that stays with the paper for as long as it's here, whatever else becomes known of it. */
  id: string;
  title: string;
  /** Absolute: Quire's page of it. */
  url: string;
  /** The source's page; null: not known. */
  source: string | null;
  /** The first ones; `html` says how many there are. */
  authors: readonly string[];
  categories: readonly string[];
  /** People, date, abstract, links: to be read in a reader. */
  html: string;
  published: Date;
  /** Moves when something of the paper changes, and only then; of a digest's paper it is when that was sent. */
  updated: Date;
}

/** Whose name a feed bears: RFC 4287 asks for one where an entry has no author (4.1.1). */
export const FEED_AUTHOR = 'Quire';

/** Of a feed without entries or a beginning: nothing in it has ever changed. */
const NEVER = new Date(0);

export function feedUpdated({ entries, begun }: Pick<Feed, 'entries' | 'begun'>): Date {
  return entries.reduce((latest, { updated }) => (updated > latest ? updated : latest), begun ?? NEVER);
}
