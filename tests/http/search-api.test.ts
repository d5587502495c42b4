import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { PaperRecord } from '../../src/papers/paper.js';
import { inventedPaper } from '../support/papers.js';
import { allPages, get, idsOf, searchApi, settle, takeIn, variedPapers } from '../support/search-service.js';
import { withService } from '../support/service.js';

const now = new Date('2024-03-20T12:00:00Z');
const varied = variedPapers(60);
const hostile = '<script>alert("1")</script> & \'quoted\' waxwing';

const named: PaperRecord[] = [
  ['2405.00001', 'Wägbare Körner: Weighing Grains of Sand Without a Scale'],
  ['2405.00002', 'Pebblesort'],
  ['2405.00003', 'Who Counts the Counters? A Census of Automata'],
  ['2405.00004', 'Lantern: Slow Light for Fast Readers'],
  ['2405.00005', 'Lantern'],
].map(([arxivId, title]) =>
  inventedPaper(0, { arxivId: arxivId!, title: title!, abstract: 'Sand, in grains.' }),
);

const others: PaperRecord[] = [
  inventedPaper(0, { arxivId: '2405.00010', title: hostile, abstract: `Birds. ${hostile} is a bird.` }),
  inventedPaper(0, {
    arxivId: '2405.00011',
    doi: '10.1234/waxwing.7',
    title: 'On the flight of kestrels',
    abstract: 'Of wings.',
  }),
  inventedPaper(0, { doi: '10.1234/a(b)c', title: 'On the flight of swifts', abstract: 'Of wings.' }),
  inventedPaper(0, { arxivId: 'hep-th/9901001', title: 'On the flight of strings', abstract: 'Of wings.' }),
];

