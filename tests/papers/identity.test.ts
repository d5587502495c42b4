import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createResolver, type Draft } from '../../src/papers/identity.js';
import { type PaperRecord, sourceNames } from '../../src/papers/paper.js';

const abstractA =
  'We study how wide networks behave when gradient descent runs for a long time, and show that the kernel which governs training stays the same while the width grows without bound.';
const abstractB =
  'A survey of tools for keeping bees in cities, with advice on hives, honey and neighbours, drawn from interviews with forty keepers in nine towns over two summers.';

function record(fields: Partial<PaperRecord>): PaperRecord {
  return { source: 'jsonl', title: 'On Wide Networks', abstract: abstractA, ...fields };
}

function settle(records: readonly PaperRecord[], known: Draft[] = []): Draft[] {
  const resolver = createResolver(known);
  for (const one of records) resolver.take(one);
  const { added, updated } = resolver.changes();
  return [...added, ...updated];
}

describe('one row a paper', () => {
  const sameTitles = [
    'On Wide Networks',
    'ON WIDE  NETWORKS',
    'On wide-networks',
    'On \\textbf{Wide} Networks',
    'On Wide Networks.',
  ];
  it('for spellings of one title', () => {
    assert.equal(settle(sameTitles.map((title) => record({ title }))).length, 1);
  });

  it('for two papers with one title there are two rows, decided by the abstract', () => {
    const papers = settle([
      record({}),
      record({ abstract: abstractB }),
      record({}),
      record({ abstract: abstractB }),
    ]);
    assert.equal(papers.length, 2);
    assert.equal(new Set(papers.map(({ id }) => id)).size, 2);
  });

  it('for an abstract that was cut short', () => {
    assert.equal(settle([record({}), record({ abstract: abstractA.slice(0, 90) })]).length, 1);
  });

  it('for a title alone, and the abstract that comes later is taken over', () => {
    const [paper, ...others] = settle([record({ abstract: '' }), record({})]);
    assert.equal(others.length, 0);
    assert.equal(paper!.abstract, abstractA);
  });

  const bare = (fields: Partial<PaperRecord>): PaperRecord =>
    record({ abstract: '', authors: ['Ada Lee', 'Bob van der Berg'], date: '2003', ...fields });

  it('for a title with a slip, by the same people in the same year, however their names are written', () => {
    const [paper, ...others] = settle([
      bare({ title: 'Tuning Very Wide Networks' }),
      bare({ title: 'Turning very wide networks (abstract)', authors: ['B. van der Berg', 'A. Lee'] }),
    ]);
    assert.deepEqual([paper!.title.length > 0, others.length], [true, 0]);
  });

  for (const [what, other] of [
    ['of another year', { date: '2005' }],
    ['with one author more', { authors: ['Ada Lee', 'Bob van der Berg', 'Cy Dee'] }],
    ['with another DOI', { doi: '10.1000/2' }],
    ['with abstracts that have nothing in common', { abstract: abstractB }],
  ] satisfies [string, Partial<PaperRecord>][])
    it(`but not for a title with a slip ${what}`, () => {
      const own = bare({ title: 'Tuning Very Wide Networks', doi: '10.1000/1', abstract: abstractA });
      const text = 'abstract' in other ? {} : { abstract: '' };
      const given = bare({ title: 'Turning very wide networks', doi: '10.1000/1', ...other });
      if (!('doi' in other)) delete given.doi;
      assert.equal(settle([{ ...own, ...text }, given]).length, 2);
    });

  it('but not for what stands in every issue under one title', () => {
    for (const title of [
      "Editor's Notes",
      'Editorial',
      'Book Review Column',
      'Preface',
      'Erratum',
      "Chair's Message",
    ])
      assert.equal(settle([bare({ title }), bare({ title, date: '2003-06' })]).length, 2, title);
  });

  it('but not for a meeting and the journal, or two years, where both say where they were published', () => {
    const meeting = bare({ venue: 'International Conference on Bees' });
    assert.equal(settle([meeting, bare({ venue: 'The Bee Journal' })]).length, 2);
    assert.equal(settle([meeting, bare({ venue: 'Conference on Bees', date: '2004' })]).length, 2);
    assert.equal(settle([meeting, bare({ venue: 'ICB' })]).length, 1);
    assert.equal(settle([meeting, bare({ date: '2002', arxivId: '2401.00001' })]).length, 1, 'a preprint');
  });

  it('but not across two arXiv ids', () => {
    assert.equal(settle([record({ arxivId: '2401.00001' }), record({ arxivId: '2401.00002' })]).length, 2);
  });

  it('for versions of one arXiv paper, whatever their titles', () => {
    const [paper, ...others] = settle([
      record({ arxivId: '2401.00001', arxivVersion: 2, title: 'On Very Wide Networks' }),
      record({ arxivId: '2401.00001', arxivVersion: 1 }),
    ]);
    assert.equal(others.length, 0);
    assert.equal(paper!.title, 'On Very Wide Networks');
    assert.equal(paper!.arxivVersion, 2);
  });

  it('keeps the old id as an alias when a better one becomes known', () => {
    const [paper] = settle([
      record({}),
      record({ doi: '10.1000/wide' }),
      record({ doi: '10.1000/wide', arxivId: '2401.00001' }),
    ]);
    assert.equal(paper!.id, '2401.00001');
    assert.equal(paper!.doi, '10.1000/wide');
    assert.equal([...paper!.aliases].filter((alias) => alias.startsWith('t:')).length, 1);
  });

  it('unites two rows when a record shows that they are one', () => {
    const known = settle([
      record({ arxivId: '2401.00001' }),
      record({ doi: '10.1000/wide', title: 'Wide Nets', abstract: abstractB }),
    ]).map((draft, at) => ({ ...draft, key: at + 1 }));
    const resolver = createResolver(known);
    const { draft, outcome } = resolver.take(record({ arxivId: '2401.00001', doi: '10.1000/wide' }));
    assert.equal(outcome, 'updated');
    assert.equal(draft.id, '2401.00001');
    assert.ok(draft.aliases.has('doi:10.1000/wide') || draft.doi === '10.1000/wide');
    assert.deepEqual(resolver.changes().gone, [2]);
  });

  it('takes a listing’s abstract in place of our summary, and keeps our authors', () => {
    const [paper, ...others] = settle([
      record({
        source: 'sample',
        abstract: abstractB,
        authors: ['Ada Wide', 'Ben Deep'],
        arxivId: '2401.00001',
      }),
      record({ source: 'listing', authorCount: 2 }),
    ]);
    assert.equal(others.length, 0);
    assert.equal(paper!.abstract, abstractA);
    assert.deepEqual(paper!.authors, ['Ada Wide', 'Ben Deep']);
    assert.equal(paper!.origins.abstract?.source, 'listing');
    assert.equal(paper!.origins.authors?.source, 'sample');
  });

  it('calls it nothing new when a listing is taken in again on a later day', () => {
    const known = settle([record({ source: 'listing', asOf: '2025-12-11' })]).map((draft) => ({
      ...draft,
      key: 1,
    }));
    const resolver = createResolver(known);
    const { outcome, draft } = resolver.take(record({ source: 'listing', asOf: '2025-12-12' }));
    assert.equal(outcome, 'unchanged');
    assert.equal(draft.origins.title?.asOf, '2025-12-12', 'but it is remembered for what comes later');
  });

  it('unites nothing for a record that fits two papers which are not one', () => {
    const twice = [
      record({ doi: '10.1000/one', authors: ['Ann Aa'] }),
      record({ doi: '10.1000/two', authors: ['Dee Dd'], abstract: abstractB }),
      record({ abstract: '' }),
    ];
    assert.equal(settle(twice).length, 2);
    assert.equal(settle([...twice, ...twice]).length, 2);
  });

  it('gives a DOI that two arXiv papers claim to the first of them', () => {
    const papers = settle([
      record({ arxivId: '2401.00001', doi: '10.1000/x' }),
      record({ arxivId: '2401.00002', doi: '10.1000/x', title: 'Another' }),
    ]);
    assert.deepEqual(
      papers.map(({ doi }) => doi),
      ['10.1000/x', null],
    );
  });

  it('finds an id for every paper of a title that is everywhere', () => {
    const papers = settle(
      ['2000', '2010', '2020', '1990'].map((date) => record({ title: 'Editorial', abstract: '', date })),
    );
    assert.equal(new Set(papers.map(({ id }) => id)).size, 4);
  });

  it('never lets a poorer source overwrite a richer one', () => {
    const [paper] = settle([
      record({ source: 'jsonl', date: '2024-01-05' }),
      record({ source: 'sample', abstract: 'Ours.', date: '2024-01-04' }),
    ]);
    assert.equal(paper!.abstract, abstractA);
    assert.equal(paper!.date, '2024-01-05');
  });
});

