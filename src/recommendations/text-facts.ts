import { splitSentences } from '../search/text/sentences.js';
import { isContentWord, termOf } from '../search/text/terms.js';
import { tokenise } from '../search/text/tokens.js';

/** What reasons read from a title and abstract. */
export interface TextFacts {
  /** Term -> how often, and how it is mostly written. */
  terms: ReadonlyMap<string, { count: number; written: string; inTitle: boolean }>;
  /** Sentences of the abstract, each with its terms. */
  sentences: readonly { text: string; terms: ReadonlySet<string> }[];
}

/** Letters of a word that may be a reason: shorter ones are mostly symbols. */
const MIN_WORD = 2;

/**
 * Stems of words that any abstract may have and that say nothing of its subject. In a small collection they are as rare as the
 * others, so that rarity alone doesn't tell.
 */
const generalTerms: ReadonlySet<string> = new Set(
  `achieve address allow analyze apply approach author become clearly day full later rather roughly beyond bring call come compare consider contain demonstrate derive
  describe develop discuss either end enable every exist experiment explain explore far find first forward four furthermore get give
  good help high however improve include increase instead interesting introduce investigate keep know large latter lead less like
  long low made main make many matter may method much must need new novel number obtain offer one open order paper part per
  perform present problem propose prove provide put reach report require result same say second see set several show significant
  similar simple since single small state still study suggest take tell term test third three thus together toward turn two
  type understand use user usual various way well whole without work year yet`
    .split(/\s+/)
    .map(termOf),
);

export function readTextFacts({ title, abstract }: { title: string; abstract: string }): TextFacts {
  const terms = new Map<string, { count: number; inTitle: boolean; spellings: Map<string, number> }>();
  const sentences = splitSentences(abstract).map(({ start, end }) => ({
    text: abstract.slice(start, end),
    terms: new Set<string>(),
  }));
  const read = (text: string, inTitle: boolean, sink: (term: string) => void): void =>
    tokenise(text, (word, start, end) => {
      if (word.length < MIN_WORD || !isContentWord(word) || /^[\d.]+$/.test(word)) return;
      const term = termOf(word);
      if (generalTerms.has(term)) return;
      sink(term);
      const known = terms.get(term) ?? { count: 0, inTitle, spellings: new Map<string, number>() };
      const spelling = text.slice(start, end);
      known.count++;
      known.spellings.set(spelling, (known.spellings.get(spelling) ?? 0) + 1);
      terms.set(term, known);
    });
  read(title, true, () => {});
  for (const sentence of sentences) read(sentence.text, false, (term) => sentence.terms.add(term));
  return {
    terms: new Map(
      [...terms].map(([term, { count, inTitle, spellings }]) => [
        term,
        { count, inTitle, written: mostWritten(spellings) },
      ]),
    ),
    sentences,
  };
}

/** The most frequent spelling; among equals the one in small letters, which doesn't begin a sentence. */
function mostWritten(spellings: ReadonlyMap<string, number>): string {
  const [[best] = ['']] = [...spellings].sort(
    (a, b) => b[1] - a[1] || Number(a[0] !== a[0].toLowerCase()) - Number(b[0] !== b[0].toLowerCase()),
  );
  return best;
}
