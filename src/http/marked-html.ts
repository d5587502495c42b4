interface Range {
  start: number;
  end: number;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => entities[char]!);

/** The text, or the part of it in `within`, as HTML: escaped, and with `<mark>` around the ranges (ascending, UTF-16). */
export function markedHtml(text: string, ranges: readonly Range[], within?: Range): string {
  const { start, end } = within ?? { start: 0, end: text.length };
  let html = '';
  let at = start;
  for (const range of ranges) {
    if (range.start < at || range.end > end) continue;
    html += escapeHtml(text.slice(at, range.start));
    html += `<mark>${escapeHtml(text.slice(range.start, range.end))}</mark>`;
    at = range.end;
  }
  return html + escapeHtml(text.slice(at, end));
}
