import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withDatabase } from '../../support/postgres.js';
import { type Played, withPulling } from './pulling.js';

const record = (id: string): string =>
  `<record><header><identifier>oai:arXiv.org:${id}</identifier><datestamp>2026-11-10</datestamp></header><metadata>
    <oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/">
      <dc:title>Harvested ${id}</dc:title><dc:creator>Lee, Ann</dc:creator><dc:description>On birds.</dc:description>
      <dc:date>2026-11-01</dc:date><dc:identifier>http://arxiv.org/abs/${id}</dc:identifier></oai_dc:dc></metadata></record>`;

const page = (content: string, token = ''): string =>
  `<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-11-18T01:02:03Z</responseDate>
  <ListRecords>${content}<resumptionToken>${token}</resumptionToken></ListRecords></OAI-PMH>`;

const error = (code: string): string =>
  `<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-11-19T01:02:03Z</responseDate>
  <error code="${code}">because</error></OAI-PMH>`;

describe('a repository of OAI-PMH', () => {
  const pulling = withPulling(withDatabase());
  const cursorOf = async (id: number) => (await pulling.store().findById(id))?.cursor;

  it('is read list by list, each from the day of the one before', async () => {
    const answers: Record<string, Played> = {
      '': page(record('2611.20001') + record('2611.20002'), 'token|2'),
      'token|2': page(record('2611.20003')),
    };
    const host = await pulling.host((url) =>
      url.searchParams.has('from')
        ? error('noRecordsMatch')
        : answers[url.searchParams.get('resumptionToken') ?? '']!,
    );
    const source = await pulling.source({ kind: 'oai', url: `${host.url}/oai?x=1`, set: 'cs:cs:LG' });
    const run = await pulling.pull(source);
    assert.deepEqual([run.outcome, run.added, run.announced], ['done', 3, 3]);
    assert.deepEqual(host.requests, [
      '/oai?x=1&verb=ListRecords&metadataPrefix=oai_dc&set=cs%3Acs%3ALG',
      '/oai?x=1&verb=ListRecords&resumptionToken=token%7C2',
    ]);
    assert.deepEqual(await cursorOf(source.id), { until: '2026-11-18' });
    const quiet = await pulling.pull(source);
    assert.deepEqual([quiet.outcome, quiet.failed, quiet.problem], ['done', 0, null]);
    assert.match(host.requests[2] ?? '', /metadataPrefix=oai_dc&from=2026-11-18&set=/);
    assert.deepEqual(await cursorOf(source.id), { until: '2026-11-19' });
  });

  it('goes on with the page that failed, and from the beginning where its list was forgotten', async () => {
    let second: Played = { status: 503, headers: { 'retry-after': '60' } };
    const host = await pulling.host((url) =>
      url.searchParams.has('resumptionToken') ? second : page(record('2611.20011'), 't'),
    );
    const source = await pulling.source({ kind: 'oai', url: host.url });
    const run = await pulling.pull(source);
    assert.deepEqual([run.outcome, run.added], ['later', 1]);
    assert.deepEqual(await cursorOf(source.id), { token: 't', begun: '2026-11-18' });
    second = error('badResumptionToken');
    const lost = await pulling.pull(source);
    // Asked again, its beginning leads to the same token, which is forgotten too.
    assert.equal(lost.outcome, 'failed');
    assert.match(lost.note ?? '', /asked for from its beginning/);
    second = page(record('2611.20012'));
    assert.deepEqual(await pulling.pull(source).then(({ outcome, added }) => [outcome, added]), ['done', 1]);
  });

  it('may hold anything with a title', async () => {
    const foreign = `<record><header><identifier>oai:repo.example.org:7</identifier><datestamp>2026-11-10</datestamp></header><metadata>
      <oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/">
        <dc:title>Birds of the shore</dc:title><dc:creator>Lee, Ann</dc:creator><dc:description>On birds.</dc:description>
        <dc:date>2026-10-02</dc:date><dc:publisher>Journal of Feathers</dc:publisher>
        <dc:identifier>https://repo.example.org/7</dc:identifier><dc:identifier>https://doi.org/10.1000/shore</dc:identifier></oai_dc:dc></metadata></record>`;
    const host = await pulling.host(() => page(foreign));
    const run = await pulling.pull(await pulling.source({ kind: 'oai', url: host.url }));
    assert.deepEqual([run.added, run.failed], [1, 0]);
    const { title, authors, date, venue, doi, url, origins } = await pulling
      .papers()
      .getByRef('10.1000/shore');
    assert.deepEqual(
      { title, authors, date, venue, doi, url, source: origins.title?.source },
      {
        ...{
          title: 'Birds of the shore',
          authors: ['Ann Lee'],
          date: '2026-10-02',
          venue: 'Journal of Feathers',
        },
        ...{ doi: '10.1000/shore', url: 'https://repo.example.org/7', source: 'feed' },
      },
    );
  });

  it('never follows a token to itself, and says what the repository says', async () => {
    const host = await pulling.host((url) =>
      url.pathname === '/circle' ? page(record('2611.20021'), 'same') : error('badArgument'),
    );
    const circle = await pulling.pull(await pulling.source({ kind: 'oai', url: `${host.url}/circle` }));
    assert.deepEqual([circle.outcome, circle.requests], ['failed', 2]);
    assert.match(circle.problem ?? '', /from a page to the same page/);
    const wrong = await pulling.pull(await pulling.source({ kind: 'oai', url: `${host.url}/wrong` }));
    assert.equal(wrong.problem, 'the repository says: because (badArgument)');
  });
});
