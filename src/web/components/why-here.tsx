import type { Paper } from '../../papers/paper.js';
import type { Explanation } from '../../search/ranking/explain.js';
import { termOf } from '../../search/text/terms.js';
import { tokenise } from '../../search/text/tokens.js';

/** Words told of: the others gave next to nothing. */
const SHOWN_WORDS = 6;

export interface WhyHereProps {
  /** What ranks, as typed: its words stand for the stems that matched. */
  words: string;
  paper: Pick<Paper, 'title' | 'abstract'>;
  explanation: Explanation;
  /** The same page without this. */
  closePath: string;
}

/** One of a page. */
export const whyId = 'why';

/** Why a result stands where it does: the share of meaning and of words, and what each word gave. */
export function WhyHere({ words, paper, explanation, closePath }: WhyHereProps) {
  const { reason, dense, lexical } = explanation;
  const spelled = spellings(words);
  const terms = [...(lexical?.terms ?? [])]
    .sort((a, b) => b.score - a.score)
    .filter(({ score }) => score > 0);
  const has = spellings(`${paper.title}\n${paper.abstract}`);
  const missing = [...spelled].filter(
    ([term]) => !has.has(term) && !terms.some((found) => found.term === term),
  );
  const all = terms.reduce((sum, { score }) => sum + score, 0);
  return (
    <section class="because" id={whyId} tabIndex={-1} aria-label="Why it is here">
      <p>
        {capital(reason)} <a href={closePath}>Hide</a>
      </p>
      <dl>
        {dense && (
          <Part name="Meaning" weight={dense.weight}>
            <Share part={Math.max(0, dense.score)} />
            <span>
              <span class="num">{dense.score.toFixed(3)}</span> alike, of 1 at most
            </span>
          </Part>
        )}
        {lexical && (
          <Part name="Words" weight={lexical.weight}>
            <ul>
              {terms.slice(0, SHOWN_WORDS).map(({ term, score, inTitle, inBody, isAuthor }) => (
                <li key={term}>
                  <Share part={score / all} />
                  <span>
                    <b>{spelled.get(term) ?? term}</b>{' '}
                    <span class="num">{Math.round((score / all) * 100)}%</span>{' '}
                    {placesOf({ inTitle, inBody, isAuthor })}
                  </span>
                </li>
              ))}
              {terms.length === 0 && spelled.size === 0 && <li>those of the papers it is like</li>}
              {missing.length > 0 && <li>Not in it: {missing.map(([, word]) => word).join(', ')}</li>}
            </ul>
          </Part>
        )}
      </dl>
    </section>
  );
}

function Part({
  name,
  weight,
  children,
}: {
  name: string;
  weight: number;
  children: preact.ComponentChildren;
}) {
  return (
    <div>
      <dt>
        {name}
        {weight < 1 && <> counts {Math.round(weight * 100)}%</>}
      </dt>
      <dd>{children}</dd>
    </div>
  );
}

/** 0 to 1; the number stands beside it. */
function Share({ part }: { part: number }) {
  return (
    <svg class="share" width="60" height="10" aria-hidden="true">
      <rect class="all" width="60" height="10" />
      <rect width={Math.round(Math.min(1, part) * 60)} height="10" />
    </svg>
  );
}

function placesOf({
  inTitle,
  inBody,
  isAuthor,
}: {
  inTitle: number;
  inBody: number;
  isAuthor: boolean;
}): string {
  const places = [
    inTitle > 0 && 'in the title',
    inBody > 0 && (inBody === 1 ? 'once in the abstract' : `${inBody} times in the abstract`),
    isAuthor && 'in an author’s name',
  ];
  return places.filter(Boolean).join(', ');
}

/** The words of a text by their stems. */
function spellings(text: string): Map<string, string> {
  const found = new Map<string, string>();
  tokenise(text, (word, start, end) => {
    const term = termOf(word);
    if (!found.has(term)) found.set(term, text.slice(start, end));
  });
  return found;
}

const capital = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
