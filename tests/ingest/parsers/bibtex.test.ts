import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PaperRecord, ParseProblem } from '../../../src/papers/paper.js';
import { collect } from '../read-fixture.js';

async function read(text: string) {
  const result = await collect(text, { format: 'bibtex', size: 65_536 });
  return { ...result, papers: result.records.map(({ source: _, ...rest }) => rest) };
}

/** The one paper of one entry, and what was said of it. */
async function one(fields: string): Promise<Partial<PaperRecord> & { problems: ParseProblem[] }> {
  const { papers, problems } = await read(`@article{key,\n  title = {Light Birds},\n  ${fields}\n}\n`);
  assert.equal(papers.length, 1, JSON.stringify(problems));
  return { ...papers[0], problems };
}

describe('entries', () => {
  test('braces, quotes, parentheses, numbers, without a key, with a comma at the end', async () => {
    const { papers, problems, lines } = await read(
      `A remark, and somebody@example.org.
@article{one, title = {Light {B}irds}, year = 2019}
@ARTICLE ( two , title = "Heavy (old) {"}Birds{"}", Year = "2020", )
@misc{
  title = {Without a Key},
}
@book
{ four, title
  = {Head over
     Lines} }
@misc{,title={An Empty Key}}
`,
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(
      papers.map(({ title, date }) => [title, date]),
      [
        ['Light Birds', '2019'],
        ['Heavy (old) "Birds"', '2020'],
        ['Without a Key', undefined],
        ['Head over Lines', undefined],
        ['An Empty Key', undefined],
      ],
    );
    assert.deepEqual(lines, [2, 3, 4, 7, 11]);
  });

  test('macros and concatenation; a macro that nobody defines is its name', async () => {
    const { papers, problems } = await read(
      `@string{jof = "Journal of " # "Feathers"}
@STRING(part = {B})
@preamble{"\\newcommand{\\x}{y}"}
@article{a, title = "Light" # { } # "Birds", journal = JOF # { } # part, year = 2019, month = 10 # "~" # jan}
@article{b, title = {Heavy Birds}, journal = tof}
`,
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(
      papers.map(({ title, venue, date }) => [title, venue, date]),
      [
        ['Light Birds', 'Journal of Feathers B', '2019-01-10'],
        ['Heavy Birds', 'tof', undefined],
      ],
    );
  });

  test('macros of macros, and many of one, fill no memory', async () => {
    const doubling = Array.from({ length: 60 }, (_, n) => `@string{m${n + 1} = m${n} # m${n}}`).join('\n');
    const long = `@string{long = {${'x'.repeat(2_000)}}}`;
    const many = Array.from({ length: 60_000 }, () => 'long').join(' # ');
    const { papers, problems } = await read(
      `@string{m0 = {ab}}\n${doubling}\n${long}\n@misc{a, title = {Light Birds}, note = m60}\n@misc{b, title = {Heavy Birds}, note = ${many}}`,
    );
    assert.deepEqual(
      papers.map(({ title }) => title),
      ['Light Birds', 'Heavy Birds'],
    );
    assert.match(problems[0]?.reason ?? '', /@string “m10” was ignored: .* 2000 characters/);
    assert.match(problems.at(-1)?.reason ?? '', /the value of “note” can't be read/);
  });

  test('comments are no papers, neither those of JabRef nor an entry that was commented out', async () => {
    const { titles, problems } = await read(
      `% Encoding: UTF-8
@comment{@article{old, title = {No Longer}}}
@article{a, title = {Light Birds}}
@Comment{jabref-meta: grouping:
0 AllEntriesGroup:;
1 StaticGroup:By status\\;2\\;1\\;;
}
@misc{b, title = {Heavy Birds}}
`,
    );
    assert.deepEqual([titles, problems], [['Light Birds', 'Heavy Birds'], []]);
  });

  test('venue and date come from the volume, wherever it stands; volumes are no papers', async () => {
    const { papers, problems } = await read(
      `@inproceedings{a, crossref = {Vol}, title = {Light Birds}}
@inproceedings{b, crossref = {vol}, title = {Heavy Birds}, year = 1999, booktitle = {Elsewhere}}
@proceedings{vol, title = {Proceedings on Birds}, year = 2001, month = may}
@inproceedings{c, crossref = {vol}, title = {Late Birds}}
@inproceedings{d, crossref = {nowhere}, title = {Lost Birds}}
`,
    );
    assert.deepEqual(
      papers.map(({ title, venue, date }) => [title, venue, date]),
      [
        ['Heavy Birds', 'Elsewhere', '1999'],
        ['Light Birds', 'Proceedings on Birds', '2001-05'],
        ['Late Birds', 'Proceedings on Birds', '2001-05'],
        ['Lost Birds', undefined, undefined],
      ],
    );
    assert.deepEqual(
      problems.map(({ line }) => line),
      [3, 5],
    );
    assert.match(problems[0]!.reason, /volume/);
    assert.match(problems[1]!.reason, /crossref.*nowhere/);
  });
});

describe('fields', () => {
  const names: readonly [string, string[]][] = [
    ['Lee, Ann and Bob Ray and others', ['Ann Lee', 'Bob Ray']],
    ['van der Berg, Jr., Jan AND Ludwig van Beethoven', ['Jan van der Berg Jr.', 'Ludwig van Beethoven']],
    [
      '{The Bird and Feather Collaboration} and Poe, D.~E.',
      ['The Bird and Feather Collaboration', 'D. E. Poe'],
    ],
    [
      `M{\\"u}ller, J\\"{o}rg and \\'{E}va {\\O}. N{\\o}rg{\\aa}rd and {\\v C}ech, \\v{S}.`,
      ['Jörg Müller', 'Éva Ø. Nørgård', 'Š. Čech'],
    ],
    ['family=Duchamp, given=Philippe, prefix=van and Lee, Ann', ['Philippe van Duchamp', 'Ann Lee']],
    ['Lee, Ann; Ray, Bob', ['Ann Lee', 'Bob Ray']],
    ['King, Jr.', ['King Jr.']],
    ['Plato', ['Plato']],
  ];
  for (const [typed, wanted] of names) {
    test(`author = {${typed}}`, async () => {
      const { authors, problems } = await one(`author = {${typed}}`);
      assert.deepEqual([authors, problems], [wanted, []]);
    });
  }

  const titles: readonly [string, string][] = [
    [
      "{CORDIC} {II:} a ``new'' way -- and {\\em more} \\emph{words}",
      'CORDIC II: a “new” way – and more words',
    ],
    [
      'na\\"{\\i}ve caf\\\'e, \\ss\\ and stra{\\ss}e, \\c{c}a, \\\'{\\i}, {\\"U}ber',
      'naïve café, ß and straße, ça, í, Über',
    ],
    ['Costs \\$5 \\& 50\\% of $\\mathcal{O}(n)$', 'Costs $5 & 50% of $\\mathcal{O}(n)$'],
    ['The 5\\({}^{\\mbox{th}}\\) bird\\footnote{Thanks.}', 'The 5th bird'],
    ['\\alpha-rays, C\\# and \\constructor{x}', 'α-rays, C# and x'],
    ['Light &amp; <i>heavy</i>~birds', 'Light & heavy birds'],
  ];
  for (const [typed, wanted] of titles) {
    test(`title = {${typed}}`, async () => {
      const { papers, problems } = await read(`@misc{a, title = {${typed}}}`);
      assert.deepEqual([papers[0]?.title, problems], [wanted, []]);
    });
  }

  const dates: readonly [string, string][] = [
    ['year = {2019}, month = may', '2019-05'],
    ['year = 2019, month = 7', '2019-07'],
    ['year = 2019, month = {May--June}, day = 3', '2019-05-03'],
    ['year = 2019, month = {spring}', '2019'],
    ['year = {c2019}', '2019'],
    ['date = {2020-05-17}', '2020-05-17'],
    ['date = {2020-05/2020-07}, year = 1999', '2020-05'],
    ['date = {2020~}', '2020'],
  ];
  for (const [typed, wanted] of dates) {
    test(typed, async () => {
      const { date, problems } = await one(typed);
      assert.deepEqual([date, problems], [wanted, []]);
    });
  }

  test('a year that is none is reported, and the paper stays', async () => {
    const { date, problems } = await one('year = {in press}');
    assert.equal(date, undefined);
    assert.match(problems[0]?.reason ?? '', /date.*in press/);
  });

  const arxiv: readonly [string, string, number?][] = [
    ['eprint = {1706.03762v5}, archivePrefix = {arXiv}, primaryClass = {cs.CL}', '1706.03762', 5],
    ['eprint = {hep-th/9901001}, eprinttype = {arxiv}', 'hep-th/9901001'],
    ['eprint = {1706.03762}', '1706.03762'],
    ['journal = {arXiv preprint arXiv:1706.03762}', '1706.03762'],
    ['journal = {CoRR}, volume = {abs/1706.03762}', '1706.03762'],
    ['arxivId = {1706.03762}', '1706.03762'],
    ['note = {arXiv:1706.03762 [cs]}', '1706.03762'],
    ['howpublished = {\\url{https://arxiv.org/abs/1706.03762}}', '1706.03762'],
    ['howpublished = {Online, https://arxiv.org/abs/1706.03762.}', '1706.03762'],
    ['url = {https://arxiv.org/abs/1706.03762}', '1706.03762'],
    ['doi = {10.48550/arXiv.1706.03762}', '1706.03762'],
  ];
  for (const [typed, wanted, version] of arxiv) {
    test(typed, async () => {
      const { arxivId, arxivVersion, venue, problems } = await one(typed);
      assert.deepEqual([arxivId, arxivVersion, venue, problems], [wanted, version, undefined, []]);
    });
  }

  test('eprints of others, DOIs as URLs and with escapes, addresses without a scheme', async () => {
    assert.equal((await one('eprint = {25031234}, eprinttype = {pubmed}')).arxivId, undefined);
    assert.equal((await one('note = {Extends arXiv:1706.03762}')).arxivId, undefined);
    assert.equal((await one('doi = {https://doi.org/10.1000/AB\\_c}')).doi, '10.1000/ab_c');
    assert.equal((await one('url = {www.example.org/a\\_b\\%20c}')).url, 'https://www.example.org/a_b%20c');
    const { problems } = await one('doi = {unknown}');
    assert.match(problems[0]?.reason ?? '', /"doi" was ignored/);
  });

  test('abstracts: blank lines part paragraphs, other line breaks are spaces', async () => {
    const { abstract } = await one('abstract = {It begins.\n     It goes on.\n\n   And ends, at 5\\%.}');
    assert.equal(abstract, 'It begins. It goes on.\n\nAnd ends, at 5%.');
  });

  test('venues: journal, booktitle, and the macros of ADS; the first of two fields counts', async () => {
    assert.equal((await one('journaltitle = {Journal {A}}, journal = {B}')).venue, 'Journal A');
    assert.equal((await one('booktitle = {Proc. of Birds}')).venue, 'Proc. of Birds');
    assert.equal((await one('journal = {\\apj}')).venue, 'apj');
    assert.equal((await one('journal = {A}, journal = {B}')).venue, 'A');
  });
});

describe('what is broken', () => {
  const good = (n: number): string => `@article{k${n},\n  title = {Bird ${n}},\n  year = {20${10 + n}}\n}\n`;
  const broken: readonly [string, string, number, RegExp][] = [
    ['a missing brace', '@article{x,\n  title = {Lost,\n  year = {2000}\n}\n', 5, /not closed/],
    ['no title', '@article{x,\n  year = {2000}\n}\n', 5, /title/],
    ['no =', '@article{x,\n  title {Lost}\n}\n', 6, /expected = behind “title”/],
    [
      'an odd quote',
      '@article{x, title = "Lost", note = "never\n}\n',
      5,
      /can't be read to its end|not closed/,
    ],
    ['a comment that never ends', '@comment{ never\n', 0, /./],
  ];
  for (const [name, text, line, reason] of broken) {
    test(`${name} costs no other entry`, async () => {
      const { titles, problems } = await read(`${good(1)}${text}${good(2)}`);
      assert.deepEqual(
        titles.filter((title) => title.startsWith('Bird')),
        ['Bird 1', 'Bird 2'],
      );
      if (line === 0) return assert.deepEqual(problems, []);
      assert.equal(problems.length, 1);
      assert.equal(problems[0]!.line, line);
      assert.match(problems[0]!.reason, reason);
      assert.ok(problems[0]!.excerpt.length > 0 && problems[0]!.excerpt.length <= 120);
    });
  }

  test('what stands before the fault is kept, and the line is where it shows', async () => {
    const { papers, problems } = await read('@misc{a,\n title = {Light Birds},\n year = 2001,\n doi {x}\n}');
    assert.deepEqual([papers[0]?.title, papers[0]?.date], ['Light Birds', '2001']);
    assert.deepEqual(
      problems.map(({ line }) => line),
      [4],
    );
  });

  test('a comma that is missing, and a brace that was escaped alone', async () => {
    const { papers, problems } = await read(
      '@misc{a, title = {Light Birds}\n year = 2001}\n@misc{b, title = {One \\{ brace}, year = 2002}\n@misc{c, title = {Last}}',
    );
    assert.deepEqual(
      [papers.map(({ title, date }) => [title, date]), problems],
      [
        [
          ['Light Birds', '2001'],
          ['One { brace', '2002'],
          ['Last', undefined],
        ],
        [],
      ],
    );
  });

  test('a file that is cut off keeps what was complete', async () => {
    const { titles, problems } = await read(`${good(1)}@article{x, title = {Cut Off}, abstract = {It beg`);
    assert.deepEqual(titles, ['Bird 1', 'Cut Off']);
    assert.deepEqual(
      problems.map(({ line, reason }) => [line, /not closed/.test(reason)]),
      [[5, true]],
    );
  });

  test('an entry beyond the limit', async () => {
    const lines = `${'x'.repeat(1_000)}\n`.repeat(1_100);
    const { titles, problems } = await read(
      `${good(1)}@misc{x, title = {Long}, note = {${lines}}}\n${good(2)}`,
    );
    assert.deepEqual(titles, ['Bird 1', 'Bird 2']);
    assert.match(problems[0]?.reason ?? '', /longer than 1048576 characters/);
  });
});
