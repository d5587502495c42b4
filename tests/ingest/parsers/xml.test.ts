import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { projectRoot } from '../../../src/platform/paths.js';
import { collect } from '../read-fixture.js';
import { atom, oai, oaiRecord, rss } from './xml-fixture.js';

async function read(text: string) {
  const result = await collect(text, { size: 65_536 });
  return { ...result, reasons: result.problems.map(({ reason }) => reason) };
}

const entry = `<entry>
    <id>http://arxiv.org/abs/hep-ex/0307015v2</id>
    <updated>2003-08-01T17:59:45Z</updated>
    <published>2003-07-10T17:59:45Z</published>
    <title>Light &amp; heavy birds of
  mass $m &lt; 5\\,g$</title>
    <summary>  We weigh birds. Each is
weighed twice, at $10^{-3}$ g.
  A second paragraph.
</summary>
    <author><name>Ann Lee</name><arxiv:affiliation>Feather Institute</arxiv:affiliation></author>
    <author><name>:</name></author>
    <author><name>Bob Ráy</name></author>
    <arxiv:comment>12 pages; an earlier version was withdrawn</arxiv:comment>
    <arxiv:journal_ref>J. Feath. 5 (2003)
 12-20</arxiv:journal_ref>
    <arxiv:doi>10.1000/AB.c</arxiv:doi>
    <link href="http://arxiv.org/abs/hep-ex/0307015v2" rel="alternate" type="text/html"/>
    <category term="68T07" scheme="http://arxiv.org/schemas/atom"/>
    <category term="I.2.7; H.5.2" scheme="http://arxiv.org/schemas/atom"/>
    <category term="cond-mat.mes-hall" scheme="http://arxiv.org/schemas/atom"/>
    <category term="hep-ex" scheme="http://arxiv.org/schemas/atom"/>
    <arxiv:primary_category term="hep-ex"/>
  </entry>`;

const paper = {
  source: 'arxiv',
  title: 'Light & heavy birds of mass $m < 5\\,g$',
  abstract: 'We weigh birds. Each is weighed twice, at $10^{-3}$ g.\n\nA second paragraph.',
  arxivId: 'hep-ex/0307015',
  arxivVersion: 2,
  doi: '10.1000/ab.c',
  authors: ['Ann Lee', 'Bob Ráy'],
  date: '2003-07-10',
  venue: 'J. Feath. 5 (2003) 12-20',
  url: 'https://arxiv.org/abs/hep-ex/0307015',
  categories: ['hep-ex', 'cond-mat.mes-hall'],
  asOf: '2003-08-01',
};

