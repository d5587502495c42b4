/**
 * A person's name in its parts. Sources that give the parts apart are believed; of a text they are read by custom, not by knowledge of the
 * person.
 */
export interface PersonName {
  /** '' where there is none. */
  given: string;
  /** `van der`, `de la`, `bin`, `al-`; '' where there is none. */
  particle: string;
  /** Without its particle; the whole name where it can't be split. */
  family: string;
  /** `Jr.`, `III`; '' where there is none. */
  suffix: string;
  /** A group, or several people in one name: nobody may take it apart. */
  isWhole: boolean;
}

const suffix = /^(?:[Jj]r|JR|[Ss]r|SR|II|III|IV|2nd|3rd)\.?$/;

/** `Jr.`, `III` and what else tells a son from his father. */
export const isSuffix = (word: string): boolean => suffix.test(word);

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

const groups = new Set(
  `collaboration collaborations consortium team teams group groups project network initiative committee organisation organization university institute
  institutes laboratory laboratories labs research foundation society association alliance inc corp ltd gmbh llc`.split(
    /\s+/,
  ),
);
const several = /^the\b|\s(?:and|&)\s|^(?:others|and)$|^\\?and\s|\sothers$/i;

/** Words of a set: a pattern of them all takes four times as long, and every name of the collection is read. */
function isGroup(name: string): boolean {
  return (
    name
      .toLowerCase()
      .split(/[ ,;:.()/-]+/)
      .some((word) => groups.has(word)) || several.test(name)
  );
}

const eastAsian = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー々]+$/u;

/** `Y`, `JA` and `J.-P.` behind a family name: how medical databases write. */
const trailingInitials = /^(?:\p{Lu}\.?-?){1,3}$/u;
/** Family names that look like two initials where they are written in capitals. */
const shortFamily =
  /^(?:AN|AO|BA|BI|BO|DE|DI|DU|FU|GE|GU|HA|HE|HO|HU|JI|JO|JU|KE|KO|LA|LE|LI|LO|LU|MA|MO|MU|NA|NG|NI|NO|OH|OU|QI|QU|SU|TU|UM|WU|XI|XU|YE|YI|YU|ZU|BAI|CAI|CHO|CUI|DAI|FAN|GAO|GUO|HAN|KIM|LEE|LIM|LIN|LIU|LUO|PAN|QIN|RAO|REN|SHI|SUN|TAN|WEI|XIE|YAN|YAO|YIN|YUE|ZHU|ROY|RAY|DAS|SEN|COX|FOX|LAW|MAY)$/;

/**
 * Reads a name in any order: `First von Last Jr`, `von Last, First`, `von Last, Jr, First`, `Last, First, Jr` and `Last FM`. The last word is the
 * family name, with the particles before it; names of Han, Kana or Hangul have the family name first. Never throws; no letter is lost.
 */
export function readName(name: string): PersonName {
  const plain = name.replace(/\s+/g, ' ').trim();
  if (isGroup(plain)) return whole(plain);
  return plain.includes(',') ? readParts(plain) : readWords(plain.split(' '));
}

function whole(name: string): PersonName {
  return { given: '', particle: '', family: name, suffix: '', isWhole: true };
}

function readParts(name: string): PersonName {
  const parts = name.split(',').map((part) => part.trim());
  const [first = '', second = '', third = ''] = parts;
  if (parts.length > 3 || parts.some((part) => part === '')) return whole(name);
  if (parts.length === 2) {
    if (suffix.test(second)) return { ...readWords(first.split(' ')), suffix: second };
    if (suffix.test(first)) return { ...readWords(second.split(' ')), suffix: first };
    return { ...lastFirst(first, second), suffix: '' };
  }
  if (suffix.test(second)) return { ...lastFirst(first, third), suffix: second };
  return suffix.test(third) ? { ...lastFirst(first, second), suffix: third } : whole(name);
}

/** `Waals, J. D. van der` is how libraries sort. */
function lastFirst(last: string, first: string): PersonName {
  const words = first.split(' ');
  let end = words.length;
  while (end > 1 && /^\p{Ll}/u.test(words[end - 1]!) && isParticle(words[end - 1]!, last)) end -= 1;
  const family = familyParts([...words.slice(end), last].join(' '));
  return { ...family, given: words.slice(0, end).join(' '), suffix: '', isWhole: false };
}

function readWords(words: string[]): PersonName {
  const name = words.join(' ');
  const last = words.at(-1)!;
  if (words.length === 1) return { ...familyParts(name), given: '', suffix: '', isWhole: false };
  if (last.startsWith('(')) return whole(name);
  if (suffix.test(last)) return { ...readWords(words.slice(0, -1)), suffix: last };
  const isAscii = !/[^ -~]/.test(name);
  if (!isAscii && words.length === 2 && words.every((word) => eastAsian.test(word)))
    return { given: words[1]!, particle: '', family: words[0]!, suffix: '', isWhole: false };
  if (last.length <= 6 && areInitials(last) && !words.slice(0, -1).some(areInitials) && /\p{Ll}/u.test(name))
    return { ...familyParts(words.slice(0, -1).join(' ')), given: last, suffix: '', isWhole: false };
  const start = familyStart(words);
  return {
    ...familyParts(words.slice(start).join(' ')),
    given: words.slice(0, start).join(' '),
    suffix: '',
    isWhole: false,
  };
}

/** `J.`, `J. R.`, `J.-P.` and, in capitals alone, `JR`. */
export function areInitials(text: string): boolean {
  return text.split(' ').every((word) => trailingInitials.test(word) && !shortFamily.test(word));
}

/** The particles that a family name begins with, apart from it. */
function familyParts(text: string): Pick<PersonName, 'particle' | 'family'> {
  const joined = /^(al-|el-)(?=\S)(.+)$/i.exec(text);
  if (joined) return { particle: joined[1]!, family: joined[2]! };
  if (!text.includes(' ')) return { particle: '', family: text };
  const words = text.split(' ');
  let at = 0;
  while (at < words.length - 1 && isParticle(words[at]!, words[at + 1]!)) at += 1;
  return { particle: words.slice(0, at).join(' '), family: words.slice(at).join(' ') };
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

/** In reading order: `given particle family suffix`, of which any may be missing. */
export function displayName({
  given = '',
  particle = '',
  family = '',
  suffix: ending = '',
}: Partial<PersonName>): string {
  return [given, familyOf({ particle, family }), ending].filter((part) => part !== '').join(' ');
}

/** With its particle: `van der Berg`, `al-Razi`. */
export function familyOf({ particle, family }: Pick<PersonName, 'particle' | 'family'>): string {
  if (particle === '' || family === '') return particle + family;
  return particle.endsWith('-') ? particle + family : `${particle} ${family}`;
}
