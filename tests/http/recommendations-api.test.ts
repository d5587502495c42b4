import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { PaperRecord } from '../../src/papers/paper.js';
import { get, takeIn } from '../support/search-service.js';
import { withService } from '../support/service.js';

const now = new Date('2024-03-20T12:00:00Z');

const subjects: [words: string, ...titles: string[]][] = [
  ['bees hives honey waggle dance flowers combs', 'Bees that dance', 'Honey and hives', 'Combs of bees'],
  ['robots legs gaits slopes gravel motors', 'Robots that walk', 'Gaits on gravel', 'Legs for robots'],
  ['proteins folds helices residues chains', 'Folds of proteins', 'Helices in chains', 'Residues that fold'],
];

const papers: PaperRecord[] = subjects.flatMap(([words, ...titles], subject) =>
  titles.map((title, n) => ({
    source: 'jsonl' as const,
    title,
    abstract: `${words}. ${title}.`,
    authors: [`Ada ${title.split(' ')[0]}`],
    date: `202${n}-0${subject + 1}-10`,
    arxivId: `240${subject + 1}.0000${n}`,
    categories: [`cs.A${subject}`],
    upvotes: n,
  })),
);

interface Item {
  paper: { id: string; title: string; date: string; categories: string[] };
  score: number;
  similarity: number | null;
  interest: number;
  reason: {
    nearest: { id: string | null; title: string; similarity: number };
    terms: { term: string; weight: number }[];
    sentences: { given: string; result: string } | null;
  } | null;
}
interface Answer {
  items: Item[];
  interests: { name: string; members: { id: string | null }[] }[];
  missing: string[];
  notice: string | null;
  books: Record<string, number>;
  problemList: { line: number; reason: string }[];
}

