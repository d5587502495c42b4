import { createHash } from 'node:crypto';

/** 162 bits: no two answers meet by chance. */
const TAG_LENGTH = 27;

/**
 * A weak entity-tag (RFC 9110, 8.8.3) of an answer as it is sent. Weak, because compression may change the bytes of equal
 * answers.
 */
export function weakEtag(payload: string): string {
  return `W/"${createHash('sha256').update(payload).digest('base64url').slice(0, TAG_LENGTH)}"`;
}

/**
 * Whether an If-None-Match header names the tag (RFC 9110, 13.1.2): `*` or a list, by weak comparison. A header that
 * doesn't follow the grammar matches nothing: the full answer is always right.
 */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  const wanted = etag.replace(/^W\//, '');
  // Lists may have empty elements (5.6.1.2); commas may stand inside of a tag.
  const element = /[ \t]*(?:(?:W\/)?("[\x21\x23-\x7e\x80-\xff]*"))?[ \t]*(,|$)/y;
  let found = false;
  for (;;) {
    const match = element.exec(header);
    if (!match) return false;
    found ||= match[1] === wanted;
    if (match[2] === '') return found;
  }
}
