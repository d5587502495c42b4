import fc from 'fast-check';

/** A paper that nobody wrote, as a listing shows it. */
export interface Invented {
  title: string;
  /** Paragraphs. */
  abstract: string[];
  authors: number;
  /** As the page writes it, and what it means at 2025-06-15. */
  date: { shown: string; means: string };
  comments: number | undefined;
  upvotes: number;
  id: string;
}

/** The day at which the invented pages were saved. */
export const savedAt = '2025-06-15';

const things = [
  'harbours',
  'tide tables',
  'lighthouse lamps',
  'migrating geese',
  'glass bells',
  'paper boats',
  'river locks',
  'clock springs',
  'salt marshes',
  'wind organs',
  'brick kilns',
  'ferry schedules',
];
const manners = [
  'Robust',
  'Slow',
  'Lazy',
  'Hierarchical',
  'Sparse',
  'Patient',
  'Certified',
  'Low-Cost',
  'Blind',
];
const deeds = [
  'Sorting',
  'Counting',
  'Forecasting',
  'Repairing',
  'Comparing',
  'Mapping',
  'Tuning',
  'Listening to',
];
const names = ['TideNet', 'k-Lamps', 'einkai', 'LOCKSTEP', 'Gans-2', 'oarBERT', 'SALT++', 'MÖWE'];
const places = [
  'Under Fog',
  'at Night',
  'in Small Towns',
  'from a Single Sketch',
  'without Calibration',
  'over Ice',
];

const capital = (text: string): string =>
  text.replace(/(^|[ -])(\p{Ll})/gu, (_, before, letter) => before + letter.toUpperCase());

const thing = fc.constantFrom(...things);
const titleArbitrary: fc.Arbitrary<string> = fc.oneof(
  fc
    .tuple(fc.constantFrom(...names), fc.constantFrom(...manners), fc.constantFrom(...deeds), thing)
    .map(([name, manner, deed, what]) => `${name}: ${manner} ${deed} of ${capital(what)}`),
  fc
    .tuple(fc.constantFrom(...manners), thing, fc.constantFrom(...places))
    .map(([m, t, p]) => `${m} ${capital(t)} ${p}`),
  fc.tuple(thing, thing).map(([a, b]) => `On the asymptotic geometry of ${a} and ${b}`),
  fc.tuple(thing, thing).map(([a, b]) => `Do ${capital(a)} Dream of ${capital(b)}?`),
  fc.tuple(fc.constantFrom(...deeds), thing).map(([d, t]) => `${d} ${t}`.toUpperCase()),
  fc.tuple(thing).map(([t]) => `All You Need Is ${capital(t)}!`),
);

const sentence: fc.Arbitrary<string> = fc
  .tuple(fc.integer({ min: 0, max: 7 }), thing, thing, fc.integer({ min: 2, max: 97 }))
  .map(
    ([form, a, b, n]) =>
      [
        `We study how ${a} change when ${b} are near, and find a law that holds for ${n} years of records.`,
        `Existing methods treat ${a} as if they were ${b} (e.g. by averaging), which fails in ${n} % of all cases.`,
        `This paper presents a procedure for ${a} that needs neither ${b} nor a second observer.`,
        `Experiments on ${n} collections show that ${a} are described twice as well as by any earlier model.`,
        `However, ${a} have been measured by hand only, and the cost of ${b} is rarely reported.`,
        `Our proof is short: it reduces ${a} to ${b} and counts what is left over.`,
        `The data, the code and the drawings of all ${a} are available at https://example.org/${n}.`,
        `Can ${a} be understood without ${b}? We argue that they can, and say where the argument stops.`,
      ][form]!,
  );

