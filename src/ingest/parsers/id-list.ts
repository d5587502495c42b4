import { normalizePaperRef } from '../../papers/paper-id.js';
import type { InputEntry, Line, LineParser } from './line-parser.js';
import { excerpt } from './text.js';

/** No id is longer (papers/paper-id.ts). */
const MAX_TOKEN_LENGTH = 2_048;

/**
 * Ids of papers, one a line or several with commas, semicolons or spaces between: arXiv ids, DOIs and URLs in every
 * form that papers/paper-id.ts knows. Lines that begin with # are comments, and so are words behind the id that a line
 * begins with (its title, a remark). Any other line is a problem beside the ids that are in it.
 */
export function createIdListParser(): LineParser {
  return {
    push({ number, text }: Line): InputEntry[] {
      const refs = idsIn(text).map(normalizePaperRef);
      const entries = refs.flatMap((ref): InputEntry[] =>
        ref === null ? [] : [{ kind: 'named', line: number, ref }],
      );
      if (refs.length === 0 || refs[0] !== null) return entries;
      const reason = 'this line begins with no id: expected an arXiv id, a DOI, or a URL of a paper';
      return [...entries, { kind: 'problem', problem: { line: number, reason, excerpt: excerpt(text) } }];
    },
    end: () => [],
  };
}

/** True for a text of which at least every second line begins with an id. */
export function isIdList(text: string): boolean {
  const lines = text
    .slice(0, 10_000)
    .split(/\r\n|\r|\n/)
    .map(idsIn)
    .filter((tokens) => tokens.length > 0)
    .slice(0, 100);
  const named = lines.filter(([first]) => normalizePaperRef(first!) !== null).length;
  return lines.length > 0 && named * 2 >= lines.length;
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
