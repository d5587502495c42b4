import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type ParsedListing, parseListing } from '../../../src/ingest/parsers/listing.js';
import type { PaperRecord } from '../../../src/papers/paper.js';
import { projectRoot } from '../../../src/platform/paths.js';

const shared = join(projectRoot, '..', 'shared', 'listings');
const withoutShared = !existsSync(shared) && `the real listings are not there: ${shared}`;

function parse(text: string, asOf = '2026-11-01'): ParsedListing {
  return parseListing(text, { asOf });
}

function fixture(name: string, asOf?: string): ParsedListing {
  return parse(readFileSync(join(projectRoot, 'tests', 'fixtures', 'listings', name), 'utf8'), asOf);
}

function titles({ papers }: ParsedListing): string[] {
  return papers.map(({ record }) => record.title);
}

/** What a record says besides its texts. */
function facts({ papers }: ParsedListing): Partial<PaperRecord>[] {
  return papers.map(
    ({ record: { source: _source, title: _title, abstract: _abstract, asOf: _asOf, ...rest } }) => rest,
  );
}

describe('the real listings', { skip: withoutShared }, () => {
  const real = (name: string): ParsedListing => parse(readFileSync(join(shared, name), 'utf8'), '2025-12-31');
  const given = (listing: ParsedListing, field: keyof PaperRecord): number =>
    listing.papers.filter(({ record }) => record[field] !== undefined).length;

  test('with metadata: 28 papers', () => {
    const listing = real('listing-with-metadata.txt');
    assert.equal(listing.papers.length, 28);
    assert.deepEqual(listing.problems, []);
    assert.equal(listing.shape, 'with-metadata');
    assert.deepEqual(
      [given(listing, 'authorCount'), given(listing, 'date'), given(listing, 'comments')],
      [26, 27, 6],
    );
    assert.equal(
      titles(listing)[0],
      'einspace: Searching for Neural Architectures from Fundamental Operations',
    );
    assert.deepEqual(facts(listing)[0], { authorCount: 8, date: '2024-05-31' });
    // Without a year in the page: the last 19 July before the listing was saved.
    assert.deepEqual(facts(listing)[1], { authorCount: 1, date: '2025-07-19', comments: 1 });
    // One paper has no metadata, one an organisation instead of authors.
    assert.deepEqual(facts(listing)[10], {});
    assert.deepEqual(facts(listing)[19], { date: '2025-09-29', comments: 2 });
    assert.deepEqual(facts(listing)[27], { authorCount: 3, date: '2023-10-04' });
  });

  test('titles and abstracts: 56 papers', () => {
    const listing = real('listing-titles-and-abstracts.txt');
    assert.equal(listing.papers.length, 56);
    assert.deepEqual(listing.problems, []);
    assert.equal(listing.shape, 'titles-and-abstracts');
    assert.equal(titles(listing)[0], 'Learning Hierarchical Polynomials with Three-Layer Neural Networks');
    assert.equal(
      titles(listing)[55],
      'SineNet: Learning Temporal Dynamics in Time-Dependent Partial Differential Equations',
    );
  });

  test('compact: 167 papers, the first freed from Subscribe', () => {
    const listing = real('listing-compact.txt');
    assert.equal(listing.papers.length, 167);
    assert.deepEqual(listing.problems, []);
    assert.equal(listing.shape, 'compact');
    assert.equal(
      titles(listing)[0],
      'Late lumping of transformation-based feedback laws for boundary control systems',
    );
    assert.equal(
      titles(listing)[166],
      'Learning words in groups: fusion algebras, tensor ranks and grokking',
    );
  });

  test('every abstract is whole, every title is none', () => {
    for (const name of ['with-metadata', 'titles-and-abstracts', 'compact']) {
      for (const { record } of real(`listing-${name}.txt`).papers) {
        assert.ok(record.abstract.length > 100 && !record.abstract.includes('\n'), record.title);
        assert.ok(record.title.length < 200 && !/Subscribe|Get trending/.test(record.title), record.title);
        assert.equal(record.source, 'listing');
      }
    }
  });

  test('all three in one file, without line breaks between them', () => {
    const names = ['with-metadata', 'titles-and-abstracts', 'compact', 'with-metadata'];
    const listing = parse(
      names.map((name) => readFileSync(join(shared, `listing-${name}.txt`), 'utf8')).join(''),
    );
    assert.equal(listing.papers.length, 28 + 56 + 167 + 28);
    assert.deepEqual(listing.problems, []);
  });
});

