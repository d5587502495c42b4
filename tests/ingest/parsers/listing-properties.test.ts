import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type ParsedListing, parseListing } from '../../../src/ingest/parsers/listing.js';
import {
  compact,
  type Invented,
  inventedPapers,
  savedAt,
  titlesAndAbstracts,
  trending,
  withMetadata,
  wrap,
} from './invented.js';

const asOf = savedAt;
/** Fixed, so that a run is like the last one; a counterexample is shrunk and printed. */
const runs = { seed: 20250615, numRuns: 150 };

/** What saving a page does to its lines without changing what they say. */
interface Noise {
  eol: '\n' | '\r\n' | '\r';
  bom: boolean;
  nbsp: boolean;
  zeroWidth: boolean;
  trailing: string;
  indent: string;
  moreBlanks: boolean;
}

const noise: fc.Arbitrary<Noise> = fc.record({
  eol: fc.constantFrom('\n', '\r\n', '\r'),
  bom: fc.boolean(),
  nbsp: fc.boolean(),
  zeroWidth: fc.boolean(),
  trailing: fc.constantFrom('', ' ', '\t', '\u00a0 '),
  indent: fc.constantFrom('', '  ', '\t'),
  moreBlanks: fc.boolean(),
});

function saved(lines: readonly string[], how: Noise): string {
  const out = lines.map((line) => {
    if (line === '') return how.moreBlanks ? `${how.trailing}${how.eol}` : '';
    let text = how.nbsp ? line.replace(/ (?=\p{L})/gu, '\u00a0') : line;
    if (how.zeroWidth) text = text.replace(/(?<=\p{L})(?=\p{L}{4})/gu, '\u200b');
    return `${text.startsWith('#') || text.startsWith('[') ? '' : how.indent}${text}${how.trailing}`;
  });
  return `${how.bom ? '\ufeff' : ''}${out.join(how.eol)}${how.eol}`;
}

function assertPapers({ papers, problems }: ParsedListing, wanted: readonly Invented[], gap = '\n\n'): void {
  assert.deepEqual(problems, []);
  assert.deepEqual(
    papers.map(({ record }) => ({ title: record.title, abstract: record.abstract })),
    wanted.map(({ title, abstract }) => ({ title, abstract: abstract.join(gap) })),
  );
}

describe('a listing gives exactly the papers that were written into it', () => {
  const lists = [inventedPapers({ paragraphs: false }), inventedPapers({ paragraphs: true })];
  const anyList = fc.oneof(...lists);

  test('with metadata', () => {
    const authorsLines = fc.array(fc.constantFrom('count', 'count', 'none', 'name'), {
      minLength: 25,
      maxLength: 25,
    });
    fc.assert(
      fc.property(anyList, noise, authorsLines, (papers, how, kinds) => {
        const lineOf = (index: number): string | null =>
          kinds[index] === 'count'
            ? `  • ${papers[index]!.authors} authors`
            : kinds[index] === 'name'
              ? 'acme Acme Research'
              : null;
        const parsed = parseListing(saved(withMetadata(papers, lineOf), how), { asOf });
        assertPapers(parsed, papers);
        assert.equal(parsed.shape, 'with-metadata');
        for (const [index, { record }] of parsed.papers.entries()) {
          const { authors, date, comments } = papers[index]!;
          assert.equal(record.date, date.means);
          assert.equal(record.comments, comments);
          assert.equal(record.authorCount, kinds[index] === 'count' ? authors : undefined);
        }
      }),
      runs,
    );
  });

  test('titles and abstracts only', () => {
    fc.assert(
      fc.property(anyList, noise, (papers, how) => {
        const parsed = parseListing(saved(titlesAndAbstracts(papers), how), { asOf });
        assertPapers(parsed, papers);
        assert.equal(parsed.shape, 'titles-and-abstracts');
      }),
      runs,
    );
  });

  test('compact', () => {
    fc.assert(
      fc.property(anyList, noise, (papers, how) => {
        const parsed = parseListing(saved(compact(papers), { ...how, moreBlanks: false, indent: '' }), {
          asOf,
        });
        assertPapers(parsed, papers);
        assert.equal(parsed.shape, 'compact');
      }),
      runs,
    );
  });

  test('trending: every card twice is one paper', () => {
    fc.assert(
      fc.property(anyList, noise, (papers, how) => {
        const parsed = parseListing(saved(trending(papers), how), { asOf });
        assertPapers(parsed, papers);
        assert.equal(parsed.shape, 'trending');
        for (const [index, { record }] of parsed.papers.entries()) {
          const { authors, date, upvotes, id } = papers[index]!;
          assert.deepEqual(
            [record.arxivId, record.authorCount, record.date, record.upvotes, record.url],
            [id, authors, date.means, upvotes, `https://huggingface.co/papers/${id}`],
          );
        }
      }),
      runs,
    );
  });

  test('lines broken at a column, blank lines between titles and abstracts', () => {
    fc.assert(
      fc.property(lists[1]!, fc.integer({ min: 60, max: 120 }), (papers, width) => {
        const lines = titlesAndAbstracts(papers).map((line) => wrap(line, width));
        assertPapers(parseListing(lines.join('\n'), { asOf }), papers);
      }),
      runs,
    );
  });

  test('a page saved twice in one file is there twice', () => {
    fc.assert(
      fc.property(anyList, fc.constantFrom('\n', ''), (papers, between) => {
        const page = withMetadata(papers, () => '  • 3 authors')
          .join('\n')
          .trimEnd();
        assertPapers(parseListing(`${page}${between}${page}`, { asOf }), [...papers, ...papers]);
      }),
      runs,
    );
  });
});

