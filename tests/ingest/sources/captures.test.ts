import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { projectRoot } from '../../../src/platform/paths.js';
import { withDatabase } from '../../support/postgres.js';
import { booksOf, withPulling } from './pulling.js';

const captures = join(projectRoot, '..', 'shared', 'fixtures');
const skip = !existsSync(captures) && `the real captures are not there: ${captures}`;
const read = (name: string): string => readFileSync(join(captures, name), 'utf8');

/** Real answers, each pulled as its source is: what is announced, new, updated, known already, failed, and waits. */
describe('sources that answer as the real ones did', { skip }, () => {
  const pulling = withPulling(withDatabase(), { now: '2026-04-27T12:00:00Z' });

  async function pulled(settings: (url: string) => object, play: (url: URL) => string): Promise<number[]> {
    const host = await pulling.host(play);
    const run = await pulling.pull(await pulling.source({ ...settings(host.url) }));
    const { outcome, ...counts } = booksOf(run);
    assert.equal(outcome, 'done', run.problem ?? '');
    return Object.values(counts);
  }

  const arxiv = (url: string) => ({ kind: 'arxiv', categories: ['cs.AI'], feeds: url, api: url });
  const nothing = '<feed xmlns="http://www.w3.org/2005/Atom"><title>none</title></feed>';

  it('arXiv: an announcement as RSS, before the API has its papers', async () => {
    const counts = await pulled(arxiv, ({ pathname }) =>
      pathname.startsWith('/rss/') ? read('arxiv_rss_cs_ai_distill.xml') : nothing,
    );
    assert.deepEqual(counts, [3, 3, 0, 0, 0, 3]);
  });

  it('arXiv: the API’s list of what changed since a day', async () => {
    const api = read('arxiv_api_atom_ikevinxie.xml');
    const counts = await pulled(
      (url) => ({ ...arxiv(url), since: '2020-01-01' }),
      ({ pathname, searchParams }) =>
        pathname.startsWith('/rss/')
          ? '<rss version="2.0"><channel><title>cs.AI</title></channel></rss>'
          : Number(searchParams.get('start')) === 0
            ? api.replace(/(<opensearch:totalResults[^>]*>)\d+/, '$14')
            : nothing,
    );
    assert.deepEqual(counts, [50, 50, 0, 0, 0, 0]);
  });

  for (const [name, counts] of [
    // Two of them were among the changes that arXiv told of.
    ['hf_daily_papers_ikevinxie.json', [25, 23, 2, 0, 0, 0]],
    ['hf_daily_papers_sotawhat.json', [30, 30, 0, 0, 0, 0]],
  ] as const)
    it(`Hugging Face: ${name}`, async () => {
      const found = await pulled(
        (base) => ({ kind: 'huggingface', base, since: '2026-04-26' }),
        ({ searchParams }) => (searchParams.get('date') === '2026-04-26' ? read(name) : '[]'),
      );
      assert.deepEqual(found, counts);
    });

  it('OAI-PMH: a list of records of arXiv', async () => {
    const found = await pulled(
      (url) => ({ kind: 'oai', url, prefix: 'arXiv' }),
      () => read('arxiv_oai_listrecords_hepcrawl.xml'),
    );
    assert.deepEqual(found, [3, 3, 0, 0, 0, 0]);
  });

  for (const [name, counts] of [
    ['arxiv_rss_tidedra.xml', [7, 7, 0, 0, 0, 0]],
    ['hf_papers_2024-08.html', [13, 13, 0, 0, 0, 0]],
    ['hf_paper_search_kazakh.json', [9, 9, 0, 0, 0, 0]],
    ['s2_search_sotawhat.json', [5, 5, 0, 0, 0, 0]],
    ['openalex_works_search.json', [3, 3, 0, 0, 0, 0]],
    ['crossref_works_search.json', [3, 3, 0, 0, 0, 0]],
    ['acm_sigir-2019.bib', [287, 287, 0, 0, 0, 0]],
  ] as const)
    it(`an address: ${name}`, async () => {
      const found = await pulled(
        (url) => ({ kind: 'feed', url: `${url}/${name}` }),
        ({ search }) => (search === '' ? read(name) : '{"data": []}'),
      );
      assert.deepEqual(found, counts);
    });
});
