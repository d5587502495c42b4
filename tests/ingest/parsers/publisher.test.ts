import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect } from '../read-fixture.js';

const read = async (text: string) => {
  const { records, problems } = await collect(text, { size: 65_536 });
  return { records, reasons: problems.map(({ reason }) => reason) };
};

const expected = {
  source: 'feed',
  title: 'Birds that weigh themselves',
  abstract: 'We put birds on scales & wait.',
  doi: '10.1038/s41586-026-00001-2',
  authors: ['Ann Lee', 'Bob Ráy'],
  date: '2026-11-20',
  venue: 'Journal of Feathers',
  url: 'https://journal.example.org/articles/1',
};

describe('feeds of journals', () => {
  test('RSS 1.0 with PRISM and Dublin Core', async () => {
    const { records, reasons } = await read(`<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:content="http://purl.org/rss/1.0/modules/content/">
  <channel rdf:about="https://journal.example.org/feed"><title>Journal of Feathers</title>
    <items><rdf:Seq><rdf:li rdf:resource="https://journal.example.org/articles/1"/></rdf:Seq></items></channel>
  <item rdf:about="https://journal.example.org/articles/1">
    <title><![CDATA[Birds that weigh themselves]]></title>
    <link>https://journal.example.org/articles/1</link>
    <content:encoded><![CDATA[<p>Feathers, Published online: 20 November 2026; <a href="https://x">doi:10.1038/s41586-026-00001-2</a></p>We put birds on scales &amp; wait.]]></content:encoded>
    <dc:creator>Ann Lee</dc:creator><dc:creator>Bob Ráy</dc:creator>
    <dc:identifier>doi:10.1038/s41586-026-00001-2</dc:identifier>
    <dc:date>2026-11-20</dc:date>
    <prism:publicationName>Journal of Feathers</prism:publicationName>
  </item></rdf:RDF>`);
    assert.deepEqual([records, reasons], [[expected], []]);
  });

  test('RSS 2.0, whose authors have addresses and whose dates have names', async () => {
    const { records, reasons } = await read(`<rss version="2.0"><channel><title>J</title><item>
      <title>Birds that weigh themselves</title><link>https://journal.example.org/articles/1</link>
      <description>We put birds on scales &amp;amp; wait.</description>
      <author>ann@example.org (Ann Lee, Bob Ráy)</author>
      <guid>https://doi.org/10.1038/s41586-026-00001-2</guid>
      <pubDate>Fri, 20 Nov 2026 08:00:00 GMT</pubDate></item>
      <item><title>Without an address</title><author>secret@example.org</author></item></channel></rss>`);
    const { venue: _, ...without } = expected;
    assert.deepEqual(records[0], without);
    assert.deepEqual(
      [records[1], reasons],
      [{ source: 'feed', title: 'Without an address', abstract: '' }, []],
    );
  });

  test('Atom', async () => {
    const { records, reasons } = await read(`<feed xmlns="http://www.w3.org/2005/Atom"><entry>
      <id>urn:uuid:1</id><title>Birds that weigh themselves</title>
      <link rel="enclosure" href="https://journal.example.org/1.pdf"/><link href="https://journal.example.org/articles/1"/>
      <summary type="html">We put birds on scales &amp;amp; wait.</summary>
      <author><name>Ann Lee</name></author><author><name>Bob Ráy</name></author>
      <published>2026-11-20T10:00:00Z</published></entry></feed>`);
    const { venue: _, doi: __, ...without } = expected;
    assert.deepEqual([records, reasons], [[without], []]);
  });

  test('an entry without a title is a problem, and costs no other', async () => {
    const { records, reasons } = await read(
      '<rss version="2.0"><channel><item><link>https://a.example</link></item><item><title>Birds</title></item></channel></rss>',
    );
    assert.deepEqual([records.length, reasons], [1, ['"title" is missing: expected a text']]);
  });
});
