import { areInitials } from '../../papers/person-name.js';
import { cleanLine } from './text.js';

/** Longest name of an author or a collaboration that is kept. */
export const MAX_NAME_LENGTH = 300;

/** Who writes together under one name. */
const groups =
  /\b(?:collaborations?|consortium|teams?|groups?|project|network|initiative|committee|organi[sz]ation|task force|alliance)\b/i;

export const isGroup = (text: string): boolean => groups.test(text);

const places =
  /\b(?:universit\p{L}*|univ|institut\p{L}*|inst|dept|department|departamento|laborator\p{L}*|college|school|faculty|academy|hospital|cent(?:er|re)|polytechni\p{L}*|fachbereich|observatory|ministry)\b/iu;
const knownPlaces =
  /^(?:MIT|CMU|CERN|EPFL|ETHZ?|ETH Z[uü]rich|UCLA|UCSD|NASA|INRIA|Inria|CNRS|NIST|KAIST|DESY|SLAC|Fermilab|IBM|USA|UK)$/;

/** `University of Oslo`: where somebody works. */
export const isAffiliation = (text: string): boolean =>
  (places.test(text) || knownPlaces.test(text)) && !groups.test(text);

const degree =
  /^(?:ph\.? ?d|m\.? ?d|d\.? ?sc|m\.? ?sc|b\.? ?sc|m\.a|b\.a|mba|d\.?phil|dr|prof|esq|r\.n)\.?$/i;

/** `Ph.D.` behind a name; `MD` behind a single word are initials. */
export function isDegree(text: string, before: string): boolean {
  return degree.test(text) && (before.includes(' ') || !areInitials(text));
}

/** Behind a name, with a space or none: who is meant by an affiliation's number, or who answers letters. */
const marks = /^[*†‡§¶‖#✉∗⋆★]+|[¹²³⁰-⁹ªᵃᵇᶜᵈᵉ*†‡§¶‖#✉∗⋆★]+(?=$|[\s,;])/gu;
/** DBLP tells people of one name apart by number. */
const homonym = /(?<=\p{L}) 0\d{3}$/u;
const numbers = /(?<=\p{L}{2})\d{1,2}$|(?<=\S \S{0,40}\p{L}{2}),?\s\d{1,2}$/u;
const titles = /^(?:(?:dr|prof|professor|mr|mrs|ms)\.?\s+)+(?=\p{L}[\p{L}.'’-]*\s)/iu;
const degrees = /(?<=\p{L}{2}),?\s+(?:ph\.? ?d|m\.d|m\.? ?sc|d\.? ?sc)\.?$/iu;

/** One name without the marks, titles and degrees around it. */
export function bareName(text: string): string {
  // More is no name; what is cut off goes with the rest beyond the limit.
  let name = cleanLine(text.slice(0, 4 * MAX_NAME_LENGTH))
    .replace(marks, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(homonym, '');
  name = name.replace(/^\d{1,2}\s*(?=\p{L})/u, '');
  if (name.includes(' ')) {
    name = name.replace(titles, '').replace(degrees, '');
    if (!isGroup(name)) name = name.replace(numbers, '');
  }
  return name.replace(/^[\s,;:]+|[\s,;:]+$/g, '').replace(/(?<=\p{Ll}{3})(?<!\b(?:Corp|Univ|Inst))\.$/u, '');
}
