import type { Reason } from './request.js';
import type { TextFacts } from './text-facts.js';

const MAX_TERMS = 6;

/** Of how many occurrences a word counts: a word that an abstract repeats is its subject, ten times no more than four. */
const MAX_COUNT = 4;

/** Shared terms of two sentences below which they only happen to share a word. */
const MIN_SHARED = 2;

export type Rarity = ReadonlyMap<string, number>;

/** What two texts have in common: words weighted by how rare they are, and the nearest pair of sentences by these words. */
export function commonGround(
  given: TextFacts,
  result: TextFacts,
  rarity: Rarity,
): Pick<Reason, 'terms' | 'sentences'> {
  return { terms: sharedTerms(given, result, rarity), sentences: nearestSentences(given, result, rarity) };
}

function sharedTerms(given: TextFacts, result: TextFacts, rarity: Rarity): Reason['terms'] {
  const shared = [...result.terms].flatMap(([term, { count, written }]) => {
    const other = given.terms.get(term);
    if (!other) return [];
    const often = Math.sqrt(Math.min(MAX_COUNT, count) * Math.min(MAX_COUNT, other.count));
    const weight = Math.round(often * (rarity.get(term) ?? 0) * 100) / 100;
    return weight > 0 ? [{ term: written, weight }] : [];
  });
  return shared
    .sort((a, b) => b.weight - a.weight || (a.term < b.term ? -1 : 1))
    .filter(({ term }, at, all) => !all.slice(0, at).some((before) => covers(before.term, term)))
    .slice(0, MAX_TERMS);
}

/** `pre-training` says `training` and `pretraining` as well. */
function covers(a: string, b: string): boolean {
  const [long, short] = [a, b].map((term) => term.toLowerCase().replace(/[^\p{L}\p{N}]/gu, ''));
  return long!.includes(short!) || short!.includes(long!);
}

/** By the cosine of the sentences' words, each weighted by its rarity (Salton and McGill, 1983). */
function nearestSentences(given: TextFacts, result: TextFacts, rarity: Rarity): Reason['sentences'] {
  const lengthOf = (terms: ReadonlySet<string>): number => {
    let square = 0;
    for (const term of terms) square += (rarity.get(term) ?? 0) ** 2;
    return Math.sqrt(square);
  };
  const others = given.sentences.map((sentence) => ({ ...sentence, length: lengthOf(sentence.terms) }));
  let best: Reason['sentences'] = null;
  for (const { text, terms } of result.sentences) {
    const length = lengthOf(terms);
    for (const other of others) {
      let product = 0;
      let shared = 0;
      for (const term of terms) {
        if (!other.terms.has(term)) continue;
        shared++;
        product += (rarity.get(term) ?? 0) ** 2;
      }
      if (shared < MIN_SHARED || product === 0) continue;
      const similarity = Math.round((product / (length * other.length)) * 1_000) / 1_000;
      if (best === null || similarity > best.similarity)
        best = { given: other.text, result: text, similarity };
    }
  }
  return best;
}

/** What a word of a title counts in a name, against one of an abstract: titles say what a paper is about. */
const TITLE_COUNT = 4;

/** What an interest is called: the words that most of its texts have and few others do. */
export function nameOf(members: readonly TextFacts[], rarity: Rarity): string {
  const found = new Map<string, { texts: number; count: number; written: string }>();
  for (const { terms } of members) {
    for (const [term, { count, written, inTitle }] of terms) {
      const known = found.get(term) ?? { texts: 0, count: 0, written };
      known.texts++;
      known.count += Math.min(MAX_COUNT, count) * (inTitle ? TITLE_COUNT : 1);
      found.set(term, known);
    }
  }
  const weighed = [...found].map(([term, { texts, count, written }]) => ({
    term: written,
    weight: (texts / members.length) * Math.sqrt(count) * (rarity.get(term) ?? 0),
  }));
  return weighed
    .sort((a, b) => b.weight - a.weight || (a.term < b.term ? -1 : 1))
    .filter(({ term }, at, all) => !all.slice(0, at).some((before) => covers(before.term, term)))
    .slice(0, 3)
    .map(({ term }) => term)
    .join(', ');
}
