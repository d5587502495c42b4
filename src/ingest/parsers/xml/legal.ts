/** A reference or a tag that a cut goes through waits for its rest. */
export function withoutTail(text: string, ends: boolean): [string, string] {
  const tail = ends ? '' : (/(?:&[#\w.:-]{0,40}|<)$/.exec(text)?.[0] ?? '');
  return [tail === '' ? text : text.slice(0, -tail.length), tail];
}

/**
 * XML has no control characters. A bare ampersand would take everything up to the next semicolon for a name, and
 * `a < b` would lose both characters; tags of HTML and formulas that begin with a letter (`a <b`) stay mistakes.
 */
export function legal(text: string): string {
  const clean = forbidden.test(text) ? text.replaceAll(new RegExp(forbidden, 'gu'), ' ') : text;
  const referenced = clean.includes('&')
    ? clean.replace(/&(?!(?:#\d{1,9}|#x[\da-f]{1,8}|[a-z_][\w.-]{0,40});)/gi, '&amp;')
    : clean;
  return referenced.includes('<') ? referenced.replace(/<(?![\p{L}_:/!?])/gu, '&lt;') : referenced;
}

/** Control characters but for tab and line feed; those from U+007F on are allowed. */
const forbidden = /[^\P{Cc}\t\n\u007f-\u009f]|[\ufffe\uffff]|\p{Surrogate}/u;