describe('answers of the API', () => {
  test('an entry with all that there is', async () => {
    const { records, reasons, format, lines } = await read(atom(entry));
    assert.deepEqual([format, reasons, records, lines], ['xml', [], [paper], [4]]);
  });

  test('in any encoding, compressed, in pieces of any size, with and without line breaks', async () => {
    const text = atom(entry + entry.replace('0307015v2', '0307016v1'));
    for (const bytes of [
      gzipSync(text),
      Buffer.from(`\ufeff${text.replaceAll('\n', '\r\n')}`),
      Buffer.from(`\n\n${text}\n<!-- made by hand -->\n`),
      Buffer.from(`\ufeff${text}`, 'utf16le'),
      Buffer.from(text.replaceAll('\n', '\r')),
    ]) {
      for (const size of [1, 7, 65_536]) {
        const { records, problems } = await collect(bytes, { size });
        assert.deepEqual(
          [records, problems],
          [
            [
              paper,
              {
                ...paper,
                arxivId: 'hep-ex/0307016',
                arxivVersion: 1,
                url: 'https://arxiv.org/abs/hep-ex/0307016',
              },
            ],
            [],
          ],
        );
      }
    }
  });

  test('names are by namespace, not by prefix', async () => {
    const prefixed = atom(entry)
      .replace('xmlns="', 'xmlns:a="')
      .replaceAll(
        /<(\/?)(feed|entry|id|updated|published|title|summary|author|name|link|category)\b/g,
        '<$1a:$2',
      )
      .replaceAll('arxiv:', 'x:')
      .replace('xmlns:arxiv', 'xmlns:x');
    assert.deepEqual((await read(prefixed)).records, [paper]);
    const foreign = await read(atom(entry).replaceAll('<title>', '<title xmlns="http://example.org/">'));
    assert.match(foreign.reasons[0] ?? '', /"title" is missing/);
  });

  test('an error is a problem with the reason of arXiv', async () => {
    const { records, reasons } = await read(
      atom(`<entry><id>http://arxiv.org/api/errors#start_must_be_an_integer</id><title>Error</title>
        <summary>start must be an
          integer</summary></entry>`),
    );
    assert.deepEqual([records, reasons], [[], ['arXiv answered with an error: start must be an integer']]);
  });

  test('a paper that was withdrawn, and entries of others, are problems', async () => {
    for (const [changed, reason] of [
      [
        entry.replace(/12 pages; an.*withdrawn/, 'This paper has been\nwithdrawn by the author'),
        /withdrawn: This paper has been withdrawn by/,
      ],
      [
        entry.replace(/<summary>[\s\S]*<\/summary>/, '<summary>Withdrawn due to an error.</summary>'),
        /was withdrawn/,
      ],
      [
        entry.replace('12 pages; an', 'arXiv admin note: submission has been withdrawn by arXiv; an'),
        /was withdrawn/,
      ],
      [
        entry.replace('http://arxiv.org/abs/', 'urn:x:'),
        /no arXiv id in its id: expected .*, found urn:x:hep-ex/,
      ],
      [entry.replace(/<title>[\s\S]*<\/title>/, ''), /"title" is missing/],
    ] as const) {
      const { titles, reasons } = await read(atom(changed + entry));
      assert.deepEqual([titles.length, reasons.length], [1, 1], String(reason));
      assert.match(reasons[0]!, reason);
    }
  });

  test('a page without results has neither papers nor problems', async () => {
    assert.deepEqual((await read(atom(''))).lines, []);
    assert.deepEqual((await read(rss(''))).lines, []);
  });

  test('mark-up, references and control characters become text', async () => {
    const { records, problems } = await read(
      atom(`<entry><id>http://arxiv.org/abs/2401.01234</id>
        <title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Light <i>birds</i> &amp;amp; H<sub>2</sub>O\u0001</div></title>
        <summary>Q &amp; A, R&D, a < b, 5&nbsp;g, &#966;, <![CDATA[x < y & z]]>.<p>More.</p></summary></entry>`),
    );
    assert.deepEqual(problems, []);
    assert.equal(records[0]?.title, 'Light birds & H2O');
    assert.equal(records[0].abstract, 'Q & A, R&D, a < b, 5 g, φ, x < y & z.\n\nMore.');
  });
});

const announcement = (type: string, id = '2508.13426v3'): string => `<entry>
  <id>oai:arXiv.org:${id}</id><title>Light Birds</title>
  <updated>2025-08-20T04:00:19.899254+00:00</updated>
  <summary>arXiv:${id} Announce Type: ${type} 
Abstract: We weigh birds.</summary>
  <category term="cs.CL"/><category term="68T50"/>
  <published>2025-08-20T00:00:00-04:00</published>
  <arxiv:announce_type>${type}</arxiv:announce_type>
  <dc:creator>Ann Lee (Feather Institute, Oslo), Bob Ray, Jr., Cy de la Poe</dc:creator>
</entry>`;

const announced = {
  source: 'arxiv',
  title: 'Light Birds',
  abstract: 'We weigh birds.',
  arxivId: '2508.13426',
  arxivVersion: 3,
  authors: ['Ann Lee', 'Bob Ray Jr.', 'Cy de la Poe'],
  date: '2025-08',
  url: 'https://arxiv.org/abs/2508.13426',
  categories: ['cs.CL'],
  asOf: '2025-08-20',
};