describe('the API of recommendations', () => {
  const service = withService({ clock: { now: () => now } });
  before(() => takeIn(service, papers));

  const idsOf = ({ items }: Answer): string[] => items.map(({ paper }) => paper.id);
  const post = (url: string, payload: object | string, type = 'application/json') =>
    service.app.inject({ method: 'POST', url, payload, headers: { 'content-type': type } });
  const recommend = async (body: object): Promise<Answer> => {
    const answer = await post('/api/v1/recommendations', body);
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.json<Answer>();
  };

  it('gives papers related to one, and why', async () => {
    const answer = (await get(service, '/api/v1/papers/2401.00000/related', { limit: 3 })).json<Answer>();
    assert.deepEqual(new Set(idsOf(answer).slice(0, 2)), new Set(['2401.00001', '2401.00002']));
    const { reason, similarity } = answer.items[0]!;
    assert.equal(reason!.nearest.id, '2401.00000');
    assert.ok(Math.abs(reason!.nearest.similarity - similarity!) < 1e-9);
    assert.ok(reason!.terms.some(({ term }) => ['bees', 'hives', 'honey', 'combs'].includes(term)));
    assert.ok(reason!.sentences!.result.length > 0);
  });

  it('takes filters, an order, diversity and a limit for related papers', async () => {
    const related = async (params: Record<string, string | number | boolean>): Promise<Answer> =>
      (await get(service, '/api/v1/papers/2401.00000/related', params)).json<Answer>();
    assert.deepEqual(
      (await related({ category: 'cs.A1', minScore: -1 })).items.map(({ paper }) => paper.categories[0]),
      ['cs.A1', 'cs.A1', 'cs.A1'],
    );
    assert.ok((await related({ from: '2022' })).items.every(({ paper }) => paper.date >= '2022'));
    const dates = (await related({ sort: 'newest' })).items.map(({ paper }) => paper.date);
    assert.deepEqual(dates, dates.toSorted().reverse());
    const diverse = await related({ diversity: 1, limit: 3, minScore: -1 });
    assert.ok(new Set(diverse.items.map(({ paper }) => paper.categories[0])).size > 1);
    assert.equal(
      (await related({ limit: 500, reasons: false, minScore: -1 })).items.length,
      papers.length - 1,
    );
    assert.equal((await related({ limit: 1, reasons: false })).items[0]!.reason, null);
  });

  it('recommends from several papers and texts, apart, and away from others', async () => {
    const answer = await recommend({
      positives: ['arXiv:2401.00000v2', { title: 'Notes', text: 'proteins and their folds and helices' }],
      negatives: ['2402.00000'],
      limit: 4,
    });
    assert.equal(answer.interests.length, 2);
    assert.ok(answer.interests.every(({ name }) => name !== ''));
    assert.deepEqual(new Set(answer.items.slice(0, 2).map(({ interest }) => interest)), new Set([0, 1]));
    assert.ok(answer.items.every(({ paper }) => !paper.categories.includes('cs.A1')));
  });

  it('names unknown papers, and refuses what it can not read', async () => {
    assert.deepEqual((await recommend({ positives: ['2401.00000', 'nope'] })).missing, ['nope']);
    const refused: [object, number, string][] = [
      [{ positives: ['nope'] }, 404, 'paper_not_found'],
      [{ positives: [] }, 400, 'invalid_input'],
      [{}, 400, 'invalid_input'],
      [{ positives: [7] }, 404, 'paper_not_found'],
      [{ positives: ['2401.00000'], limit: 501 }, 400, 'invalid_input'],
      [{ positives: ['2401.00000'], from: 'soon' }, 400, 'invalid_query'],
      [{ positives: ['2401.00000'], like: 'x' }, 400, 'invalid_input'],
      [{ positives: ['2401.00000'], addedSince: 'soon' }, 400, 'invalid_input'],
      [{ positives: ['2401.00000'], addedSince: '2020-06-30T23:59:60Z' }, 400, 'invalid_input'],
      [{ positives: [{ text: 'x'.repeat(20_001) }] }, 400, 'invalid_input'],
    ];
    for (const [body, status, code] of refused) {
      const answer = await post('/api/v1/recommendations', body);
      assert.equal(answer.statusCode, status, `${JSON.stringify(body)} ${answer.body}`);
      assert.equal(answer.json<{ code: string }>().code, code);
    }
  });

  it('answers over a socket, where a request has ended before its answer begins', async () => {
    const origin = await service.app.listen({ host: '127.0.0.1', port: 0 });
    const ask = (path: string, body: string, type: string): Promise<Response> =>
      fetch(`${origin}${path}`, { method: 'POST', body, headers: { 'content-type': type } });
    const recommended = await ask(
      '/api/v1/recommendations',
      JSON.stringify({ positives: ['2401.00000', { text: 'legs of robots' }] }),
      'application/json',
    );
    assert.equal(recommended.status, 200, await recommended.clone().text());
    assert.ok(((await recommended.json()) as Answer).items.length > 0);
    const theirs = await ask(
      '/recommendations/v1/papers/',
      JSON.stringify({ positivePaperIds: ['2401.00000'] }),
      'application/json',
    );
    assert.equal(theirs.status, 200, await theirs.text());
    const profile = await ask('/api/v1/profile', '2401.00000', 'text/plain');
    assert.equal(profile.status, 200, await profile.text());
  });

  it('exports what it recommends', async () => {
    const answer = await post('/api/v1/recommendations?format=bibtex', {
      positives: ['2401.00000'],
      limit: 2,
    });
    assert.match(answer.headers['content-type'] as string, /bibtex/);
    assert.equal(answer.body.match(/^@/gm)?.length, 2);
  });

  describe('from a library', () => {
    const library = `@article{a, title = {Bees that dance}, author = {Ada Bees}, year = 2020}
@article{b, title = {Honey and hives}, author = {Ada Honey}, year = 2021, eprint = {2401.00001}, archiveprefix = {arXiv}}
@misc{c, title = {Walking machines}, abstract = {robots with legs and gaits on slopes}, year = 2023}
@article{d, year = 2020}
`;

    it('matches its papers, names its groups, and leaves out what it has', async () => {
      const answer = await post('/api/v1/profile?limit=9', library, 'application/x-bibtex');
      assert.equal(answer.statusCode, 200, answer.body);
      const { books, interests, problemList, items } = answer.json<Answer>();
      assert.deepEqual(books, { entries: 3, papers: 2, texts: 1, unknown: 0, left: 0, problems: 1 });
      assert.equal(problemList[0]!.line, 4);
      assert.equal(interests.length, 2);
      assert.ok(items.every(({ paper }) => !['2401.00000', '2401.00001'].includes(paper.id)));
      assert.ok(items.slice(0, 3).some(({ paper }) => paper.id === '2401.00002'));
    });

    it('takes a list of ids', async () => {
      const answer = (
        await post('/api/v1/profile', '2401.00000\n2402.00000 2409.99999\n', 'text/plain')
      ).json<Answer>();
      assert.deepEqual([answer.books['papers'], answer.books['unknown']], [2, 1]);
      assert.deepEqual(answer.missing, ['2409.99999']);
    });

    it('tells what is new since a day', async () => {
      const ask = async (day: string): Promise<number> =>
        (
          await post(`/api/v1/profile?minScore=-1&addedSince=${day}`, '2401.00000', 'text/plain')
        ).json<Answer>().items.length;
      assert.equal(await ask('2020-01-01'), papers.length - 1);
      assert.equal(await ask('2120-01-01'), 0);
    });

    it('refuses one that says nothing', async () => {
      for (const body of ['', '2409.99999\n']) {
        const answer = await post('/api/v1/profile', body, 'text/plain');
        assert.equal(answer.statusCode, 400, answer.body);
      }
    });
  });
});