/** Twelve sentences: long enough for several paragraphs; one sentence: as short as abstracts get. */
const abstractArbitrary = fc.array(sentence, { minLength: 1, maxLength: 12 });

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const dateArbitrary = fc
  .tuple(
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 28 }),
    fc.option(fc.integer({ min: 1999, max: 2024 })),
  )
  .map(([month, day, year]) => {
    const rest = `${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
    const meant = year ?? (`2025-${rest}` <= savedAt ? 2025 : 2024);
    return {
      shown: `${months[month - 1]} ${day}${year === null ? '' : `, ${year}`}`,
      means: `${meant}-${rest}`,
    };
  });

/** Papers with distinct titles. `paragraphs`: abstracts may have several. */
export function inventedPapers(options: {
  paragraphs: boolean;
  maxLength?: number;
}): fc.Arbitrary<Invented[]> {
  const abstract = options.paragraphs
    ? fc.array(fc.array(sentence, { minLength: 3, maxLength: 5 }), { minLength: 1, maxLength: 3 })
    : abstractArbitrary.map((sentences) => [sentences]);
  return fc
    .uniqueArray(
      fc.record({
        title: titleArbitrary,
        abstract: abstract.map((paragraphs) => paragraphs.map((sentences) => sentences.join(' '))),
        authors: fc.integer({ min: 1, max: 900 }),
        date: dateArbitrary,
        comments: fc.option(fc.integer({ min: 1, max: 80 }), { nil: undefined }),
        upvotes: fc.integer({ min: 1, max: 999 }),
      }),
      { selector: ({ title }) => title.toLowerCase(), minLength: 3, maxLength: options.maxLength ?? 25 },
    )
    .map((papers) =>
      papers.map((paper, index) => ({ ...paper, id: `2401.${String(index + 1).padStart(5, '0')}` })),
    );
}

export const header = [
  'new',
  '',
  'Get trending papers in your email inbox!',
  '',
  'Subscribe',
  '',
  'Daily Papers',
  '',
  'byAK and the research community',
  '',
  'Jun 12',
  '',
];

/** As `listing-with-metadata.txt`; a paper may lack its authors' line or name an organisation instead. */
export function withMetadata(
  papers: readonly Invented[],
  authorsLine: (index: number) => string | null,
): string[] {
  const lines = [...header];
  for (const [index, paper] of papers.entries()) {
    const authors = authorsLine(index);
    const comments = paper.comments === undefined ? '' : ` ${paper.comments}`;
    lines.push(paper.title, '', ...paper.abstract.flatMap((paragraph) => [paragraph, '']));
    lines.push(...(authors === null ? [] : [authors]), '·', `${paper.date.shown}${comments}`, '');
  }
  return lines;
}

/** As `listing-titles-and-abstracts.txt`. */
export function titlesAndAbstracts(papers: readonly Invented[]): string[] {
  return [
    ...header,
    ...papers.flatMap(({ title, abstract }) => [title, '', ...abstract.flatMap((text) => [text, ''])]),
  ];
}

/** As `listing-compact.txt`. */
export function compact(papers: readonly Invented[]): string[] {
  const [first, ...rest] = papers.flatMap(({ title, abstract }) => [title, ...abstract]);
  const phrase = 'Get trending papers in your email inbox';
  return [`${phrase} once a day!`, `${phrase}!`, `Subscribe${first ?? ''}`, ...rest];
}

/** The trending page: every card twice, the second time with a shorter date. */
export function trending(papers: readonly Invented[]): string[] {
  const lines = [
    'Get trending papers in your email inbox!',
    '[Subscribe](https://huggingface.co/login)',
    '# Trending Papers',
  ];
  for (const { title, abstract, authors, date, upvotes, id } of papers) {
    for (const before of ['· Published on ', '· ']) {
      lines.push(
        'Submitted by',
        '',
        'someone',
        '',
        `### [${title}](https://huggingface.co/papers/${id})`,
        '',
      );
      lines.push(
        ...abstract.flatMap((text) => [text, '']),
        `- ${authors} authors`,
        '',
        `${before}${date.shown}`,
        '',
      );
      lines.push('[Upvote', '', `${upvotes}](https://huggingface.co/login?next=%2Fpapers%2F${id})`, '');
      lines.push(
        `[GitHub 3.29k](https://github.com/someone/code) [arXiv Page](https://arxiv.org/abs/${id})`,
        '',
      );
    }
  }
  return lines;
}

/** Breaks lines at a column, as editors and mail programs do. */
export function wrap(text: string, width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}