describe('damage costs no other paper', () => {
  const list = inventedPapers({ paragraphs: false });
  const compactLines = (papers: readonly Invented[]): string[] =>
    papers.flatMap(({ title, abstract }) => [title, ...abstract]);
  const titles = ({ papers }: ParsedListing): string[] => papers.map(({ record }) => record.title);

  test('an abstract that is missing in the middle is reported with its title and line', () => {
    fc.assert(
      fc.property(list, fc.nat(), (papers, pick) => {
        const gone = pick % papers.length;
        const lines = compactLines(papers).filter((_, index) => index !== gone * 2 + 1);
        const parsed = parseListing(lines.join('\n'), { asOf });
        assert.deepEqual(
          titles(parsed),
          papers.filter((_, index) => index !== gone).map(({ title }) => title),
        );
        assert.deepEqual(
          parsed.problems.map(({ line, excerpt }) => [line, excerpt]),
          [[gone * 2 + 1, papers[gone]!.title]],
        );
      }),
      runs,
    );
  });

  test('a title that is missing in the middle loses only its own paper', () => {
    fc.assert(
      fc.property(list, fc.nat(), (papers, pick) => {
        const gone = pick % papers.length;
        const lines = compactLines(papers).filter((_, index) => index !== gone * 2);
        const parsed = parseListing(lines.join('\n'), { asOf });
        assert.deepEqual(
          titles(parsed),
          papers.filter((_, index) => index !== gone).map(({ title }) => title),
        );
        // The abstract that lost its title is kept with the one before it, or reported as the first text.
        const text = papers[gone]!.abstract[0]!;
        const kept = parsed.papers.some(({ record }) => record.abstract.includes(text));
        assert.ok(kept || parsed.problems.some(({ excerpt }) => text.startsWith(excerpt.slice(0, 30))));
      }),
      runs,
    );
  });

  test('cut off anywhere, all papers before the cut are there', () => {
    fc.assert(
      fc.property(list, fc.nat(), (papers, pick) => {
        const text = withMetadata(papers, () => '  • 3 authors').join('\n');
        const cut = text.slice(0, pick % text.length);
        let end = 0;
        const whole = papers.filter(({ title, abstract }) => {
          end = text.indexOf(`${abstract[0]}\n`, text.indexOf(`${title}\n`, end)) + abstract[0]!.length;
          return end < cut.length;
        });
        assert.deepEqual(
          titles(parseListing(cut, { asOf })).slice(0, whole.length),
          whole.map(({ title }) => title),
        );
      }),
      runs,
    );
  });
});

