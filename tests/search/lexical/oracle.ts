import { isNamed, placedWords } from '../../../src/papers/name-words.js';
import type { LexicalDocument } from '../../../src/search/lexical/document.js';
import type { Condition, PlacedTerm } from '../../../src/search/lexical/queries/conditions.js';
import { queryWeight, type RankTerm, rankParameters } from '../../../src/search/lexical/queries/rank.js';
import { stopWords, termOf } from '../../../src/search/text/terms.js';
import { tokensOf } from '../../../src/search/text/tokens.js';

/*
 * What the word index must answer, worked out anew from the papers for every question: slow, and plain enough to be seen to
 * be right.
 */

interface Placed {
  term: string;
  place: number;
}

function placed(text: string): Placed[] {
  return tokensOf(text).map(({ word, position }) => ({ term: termOf(word), place: position }));
}

/** Words that count for the length: each place once, without stop words. */
function lengthOf(text: string): number {
  const firsts = new Map<number, string>();
  for (const { word, position } of tokensOf(text)) if (!firsts.has(position)) firsts.set(position, word);
  return [...firsts.values()].filter((word) => !stopWords.has(word)).length;
}

function holdsPhrase(text: Placed[], terms: readonly PlacedTerm[]): boolean {
  return text.some(({ place: start }) =>
    terms.every(({ term, offset }) => text.some((one) => one.term === term && one.place === start + offset)),
  );
}

/** The days that a date may mean, as numbers: `2024-03` is 20240300 to 20240399. */
function daysOf(date: string): { first: number; last: number } {
  const [year = '', month, day] = date.split('-');
  return {
    first: Number(year + (month ?? '00') + (day ?? '00')),
    last: Number(year + (month ?? '99') + (day ?? '99')),
  };
}

export function fulfils(document: LexicalDocument, condition: Condition): boolean {
  switch (condition.op) {
    case 'words':
      return (
        holdsPhrase(placed(document.title), condition.terms) ||
        (!condition.titleOnly && holdsPhrase(placed(document.abstract), condition.terms))
      );
    case 'author':
      return document.authors.some((name) => isNamed(name, condition.words, { initials: true }));
    case 'venue': {
      const words = tokensOf(document.venue ?? '').map(({ word, position }) => ({
        term: word,
        place: position,
      }));
      return holdsPhrase(
        words,
        condition.words.map((term, offset) => ({ term, offset })),
      );
    }
    case 'category': {
      const wanted = condition.name.toLowerCase();
      return document.categories.some((one) => `${one.toLowerCase()}.`.startsWith(`${wanted}.`));
    }
    case 'source':
      return document.sources.includes(condition.name);
    case 'dates': {
      if (document.date === null) return false;
      const { first, last } = daysOf(document.date);
      return last >= condition.from && first <= condition.to;
    }
    case 'code':
      return document.hasCode;
    case 'upvotes':
      return (document.upvotes ?? 0) >= condition.min;
    case 'created':
      return (
        document.createdAt >= (condition.from ?? 0) &&
        document.createdAt <= (condition.until ?? Number.POSITIVE_INFINITY)
      );
    case 'keys':
      return condition.keys.includes(document.key);
    case 'not':
      return !fulfils(document, condition.condition);
    case 'or':
      return condition.conditions.some((one) => fulfils(document, one));
  }
}

/** BM25F of every paper that has one of the terms, by key. */
export function scoresOf(
  documents: readonly LexicalDocument[],
  terms: readonly RankTerm[],
): Map<number, number> {
  const { k1, titleB, bodyB, titleWeight, authorWeight } = rankParameters;
  const texts = documents.map(({ title, abstract, authors }) => ({
    title: placed(title),
    body: placed(abstract),
    names: authors.flatMap((name) => placedWords(name).map(({ word }) => word)),
    titleLength: lengthOf(title),
    bodyLength: lengthOf(abstract),
  }));
  const mean = (field: 'titleLength' | 'bodyLength'): number =>
    Math.max(1, texts.reduce((sum, text) => sum + text[field], 0) / texts.length);
  const [titleMean, bodyMean] = [mean('titleLength'), mean('bodyLength')];
  const rarity = (count: number): number => Math.log(1 + (documents.length - count + 0.5) / (count + 0.5));
  const count = (text: Placed[], term: string): number => text.filter((one) => one.term === term).length;

  const scores = new Map<number, number>();
  for (const { term, word, weight } of terms) {
    const having = texts.filter(({ title, body }) => count(title, term) + count(body, term) > 0).length;
    const named = texts.filter(({ names }) => names.includes(word)).length;
    texts.forEach((text, at) => {
      const inTitle =
        (titleWeight * count(text.title, term)) / (1 - titleB + (titleB * text.titleLength) / titleMean);
      const inBody = count(text.body, term) / (1 - bodyB + (bodyB * text.bodyLength) / bodyMean);
      const all = inTitle + inBody;
      let score = queryWeight(weight) * rarity(having) * (all / (k1 + all));
      if (text.names.includes(word)) score += Math.min(3, weight) * authorWeight * rarity(named);
      const { key } = documents[at]!;
      if (score > 0) scores.set(key, (scores.get(key) ?? 0) + score);
    });
  }
  return scores;
}
