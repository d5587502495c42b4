/** Without the characters that XML 1.0 can't hold in any spelling (2.2: controls, halves of surrogate pairs); lines end in \n. */
export function cleanText(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/[^\t\n\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '');
}

/** By number: read the same by XML, by HTML, and by readers of RSS that take a title for either (RSS Advisory Board's profile). */
const byNumber = (sign: string): string => `&#${sign.charCodeAt(0)};`;

export function escapeText(text: string): string {
  return cleanText(text).replace(/[&<>"']/g, byNumber);
}

/** A parser makes spaces of tabs and line ends in attributes, unless they are written so. */
const escapeAttribute = (text: string): string => escapeText(text).replace(/[\t\n]/g, byNumber);

type Attributes = Readonly<Record<string, string>>;

/** An element with text in it; empty without. */
export function leaf(name: string, text = '', attributes: Attributes = {}): string {
  const start = `${name}${listAttributes(attributes)}`;
  return text === '' ? `<${start}/>` : `<${start}>${escapeText(text)}</${name}>`;
}

/** An element of elements, which are XML already, a line each. */
export function branch(name: string, children: readonly string[], attributes: Attributes = {}): string {
  return `<${name}${listAttributes(attributes)}>\n${children.join('\n')}\n</${name}>`;
}

export const xmlDocument = (root: string): string => `<?xml version="1.0" encoding="utf-8"?>\n${root}\n`;

function listAttributes(attributes: Attributes): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${escapeAttribute(value)}"`)
    .join('');
}
