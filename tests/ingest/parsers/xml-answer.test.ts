import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readXmlAnswer } from '../../../src/ingest/parsers/xml/answer.js';
import { atom, oai, oaiRecord, rss } from './xml-fixture.js';

const read = (text: string) => readXmlAnswer(Buffer.from(text));

const nothing = { resumptionToken: null, errors: [], ids: [], skipDays: [], announced: [], fault: null };

describe('what an answer says beside its papers', () => {
  test('the API: where the page stands', async () => {
    const paper = '<entry><id>http://arxiv.org/abs/2401.00001v1</id><title>Birds</title></entry>';
    assert.deepEqual(await read(`\ufeff${atom(paper + paper)}`), {
      ...nothing,
      ...{
        root: 'atom:feed',
        entries: 2,
        made: '2025-08-20T04:00:19Z',
        totalResults: 386_601,
        startIndex: 50,
        ids: ['2401.00001', '2401.00001'],
      },
    });
    const error =
      '<entry><id>http://arxiv.org/api/errors#x</id><title>Error</title><summary>not so</summary></entry>';
    assert.deepEqual((await read(atom(error))).errors, [{ code: 'api', reason: 'not so' }]);
  });

  test('the API: how far back it goes; feeds: the page behind it', async () => {
    const of = (day: string): string =>
      `<entry><id>http://arxiv.org/abs/2401.00001v1</id><updated>${day}T00:00:00Z</updated></entry>`;
    const link = '<link rel="self" href="/a"/><link rel="next" href="?page=2"/>';
    const { oldestUpdate, next } = await read(atom(link + of('2026-11-05') + of('2026-11-03')));
    assert.deepEqual([oldestUpdate, next], ['2026-11-03T00:00:00Z', '?page=2']);
  });

  test('announcements: what was announced how, and days without any', async () => {
    const item = (guid: string, type: string): string =>
      `<item><guid>oai:arXiv.org:${guid}</guid><description>arXiv:${guid} Announce Type: ${type}
Abstract: Birds.</description></item>`;
    const items =
      item('2508.13426v1', 'new') + item('hep-ex/0307015v3', 'replace-cross') + item('2508.13427', 'odd');
    assert.deepEqual(await read(rss(items)), {
      ...nothing,
      ...{
        root: 'rss',
        entries: 3,
        made: 'Wed, 20 Aug 2025 00:00:00 -0400',
        skipDays: ['Saturday', 'Sunday'],
      },
      announced: [
        { arxivId: '2508.13426', version: 1, type: 'new' },
        { arxivId: 'hep-ex/0307015', version: 3, type: 'replace-cross' },
        { arxivId: '2508.13427', type: null },
      ],
    });
    const entry = `<entry><id>oai:arXiv.org:2508.13426v1</id><arxiv:announce_type>cross</arxiv:announce_type></entry>`;
    assert.deepEqual((await read(atom(entry))).announced, [
      { arxivId: '2508.13426', version: 1, type: 'cross' },
    ]);
  });

  test('OAI-PMH: the token of the next page, and errors', async () => {
    const page = oai(oaiRecord(''));
    assert.deepEqual(await read(page), {
      ...nothing,
      ...{ root: 'oai:OAI-PMH', entries: 1, made: '2025-02-01T00:00:01Z' },
      ...{ resumptionToken: '7263|1001', completeListSize: 1_042 },
    });
    assert.equal((await read(page.replace('7263|1001', ''))).resumptionToken, null);
    const error = page.replace(/<ListRecords>[\s\S]*<\/ListRecords>/, '<error code="badResumptionToken"/>');
    assert.deepEqual((await read(error)).errors, [
      { code: 'badResumptionToken', reason: 'badResumptionToken' },
    ]);
  });

  test('why it could not be read to its end', async () => {
    assert.match((await read(atom('').replace('</feed>', ''))).fault ?? '', /cut off/);
    const html = await read('<!DOCTYPE html><html></html>');
    assert.match(html.fault ?? '', /HTML/);
    assert.equal(html.root, null);
  });
});
