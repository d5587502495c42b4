import { normalizePaperRef } from '../../papers/paper-id.js';
import type { InputEntry, Line, LineParser } from './line-parser.js';
import { excerpt } from './text.js';

/** No id is longer (papers/paper-id.ts). */
const MAX_TOKEN_LENGTH = 2_048;

/**
 * Ids of papers, one a line or several with commas, semicolons or spaces between: arXiv ids, DOIs and URLs in every
 * form that papers/paper-id.ts knows. Lines that begin with # are comments. What is no id is a problem.
 */
export function createIdListParser(): LineParser {
  return {
    push: ({ number, text }: Line): InputEntry[] =>
      idsIn(text).map((token) => {
        const ref = normalizePaperRef(token);
        if (ref !== null) return { kind: 'named', line: number, ref };
        const reason = 'this is no id: expected an arXiv id, a DOI, or a URL of a paper';
        return { kind: 'problem', problem: { line: number, reason, excerpt: excerpt(token) } };
      }),
    end: () => [],
  };
}

/** True for a text whose words are ids, but for fewer than one in four. */
export function isIdList(text: string): boolean {
  const tokens = text
    .slice(0, 10_000)
    .split(/\r\n|\r|\n/)
    .flatMap(idsIn)
    .slice(0, 100);
  const others = tokens.filter((token) => normalizePaperRef(token) === null).length;
  return tokens.length > 0 && others * 4 < tokens.length;
}

function idsIn(line: string): string[] {
  if (/^\s*#/.test(line)) return [];
  return (
    line
      .replace(/\ufeff/g, '')
      .replace(/\b(arxiv|doi)\s*:\s+/gi, '$1:')
      // The category that arXiv's own citations have behind the id.
      .replace(/\s\[[a-z-]+(?:\.[a-z-]+)?\]/gi, ' ')
      .split(/[\s;]+|,(?=\s|$)|,(?=(?:arxiv|doi|https?)\b|10\.\d|\d{4}\.\d|[a-z-]+\/\d{7})/i)
      .map((token) =>
        token.length > MAX_TOKEN_LENGTH ? token : token.replace(/^[<"'[(]+(?=\S)|[>"',\]]+$/g, ''),
      )
      .filter((token) => token !== '')
  );
}
