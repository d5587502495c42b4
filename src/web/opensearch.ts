/** Media type of the description, for the route and the page's `<link rel="search">`. */
export const openSearchType = 'application/opensearchdescription+xml';

/** At most 16 characters. */
const SHORT_NAME = 'Quire';
/** At most 1,024 characters, without mark-up. */
const DESCRIPTION = 'Search the research papers of this Quire by what they say.';

/**
 * Lets browsers offer the search in their address bar: OpenSearch 1.1, draft 6
 * (https://github.com/dewitt/opensearch). `origin` is scheme, host and port as the browser sees them, with no slash
 * at the end; URLs in a description must be absolute.
 */
export function openSearchDescription(origin: string): string {
  const base = templateLiteral(origin);
  return `<?xml version="1.0" encoding="UTF-8"?>
<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">
  <ShortName>${escapeXml(SHORT_NAME)}</ShortName>
  <Description>${escapeXml(DESCRIPTION)}</Description>
  <InputEncoding>UTF-8</InputEncoding>
  <Image width="16" height="16" type="image/svg+xml">${escapeXml(`${base}/assets/favicon.svg`)}</Image>
  <Url type="text/html" method="get" template="${escapeXml(`${base}/?q={searchTerms}`)}"/>
  <Url type="application/x-suggestions+json" rel="suggestions" method="get" template="${escapeXml(`${base}/api/v1/suggest?q={searchTerms}&format=opensearch`)}"/>
</OpenSearchDescription>
`;
}

/** Braces in an origin (from a forged Host header) would be parameters of the template. */
function templateLiteral(origin: string): string {
  return origin.replace(/[{}]/g, encodeURIComponent);
}

/** Also without the characters that XML 1.0 can't hold in any spelling. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