describe('the search API', () => {
  const service = withService({ clock: { now: () => now } });
  const search = (params: Parameters<typeof get>[2]) => searchApi(service, params);
  const first = async (q: string) => (await search({ q, limit: 1 })).items[0]!;

  before(() => takeIn(service, [...varied, ...named, ...others]));

  describe('a paper that is named', () => {
    const forms: [string, string][] = [
      ['2405.00011', '2405.00011'],
      [' arXiv:2405.00011v3 ', '2405.00011'],
      ['https://arxiv.org/pdf/2405.00011v1.pdf', '2405.00011'],
      ['arxiv.org/abs/2405.00011?context=cs', '2405.00011'],
      ['https://huggingface.co/papers/2405.00011', '2405.00011'],
      ['https://www.alphaxiv.org/abs/2405.00011', '2405.00011'],
      ['10.48550/arXiv.2405.00011', '2405.00011'],
      ['10.1234/WAXWING.7', '2405.00011'],
      ['https://doi.org/10.1234/waxwing.7', '2405.00011'],
      ['doi:10.1234/a(b)c', 'doi:10.1234/a(b)c'],
      ['hep-th/9901001', 'hep-th/9901001'],
    ];
    for (const [q, id] of forms) {
      it(`is what ${q} gives, and nothing else`, async () => {
        const answer = await search({ q });
        assert.deepEqual(idsOf(answer), [id]);
        assert.deepEqual([answer.items[0]!.named, answer.total.value], ['id', 1]);
        assert.equal(answer.nextCursor, null);
      });
    }

    it('is said to be missing where nobody has it, beside what is near', async () => {
      const answer = await get(service, '/api/v1/search', { q: '2405.09999' });
      assert.match(answer.json<{ notice: string }>().notice, /no paper with the id 2405\.09999/);
      assert.equal(answer.headers['cache-control'], 'no-store');
    });

    const titles: [string, string][] = [
      ['Wägbare Körner: Weighing Grains of Sand Without a Scale', '2405.00001'],
      ['wagbare korner weighing grains of sand without a scale', '2405.00001'],
      ['WAGBARE KORNER', '2405.00001'],
      ['Weighing Grains of Sand Witout a Scale Wagbare', '2405.00001'],
      ['pebblesort', '2405.00002'],
      ['Peblesort', '2405.00002'],
      ['pebblesrot', '2405.00002'],
      ['who counts the counters', '2405.00003'],
      ['Who conts the countres? A census of automata', '2405.00003'],
      ['lantern', '2405.00005'],
      ['Lantern: Slow Light for Fast Reeders', '2405.00004'],
      ['"Lantern" slow light for fast readers', '2405.00004'],
    ];
    for (const [q, id] of titles) {
      it(`comes first for ${q}`, async () => assert.equal((await first(q)).paper.id, id));
    }

    it('is told from what was only found', async () => {
      const { items } = await search({ q: 'Lantern' });
      assert.deepEqual(
        items.slice(0, 3).map((item) => item.named),
        ['title', 'title', null],
      );
    });

    it('is counted where not one of its words is in the query', async () => {
      const { items, total } = await search({ q: 'pebblesrot', mode: 'keyword' });
      assert.equal(items.length, 1);
      assert.deepEqual(total, { value: 1, isExact: true });
    });

    it('fulfils what is required all the same', async () => {
      const { items } = await search({ q: 'Lantern', since: '1d' });
      assert.deepEqual(items, []);
      const scored = await search({ q: 'Lantern', minScore: 99 });
      assert.deepEqual([scored.items, scored.total.value], [[], 0]);
    });
  });

  describe('filters', () => {
    const days = (date: string | undefined, end: boolean): number => {
      if (date === undefined) return Number.NaN;
      const [year, month = end ? '99' : '00', day = end ? '99' : '00'] = date.split('-');
      return Number(`${year}${month}${day}`);
    };
    type Test = (paper: PaperRecord) => boolean;
    const cases: [Record<string, string | number | boolean | string[]>, Test][] = [
      [{ category: 'cs.LG' }, ({ categories }) => categories!.includes('cs.LG')],
      [
        { category: ['CS', 'hep-th'] },
        ({ categories }) => categories!.some((name) => /^cs\.|^hep-th/.test(name)),
      ],
      [{ excludeCategory: 'cs' }, ({ categories }) => !categories!.some((name) => name.startsWith('cs.'))],
      [{ source: 'listing' }, ({ source }) => source === 'listing'],
      [{ source: ['jsonl', 'listing'] }, () => true],
      [{ author: 'bjork' }, ({ authors }) => authors!.some((name) => /Björk/.test(name))],
      [{ author: 'ada björk' }, ({ authors }) => authors!.some((name) => /Björk/.test(name))],
      [{ author: 'ada briain' }, () => false],
      [{ venue: 'workshop on bees' }, ({ venue }) => venue === 'Workshop on Bees'],
      [{ venue: 'bees workshop' }, () => false],
      [{ hasCode: true }, ({ abstract }) => /github\.com/.test(abstract)],
      [{ hasCode: false }, ({ abstract }) => !/github\.com/.test(abstract)],
      [{ minUpvotes: 30 }, ({ upvotes }) => upvotes !== undefined && upvotes >= 30],
      [
        { from: '2021-03-10', to: '2023' },
        ({ date }) => days(date, true) >= 20_210_310 && days(date, false) <= 20_239_999,
      ],
      [{ to: '2021-03-14' }, ({ date }) => days(date, false) <= 20_210_314],
      [{ since: '40d' }, ({ date }) => days(date, true) >= 20_240_209],
      [
        {
          category: 'cs',
          excludeCategory: 'cs.CL',
          minUpvotes: 1,
          hasCode: false,
          to: '2022',
          author: ['ada', 'lin'],
        },
        ({ categories, upvotes = 0, abstract, date, authors }) =>
          categories!.includes('cs.LG') &&
          upvotes >= 1 &&
          !/github/.test(abstract) &&
          days(date, false) <= 20_229_999 &&
          authors!.length > 0,
      ],
    ];
    for (const [filters, test] of cases) {
      const expected = varied.filter(test).map(({ arxivId }) => arxivId!);
      for (const mode of ['hybrid', 'semantic', 'keyword'] as const) {
        it(`${JSON.stringify(filters)}: ${expected.length} papers, ${mode}`, async () => {
          // A word that all of the varied papers have, and no other.
          const q = 'benchmarks "in case"';
          const found = await allPages(service, { ...filters, q, mode, limit: 25 });
          assert.deepEqual(found.map(({ paper }) => paper.id).sort(), expected.toSorted());
          const { total } = await search({ ...filters, q, mode });
          assert.deepEqual(total, { value: expected.length, isExact: true });
        });
      }
    }

    it('alone list the newest, whatever the order that was asked for says of relevance', async () => {
      const ids = idsOf(await search({ category: 'hep-th', limit: 100 }));
      assert.equal(ids.length, 12);
      assert.deepEqual(idsOf(await search({ category: 'hep-th', sort: 'relevance', limit: 100 })), ids);
      assert.deepEqual(idsOf(await search({ q: 'category:hep-th', sort: 'newest', limit: 100 })), ids);
    });

    it('that have letters and no word require nothing', async () => {
      const { items } = await search({ q: 'benchmarks venue:\\textbf', limit: 5 });
      assert.equal(items.length, 5);
    });

    it('count only what has a word where words alone are searched for', async () => {
      const { facets, total } = await search({ q: 'bees', mode: 'keyword', facets: true, limit: 1 });
      const all = await search({ q: 'bees', facets: true, limit: 1 });
      assert.ok(total.value < all.total.value, `${total.value} of ${all.total.value}`);
      for (const { value, count } of facets!.categories.slice(0, 3)) {
        const narrowed = await search({ q: `bees category:${value}`, mode: 'keyword', limit: 1 });
        assert.equal(narrowed.total.value, count, value);
      }
    });

    it('count by category, source and year over all that fulfil them', async () => {
      const { facets, total } = await search({ q: 'bees', category: 'cs.LG', facets: true, limit: 1 });
      const among = varied.filter(({ categories }) => categories!.includes('cs.LG'));
      const count = (test: Test) => among.filter(test).length;
      assert.equal(total.value, among.length);
      assert.deepEqual(facets!.categories, [
        { value: 'cs.LG', count: among.length },
        { value: 'stat.ML', count: count(({ categories }) => categories!.includes('stat.ML')) },
      ]);
      assert.deepEqual(
        new Map(facets!.sources.map(({ value, count: n }) => [value, n])),
        new Map([
          ['listing', count(({ source }) => source === 'listing')],
          ['jsonl', count(({ source }) => source === 'jsonl')],
        ]),
      );
      const years = ['2024', '2023', '2021', '2019'].map((value) => ({
        value,
        count: count(({ date }) => date?.startsWith(value) ?? false),
      }));
      assert.deepEqual(facets!.years, years);
    });
  });

  describe('orders', () => {
    const q = 'bees OR robots';

    it('by date, upvotes and heat, unknown ones last', async () => {
      const newest = await allPages(service, { q: '"in case"', sort: 'newest', limit: 9 });
      assert.equal(newest.length, varied.length);
      const dates = newest.map(({ paper }) => varied.find(({ arxivId }) => arxivId === paper.id)!.date ?? '');
      assert.deepEqual(dates, dates.toSorted().reverse());
      const upvoted = await allPages(service, { q: '"in case"', sort: 'upvoted', limit: 9 });
      const upvotes = upvoted.map(({ paper }) => paper.upvotes ?? -1);
      assert.deepEqual(
        upvotes,
        upvotes.toSorted((a, b) => b - a),
      );
      const trending = await allPages(service, { q: '"in case"', sort: 'trending', limit: 9 });
      const { rows } = await service.database.db.pool.query<{ id: string }>(
        `SELECT public_id AS id FROM papers WHERE abstract LIKE '%in case%' ORDER BY heat DESC NULLS LAST, id`,
      );
      assert.deepEqual(
        trending.map(({ paper }) => paper.id),
        rows.map(({ id }) => id),
      );
      assert.notDeepEqual(
        trending.map(({ paper }) => paper.id),
        upvoted.map(({ paper }) => paper.id),
        'not by upvotes alone',
      );
    });

    it('require one of the alternatives, not all of them', async () => {
      const either = await search({ q, sort: 'newest', limit: 100 });
      const bees = await search({ q: 'bees', sort: 'newest', limit: 100 });
      assert.ok(bees.items.length > 0);
      assert.equal(either.items.length, 12);
      assert.deepEqual(either.total, { value: 12, isExact: true });
    });

    it('require each plain word', async () => {
      const both = await search({ q: 'bees distillation', sort: 'upvoted', limit: 100 });
      assert.equal(both.items.length, varied.filter((_, n) => n % 10 === 8 && n % 7 === 4).length);
    });
  });

  describe('the balance of meaning and words', () => {
    for (const weight of [0, 1]) {
      it(`weight ${weight} orders by one side alone`, async () => {
        const { items } = await search({ q: 'sparse coding of speech', weight, explain: true, limit: 20 });
        const side = items
          .filter((item) => item.named === null)
          .map(({ explanation }) => (weight === 1 ? explanation!.dense!.score : explanation!.lexical!.score));
        assert.deepEqual(
          side,
          side.toSorted((a, b) => b - a),
        );
        assert.equal(items[0]!.explanation!.dense!.weight, weight);
        assert.equal(items[0]!.explanation!.lexical!.weight, 1 - weight);
      });
    }

    it('is explained by scores that add up', async () => {
      const { items } = await search({ q: 'sparse coding of speech', explain: true });
      for (const { explanation } of items) {
        const { lexical, reason } = explanation!;
        const sum = lexical!.terms.reduce((total, { score }) => total + score, 0);
        assert.ok(Math.abs(sum - lexical!.score) < 1e-4, `${sum} for ${lexical!.score}`);
        assert.match(reason, /\.$/);
      }
    });

    it('has no other side in the other modes', async () => {
      const semantic = await search({ q: 'speech', mode: 'semantic', explain: true });
      assert.ok(semantic.items.every(({ explanation }) => explanation!.lexical === null));
      const keyword = await search({ q: 'speech', mode: 'keyword', explain: true });
      assert.ok(keyword.items.every(({ explanation }) => explanation!.dense === null));
      assert.equal((await search({ q: 'speech' })).items[0]!.explanation, undefined);
    });
  });

  describe('papers like a paper', () => {
    for (const [q, mode] of [
      ['like:2401.00003', 'hybrid'],
      ['bees like:arXiv:2401.00008v2', 'hybrid'],
      ['bees like:2401.00008', 'keyword'],
      ['case -like:2401.00008', 'semantic'],
    ] as const) {
      it(`${q} (${mode}) leaves that paper out`, async () => {
        const answer = await search({ q, mode, limit: 100 });
        const id = /2401\.\d{5}/.exec(q)![0];
        assert.ok(answer.items.length > 0);
        assert.ok(!idsOf(answer).includes(id));
        assert.ok(answer.items.length <= answer.total.value);
      });
    }

    it('that is not here is missed by name', async () => {
      const answer = await get(service, '/api/v1/search', { q: 'bees like:2401.99999' });
      assert.equal(answer.statusCode, 404);
      assert.match(answer.json<{ detail: string }>().detail, /2401\.99999/);
    });
  });

  it('gives highlights that are safe to show as HTML', async () => {
    const { items } = await search({ q: 'waxwing script' });
    const { title, sentence } = items.find(({ paper }) => paper.id === '2405.00010')!.highlights;
    for (const html of [title, sentence!]) {
      assert.match(html, /&lt;<mark>script<\/mark>&gt;/);
      assert.match(html, /<mark>waxwing<\/mark>/);
      assert.doesNotMatch(html.replace(/<\/?mark>/g, ''), /[<>"']/);
    }
  });

  it('guesses what was meant, in the words of the query alone', async () => {
    const { didYouMean } = await search({ q: 'Benchmraks author:benchmraks' });
    assert.equal(didYouMean, 'benchmarks author:benchmraks', 'names are not spelt like words');
    const meant = await search({ q: 'Benchmraks for robots -benchmraks' });
    assert.equal(meant.didYouMean, 'benchmarks for robots -benchmraks');
    assert.equal((await search({ q: 'benchmarks' })).didYouMean, null);
  });

  it('leaves out what came in later than asked for', async () => {
    await service.database.db.pool.query(
      `UPDATE papers SET created_at = '2024-01-01T00:00:00.700Z' WHERE public_id LIKE '2401.%'`,
    );
    await settle(service);
    const ids = async (asof: string, q = 'lantern bees') => idsOf(await search({ q, asof, limit: 100 }));
    assert.deepEqual(await ids('2023-12-31T23:59:59Z'), []);
    const early = await ids('2024-01-01T00:00:00.700Z');
    assert.deepEqual(await ids('2024-01-01T00:00:00.699Z'), []);
    assert.equal(early.length, varied.length);
    assert.ok(early.every((id) => id.startsWith('2401.')));
    assert.deepEqual(await ids('2024-01-01T00:00:00.700Z', '2401.00003'), ['2401.00003']);
    assert.ok(!(await ids('2024-01-01T00:00:00.700Z', '2405.00011')).includes('2405.00011'));
    const { asOf, ...whole } = await search({ q: 'lantern bees' });
    const { asOf: again, ...same } = await search({ q: 'lantern bees', asof: asOf });
    assert.deepEqual([same.items, again], [whole.items, asOf]);
  });

  it('tells where a query is wrong, and how it is read', async () => {
    const problem = (await get(service, '/api/v1/search', { q: 'bees "open' })).json<{
      details: object;
      detail: string;
    }>();
    assert.deepEqual(problem.details, { field: 'q', position: 6, length: 1 });
    const reading = (await get(service, '/api/v1/query', { q: 'bees -wax AND', category: 'cs.LG' })).json<{
      canonical: string;
      parts: { kind: string; start: number }[];
      hints: string[];
    }>();
    assert.equal(reading.canonical, 'bees -wax AND category:cs.LG');
    assert.deepEqual(
      reading.parts.map(({ kind, start }) => [kind, start]),
      [
        ['word', 0],
        ['not', 5],
        ['word', 10],
        ['value', -1],
      ],
    );
    assert.equal(reading.hints.length, 1);
    assert.equal((await get(service, '/api/v1/query', { q: 'x OR' })).statusCode, 400);
  });

  it('takes queries of 512 characters, as typed and in one form', async () => {
    const status = async (q: string) => (await get(service, '/api/v1/search', { q })).statusCode;
    assert.equal(await status('😀'.repeat(512)), 200);
    assert.equal(await status('😀'.repeat(513)), 400);
    assert.equal(await status('ﷺ'.repeat(28)), 200);
    assert.equal(await status('ﷺ'.repeat(29)), 400, '18 characters each in NFKC');
  });
});
