import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { projectRoot } from '../../src/platform/paths.js';
import { collect, type Result } from './read-fixture.js';

const captures = join(projectRoot, '..', 'shared', 'fixtures');
const skip = !existsSync(captures) && `the real captures are not there: ${captures}`;

const read = (name: string): Buffer => readFileSync(join(captures, name));

/** Bodies of the answers that a cassette of VCR keeps. */
function bodiesOf(name: string): string[] {
  const { interactions } = parse(read(name).toString('utf8'));
  return interactions.map(({ response }: { response: { content: string } }) => response.content);
}

const without = (field: keyof Result['records'][number], { records }: Result): number =>
  records.filter((record) => record[field] === undefined || record[field] === '').length;

describe('answers of services as they were saved', { skip }, () => {
  const daily = { source: 'huggingface', format: 'jsonl', problems: 0 };
  for (const [name, wanted] of [
    ['hf_daily_papers_ikevinxie.json', { ...daily, papers: 25, arxivIds: 25, abstracts: 25, stars: 18 }],
    ['hf_daily_papers_sotawhat.json', { ...daily, papers: 30, arxivIds: 30, abstracts: 30, stars: 16 }],
    ['hf_daily_papers_allnews.json', { ...daily, papers: 5, arxivIds: 5, abstracts: 5, stars: 2 }],
    ['hf_daily_zzjjay.json', { ...daily, papers: 3, arxivIds: 3, abstracts: 3, stars: 1 }],
    ['hf_paper_search_kazakh.json', { ...daily, papers: 9, arxivIds: 9, abstracts: 9, stars: 0 }],
    [
      'hf_papers_2024-08.html',
      { ...daily, format: 'html', papers: 13, arxivIds: 13, abstracts: 13, stars: 0 },
    ],
    [
      's2_search_sotawhat.json',
      { ...daily, source: 'semantic-scholar', papers: 5, arxivIds: 5, abstracts: 5, stars: 0 },
    ],
    [
      's2_paper_full.json',
      { ...daily, source: 'semantic-scholar', papers: 1, arxivIds: 0, abstracts: 1, stars: 0 },
    ],
    [
      'openalex_works_search.json',
      { ...daily, source: 'openalex', papers: 3, arxivIds: 1, abstracts: 1, stars: 0 },
    ],
    [
      'crossref_works_search.json',
      { ...daily, source: 'crossref', papers: 3, arxivIds: 0, abstracts: 2, stars: 0 },
    ],
  ] as const)
    test(name, async () => {
      const result = await collect(read(name), { size: 1_000 });
      const { records, problems, format } = result;
      assert.deepEqual(
        {
          ...{ source: records[0]?.source, format, papers: records.length, problems: problems.length },
          arxivIds: records.length - without('arxivId', result),
          abstracts: records.length - without('abstract', result),
          stars: records.length - without('stars', result),
        },
        wanted,
      );
      assert.equal(new Set(records.map(({ source }) => source)).size, 1);
      for (const record of records) {
        assert.ok(record.authors?.length && record.date, record.title);
        for (const author of record.authors)
          assert.doesNotMatch(author, /[@,;()[\]{}\\$*†\d]|\bet al\b|universit|^.{61}/i);
      }
    });

  test('the inner date of a Hugging Face item, not the one of New York', async () => {
    const { records } = await collect(read('hf_paper_search_kazakh.json'));
    const items = JSON.parse(read('hf_paper_search_kazakh.json').toString('utf8'));
    for (const [index, { date }] of records.entries())
      assert.equal(date, items[index].paper.publishedAt.slice(0, 10));
    assert.ok(
      items.some(
        (item: { publishedAt: string; paper: { publishedAt: string } }) =>
          item.publishedAt.slice(0, 10) !== item.paper.publishedAt.slice(0, 10),
      ),
    );
  });

  test('a cassette of citations: 19 answers with at most 100 titles each', async () => {
    const bodies = bodiesOf('s2_vcr_citations.yaml');
    const { records, problems } = await collect(bodies.join('\n'), { size: 65_536 });
    assert.deepEqual([bodies.length, records.length, problems.length], [19, 1_881, 0]);
    const first = await collect(bodies[0] ?? '', { size: 65_536 });
    assert.equal(first.records.length, 100);
    assert.ok(first.records.every(({ source, title }) => source === 'semantic-scholar' && title !== ''));
  });

  test('a cassette of a bulk search', async () => {
    const bodies = bodiesOf('s2_vcr_bulk_search.yaml');
    const { records, problems } = await collect(bodies.join('\n'), { size: 65_536 });
    assert.deepEqual([bodies.length, records.length, problems.length], [1, 1_000, 0]);
  });

  test('an answer of arXiv inside JSON is one problem that says what to do', async () => {
    const { records, problems } = await collect(read('arxivpy_q_testing_100.json'), { size: 65_536 });
    assert.deepEqual([records.length, problems.length, problems[0]?.line], [0, 1, 1]);
    assert.match(problems[0]?.reason ?? '', /expected its "body" alone/);
  });
});
