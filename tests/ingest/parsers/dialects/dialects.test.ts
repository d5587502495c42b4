import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseJsonPaper } from '../../../../src/ingest/parsers/jsonl.js';
import type { PaperRecord } from '../../../../src/papers/paper.js';

function read(object: unknown): { record: PaperRecord | undefined; reasons: string[] } {
  const entries = parseJsonPaper(JSON.stringify(object), 1);
  const paper = entries.find((entry) => entry.kind === 'paper');
  const reasons = entries.flatMap((entry) => (entry.kind === 'problem' ? [entry.problem.reason] : []));
  return { record: paper?.kind === 'paper' ? paper.record : undefined, reasons };
}

/** The record, without a problem. */
function recordOf(object: unknown): PaperRecord | undefined {
  const { record, reasons } = read(object);
  assert.deepEqual(reasons, []);
  return record;
}

/** Why there is no record. */
function refusal(object: unknown): string {
  const { record, reasons } = read(object);
  assert.equal(record, undefined);
  assert.equal(reasons.length, 1);
  return reasons[0] ?? '';
}

describe('Hugging Face', () => {
  const paper = {
    id: '2401.0123',
    authors: [
      { _id: '1', name: 'Ann Lee', hidden: false, user: { fullname: 'Somebody Else', name: 'ann' } },
      { _id: '2', name: 'Bob Ray', hidden: true },
    ],
    publishedAt: '2024-01-03T00:00:00.000Z',
    submittedOnDailyAt: '2024-01-05T00:00:00.000Z',
    title: 'Wings\n  of Paper',
    summary: 'Paper birds\nfly.',
    upvotes: 12,
    discussionId: 'abc',
    githubStars: 340,
    ai_summary: 'Not by the authors.',
  };
  const wanted = {
    source: 'huggingface',
    title: 'Wings of Paper',
    abstract: 'Paper birds fly.',
    arxivId: '2401.01230',
    authors: ['Ann Lee', 'Bob Ray'],
    date: '2024-01-03',
    upvotes: 12,
    stars: 340,
  };

  test('an item of a day: the inner date, a lost zero of the id, counts of both levels', () => {
    const item = { paper, publishedAt: '2024-01-02T19:00:00.000Z', title: 'Outer', numComments: 3 };
    assert.deepEqual(recordOf(item), { ...wanted, comments: 3 });
  });

  test('an item with little, the rest at its top', () => {
    const { title, summary, githubStars, ...inner } = paper;
    assert.deepEqual(recordOf({ paper: inner, title, summary, githubStars, numComments: 0 }), {
      ...wanted,
      comments: 0,
    });
    assert.deepEqual(recordOf({ paper: { id: '2401.01230' }, title: 'T' }), {
      ...{ source: 'huggingface', title: 'T', abstract: '', arxivId: '2401.01230' },
    });
  });

  test('a found item and the flat paper', () => {
    const { authors: _, ...found } = paper;
    const highlighted = [{ type: 'highlight', text: 'Wings' }];
    assert.equal(
      recordOf({ paper: found, upvoted: false, highlightedTitle: highlighted })?.arxivId,
      '2401.01230',
    );
    assert.deepEqual(recordOf(paper), wanted);
  });

  test('keys of ours beside theirs are read; a list of comments is no count', () => {
    const own = { ...paper, categories: ['cs.LG'], venue: 'Birds', comments: [{ text: 'Nice.' }] };
    assert.deepEqual(recordOf(own), { ...wanted, categories: ['cs.LG'], venue: 'Birds' });
    const s2 = { paperId: 'x', title: 'T', doi: '10.1000/abc', arxiv_id: '2401.01234' };
    assert.deepEqual([recordOf(s2)?.doi, recordOf(s2)?.arxivId], ['10.1000/abc', '2401.01234']);
  });

  test('what was withdrawn is a problem', () => {
    const reason = refusal({ paper: { ...paper, withdrawnAt: '2024-02-01T08:00:00.000Z' } });
    assert.equal(reason, 'this paper was withdrawn from Hugging Face on 2024-02-01');
  });
});

describe('Semantic Scholar', () => {
  const paper = {
    paperId: 'f'.repeat(40),
    externalIds: { ArXiv: '2401.01234', DOI: '10.1000/ABC', CorpusId: 7 },
    title: 'Wings',
    abstract: null,
    authors: [{ authorId: null, name: 'Ann Lee' }],
    year: 2024,
    publicationDate: null,
    venue: '',
    publicationVenue: null,
    journal: { name: 'Journal of Feathers' },
    citationCount: 5,
    tldr: { text: 'By a machine.' },
  };
  const wanted = {
    source: 'semantic-scholar',
    title: 'Wings',
    abstract: '',
    arxivId: '2401.01234',
    doi: '10.1000/abc',
    authors: ['Ann Lee'],
    date: '2024',
    venue: 'Journal of Feathers',
    citations: 5,
  };

  test('a paper, alone or cited', () => {
    assert.deepEqual(recordOf(paper), wanted);
    assert.deepEqual(recordOf({ contexts: [], intents: [], citedPaper: paper }), wanted);
    assert.deepEqual(recordOf({ citingPaper: { ...paper, publicationDate: '2024-02-03' } }), {
      ...wanted,
      date: '2024-02-03',
    });
  });

  test('arXiv is no venue', () => {
    const { venue: _, ...rest } = wanted;
    const journal = { name: 'ArXiv' };
    assert.deepEqual(recordOf({ ...paper, venue: 'arXiv.org', journal }), rest);
  });

  test('a title that is null, and errors', () => {
    assert.match(refusal({ paperId: null, title: null }), /"title" is missing/);
    assert.match(refusal({ error: 'Paper with id 1 not found' }), /answered with an error: Paper with id 1/);
    assert.match(refusal({ message: 'Too many requests', code: '429' }), /error: Too many requests/);
  });
});

