import { mathsSpans } from '../papers/maths.js';

/** A title or an abstract where there can be no markup, such as a window's title: formulas as TeX, without their delimiters. */
export function plainText(text: string): string {
  let plain = '';
  let at = 0;
  for (const { start, end } of mathsSpans(text)) {
    const sign = text.startsWith('$', start) && !text.startsWith('$$', start) ? 1 : 2;
    plain += text.slice(at, start) + text.slice(start + sign, end - sign).trim();
    at = end;
  }
  return (plain + text.slice(at)).replaceAll('\\$', '$');
}