const words = [
  'wide',
  'deep',
  'kernel',
  'limit',
  'graph',
  'token',
  'search',
  'prior',
  'loss',
  'noise',
  'field',
  'mean',
];
const text = (length: number) =>
  fc.array(fc.constantFrom(...words), { minLength: length, maxLength: length }).map((all) => all.join(' '));
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

/** Records of a handful of papers, as several sources would tell of them. */
const records = fc.array(
  fc
    .record({
      paper: fc.nat(3),
      source: fc.constantFrom(...sourceNames),
      withId: fc.boolean(),
      arxivVersion: maybe(fc.integer({ min: 1, max: 3 })),
      abstract: fc.oneof(fc.constant(''), text(30)),
      date: maybe(fc.constantFrom('2024', '2024-03', '2024-03-01', '2023-12-31')),
      authors: maybe(fc.constantFrom(['A. One'], ['A. One', 'B. Two'])),
      upvotes: maybe(fc.nat(50)),
      asOf: maybe(fc.constantFrom('2024-05-01', '2024-06-01')),
    })
    .map(({ paper, withId, source, abstract, arxivVersion, date, authors, upvotes, asOf }): PaperRecord => {
      // With an id a record can't be taken for another paper, so that the order alone is tested.
      const identified = withId || abstract !== '';
      return {
        source,
        abstract,
        title: `Paper number ${paper}`,
        ...(identified && { arxivId: `2401.0000${paper}` }),
        ...(identified && arxivVersion && { arxivVersion }),
        ...(date && { date }),
        ...(authors && { authors: [...authors] }),
        ...(upvotes !== undefined && { upvotes }),
        ...(asOf && { asOf }),
      };
    }),
  { maxLength: 12 },
);

describe('merging', () => {
  const content = (drafts: Draft[]) =>
    drafts
      .map(({ key: _key, titleId: _titleId, aliases: _aliases, ...rest }) =>
        JSON.stringify(rest, Object.keys(rest).sort()),
      )
      .sort();

  it('does not depend on the order of intake', () => {
    fc.assert(
      fc.property(records, fc.func(fc.nat()), (given, order) => {
        const shuffled = [...given].sort((a, b) => order(given.indexOf(a)) - order(given.indexOf(b)));
        assert.deepEqual(content(settle(shuffled)), content(settle(given)));
      }),
    );
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(records, (given) => {
        const first = settle(given).map((draft, at) => ({
          ...draft,
          key: at + 1,
          aliases: new Set(draft.aliases),
        }));
        const resolver = createResolver(first);
        for (const one of given) assert.equal(resolver.take(one).outcome, 'unchanged');
        assert.deepEqual(resolver.changes(), { added: [], updated: [], gone: [], noted: new Map() });
      }),
    );
  });
});
