import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isAppError } from '../../../src/platform/errors.js';
import type { LexicalDocument } from '../../../src/search/lexical/document.js';
import { QUERY_BUDGET_MS } from '../../../src/search/lexical/lexical-engine.js';
import type { OrderPosition } from '../../../src/search/lexical/ports.js';
import type { Condition } from '../../../src/search/lexical/queries/conditions.js';
import { NO_HEAT } from '../../../src/search/lexical/segments/columns.js';
import { isContentWord, termOf } from '../../../src/search/text/terms.js';
import { engineWith, keysOf, paper, rankTerm, seeded, tidyUp } from './lexical-fixture.js';

describe('queries of the word index', () => {
  const engine = engineWith([
    paper(1, 'Pre-training of tiny hives', { authors: ['Zoë Müller-Lüdenscheidt', 'Ada Bee'] }),
    paper(2, 'Pretraining of bees', { venue: 'Journal of Hive Studies', categories: ['cs.LG'] }),
    paper(3, 'Bees of tiny pre training', { venue: 'Hive Journal', categories: ['cs'] }),
    paper(4, 'On $L_{2}$ norms in C++', { abstract: 'Tiny hives. See \\constructor.', date: '2024-03' }),
    paper(6, 'Proofs', { authors: ['Ann Lee', 'Kurt Gödel'] }),
    paper(7, 'Proofs', { authors: ['K. Gödel', 'Ann Lee'] }),
    paper(8, 'Gases', {
      authors: ['J. D. van der Waals', 'Flann O’Brien', 'Jean-Luc Sørensen', 'John S. Miller'],
    }),
    paper(5, 'On C and the AB testing of ab-initio tests', { categories: ['math.CS'], upvotes: 0 }),
  ]);
  const cases: [string, number[]][] = [
    ['"pre-training"', [1, 2, 3]],
    ['"pretraining"', [1, 2]],
    ['"tiny hives"', [1, 4]],
    ['title:"tiny hives"', [1]],
    ['"hives tiny"', []],
    ['"training bees"', []],
    ['author:muller', [1]],
    ['author:"ada bee"', [1]],
    ['author:"bee ada"', [1]],
    ['author:"zoe bee"', []],
    ['author:"Müller-Lüdenscheidt"', [1]],
    ['author:muellerluedenscheidt', [1]],
    ['author:goedel', [6, 7]],
    ['author:godel', [6, 7]],
    ['author:gödel', [6, 7]],
    ['author:kurt', [6]],
    ['author:"kurt godel"', [6, 7]],
    ['author:"godel kurt"', [6, 7]],
    ['author:"k godel"', [6, 7]],
    ['author:"karl godel"', [7]],
    ['author:"ann godel"', []],
    ['author:"kurt lee"', []],
    ['author:"kurt g"', []],
    ['author:"john smith"', []],
    ['author:"john sam miller"', [8]],
    ['author:"van der waals"', [8]],
    ['author:"johannes diderik van der waals"', [8]],
    ['author:waals', [8]],
    ['author:obrien', [8]],
    ['author:"o\'brien"', [8]],
    ['author:jean-luc', [8]],
    ['author:"jean luc sorensen"', [8]],
    ['author:"j soerensen"', [8]],
    ['-author:"kurt godel" author:ann', []],
    ['venue:"hive journal"', [3]],
    ['venue:hive', [2, 3]],
    ['category:cs', [2, 3]],
    ['category:CS.lg', [2]],
    ['-category:cs', [1, 4, 5, 6, 7, 8]],
    ['title:l2', [4]],
    ['title:"C++"', [4]],
    ['title:"AB tests"', [5]],
    ['constructor OR venue:hive', [2, 3, 4]],
    ['"constructor"', [4]],
    ['from:2024-03-15', [4]],
    ['to:2024-02', []],
    ['upvotes:1', []],
    // Words that have nothing to find in them require nothing.
    ['venue:"\\textbf"', [1, 2, 3, 4, 5, 6, 7, 8]],
  ];
  for (const [query, keys] of cases) it(query, () => assert.deepEqual(keysOf(engine, query), keys, query));
});

