/**
 * Milliseconds to wait by a `Retry-After` (RFC 9110, 10.2.3): seconds, or an HTTP date. Null where it is absent or says nothing;
 * 0 where its date is over.
 */
export function retryAfterMs(header: string | undefined, now: Date): number | null {
  const text = (header ?? '').trim();
  if (/^\d{1,12}$/.test(text)) return Number(text) * 1_000;
  // Date.parse takes far more for a date than HTTP does: "-1" is a day of 2001.
  if (!/^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*, .{10,30} GMT$/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime());
}
