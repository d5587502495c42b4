/** What a source would answer if nothing went wrong: forty papers that nobody wrote, in each of the shapes that are read. */
export const payloadPapers = 40;

export interface Payload {
  name: string;
  kind: 'xml' | 'json' | 'text';
  contentType: string;
  body: string;
}

const numbers = Array.from({ length: payloadPapers }, (_, at) => at);
const idOf = (at: number) => `2401.${String(at + 1).padStart(5, '0')}`;
const titleOf = (at: number) => `How Birds Number ${at} Find Their Way Over Größe and Water`;
const abstractOf = (at: number) =>
  `Bird ${at} was followed with a light tag. It flew at night, rested by day, and kept its course where the stars could be seen. `.repeat(
    4,
  );

const atom = `<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">
<title>Birds</title><updated>2024-01-05T00:00:00Z</updated><opensearch:totalResults>${payloadPapers}</opensearch:totalResults>
${numbers
  .map(
    (at) => `<entry><id>http://arxiv.org/abs/${idOf(at)}v1</id><published>2024-01-04T10:00:00Z</published>
<updated>2024-01-04T10:00:00Z</updated><title>${titleOf(at)}</title><summary>${abstractOf(at)}</summary>
<author><name>Ada Finch</name></author><category term="q-bio.PE"/></entry>`,
  )
  .join('\n')}
</feed>`;

const rss = `<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<title>q-bio updates</title><pubDate>Fri, 05 Jan 2024 00:00:00 -0500</pubDate>
${numbers
  .map(
    (at) => `<item><title>${titleOf(at)}</title><link>https://arxiv.org/abs/${idOf(at)}</link>
<description>arXiv:${idOf(at)}v1 Announce Type: new 
Abstract: ${abstractOf(at)}</description><guid isPermaLink="false">oai:arXiv.org:${idOf(at)}v1</guid>
<arxiv:announce_type>new</arxiv:announce_type><dc:creator>Ada Finch</dc:creator></item>`,
  )
  .join('\n')}
</channel></rss>`;

const oai = `<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2024-01-05T00:00:00Z</responseDate><ListRecords>
${numbers
  .map(
    (
      at,
    ) => `<record><header><identifier>oai:arXiv.org:${idOf(at)}</identifier><datestamp>2024-01-04</datestamp></header>
<metadata><arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>${idOf(at)}</id><created>2024-01-04</created>
<authors><author><keyname>Finch</keyname><forenames>Ada</forenames></author></authors><title>${titleOf(at)}</title>
<categories>q-bio.PE</categories><abstract>${abstractOf(at)}</abstract></arXiv></metadata></record>`,
  )
  .join('\n')}
<resumptionToken>next|1</resumptionToken></ListRecords></OAI-PMH>`;

const huggingFace = numbers.map((at) => ({
  paper: {
    id: idOf(at),
    authors: [{ _id: `a${at}`, name: 'Ada Finch', hidden: false }],
    publishedAt: '2024-01-04T10:00:00.000Z',
    title: titleOf(at),
    summary: abstractOf(at),
    upvotes: at,
  },
  publishedAt: '2024-01-04T05:00:00.000Z',
  title: titleOf(at),
  summary: abstractOf(at),
  numComments: 0,
}));

const openAlex = {
  meta: { count: payloadPapers },
  results: numbers.map((at) => ({
    id: `https://openalex.org/W44${at + 1_000}`,
    doi: `https://doi.org/10.5555/birds.${at}`,
    title: titleOf(at),
    publication_date: '2024-01-04',
    authorships: [{ author: { display_name: 'Ada Finch' } }],
    abstract_inverted_index: { Birds: [0], were: [1], followed: [2] },
  })),
};

const crossref = {
  status: 'ok',
  'message-type': 'work-list',
  message: {
    items: numbers.map((at) => ({
      DOI: `10.5555/birds.${at}`,
      title: [titleOf(at)],
      author: [{ given: 'Ada', family: 'Finch' }],
      abstract: `<jats:p>${abstractOf(at)}</jats:p>`,
      issued: { 'date-parts': [[2024, 1, 4]] },
    })),
  },
};

const lines = numbers.map((at) =>
  JSON.stringify({
    title: titleOf(at),
    abstract: abstractOf(at),
    authors: ['Ada Finch'],
    date: '2024-01-04',
    id: idOf(at),
  }),
);

const bibtex = numbers.map(
  (at) =>
    `@article{birds${at},\n  title = {${titleOf(at)}},\n  author = {Finch, Ada},\n  year = {2024},\n  abstract = {${abstractOf(at)}},\n  eprint = {${idOf(at)}}\n}`,
);

const csv = [
  'title,abstract,date,id',
  ...numbers.map((at) => `${titleOf(at)},"${abstractOf(at)}",2024-01-04,${idOf(at)}`),
];

export const payloads: readonly Payload[] = [
  { name: 'atom', kind: 'xml', contentType: 'application/atom+xml; charset=utf-8', body: atom },
  { name: 'rss', kind: 'xml', contentType: 'application/rss+xml; charset=utf-8', body: rss },
  { name: 'oai', kind: 'xml', contentType: 'text/xml; charset=utf-8', body: oai },
  { name: 'hugging-face', kind: 'json', contentType: 'application/json', body: JSON.stringify(huggingFace) },
  { name: 'openalex', kind: 'json', contentType: 'application/json', body: JSON.stringify(openAlex) },
  { name: 'crossref', kind: 'json', contentType: 'application/json', body: JSON.stringify(crossref) },
  { name: 'jsonl', kind: 'json', contentType: 'application/jsonl', body: `${lines.join('\n')}\n` },
  { name: 'bibtex', kind: 'text', contentType: 'application/x-bibtex', body: `${bibtex.join('\n')}\n` },
  { name: 'csv', kind: 'text', contentType: 'text/csv', body: `${csv.join('\n')}\n` },
];