describe('OpenAlex', () => {
  const work = {
    id: 'https://openalex.org/W1',
    doi: 'https://doi.org/10.1000/ABC',
    title: 'On <i>Wings</i>',
    publication_date: '2024-02-03',
    publication_year: 2024,
    authorships: [
      { author: { display_name: 'Ann Lee' }, institutions: [{ display_name: 'Birds Inc.' }] },
      { author: { display_name: null }, raw_author_name: 'Bob Ray' },
    ],
    abstract_inverted_index: { birds: [1, 4], Paper: [0], 'fly.': [2], Other: [3], 'sing.': [5] },
    primary_location: {
      landing_page_url: 'https://doi.org/10.1000/abc',
      source: { display_name: 'Journal of Feathers' },
    },
    locations: [{ landing_page_url: 'http://arxiv.org/abs/2401.01234v2' }],
    cited_by_count: 9,
    updated_date: '2026-03-25T14:56:36.534964',
  };

  test('a work', () => {
    assert.deepEqual(recordOf(work), {
      source: 'openalex',
      title: 'On Wings',
      abstract: 'Paper birds fly. Other birds sing.',
      arxivId: '2401.01234',
      arxivVersion: 2,
      doi: '10.1000/abc',
      authors: ['Ann Lee', 'Bob Ray'],
      date: '2024-02-03',
      venue: 'Journal of Feathers',
      url: 'https://doi.org/10.1000/abc',
      citations: 9,
      asOf: '2026-03-25',
    });
  });

  test('what is null is absent; 1 January is the year', () => {
    const bare = {
      ...{ id: work.id, doi: null, title: 'T', authorships: [], abstract_inverted_index: null },
      ...{ primary_location: null, publication_date: '2024-01-01' },
    };
    assert.deepEqual(recordOf(bare), { source: 'openalex', title: 'T', abstract: '', date: '2024' });
    assert.match(refusal({ ...work, is_retracted: true }), /retracted/);
    assert.match(refusal({ ...work, is_paratext: true }), /paratext/);
    assert.match(
      refusal({ error: 'Invalid query parameters error.', message: 'no filter x' }),
      /no filter x/,
    );
  });

  test('absurd positions, and words that are names of JavaScript’s own', () => {
    const abstractOf = (index: string): string | undefined =>
      parseJsonPaper(
        `{"id":"https://openalex.org/W1","title":"T","abstract_inverted_index":${index}}`,
        1,
      ).flatMap((entry) => (entry.kind === 'paper' ? [entry.record.abstract] : []))[0];
    assert.equal(abstractOf('{"b":[1e308],"a":[-5],"c":[4000000000],"d":"x","e":[null,"1"]}'), 'a c b');
    assert.equal(
      abstractOf('{"__proto__":[0],"constructor":[1],"toString":[2]}'),
      '__proto__ constructor toString',
    );
    const long = abstractOf(`{"${'x'.repeat(100_000)}":[${Array(100_000).fill(0).join()}]}`);
    assert.ok((long?.length ?? 0) <= 50_000);
  });
});

