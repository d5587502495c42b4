/** What a title says before its subtitle: up to a colon, a dash between spaces, a question mark or a full stop. */
export function mainTitle(title: string): string {
  return /^.+?(?=:|\? | [-–—] |\. )/u.exec(title)?.[0] ?? title;
}
