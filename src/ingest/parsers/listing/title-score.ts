/** Enough of a text to tell a title from an abstract; keeps the cost of a very long line constant. */
const LOOKED = 600;

/**
 * Log-odds, in nats, that a text is a title and not an abstract or a part of one (a sentence or a paragraph).
 * A logistic regression on 15,000 titles and as many abstracts, paragraphs and single sentences, some with
 * their full stop or capitals changed; on 15,000 other pairs it errs on 0.2 % without looking at neighbours.
 * The weights of a last colon or particle, a bullet and a first small letter are set by hand: too rare there to learn.
 */
const weights = {
  base: 2.6,
  /** Added for each width that the text exceeds: titles have 10 to 250 columns, most 40 to 110. */
  wider: [
    [30, 1.4],
    [60, -0.2],
    [90, -1.3],
    [120, -1.5],
    [160, -1.7],
    [200, -0.3],
    [250, -0.4],
    [350, -0.4],
  ],
  fullStop: -4.6,
  lastQuestion: -0.2,
  lastColon: -4,
  lastParticle: -3,
  sentenceBreak: -0.1,
  /** Times the share of capitalised words among the longer ones. */
  capitals: 4.5,
  innerColon: 1.7,
  verb: -2.9,
  opening: -3.5,
  smallLetter: -1,
  lastUrl: -3,
  bullet: -5,
} as const;

/** Sentences and verbs are counted up to here: more of them prove nothing more. */
const MOST_BREAKS = 3;
const MOST_VERBS = 4;

const wideLetters = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/gu;
const abbreviations = /\b(?:vs|e\.g|i\.e|al|etc|St|Dr|Mr|No|Fig|Eq|cf|resp|[A-Z])\. /g;
const sentenceBreaks = /[.?!][")'”’\]]? (?=["'(“]?[\p{Lu}\d])|[。！？]/gu;
/** Words of running sentences that titles in sentence case hardly use. */
const verbs =
  / (?:is|are|was|were|be|been|has|have|had|can|we|our|this|these|that|which|it|they|show|propose|present|such|also|however|but) /g;
/** How abstracts and their paragraphs begin. */
const opening =
  /^(?:we |our |this (?:paper|work|article|study|thesis|report|survey|book|is|new|makes)|in (?:this|recent|contrast|particular|addition|order)|recent(?:ly)?[, ]|these |there (?:is|are|has)|despite |although |while |however|here|to (?:this end|address|solve)|code |source code|the (?:code|proposed|results?|experiments?)|experiment(?:s |al results )|it (?:is|has)|abstract[:.])/i;
/** A sentence that goes on below; titles don't end so. */
const lastParticle =
  / (?:a|an|the|of|on|in|at|by|to|for|and|or|with|from|as|is|are|was|were|that|which|we|our)$/;
const lastUrl = /(?:https?:\/\/|www\.)\S{1,200}$|\.(?:com|org|io|net)\/\S{1,200}$/;
const bullet = /^(?:[-*•–] |\(?[\divx]{1,3}[.)] )/;
/** A first small letter that is no name: `einspace: …`, `sharpDARTS`, `k-means`. */
const smallLetter = /^\p{Ll}(?![\p{L}\d]*[\p{Lu}\d:-])/u;

/** Columns of a text: an ideograph says about as much as three Latin letters. */
export function widthOf(text: string): number {
  const wide = text.slice(0, LOOKED).match(wideLetters)?.length ?? 0;
  return text.length + wide * 2;
}

/** Above 0: rather a title; a difference of 3 means twenty to one. */
export function titleScore(text: string): number {
  const head = text.slice(0, LOOKED);
  const width = widthOf(text);
  const tail = text.slice(-250);
  let score: number = weights.base;
  for (const [limit, weight] of weights.wider) if (width > limit) score += weight;
  if (/[.。．][")'”’\]]?$/.test(tail)) score += weights.fullStop;
  if (/[?!？！]$/.test(tail)) score += weights.lastQuestion;
  if (/[:;,：；，]$/.test(tail)) score += weights.lastColon;
  if (lastParticle.test(tail)) score += weights.lastParticle;
  score += weights.sentenceBreak * countUpTo(head.replace(abbreviations, ' '), sentenceBreaks, MOST_BREAKS);
  score += weights.capitals * capitalShare(head, width > text.length + head.length / 2);
  if (width <= 250 && /[:：](?!\/)/.test(head)) score += weights.innerColon;
  score += weights.verb * countUpTo(head, verbs, MOST_VERBS);
  if (opening.test(head)) score += weights.opening;
  if (smallLetter.test(head)) score += weights.smallLetter;
  if (lastUrl.test(tail)) score += weights.lastUrl;
  if (bullet.test(head)) score += weights.bullet;
  return score;
}

function countUpTo(text: string, pattern: RegExp, most: number): number {
  return Math.min(text.match(pattern)?.length ?? 0, most);
}

/** Share of capitalised words among those of four letters or more, without the first; scripts without case: 0. */
function capitalShare(head: string, caseless: boolean): number {
  if (caseless) return 0;
  const long = head.split(' ').filter((word) => word.length >= 4 && /^\p{L}/u.test(word));
  if (long.length <= 1) return 0.5;
  return long.slice(1).filter((word) => /^\p{Lu}/u.test(word)).length / (long.length - 1);
}