describe('pages as they are saved', () => {
  test('with metadata: odd titles, odd abstracts, missing lines', () => {
    const listing = fixture('with-metadata.txt');
    assert.deepEqual(listing.problems, []);
    assert.deepEqual(facts(listing), [
      { authorCount: 8, date: '2024-05-31' },
      {},
      { date: '2026-02-28', comments: 2 },
      { authorCount: 1, date: '2026-03-05' },
      { authorCount: 12, date: '2023-12-30', comments: 11 },
      { authorCount: 3, date: '2025-01-02' },
      { authorCount: 2, date: '2022-08-09' },
      { authorCount: 5, date: '2021-11-11', comments: 3 },
      { authorCount: 4, date: '2020-10-01' },
      { authorCount: 6, date: '2024-06-02' },
      { authorCount: 7, date: '2023-07-07' },
      {},
    ]);
    const lengths = listing.papers.map(({ record }) => record.abstract.length);
    assert.deepEqual(lengths, [198, 187, 150, 60, 116, 372, 95, 112, 0, 121, 65, 129]);
    assert.equal(titles(listing)[4]?.length, 250);
    assert.equal(titles(listing)[7], 'Daily Papers');
    // Paragraphs, a list, and a line that only looks like a date.
    assert.deepEqual(
      listing.papers[5]?.record.abstract.split('\n\n').map((text) => text.slice(0, 20)),
      [
        'The first paragraph ',
        'The second paragraph',
        '- a clock that runs ',
        '- a proof that it st',
        '- two drawings of th',
        'The third paragraph ',
        'May 31, 2024',
        'and says that the co',
      ],
    );
  });

  test('titles and abstracts: questions, exclamations, full stops, paragraphs', () => {
    const listing = fixture('titles-and-abstracts.txt');
    assert.deepEqual(listing.problems, []);
    assert.deepEqual(titles(listing), [
      'Sparse Bells Ring Longer',
      'Do Bells Need Clappers?',
      'Listening to Bells from Afar: A Survey of Methods, Instruments, and Weather',
      'Ring!',
      'An Abstract Without a Full Stop',
      'An Argument Against Bells.',
    ]);
    assert.equal(listing.papers[2]?.record.abstract.split('\n\n').length, 3);
  });

  test('compact: Subscribe is only taken off where the page has glued it', () => {
    const listing = fixture('compact.txt');
    assert.deepEqual(titles(listing), [
      'Late Ferries and the Price of Patience',
      'Subscribe and Save: How Newsletters Change What Sailors Buy',
      'Subscriber Churn in Small Harbours',
      'k-means for Knots',
      'Short and True',
      'Knots Revisited: Twenty Years of Untying',
    ]);
    assert.deepEqual(
      listing.problems.map(({ line, excerpt }) => [line, excerpt]),
      [[13, 'A Title Without Its Abstract Stands Here']],
    );
  });

  test('the trending page, copied with its links', () => {
    const wanted = [
      {
        date: '2026-10-04',
        upvotes: 117,
        arxivId: '2610.05608',
        url: 'https://huggingface.co/papers/2610.05608',
      },
      {
        authorCount: 4,
        date: '2024-12-28',
        upvotes: 149,
        arxivId: '2412.20138',
        url: 'https://huggingface.co/papers/2412.20138',
      },
    ];
    for (const [name, stars] of [
      ['trending.md', 131],
      ['trending-plain.txt', 3_290],
    ] as const) {
      const listing = fixture(name);
      assert.deepEqual(listing.problems, []);
      assert.equal(listing.shape, 'trending');
      const counted = [stars, 110_000].map((count, at) => ({ ...wanted[at], stars: count }));
      assert.deepEqual(facts(listing), counted);
    }
    assert.deepEqual(titles(fixture('trending.md')), [
      'Water Levels 6.0: Forecasts for Harbours, Ponds, and Bathtubs',
      'A Fleet of Small Boats',
    ]);
  });

  test('the daily page, which has no abstracts: a title that metadata closes is a paper', () => {
    const listing = fixture('daily-titles.txt');
    assert.deepEqual(listing.problems, []);
    assert.deepEqual(titles(listing), [
      'The Fleet of Small Boats, Revisited',
      'Tidings: A Tide-Oriented Newsletter for Sailors',
      'Models',
    ]);
    assert.deepEqual(facts(listing), [
      { authorCount: 533, comments: 5, upvotes: 94 },
      { authorCount: 5, upvotes: 24 },
      { authorCount: 1, comments: 2, upvotes: 8 },
    ]);
  });

  test('other tools: abstracts inside links, numbered references, bare links', () => {
    const linked = fixture('linked-abstracts.md');
    assert.deepEqual(linked.problems, []);
    assert.deepEqual(titles(linked), [
      'Counting Limpets with Small Models',
      'Sideways: How Crabs Walk over Wet Rock',
    ]);
    assert.deepEqual(
      facts(linked).map(({ arxivId, date, comments, upvotes }) => [arxivId, date, comments, upvotes]),
      [
        ['2606.00683', '2026-05-29', 6, 101],
        ['2502.20581', '2025-02-27', undefined, undefined],
      ],
    );
    const numbered = fixture('numbered-references.txt');
    assert.deepEqual(numbered.problems, []);
    assert.deepEqual(facts(numbered), [
      { authorCount: 3, date: '2026-05-30' },
      { authorCount: 671, date: '2024-03-08', comments: 6, upvotes: 65 },
    ]);
    const bare = fixture('bare-links.txt');
    assert.deepEqual(facts(bare), [
      { authorCount: 2, date: '2024-10-07', upvotes: 1, arxivId: '2410.05434' },
      { date: '2023-06-26', comments: 2, arxivId: '2306.14898' },
    ]);
    // What was searched for stands on that page like a title.
    assert.deepEqual(
      bare.problems.map(({ excerpt }) => excerpt),
      ['lamps that are off'],
    );
  });

  test('lines broken by an editor', () => {
    const listing = fixture('wrapped.txt');
    assert.deepEqual(listing.problems, []);
    assert.deepEqual(titles(listing), [
      'Patient Kites: Flying Without Wind by Waiting for It in the Right Places and at the Right Hours',
      'Data',
      'Strings',
    ]);
    for (const { record } of listing.papers) assert.ok(!record.abstract.includes('\n'), record.title);
    assert.match(listing.papers[0]?.record.abstract ?? '', /as it was on May 31, 2024 when all our kites/);
  });
});