describe('Crossref', () => {
  const work = {
    DOI: '10.1000/ABC',
    type: 'journal-article',
    title: ['On\n   <mml:math><mml:mi>x</mml:mi></mml:math> and <sub>2</sub> Wings'],
    author: [
      { given: 'Ann', family: 'Lee', sequence: 'first' },
      { name: 'The Feather Collaboration' },
      { given: 'Bob', family: 'Ray', suffix: 'Jr.' },
    ],
    abstract:
      '<jats:title>Abstract</jats:title><jats:p>Birds\n fly.</jats:p><jats:p>Others <jats:italic>sing</jats:italic>.</jats:p>',
    issued: { 'date-parts': [[2024, 2]] },
    'container-title': ['Journal of Feathers'],
    'is-referenced-by-count': 4,
    indexed: { 'date-time': '2026-02-21T19:05:02Z' },
    URL: 'https://doi.org/10.1000/abc',
    relation: { 'has-preprint': [{ 'id-type': 'arxiv', id: '2401.01234' }] },
  };

  test('a work', () => {
    assert.deepEqual(recordOf(work), {
      source: 'crossref',
      title: 'On x and 2 Wings',
      abstract: 'Birds fly.\n\nOthers sing.',
      arxivId: '2401.01234',
      doi: '10.1000/abc',
      authors: ['Ann Lee', 'The Feather Collaboration', 'Bob Ray Jr.'],
      date: '2024-02',
      venue: 'Journal of Feathers',
      url: 'https://doi.org/10.1000/abc',
      citations: 4,
      asOf: '2026-02-21',
    });
  });

  test('a date that isn’t there, or stands elsewhere', () => {
    for (const issued of [null, { 'date-parts': [[null]] }, { 'date-parts': [null] }, {}]) {
      assert.equal(recordOf({ ...work, issued })?.date, undefined);
      const online = { 'date-parts': [[2023, 12, 31]] };
      assert.equal(recordOf({ ...work, issued, 'published-online': online })?.date, '2023-12-31');
    }
  });

  test('components and journals are no papers; what was withdrawn is a problem', () => {
    const component = { DOI: '10.1000/abc.s1', type: 'component', member: '1' };
    assert.equal(refusal(component), 'this is no paper: a record of type component without a title');
    assert.match(refusal({ ...work, title: [] }), /journal-article without a title/);
    assert.equal(refusal({ ...work, type: 'journal' }), 'this is no paper: a record of type journal');
    assert.match(refusal({ ...work, 'updated-by': [{ type: 'retraction' }] }), /withdrawn: a retraction/);
    assert.ok(recordOf({ ...work, 'updated-by': [{ type: 'correction' }] }));
    const failed = {
      status: 'failed',
      'message-type': 'validation-failure',
      message: [{ message: 'no rows' }],
    };
    assert.match(refusal(failed), /error: no rows/);
  });
});

describe('arXiv’s snapshot', () => {
  const entry = {
    id: '0704.0001',
    submitter: 'Ann Lee',
    authors: "A. L\\'ee, B. Ray",
    title: 'Wings of\n  $x^2$',
    comments: '12 pages; withdrawn from a drawer',
    'journal-ref': 'J.Feath.12:3,2008',
    doi: '10.1000/abc',
    categories: 'hep-ph math.CO',
    license: null,
    abstract: '  Birds of one\nfeather.\n',
    versions: [
      { version: 'v1', created: 'Mon, 2 Apr 2007 19:18:42 GMT' },
      { version: 'v2', created: 'Tue, 24 Jul 2007 20:10:27 GMT' },
    ],
    update_date: '2008-11-26',
    authors_parsed: [
      ['Lée', 'A.', '', 'Some University'],
      ['Ray', 'B.', 'Jr.'],
      ['The Feather Collaboration', '', ''],
    ],
  };

  test('an entry', () => {
    assert.deepEqual(recordOf(entry), {
      source: 'arxiv',
      title: 'Wings of $x^2$',
      abstract: 'Birds of one feather.',
      arxivId: '0704.0001',
      arxivVersion: 2,
      doi: '10.1000/abc',
      authors: ['A. Lée', 'B. Ray Jr.', 'The Feather Collaboration'],
      date: '2007-04-02',
      venue: 'J.Feath.12:3,2008',
      categories: ['hep-ph', 'math.CO'],
      asOf: '2008-11-26',
    });
    assert.equal(recordOf({ ...entry, id: 704.0001 })?.arxivId, '0704.0001');
    assert.deepEqual(recordOf({ ...entry, authors_parsed: null, authors: 'A. Lee, B. Ray' })?.authors, [
      'A. Lee',
      'B. Ray',
    ]);
  });

  test('what was withdrawn is a problem', () => {
    for (const field of ['comments', 'abstract'])
      assert.equal(
        refusal({ ...entry, [field]: 'This paper has been withdrawn by the author due to an error.' }),
        'this paper was withdrawn from arXiv',
      );
  });
});

test('our own keys are of no service, and neither is what only looks a little like one', () => {
  assert.equal(recordOf({ id: '2401.01234', title: 'T', abstract: 'A', upvotes: 3 })?.source, 'jsonl');
  assert.equal(recordOf({ title: 'T', doi: '10.1000/abc', citation_count: 3 })?.source, 'jsonl');
  assert.equal(recordOf({ title: 'T', summary_by: 'Quire', paperId: 'x' })?.source, 'sample');
});

test('any object with the services’ keys gives an answer', () => {
  const keys = fc.constantFrom(
    ...['paper', 'id', 'title', 'paperId', 'externalIds', 'citingPaper', 'authorships', 'publication_year'],
    ...[
      'abstract_inverted_index',
      'primary_location',
      'locations',
      'DOI',
      'indexed',
      'issued',
      'author',
      'relation',
    ],
    ...[
      'updated-by',
      'versions',
      'authors_parsed',
      'update_date',
      'withdrawnAt',
      'error',
      'message',
      '__proto__',
    ],
  );
  const object = fc.dictionary(keys, fc.oneof(fc.jsonValue(), fc.dictionary(keys, fc.jsonValue())));
  fc.assert(
    fc.property(object, (value) => {
      assert.ok(parseJsonPaper(JSON.stringify(value), 1).length > 0);
    }),
    { seed: 7, numRuns: 1_000 },
  );
});
