import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isAppError } from '../../../src/platform/errors.js';
import { parseQuery } from '../../../src/search/query/parse.js';
import { printQuery } from '../../../src/search/query/print.js';
import { MAX_QUERY_LENGTH } from '../../../src/search/query/query-text.js';

/** Without spans. */
function read(text: string): unknown {
  return JSON.parse(
    JSON.stringify(parseQuery(text).terms, (key, value: unknown) => (key === 'span' ? undefined : value)),
  );
}

const word = (text: string) => ({ kind: 'word', text });
const phrase = (text: string) => ({ kind: 'phrase', text });
const not = (term: object) => ({ kind: 'not', term });
const or = (...terms: object[]) => ({ kind: 'or', terms });
const inField = (field: string, text: string, quoted = false) => ({ kind: 'text', field, text, quoted });
const value = (field: string, text: string) => ({ kind: 'value', field, text });
const like = (ref: string, negative = false) => ({ kind: 'like', ref, negative });

/** What is typed, what it means, and its canonical text where that is another. */
const examples: [string, object[], string?][] = [
  ['', []],
  [' \t\u3000\0\n', [], ''],
  // Words.
  ['attention is', [word('attention'), word('is')]],
  [' a\u00a0b\u0085c\u2003d\0e ', ['a', 'b', 'c', 'd', 'e'].map(word), 'a b c d e'],
  ['& - ++ C++', ['&', '-', '++', 'C++'].map(word)],
  ['5"disk O\'Brien foo"bar', ['5"disk', "O'Brien", 'foo"bar'].map(word)],
  ['foo:bar https://arxiv.org/abs/2401.01234', [word('foo:bar'), word('https://arxiv.org/abs/2401.01234')]],
  ['arXiv:2401.01234 doi:10.1/x', [word('arXiv:2401.01234'), word('doi:10.1/x')]],
  ['title: foo', [word('title:'), word('foo')]],
  ['GANs: from: A to: B since:', ['GANs:', 'from:', 'A', 'to:', 'B', 'since:'].map(word)],
  ['constructor __proto__ toString:x', ['constructor', '__proto__', 'toString:x'].map(word)],
  ['e\u0301 ﬁne ＡＢ', ['é', 'fine', 'AB'].map(word), 'é fine AB'],
  ['\ud800x y\udc00', [word('\ufffdx'), word('y\ufffd')], '\ufffdx y\ufffd'],
  // Phrases.
  ['"attention is"', [phrase('attention is')]],
  [
    '“a b” „c d“ «e f» »g h« ”i“',
    ['a b', 'c d', 'e f', 'g h', 'i'].map(phrase),
    '"a b" "c d" "e f" "g h" "i"',
  ],
  ['" a \n b\0 "', [phrase('a b')], '"a b"'],
  ['«a “b” c» “a «b» c”', [phrase('a b c'), phrase('a b c')], '"a b c" "a b c"'],
  ['＂full width＂', [phrase('full width')], '"full width"'],
  ['"OR" "-a" "title:b"', ['OR', '-a', 'title:b'].map(phrase)],
  [
    '"Why Should I Trust You?": Explaining',
    [phrase('Why Should I Trust You?'), word(':'), word('Explaining')],
    '"Why Should I Trust You?" : Explaining',
  ],
  ['"a""b"c', [phrase('a'), phrase('b'), word('c')], '"a" "b" c'],
  ['"a"-b "c"--"d"-', [phrase('a'), word('b'), phrase('c'), phrase('d')], '"a" b "c" "d"'],
  ['"a"OR "b"', [or(phrase('a'), phrase('b'))], '"a" OR "b"'],
  // Exclusions.
  ['-gan -"a b" -5', [not(word('gan')), not(phrase('a b')), not(word('5'))]],
  ['-title:gan -author:"y l"', [not(inField('title', 'gan')), not(inField('author', 'y l', true))]],
  ['-category:cs.LG -source:jsonl', [not(value('category', 'cs.LG')), not(value('source', 'jsonl'))]],
  ['-has:code -upvotes:5', [not({ kind: 'has', what: 'code' }), not({ kind: 'upvotes', min: 5 })]],
  ['-“a”b', [not(phrase('a')), word('b')], '-"a" b'],
  ['-foo:bar -title: -OR', [not(word('foo:bar')), not(word('title:')), not(word('OR'))]],
  ['a - b -', ['a', '-', 'b', '-'].map(word)],
  ['--verbose --"a b" -> -- -&', ['--verbose', '--"a', 'b"', '->', '--', '-&'].map(word)],
  // Groups.
  ['a OR b OR c d', [or(word('a'), word('b'), word('c')), word('d')]],
  ['x a OR b OR c', [word('x'), or(word('a'), word('b'), word('c'))]],
  ['a OR b c OR d', [or(word('a'), word('b')), or(word('c'), word('d'))]],
  ['a or b Or c', ['a', 'or', 'b', 'Or', 'c'].map(word)],
  ['"a b" OR title:c', [or(phrase('a b'), inField('title', 'c'))]],
  [
    'has:code OR upvotes:3 OR category:cs OR source:jsonl',
    [
      or(
        { kind: 'has', what: 'code' },
        { kind: 'upvotes', min: 3 },
        value('category', 'cs'),
        value('source', 'jsonl'),
      ),
    ],
  ],
  ['TO BE OR NOT TO BE', [word('TO'), or(word('BE'), word('NOT')), word('TO'), word('BE')]],
  ['title: OR --b', [or(word('title:'), word('--b'))]],
  // Operators.
  [
    'title:attention Author:lecun VENUE:ICML',
    [inField('title', 'attention'), inField('author', 'lecun'), inField('venue', 'ICML')],
    'title:attention author:lecun venue:ICML',
  ],
  [
    'title:"a b" author:«Le Cun» venue:"x"',
    [inField('title', 'a b', true), inField('author', 'Le Cun', true), inField('venue', 'x', true)],
    'title:"a b" author:"Le Cun" venue:"x"',
  ],
  ['title:a"b title:x:y', [inField('title', 'a"b'), inField('title', 'x:y')]],
  ['title：ａ', [inField('title', 'a')], 'title:a'],
  [
    'category:cs.LG category:hep-th category:"CS"',
    ['cs.LG', 'hep-th', 'CS'].map((text) => value('category', text)),
    'category:cs.LG category:hep-th category:CS',
  ],
  ['source:JSONL', [value('source', 'jsonl')], 'source:jsonl'],
  [
    'has:CODE upvotes:007 upvotes:1000000000',
    [
      { kind: 'has', what: 'code' },
      { kind: 'upvotes', min: 7 },
      { kind: 'upvotes', min: 1e9 },
    ],
    'has:code upvotes:7 upvotes:1000000000',
  ],
  [
    'since:30d since:9999Y since:01m since:2w',
    [
      [30, 'd'],
      [9999, 'y'],
      [1, 'm'],
      [2, 'w'],
    ].map(([amount, unit]) => ({ kind: 'since', amount, unit })),
    'since:30d since:9999y since:1m since:2w',
  ],
  [
    'from:2024 to:2024-02 from:2024-02-29 to:2000-02-29',
    [
      { kind: 'from', date: '2024' },
      { kind: 'to', date: '2024-02' },
      { kind: 'from', date: '2024-02-29' },
      { kind: 'to', date: '2000-02-29' },
    ],
  ],
  ['like:2401.01234v2 -like:10.1/X like:-', [like('2401.01234v2'), like('10.1/X', true), like('-')]],
  [
    'like:"arXiv: 1" -like:"x" like:https://a.b/"c"',
    [like('arXiv: 1'), like('x', true), like('https://a.b/"c"')],
    'like:"arXiv: 1" -like:x like:https://a.b/"c"',
  ],
];