describe('any text', () => {
  const pages = fc
    .tuple(inventedPapers({ paragraphs: true, maxLength: 6 }), fc.integer({ min: 0, max: 3 }))
    .map(
      ([papers, shape]) =>
        [
          withMetadata(papers, () => '  • 3 authors'),
          titlesAndAbstracts(papers),
          compact(papers),
          trending(papers),
        ][shape]!,
    );
  const junk = fc.constantFrom(
    'Load more of these',
    'May 31, 2024',
    '·',
    '17',
    '- 4 authors',
    '### Heading',
    '[Upvote',
    '](',
    'https://huggingface.co/papers/2401.00001',
    'Submitted by',
    'x'.repeat(300),
    'We add a sentence that belongs nowhere.',
    '```',
    '\u0000\u0007',
    '\ud83d',
  );
  const mutations = fc.array(
    fc.tuple(fc.constantFrom('delete', 'double', 'swap', 'insert', 'cut', 'glue'), fc.nat(), junk),
    { minLength: 1, maxLength: 6 },
  );

  function mutate(lines: readonly string[], changes: readonly [string, number, string][]): string[] {
    const out = [...lines];
    for (const [kind, pick, text] of changes) {
      const at = pick % Math.max(1, out.length);
      const line = out[at] ?? '';
      if (kind === 'delete') out.splice(at, 1);
      if (kind === 'double') out.splice(at, 0, line);
      if (kind === 'swap') out.splice(at, 2, out[at + 1] ?? '', line);
      if (kind === 'insert') out.splice(at, 0, text);
      if (kind === 'cut') out[at] = line.slice(0, pick % (line.length + 1));
      if (kind === 'glue') out.splice(at, 2, line + (out[at + 1] ?? ''));
    }
    return out;
  }

  /** Long lines are never furniture or metadata: each must come back in a paper or in a problem. */
  function assertAccounted(lines: readonly string[], { papers, problems }: ParsedListing): void {
    const plain = (text: string): string => text.replace(/[^\p{L}]+/gu, '');
    const kept = plain(papers.map(({ record }) => `${record.title} ${record.abstract}`).join(' '));
    const reported = problems.map(({ line, reason }) => ({
      line,
      to: Number(/up to line (\d+)/.exec(reason)?.[1] ?? line),
    }));
    for (const [index, line] of lines.entries()) {
      // What a page's furniture is glued to comes back without it.
      const words = plain(line.replace(/^Subscribe|^#+|\[(?=\p{L})|\]\(\S*\)?/gu, ''));
      if (
        line.length < 80 ||
        /https:\/\/(?:huggingface|github|arxiv)/.test(line) ||
        /^Get trending/.test(line) ||
        words === ''
      )
        continue;
      const near = reported.some((problem) => problem.line - 2 <= index + 1 && index + 1 <= problem.to + 2);
      assert.ok(kept.includes(words) || near, `line ${index + 1} is lost: ${line.slice(0, 100)}`);
    }
  }

  test('random changes never throw, and no text line is lost silently', () => {
    fc.assert(
      fc.property(pages, mutations, (lines, changes) => {
        const changed = mutate(lines, changes);
        const text = changed.join('\n');
        const parsed = parseListing(text, { asOf });
        for (const { record, line } of parsed.papers) {
          assert.ok(
            record.title.length >= 1 && record.title.length <= 1_000 && record.title === record.title.trim(),
          );
          assert.ok(
            !record.title.includes('\n') &&
              !record.title.includes('\u0000') &&
              !record.abstract.includes('\u0000'),
          );
          assert.ok(line >= 1 && line <= changed.length);
        }
        for (const { excerpt, line } of parsed.problems) assert.ok(excerpt.length <= 120 && line >= 1);
        assertAccounted(changed, parsed);
      }),
      { ...runs, numRuns: 600 },
    );
  });

  test('random text never throws', () => {
    const pieces = fc.array(fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), junk, fc.constant('\n')), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(pieces, (parts) => {
        parseListing(parts.join('\n'), { asOf });
      }),
      { ...runs, numRuns: 500 },
    );
  });
});

describe('time grows with the length of the text', () => {
  // Each repeated to 300 kB: a pattern that backtracks would take minutes, a linear one well under a second.
  const patterns = [
    '[',
    '](',
    '](/x)',
    '[a](/x) ',
    '![[a',
    '·',
    '·\n',
    'a\n',
    '\n',
    ' ',
    '\u00a0a',
    '\r',
    'Oct 4\n',
    'Upvote\n',
    'Submitted by\n',
    '### [a\n',
    'Models\n',
    'Subscribe',
    'Abc. Def ',
    '1 authors ',
    '<i ',
    '&#',
    'https://',
    'Get trending papers in your email inbox!',
    '学习。',
    '- \n',
    '(1) a\n',
  ];
  for (const pattern of patterns) {
    test(JSON.stringify(pattern), () => {
      const heading = '### [A title](https://huggingface.co/papers/2401.00001)\n';
      const started = performance.now();
      parseListing(heading + pattern.repeat(Math.ceil(300_000 / pattern.length)), { asOf });
      const seconds = (performance.now() - started) / 1_000;
      assert.ok(seconds < 10, `took ${seconds.toFixed(1)} s`);
    });
  }
});
