/**
 * What a Hugging Face papers page shows besides papers. `fixed` phrases are never anything else; `likely` ones
 * (a single word of a menu) could be a paper's title, so that their neighbours decide.
 */
export type Furniture = 'fixed' | 'likely';

const fixedPhrases = new Set([
  'get trending papers in your email inbox once a day!',
  'get trending papers in your email inbox!',
  'by ak and the research community',
  'byak and the research community',
  'and the research community',
  'daily papers - hugging face',
  'trending papers - hugging face',
  'search by arxiv id or title',
  'search any paper with ai',
  'submit a paper',
  'submitted by',
  'log in',
  'sign up',
  "hugging face's logo",
  'hugging face',
  'system theme',
  'view all papers',
  'load more papers',
  'arxiv page',
  'view arxiv page',
  'view pdf',
]);

const likelyPhrases = new Set([
  'new',
  'subscribe',
  'daily papers',
  'trending papers',
  'papers',
  'trending',
  'daily',
  'weekly',
  'monthly',
  'all',
  'today',
  'ak',
  'by',
  'by ak',
  'byak',
  'previous',
  'next',
  'models',
  'datasets',
  'spaces',
  'posts',
  'docs',
  'buckets',
  'buckets new',
  'community',
  'enterprise',
  'solutions',
  'pricing',
  'login',
  'company',
  'tos',
  'privacy',
  'about',
  'careers',
  'jobs',
  'website',
  'tasks',
  'huggingchat',
  'collections',
  'languages',
  'organizations',
  'blog',
  'learn',
  'discord',
  'forum',
  'team & enterprise',
  'hugging face pro',
  'enterprise support',
  'inference providers',
  'inference endpoints',
  'storage buckets',
  'view all',
  'load more',
  'show more',
  'read more',
  'github',
  'arxiv',
  'pdf',
  'paper',
  'code',
  'project',
  'project page',
  'demo',
  'upvote',
  'upvotes',
  'comments',
  'share',
  'copy link',
  'abstract',
  'summary',
  'ai summary',
  'ai-generated summary',
  'edit preview',
  // The page's date, its day in the next line.
  ...['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  'upload images, audio, and videos by dragging in the text input, pasting, or clicking here.',
]);

/** Longest phrase above, with room for decoration. */
const MAX_LENGTH = 120;

const patterns = [
  /^©.*hugging ?face/i,
  /^view (?:all )?\d[\d,]* (?:papers?|comments?|replies)$/i,
  /^(?:week|page) \d{1,3}(?:,? \d{4})?$/i,
  /^\d{1,3}(?:\.\.\.|…)\d{1,4}$/,
  // Pictures that text tools leave as their alternative text or as nothing.
  /^!?\[?\[[^\]]{0,60}\](?:\([^)]*\))?\]?$/,
  // A tag alone: an anchor or a picture.
  /^<\/?[a-z][^<>]{0,100}>(?:<\/[a-z]+>)?$/i,
  // Bullets, rules, brackets and arrows that held icons and pictures.
  /^[^\p{L}\p{N}]{1,40}$/u,
];

/** What a cleaned line is to the page; null for a line that isn't known. */
export function furnitureOf(line: string): Furniture | null {
  if (line.length > MAX_LENGTH) return null;
  const bare = line.replace(/^(?:[-*•] )+/, '');
  const phrase = bare.toLowerCase();
  if (fixedPhrases.has(phrase) || patterns.some((pattern) => pattern.test(bare))) return 'fixed';
  return likelyPhrases.has(phrase) ? 'likely' : null;
}

const gluedPhrases = [
  /^new(?=Get trending)/,
  /^Get trending papers in your email inbox once a day!/,
  /^Get trending papers in your email inbox!/,
  /^by ?AK ?and the research community/,
];

/** Endings that make another word of "Subscribe": such a line was never glued. */
const inflected = /^(?:[rsd]|rs|rship|able)(?![\p{L}\p{N}])/u;

/**
 * Frees what stands glued behind page furniture (`SubscribeLate lumping …`): the furniture found at the line's
 * beginning is dropped. `afterFurniture` says that the line follows furniture or opens the text: only there
 * can `Subscribe` be the page's button, elsewhere it belongs to a title.
 */
export function freeGlued(line: string, afterFurniture: boolean): { text: string; freed: boolean } {
  let text = line;
  let header = afterFurniture;
  for (let again = true; again; ) {
    again = false;
    for (const phrase of gluedPhrases) {
      const match = phrase.exec(text);
      if (match && isGlued(text.slice(match[0].length))) {
        text = text.slice(match[0].length).trimStart();
        header = again = true;
      }
    }
    const rest = header ? afterSubscribe(text) : null;
    if (rest !== null) {
      text = rest;
      again = true;
    }
    if (header && text.length < line.length && /^(?:Daily|Trending) Papers(?=by|\p{Lu})/u.test(text)) {
      text = text.replace(/^(?:Daily|Trending) Papers/, '');
      again = true;
    }
  }
  return { text, freed: text.length < line.length };
}

/** Text follows without a space, or more of the page's phrases do. */
function isGlued(rest: string): boolean {
  return /^\S/.test(rest) || /^ (?:Get trending papers|Subscribe|Daily Papers|by ?AK)/.test(rest);
}

function afterSubscribe(text: string): string | null {
  if (!text.startsWith('Subscribe') || text.length === 9) return null;
  const rest = text.slice(9);
  return /^[\p{L}\p{N}"“'‘([$\\{]/u.test(rest) && !inflected.test(rest) ? rest : null;
}