const date = (name: string, text: string) =>
  `expected a date such as 2024, 2024-03 or 2024-03-01 after ${name}:, not “${text}”`;
const text = (name: string, given: string) =>
  `expected a word or a quoted phrase, with a letter or digit, after ${name}:, not “${given}”`;
const category = (given: string) =>
  `expected a category such as cs.LG, hep-th or cs after category:, not “${given}”`;
const upvotes = (given: string) =>
  `expected a whole number from 0 to 1,000,000,000 after upvotes:, not “${given}”`;
const since = (given: string) =>
  `expected a number from 1 to 9999 and d, w, m or y, such as 30d, after since:, not “${given}”`;
const before = 'expected a word, phrase or operator before OR';
const after = 'expected a word, phrase or operator after OR';
const noLetters = 'expected a letter or digit between the quotes';
const until = 'can’t be excluded; to:2024-03-01 finds what was published until that day';

/** What is typed, position and length, and what the message says. */
const mistakes: [string, number, number, string][] = [
  ['"abc', 1, 1, 'this quote is not closed'],
  ['a “b c" d «e', 11, 1, 'this quote is not closed'],
  ['a -"b', 4, 1, 'this quote is not closed'],
  ['title:"b', 7, 1, 'this quote is not closed'],
  ['«a”', 1, 1, 'this quote is not closed'],
  ['a ""', 3, 2, noLetters],
  ['a "- +"', 3, 5, noLetters],
  ['-«»', 2, 2, noLetters],
  ['title:""', 7, 2, noLetters],
  ['like:" "', 6, 3, noLetters],
  ['title:-', 7, 1, text('title', '-')],
  ['a author:& b', 10, 1, text('author', '&')],
  ['-venue:\u0301', 8, 1, text('venue', '\u0301')],
  ['category:cs.', 10, 3, category('cs.')],
  ['category:cs.LG,cs.CL', 10, 11, category('cs.LG,cs.CL')],
  ['category:"a b"', 10, 5, category('a b')],
  ['category:é', 10, 1, category('é')],
  [
    'source:arxov',
    8,
    5,
    'expected one of sample, bibtex, ris, csl, csv, feed, listing, jsonl, openalex, semantic-scholar, huggingface, crossref, arxiv after source:, not “arxov”',
  ],
  ['has:data', 5, 4, 'expected code after has:, not “data”'],
  ['upvotes:-1', 9, 2, upvotes('-1')],
  ['upvotes:1.5', 9, 3, upvotes('1.5')],
  ['upvotes:1e3', 9, 3, upvotes('1e3')],
  ['upvotes:1000000001', 9, 10, upvotes('1000000001')],
  [`upvotes:${'9'.repeat(400)}`, 9, 400, upvotes(`${'9'.repeat(60)}…`)],
  ['since:0d', 7, 2, since('0d')],
  ['since:10000d', 7, 6, since('10000d')],
  ['since:30', 7, 2, since('30')],
  ['since:30h', 7, 3, since('30h')],
  ['from:foo', 6, 3, date('from', 'foo')],
  ['from:2023-02-29', 6, 10, date('from', '2023-02-29')],
  ['to:1900-02-29', 4, 10, date('to', '1900-02-29')],
  ['to:2024-02-30', 4, 10, date('to', '2024-02-30')],
  ['to:2024-13', 4, 7, date('to', '2024-13')],
  ['to:2024-00', 4, 7, date('to', '2024-00')],
  ['to:2024-01-00', 4, 10, date('to', '2024-01-00')],
  ['to:0000', 4, 4, date('to', '0000')],
  ['to:2024-3', 4, 6, date('to', '2024-3')],
  ['a -since:30d', 3, 10, `since: ${until}`],
  ['-from:2024', 1, 10, `from: ${until}`],
  ['-to:2024', 1, 8, 'to: can’t be excluded; from:2024-03-01 finds what was published from that day on'],
  ['OR a', 1, 2, before],
  ['OR', 1, 2, before],
  ['a OR', 3, 2, after],
  ['a OR OR b', 6, 2, after],
  ['a OR b OR', 8, 2, after],
  ['a OR -b', 6, 2, 'an exclusion can’t stand beside OR'],
  ['-a OR b', 1, 2, 'an exclusion can’t stand beside OR'],
  ['a OR like:x', 6, 6, 'like: can’t stand beside OR'],
  ['-like:x OR b', 1, 7, 'like: can’t stand beside OR'],
  ['since:1d OR b', 1, 8, 'a date can’t stand beside OR'],
  ['b OR from:2024', 6, 9, 'a date can’t stand beside OR'],
  ['b OR c OR to:2024', 11, 7, 'a date can’t stand beside OR'],
  ['a OR &', 6, 1, 'expected a letter or digit beside OR, not only “&”'],
  // Positions are of code points as they were typed.
  ['🙂🙂 𝔞𝔟 from:foo', 12, 3, date('from', 'foo')],
  ['ﬁﬁ e\u0301e\u0301 ½ to:x', 14, 1, date('to', 'x')],
  ['\ud800 \udc00 to:x', 8, 1, date('to', 'x')],
  ['\u1100\u1161\u11a8 to:x', 8, 1, date('to', 'x')],
  ['to:㍿', 4, 1, date('to', '株式会社')],
  ['\u0000\n"', 3, 1, 'this quote is not closed'],
];