describe('announcements', () => {
  test('as Atom: whatever the type, the paper; of its date the month', async () => {
    for (const type of ['new', 'cross', 'replace', 'replace-cross']) {
      const { records, problems } = await read(atom(announcement(type)));
      assert.deepEqual([records, problems], [[announced], []]);
    }
    const { records } = await read(atom(announcement('replace', 'hep-th/9901001v2')));
    assert.deepEqual([records[0]?.arxivId, records[0]?.date], ['hep-th/9901001', '1999-01']);
  });

  test('as RSS', async () => {
    const item = (guid: string): string => `<item><title>Light Birds</title>
      <link>https://arxiv.org/abs/2508.13426</link>
      <description>arXiv:2508.13426v3 Announce Type: new 
Abstract: We weigh birds.</description>
      <guid isPermaLink="false">${guid}</guid><category>cs.CL</category>
      <pubDate>Wed, 20 Aug 2025 00:00:00 -0400</pubDate>
      <arxiv:announce_type>new</arxiv:announce_type>
      <dc:creator>Ann Lee, Bob Ray, Jr. and Cy de la Poe</dc:creator></item>`;
    const { records, problems } = await read(rss(item('oai:arXiv.org:2508.13426v3') + item('')));
    const { arxivVersion: _, ...byLink } = announced;
    assert.deepEqual([records, problems], [[announced, byLink], []]);
    const broken = await read(rss(item('').replace('abs/2508.13426', 'abs/')));
    assert.match(broken.reasons[0] ?? '', /no arXiv id in its guid and link/);
  });
});

describe('OAI-PMH', () => {
  const fields = `<id>0704.0001</id><title>Light
  Birds</title><categories>hep-ph nucl-ex 68T07</categories><comments>37 pages</comments>
    <journal-ref>J. Feath. 76</journal-ref><doi>10.1000/1</doi><abstract>  We weigh
birds.
</abstract>`;
  const common = {
    ...{ source: 'arxiv', title: 'Light Birds', abstract: 'We weigh birds.', arxivId: '0704.0001' },
    ...{
      doi: '10.1000/1',
      venue: 'J. Feath. 76',
      url: 'https://arxiv.org/abs/0704.0001',
      asOf: '2025-01-31',
    },
    categories: ['hep-ph', 'nucl-ex'],
  };

  test('arXiv', async () => {
    const authors = `<authors><author><keyname>Balázs</keyname><forenames>C.</forenames><suffix>Jr</suffix></author>
      <author><keyname>Feather Collaboration</keyname></author></authors>`;
    const { records, reasons } = await read(
      oai(
        oaiRecord(`<arXiv xmlns="http://arxiv.org/OAI/arXiv/">${fields}<created>2007-04-02</created>
        <updated>2008-11-26</updated>${authors}</arXiv>`),
      ),
    );
    const wanted = { ...common, authors: ['C. Balázs Jr', 'Feather Collaboration'], date: '2007-04-02' };
    assert.deepEqual([records, reasons], [[wanted], []]);
  });

  test('arXivRaw: the date of the first version, the number of the last, names as they were typed', async () => {
    const versions = (
      type: string,
    ): string => `<version version="v2"><date>Tue, 24 Jul 2007 20:10:27 GMT</date>
      <source_type>${type}</source_type></version>
      <version version="v1"><date>Mon, 2 Apr 2007 19:18:42 GMT</date><source_type>D</source_type></version>`;
    const record = (type: string): string =>
      oaiRecord(`<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/">${fields}${versions(type)}
        <authors>The FEATHER Collaboration: C. Bal\\'azs (1 and (2)), E. L. Lee, et al. ((1) Oslo, (2) Rome)</authors></arXivRaw>`);
    const { records, reasons } = await read(oai(record('D') + record('DI')));
    const authors = ['The FEATHER Collaboration', 'C. Balázs', 'E. L. Lee'];
    assert.deepEqual(records, [
      { ...common, arxivVersion: 2, authors, hasMoreAuthors: true, date: '2007-04-02' },
    ]);
    assert.deepEqual(reasons, ['this paper was withdrawn: version 2 has no text']);
  });

  test('oai_dc', async () => {
    const { records, reasons } = await read(
      oai(
        oaiRecord(`<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/">
        <dc:title>Light Birds</dc:title><dc:creator>Balázs, C.</dc:creator><dc:creator>Feather Collaboration</dc:creator>
        <dc:subject>High Energy Physics - Phenomenology</dc:subject><dc:description>We weigh birds.</dc:description>
        <dc:description>Comment: 37 pages</dc:description><dc:date>2008-11-26</dc:date><dc:date>2007-04-02</dc:date>
        <dc:identifier>http://arxiv.org/abs/0704.0001</dc:identifier><dc:identifier>J. Feath. 76</dc:identifier>
        <dc:identifier>doi:10.1000/1</dc:identifier></oai_dc:dc>`),
      ),
    );
    const authors = ['C. Balázs', 'Feather Collaboration'];
    const wanted = { ...common, authors, date: '2007-04-02', categories: ['hep-ph', 'cs.LG'] };
    assert.deepEqual([records, reasons], [[wanted], []]);
  });

  test('deleted records, unknown formats and errors are problems; no records are none', async () => {
    const deleted = `<record><header status="deleted"><identifier>oai:arXiv.org:0704.0002</identifier></header></record>`;
    const { records, reasons, lines } = await read(oai(`${deleted}\n${oaiRecord('<marc xmlns="urn:x"/>')}`));
    assert.deepEqual([records, lines], [[], [3, 4]]);
    assert.deepEqual(reasons, [
      'the repository has deleted this record: oai:arXiv.org:0704.0002',
      'this record has metadata in marc: expected the formats arXiv, arXivRaw or oai_dc',
    ]);
    const answer = (code: string): string =>
      oai('').replace(/<ListRecords>[\s\S]*<\/ListRecords>/, `<error code="${code}">Not so</error>`);
    assert.deepEqual((await read(answer('badArgument'))).reasons, [
      'arXiv answered with an error: Not so (badArgument)',
    ]);
    assert.deepEqual((await read(answer('noRecordsMatch'))).lines, []);
  });

  test('pages one behind another are read as one', async () => {
    const page = oai(oaiRecord(`<arXiv xmlns="http://arxiv.org/OAI/arXiv/">${fields}</arXiv>`));
    const { records, problems } = await read(`${page}\n${page}\n${page}\n\n`);
    assert.deepEqual([records.length, problems], [3, []]);
  });
});