describe('single rules', () => {
  const abstract = 'We weigh a thousand feathers of small birds, one by one, and report what they weigh.';
  const other = 'This paper counts what is left when all feathers of a bird are gone, and finds a bird.';

  test('a title glued to the page is freed, whatever it begins with', () => {
    const phrase = 'Get trending papers in your email inbox!';
    for (const [line, title] of [
      ['SubscribeLate Birds', 'Late Birds'],
      ['Subscribeeinfeder: Light Birds', 'einfeder: Light Birds'],
      ['Subscribe3D Birds', '3D Birds'],
      ['Subscribe"Birds" Revisited', '"Birds" Revisited'],
      [`${phrase}SubscribeLate Birds`, 'Late Birds'],
      [`${phrase} SubscribeDaily PapersbyAK and the research communityLate Birds`, 'Late Birds'],
      ['Subscriber Birds and Their Nests', 'Subscriber Birds and Their Nests'],
      ['Subscribed Birds', 'Subscribed Birds'],
      ['Subscribe to Birds', 'Subscribe to Birds'],
      ['Subscribe-and-Fly Birds', 'Subscribe-and-Fly Birds'],
    ] as const) {
      assert.deepEqual(titles(parse(`${phrase}\n${line}\n${abstract}\n`)), [title]);
    }
    // Not below furniture: a name that begins like the button.
    assert.deepEqual(titles(parse(`Birds\n${abstract}\nSubscribeStar and Its Birds\n${other}\n`)), [
      'Birds',
      'SubscribeStar and Its Birds',
    ]);
  });

  test('a date without a year is the latest one that is not after the day of saving', () => {
    const dateAt = (shown: string, asOf: string): string | undefined =>
      parse(`Light Birds\n\n${abstract}\n\n• 2 authors\n·\n${shown}\n`, asOf).papers[0]?.record.date;
    assert.equal(dateAt('Dec 11', '2025-12-11'), '2025-12-11');
    assert.equal(dateAt('Dec 12', '2025-12-11'), '2024-12-12');
    assert.equal(dateAt('Jan 1', '2025-01-01'), '2025-01-01');
    assert.equal(dateAt('Feb 29', '2027-06-01'), '2024-02-29');
    assert.equal(dateAt('Oct 4, 2026', '2025-01-01'), '2026-10-04');
    assert.equal(dateAt('October 4th, 2021', '2025-01-01'), '2021-10-04');
    assert.equal(dateAt('4 Oct 2021', '2025-01-01'), '2021-10-04');
  });

  test('an id inside an abstract is not the paper’s', () => {
    const text = `This is the long version of a note that was published in spring at\narXiv:1608.04428`;
    const [paper] = parse(`Light Birds\n\n${text}\n\n• 2 authors\n·\nMay 2\n`).papers;
    assert.equal(paper?.record.arxivId, undefined);
    assert.match(paper?.record.abstract ?? '', /arXiv:1608\.04428$/);
  });

  test('a label that no list knows is furniture when it comes back in every card', () => {
    const cards = ['Birds', 'Eggs', 'Nests', 'Wings'].map(
      (what) => `On ${what}\nOpen in reader\n${abstract.replace('birds', what)}\n3 authors · May 2, 2024\n`,
    );
    const listing = parse(cards.join(''));
    assert.deepEqual(titles(listing), ['On Birds', 'On Eggs', 'On Nests', 'On Wings']);
    assert.deepEqual(listing.problems, []);
  });

  test('three papers of one title among others are papers', () => {
    const text = (what: string): string => abstract.replace('birds', what);
    const others = ['Eggs', 'Nests', 'Wings', 'Beaks'].map((what) => `On ${what}\n${text(what)}\n`);
    const same = ['swans', 'gulls', 'terns'].map((what) => `Technical Report\n${text(what)}\n`);
    assert.equal(
      titles(parse([...same, ...others].join(''))).filter((title) => title === 'Technical Report').length,
      3,
    );
  });

  test('a page appended to another without a line break leaves no word behind', () => {
    const page = `new\n\nGet trending papers in your email inbox!\n\nSubscribe\n\nLight Birds\n\n${abstract}`;
    const { papers, problems } = parse(page + page);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      papers.map(({ record }) => record.abstract),
      [abstract, abstract],
    );
  });

  test('a paper listed on several days is no label', () => {
    const days = [1, 2, 3].map(
      (day) => `Light Birds\n·\n${day} authors\n\nDay ${day} and Its Birds\n·\n2 authors\n`,
    );
    assert.equal(titles(parse(days.join('\n'))).filter((title) => title === 'Light Birds').length, 3);
  });

  test('page dates, before the first paper and in the middle, belong to no paper', () => {
    const page = (day: string): string =>
      `Get trending papers in your email inbox!\nSubscribe\n${day}\nLight Birds ${day}\n${abstract}\n`;
    const listing = parse(page('Dec 10') + page('Dec 11'));
    assert.deepEqual(facts(listing), [{}, {}]);
  });

  test('too long a line is cut and reported', () => {
    const listing = parse(`Light Birds\n${'We weigh feathers. '.repeat(10_000)}\nHeavy Birds\n${other}\n`);
    assert.deepEqual(titles(listing), ['Light Birds', 'Heavy Birds']);
    assert.ok((listing.papers[0]?.record.abstract.length ?? 0) <= 50_000);
    assert.match(listing.problems[0]?.reason ?? '', /abstract was cut: at most 50000/);
    assert.equal(listing.problems[0]?.line, 1);
  });

  test('the first text without a title, and junk, are reported and cost no paper', () => {
    const listing = parse(`${abstract}\n·\nMay 2, 2024\n\nLight Birds\n${other}\n2 authors\n`);
    assert.deepEqual(titles(listing), ['Light Birds']);
    assert.match(listing.problems[0]?.reason ?? '', /no title before it/);
    assert.equal(listing.problems[0]?.line, 1);
  });

  test('nothing, blanks, and text without papers', () => {
    assert.deepEqual(parse(''), { papers: [], problems: [], shape: 'empty' });
    assert.deepEqual(parse(' \r\n\t\r\u00a0\u200b\n'), { papers: [], problems: [], shape: 'empty' });
    const furniture = parse('new\n\nSubscribe\n\nDaily Papers\n');
    assert.deepEqual(furniture.papers, []);
    assert.match(furniture.problems[0]?.reason ?? '', /no paper was found/);
  });

  test('many lines that fit nowhere are a few problems', () => {
    const listing = parse(
      Array.from({ length: 5_000 }, (_, index) => `Heading Number ${index}`).join('\n\n'),
    );
    assert.deepEqual(listing.papers, []);
    assert.ok(listing.problems.length <= 4);
    assert.match(listing.problems.at(-1)?.reason ?? '', /more of the kind, up to line 9999/);
  });

  test('more lines than are read: says from where', () => {
    const listing = parse('x\n'.repeat(1_000_010));
    assert.ok(
      listing.problems.some(({ line, reason }) => line === 1_000_001 && /nothing was read from/.test(reason)),
    );
  });

  test('the source can be set', () => {
    const { papers } = parseListing(`Light Birds\n${abstract}`, { asOf: '2025-01-01', source: 'sample' });
    assert.equal(papers[0]?.record.source, 'sample');
    assert.equal(papers[0]?.record.asOf, '2025-01-01');
  });
});
