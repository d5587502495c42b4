/** Answers of arXiv around entries of one's own. */

export function atom(entries: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">
  <updated>2025-08-20T04:00:19Z</updated><opensearch:totalResults>386601</opensearch:totalResults><opensearch:startIndex>50</opensearch:startIndex>
  ${entries}
</feed>`;
}

export function rss(items: string): string {
  return `<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0">
<channel><title>cs.CL updates</title><pubDate>Wed, 20 Aug 2025 00:00:00 -0400</pubDate>
<skipDays><day>Saturday</day><day>Sunday</day></skipDays>
${items}
</channel></rss>`;
}

export function oai(records: string): string {
  return `<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2025-02-01T00:00:01Z</responseDate>
<ListRecords>
${records}
<resumptionToken cursor="0" completeListSize="1042">7263|1001</resumptionToken>
</ListRecords></OAI-PMH>`;
}

export function oaiRecord(metadata: string): string {
  return `<record><header><identifier>oai:arXiv.org:0704.0001</identifier><datestamp>2025-01-31</datestamp>
<setSpec>cs</setSpec><setSpec>physics:hep-ph</setSpec><setSpec>cs:cs:LG</setSpec></header><metadata>${metadata}</metadata></record>`;
}