describe('a change of one field', () => {
  const before = paper(1, 'Hives', { abstract: 'of bees', authors: ['Ada'] });
  const changes: [Partial<LexicalDocument>, string][] = [
    [{ title: 'Ants' }, '"ants"'],
    [{ abstract: 'of ants' }, '"ants"'],
    [{ authors: ['Zoe'] }, 'author:zoe'],
    [{ categories: ['cs.LG'] }, 'category:cs'],
    [{ sources: ['listing'] }, 'source:listing'],
    [{ venue: 'Ant Journal' }, 'venue:ant'],
    [{ date: '2024' }, 'from:2024'],
    [{ upvotes: 7 }, 'upvotes:7'],
    [{ hasCode: true }, 'has:code'],
  ];
  for (const [change, query] of changes) {
    it(`is seen: ${Object.keys(change)}`, () => {
      const engine = engineWith([before]);
      assert.deepEqual(keysOf(engine, query), []);
      assert.equal(engine.compare([before]), 1);
      engine.apply({ put: [{ ...before, ...change }], removed: [], watermark: 2n });
      assert.deepEqual(keysOf(engine, query), [1]);
      assert.equal(engine.stats().papers, 1);
    });
  }
});

describe('spelling', () => {
  const often = (count: number, from: number, title: string) =>
    Array.from({ length: count }, (_, n) => paper(from + n, title));
  const engine = engineWith([
    ...often(40, 100, 'Computing with computers for computation'),
    ...often(60, 200, 'Translation of languages'),
    paper(1, 'Translatoin of hives'),
    paper(2, 'Beehive'),
    ...often(8, 300, 'Größe GPT-4 l2 graph of 20250'),
  ]);
  const meant = (...words: string[]) => engine.search({ terms: [], conditions: [], k: 0, words }).meant;

  it('tells what was meant: one letter more, less, other, or two swapped', () => {
    assert.deepEqual(
      meant('transation', 'transslation', 'trznslation', 'rtanslation', 'translatoin', 'translation'),
      ['translation', 'translation', 'translation', 'translation', 'translation', null],
    );
  });

  it('offers words as they were written, never their stems', () => {
    // `comput`, which is one slip away, stands for all of them.
    assert.deepEqual(meant('computr', 'languag'), [null, null]);
    assert.deepEqual(meant('computerss', 'computationn'), ['computers', 'computation']);
  });

  it('leaves alone what is short, rare, unknown, a number or of other letters', () => {
    assert.deepEqual(meant('grpah', 'gpt', 'beehivee', 'qqqqqq', '20251', 'größee', ''), [
      'graph',
      null,
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  it('counts over all segments', () => {
    const parts = engineWith([]);
    for (let n = 0; n < 12; n++) parts.apply({ put: [paper(n, 'Hexagon')], removed: [], watermark: 1n });
    const ask = () => parts.search({ terms: [], conditions: [], k: 0, words: ['hexagn'] }).meant;
    assert.deepEqual(ask(), ['hexagon']);
    tidyUp(parts);
    assert.deepEqual(ask(), ['hexagon']);
    assert.ok(parts.stats().segments < 12);
  });
});

describe('titles like a query', () => {
  const engine = engineWith([
    paper(1, 'Sleeping Bees Dream of Honey'),
    paper(2, 'Sleeping Bees Dream of Honey: a Study of Forty Hives over Nine Long Winters'),
    paper(3, 'Honey'),
    paper(4, 'Of the and', { abstract: 'sleeping bees dream of honey' }),
    ...Array.from({ length: 30 }, (_, n) => paper(10 + n, `Ants number ${n}`)),
  ]);
  const titles = (text: string, conditions: Condition[] = []) => {
    const words = text.split(' ').filter((word) => word !== '');
    const terms = words.filter(isContentWord).map((word) => rankTerm(termOf(word), 1, word));
    return engine.search({ terms, conditions, k: 0, words }).titles;
  };

  it('are found without their subtitles and with slips', () => {
    assert.deepEqual(titles('sleeping bees dream of honey'), [1, 2]);
    assert.deepEqual(titles('sleping bees draem of honye'), [1, 2]);
    assert.deepEqual(titles('honey bees dream'), [1, 2]);
  });

  it('are found with a slip in many words, not in each of many', () => {
    const title =
      'alphabet beekeeper cathedral dolphin elephant festival gardener hospital island journey kitchen library';
    engine.apply({ put: [paper(99, title)], removed: [], watermark: 2n });
    const words = title.split(' ');
    const slips = (count: number) =>
      words.map((word, at) => (at < count ? word.slice(0, 2) + word.slice(3) : word)).join(' ');
    assert.deepEqual(titles(slips(7)), [99]);
    assert.deepEqual(titles(slips(words.length)), [], 'each costs time');
  });

  it('are none where nothing is asked for, or no title has enough of it', () => {
    assert.deepEqual(titles(''), []);
    assert.deepEqual(titles('sleeping cats'), []);
    assert.deepEqual(titles('sleeping bees dream of honey', [{ op: 'keys', keys: [2] }]), [2]);
    assert.ok(titles('ants number').length < 30, 'not all that there are');
  });
});

describe('completions', () => {
  const engine = engineWith([
    paper(1, 'Pre-training of hives', { upvotes: 5, authors: ['Ada Beekeeper'], categories: ['cs.LG'] }),
    paper(2, 'Training hives', { upvotes: 9, authors: ['Bea Ada'], categories: ['cs.AI', 'stat.ML'] }),
    paper(3, 'Trained hives', { date: '2024', abstract: 'prehistoric' }),
    paper(4, 'Trainers', { date: '2023', categories: ['cs.AI'] }),
  ]);
  const cases: [string, Partial<ReturnType<typeof engine.complete>>][] = [
    ['', { titles: [], authors: [], categories: [] }],
    ['train', { titles: [2, 1, 3, 4] }],
    ['traine', { titles: [2, 1, 3, 4] }],
    ['hives trai', { titles: [2, 1, 3] }],
    ['pre-tr', { titles: [1] }],
    ['pre-training', { titles: [1] }],
    ['prehis', { titles: [] }],
    ['ada b', { authors: [2, 1] }],
    ['beek', { authors: [1] }],
    ['cs.', { categories: ['cs.AI', 'cs.LG'] }],
    ['CS.A', { categories: ['cs.AI'] }],
  ];
  for (const [text, expected] of cases) {
    it(JSON.stringify(text), () => {
      const found = engine.complete(text, 10);
      for (const [field, value] of Object.entries(expected))
        assert.deepEqual(found[field as keyof typeof found], value, field);
    });
  }
});

describe('facets', () => {
  it('count the papers that pass, the gone ones not, the most frequent first', () => {
    const engine = engineWith([
      paper(1, 'A hive', { categories: ['cs.LG', 'cs.AI'], date: '2024-01-02' }),
      paper(2, 'A hive', { categories: ['cs.LG'], date: '2023', sources: ['jsonl', 'listing'] }),
      paper(3, 'Ants', { categories: ['cs.LG'], date: '2023-05' }),
      paper(4, 'A hive', { categories: ['q-bio'], date: '2020' }),
      ...Array.from({ length: 40 }, (_, n) =>
        paper(100 + n, 'Bees', { categories: [`x.${n}`], date: `19${10 + n}` }),
      ),
    ]);
    engine.apply({ put: [paper(3, 'Ants again')], removed: [4], watermark: 2n });
    const facets = (conditions: Condition[]) =>
      engine.search({ terms: [], conditions, k: 0, facets: true }).facets!;
    assert.deepEqual(facets([{ op: 'words', terms: [{ term: 'hive', offset: 0 }], titleOnly: false }]), {
      categories: [
        { value: 'cs.LG', count: 2 },
        { value: 'cs.AI', count: 1 },
      ],
      sources: [
        { value: 'jsonl', count: 2 },
        { value: 'listing', count: 1 },
      ],
      years: [
        { value: '2024', count: 1 },
        { value: '2023', count: 1 },
      ],
    });
    const all = facets([]);
    assert.deepEqual([all.categories.length, all.years.length], [30, 30]);
    assert.deepEqual(all.years[2], { value: '1949', count: 1 });
  });
});

describe('orders by a column', () => {
  it('give each paper once, page after page, the unknown last', () => {
    const dates = fc.constantFrom(null, '2024', '2024-01', '2024-01-02', '2023-12-31');
    const heats = fc.option(fc.constantFrom(-20_000.5, 0, 5_180.25, 5_180.5));
    const list = fc.array(fc.record({ date: dates, upvotes: fc.option(fc.nat(3)), heat: heats }), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(list, fc.integer({ min: 1, max: 7 }), (fields, k) => {
        const engine = engineWith(fields.map((one, at) => paper(at + 1, `Hive ${at}`, one)));
        for (const order of ['newest', 'upvoted', 'trending'] as const) {
          const pages: OrderPosition[] = [];
          for (let after: OrderPosition | null = null; ; ) {
            const page = engine.ordered({ conditions: [], order, after, k });
            assert.equal(page.passing, fields.length);
            pages.push(...page.hits);
            after = page.hits.at(-1) ?? null;
            if (after === null) break;
          }
          assert.deepEqual(
            pages.map(({ key }) => key).sort((a, b) => a - b),
            fields.map((_, at) => at + 1),
          );
          assert.deepEqual(
            pages,
            pages.toSorted((a, b) => b.value - a.value || a.key - b.key),
          );
          const unknown = { newest: 0, upvoted: -1, trending: NO_HEAT }[order];
          const field = ({ newest: 'date', upvoted: 'upvotes', trending: 'heat' } as const)[order];
          for (const { value, key } of pages) {
            const known = fields[key - 1]![field];
            assert.equal(value === unknown, known === null);
            if (field === 'heat' && known !== null) assert.equal(value, known);
          }
        }
      }),
      { ...seeded, numRuns: 60 },
    );
  });

  it('keep to their conditions, and count facets', () => {
    const engine = engineWith([paper(1, 'A', { date: '2024' }), paper(2, 'B', { date: '2023' })]);
    const conditions: Condition[] = [{ op: 'keys', keys: [2, 7] }];
    const found = engine.ordered({ conditions, order: 'newest', after: null, k: 5, facets: true });
    assert.deepEqual(found.hits, [{ value: 20_230_000, key: 2 }]);
    assert.deepEqual([found.passing, found.facets?.years], [1, [{ value: '2023', count: 1 }]]);
  });
});

describe('the time of one query', () => {
  const words = 'the of and in to a we is that for'.split(' ');
  const abstract = Array.from({ length: 200 }, (_, n) => words[(n * 7 + (n >> 3)) % 10]!).join(' ');
  const engine = engineWith(Array.from({ length: 4_000 }, (_, n) => paper(n + 1, `Case ${n}`, { abstract })));

  it('ends where the budget does', () => {
    const phrase: Condition = {
      op: 'words',
      titleOnly: false,
      terms: [
        { term: 'of', offset: 0 },
        { term: 'the', offset: 1 },
      ],
    };
    const conditions: Condition[] = [{ op: 'or', conditions: Array.from({ length: 250 }, () => phrase) }];
    for (const ask of [
      () => engine.search({ terms: [], conditions, k: 10 }),
      () => engine.subset(conditions, 10),
      () => engine.ordered({ conditions, order: 'newest', after: null, k: 10 }),
    ]) {
      const started = performance.now();
      assert.throws(ask, (error) => isAppError(error, 'timeout') && error.retryAfter === 1);
      const ms = performance.now() - started;
      assert.ok(ms >= QUERY_BUDGET_MS && ms < 5 * QUERY_BUDGET_MS, `${ms} ms`);
    }
  });

  it('is enough for long queries, of words that nobody knows too', () => {
    const unknown = Array.from({ length: 250 }, (_, n) => `qwzxqwzx${n}`);
    const known = Array.from({ length: 250 }, (_, n) => String(n));
    for (const all of [unknown, known, words]) {
      const terms = all.map((word) => rankTerm(termOf(word), 1, word));
      const answer = engine.search({ terms, conditions: [], k: 100, words: all });
      assert.equal(answer.meant.length, all.length);
    }
  });
});