describe('real answers', () => {
  const fixtures = join(projectRoot, '..', 'shared', 'fixtures');
  const skip = !existsSync(fixtures) && `the real files are not there: ${fixtures}`;
  const counts: readonly [
    string,
    number,
    { authors: number; doi: number; venue: number; categories: number },
  ][] = [
    ['arxiv_api_atom_ikevinxie.xml', 50, { authors: 50, doi: 0, venue: 0, categories: 50 }],
    ['arxiv_api_atom_sotawhat.xml', 5, { authors: 5, doi: 0, venue: 0, categories: 5 }],
    ['arxivpy_q_testing_100.json', 100, { authors: 100, doi: 32, venue: 18, categories: 100 }],
    ['arxiv_rss_tidedra.xml', 7, { authors: 7, doi: 0, venue: 0, categories: 7 }],
    ['arxiv_rss_cs_ai_distill.xml', 3, { authors: 3, doi: 0, venue: 0, categories: 3 }],
    ['arxiv_oai_hepcrawl.xml', 12, { authors: 12, doi: 1, venue: 1, categories: 12 }],
    ['arxiv_oai_listrecords_hepcrawl.xml', 3, { authors: 3, doi: 1, venue: 1, categories: 3 }],
  ];

  for (const [name, papers, having] of counts)
    test(`${name}: ${papers} papers`, { skip }, async () => {
      const file = readFileSync(join(fixtures, name));
      const bytes = name.endsWith('.json')
        ? Buffer.from((JSON.parse(file.toString()) as { body: string }).body)
        : file;
      for (const input of [bytes, gzipSync(bytes)]) {
        const { records, problems, format } = await collect(input, { size: 65_536 });
        assert.deepEqual([format, records.length, problems], ['xml', papers, []]);
        const found = (key: keyof typeof having): number =>
          records.filter((record) => record[key] !== undefined).length;
        const all = {
          authors: found('authors'),
          doi: found('doi'),
          venue: found('venue'),
          categories: found('categories'),
        };
        assert.deepEqual(all, having);
        for (const { arxivId, abstract, date, asOf, source } of records) {
          assert.ok(arxivId !== undefined && date !== undefined && asOf !== undefined && source === 'arxiv');
          assert.ok(abstract.length > 40);
          assert.doesNotMatch(abstract, /[^\n]\n[^\n]|Announce Type|&(?:amp|lt|gt);/);
        }
      }
    });
});
