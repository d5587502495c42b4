/** A display name in the parts that citation formats want. */
export interface SplitName {
  /** With its particles (`van der Berg`); the whole name where it can't be split. */
  family: string;
  /** '' where there is none. */
  given: string;
  /** `Jr.`, `III`; '' where there is none. */
  suffix: string;
  /** A group, or several people in one name: formats must not take it apart. */
  whole: boolean;
}

const suffix = /^(?:jr|sr|ii|iii|iv|2nd|3rd)\.?$/i;

/** Generations that belong to the family name in Portuguese. */
const generation = /^(?:filho|netto|neto|j[uú]nior|sobrinho)$/i;

/** Capital or not: `Luc Van Gool`, `Ludwig van Beethoven`. A capital one in front is a given name (`Van Jacobson`). */
const particle =
  /^(?:van|von|vander|vom|de|del|della|dello|der|den|dos|das|da|di|du|des|le|la|el|al|ben|abu|ibn|st\.|[dlo]['’])$/i;

/** Only in lower case: `Bin`, `Ten` and `E` are given names and initials far more often. */
const lowerParticle = /^(?:do|bin|bint|binti|ter|ten|te|zu|zum|zur|af|av|dit|auf|los|las)$/;

/** Between two family names: `José Ortega y Gasset`. */
const joint = /^(?:y|e|i)$/;

/** `Minh Van Nguyen`: the middle name, not a particle. */
const vietnamese =
  /^(?:nguyen|tran|le|pham|huynh|hoang|phan|vu|vo|dang|bui|do|ho|ngo|duong|ly|dinh|dao|truong|luong|doan|trinh|thin|anh|minh|hung)$/;

const group =
  /\b(?:collaborations?|consortium|teams?|groups?|project|network|initiative|committee|organi[sz]ation|university|institutes?|laborator(?:y|ies)|labs|research|foundation|society|association|alliance|inc|corp|ltd|gmbh|llc)\b|^the\b|\s(?:and|&)\s|^(?:others|and)$|^\\?and\s|\sothers$/i;

const eastAsian = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー々]+$/u;

/**
 * Splits a display name by custom, not by knowledge of the person: the last word is the family name, with the
 * particles before it; `Last, First` stays; names of Han, Kana or Hangul have the family name first.
 */
export function splitName(name: string): SplitName {
  const plain = name.replace(/\s+/g, ' ').trim();
  if (group.test(plain)) return { family: plain, given: '', suffix: '', whole: true };
  return plain.includes(',') ? splitAtComma(plain) : splitWords(plain.split(' '));
}

function splitAtComma(name: string): SplitName {
  const parts = name.split(',').map((part) => part.trim());
  const [first = '', second = '', third = ''] = parts;
  const whole = { family: name, given: '', suffix: '', whole: true };
  if (parts.length > 3 || parts.some((part) => part === '')) return whole;
  if (parts.length === 2) {
    if (suffix.test(second)) return { ...splitWords(first.split(' ')), suffix: second };
    if (suffix.test(first)) return { ...splitWords(second.split(' ')), suffix: first };
    return { family: first, given: second, suffix: '', whole: false };
  }
  if (suffix.test(second)) return { family: first, given: third, suffix: second, whole: false };
  return suffix.test(third) ? { family: first, given: second, suffix: third, whole: false } : whole;
}

function splitWords(words: string[]): SplitName {
  const name = words.join(' ');
  if (words.length === 1) return { family: name, given: '', suffix: '', whole: false };
  if (words.at(-1)!.startsWith('(')) return { family: name, given: '', suffix: '', whole: true };
  if (suffix.test(words.at(-1)!)) return { ...splitWords(words.slice(0, -1)), suffix: words.at(-1)! };
  if (words.length === 2 && words.every((word) => eastAsian.test(word)))
    return { family: words[0]!, given: words[1]!, suffix: '', whole: false };
  const start = familyStart(words);
  return {
    family: words.slice(start).join(' '),
    given: words.slice(0, start).join(' '),
    suffix: '',
    whole: false,
  };
}

function familyStart(words: string[]): number {
  const last = words.length - 1;
  if (particle.test(words[0]!) && /^\p{Ll}/u.test(words[0]!)) return 0;
  const first = words.findIndex((word, at) => at > 0 && at < last && isParticle(word, words[at + 1]!));
  if (first > 0) return first;
  if (last >= 3 && joint.test(words[last - 1]!)) return last - 2;
  return generation.test(words[last]!) && last >= 2 ? last - 1 : last;
}

function isParticle(word: string, next: string): boolean {
  if (/^van$/i.test(word) && vietnamese.test(next.toLowerCase())) return false;
  return particle.test(word) || lowerParticle.test(word);
}