function errorOf(given: string): { message: string; details: unknown } {
  try {
    parseQuery(given);
  } catch (error) {
    assert.ok(isAppError(error, 'invalid_query'), String(error));
    assert.equal(error.kind, 'invalid');
    return { message: error.message, details: error.details };
  }
  return assert.fail(`${given} was read`);
}

describe('parseQuery', () => {
  for (const [typed, terms, canonical = typed] of examples)
    it(`reads ${JSON.stringify(typed)}`, () => {
      assert.deepEqual(read(typed), terms);
      assert.equal(printQuery(parseQuery(typed)), canonical);
      assert.deepEqual(read(canonical), terms);
    });

  for (const [typed, position, length, message] of mistakes)
    it(`says what is wrong with ${JSON.stringify(typed.slice(0, 60))}`, () => {
      assert.deepEqual(errorOf(typed), {
        message: `q, character ${position}: ${message}.`,
        details: { field: 'q', position, length },
      });
    });

  it('says where terms were typed, in code points', () => {
    const spans = (typed: string) => parseQuery(typed).terms.map(({ span }) => [span.start, span.end]);
    assert.deepEqual(spans(' 🙂🙂 -"ﬁ b" c'), [
      [1, 3],
      [4, 10],
      [11, 12],
    ]);
    assert.deepEqual(spans('a OR  title:b e\u0301\u0300'), [
      [0, 13],
      [14, 17],
    ]);
    const [group] = parseQuery('x OR y').terms;
    assert.ok(group?.kind === 'or');
    assert.deepEqual(
      group.terms.map(({ span }) => span),
      [
        { start: 0, end: 1 },
        { start: 5, end: 6 },
      ],
    );
    const [excluded] = parseQuery('-like').terms;
    assert.ok(excluded?.kind === 'not');
    assert.deepEqual(excluded.term.span, { start: 1, end: 5 });
    // One character that becomes two, a space first.
    assert.deepEqual(spans('a¨b'), [
      [0, 1],
      [1, 3],
    ]);
  });

  it('takes so many characters, as typed, in NFKC and as canonical text', () => {
    assert.equal(parseQuery('🙂'.repeat(MAX_QUERY_LENGTH)).terms.length, 1);
    assert.equal(parseQuery('e\u0301'.repeat(MAX_QUERY_LENGTH / 2)).terms.length, 1);
    assert.deepEqual(errorOf('🙂'.repeat(MAX_QUERY_LENGTH + 1)), {
      message: 'q, character 513: longer than 512 characters.',
      details: { field: 'q', position: 513, length: 1 },
    });
    assert.equal(errorOf('e\u0301'.repeat(300)).message, 'q, character 513: longer than 512 characters.');
    assert.equal(errorOf('a'.repeat(1e7)).message, 'q, character 513: longer than 512 characters.');
    assert.deepEqual(errorOf(`ab${'ﷺ'.repeat(29)}`), {
      message:
        'q, character 31: longer than 512 characters once its characters are brought to one form (Unicode’s NFKC).',
      details: { field: 'q', position: 31, length: 1 },
    });
    assert.deepEqual(errorOf('"a"'.repeat(170)), {
      message: 'q, character 1: longer than 512 characters with a space after every closing quote.',
      details: { field: 'q', position: 1, length: 510 },
    });
  });
});
