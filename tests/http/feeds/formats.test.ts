import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { feedEntry } from '../../../src/http/feeds/entry.js';
import type { Feed } from '../../../src/http/feeds/feed.js';
import { feedFormatNames, feedFormats } from '../../../src/http/feeds/formats.js';
import { cleanText } from '../../../src/http/feeds/xml.js';
import type { Paper } from '../../../src/papers/paper.js';
import { storedPaper } from '../../support/papers.js';
import { type ReadEntry, readFeed } from './read-feed.js';

const base = 'https://papers.example.org';

const feedOf = (papers: readonly Paper[], fields: Partial<Feed> = {}): Feed => ({
  id: `${base}/feeds/search.atom?q=bees`,
  title: 'bees · Quire',
  subtitle: 'Papers of a search.',
  self: `${base}/feeds/search.atom?q=bees&limit=5`,
  home: `${base}/?q=bees`,
  begun: null,
  entries: papers.map((paper) => feedEntry(paper, base)),
  ...fields,
});

/** The same feed in each format, read back. */
const inEach = (feed: Feed) =>
  feedFormatNames.map((name) => ({ name, read: readFeed(name, feedFormats[name].write(feed)) }));

const entriesOf = (paper: Paper): ReadEntry[] => inEach(feedOf([paper])).map(({ read }) => read.entries[0]!);

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(
        ']]>',
        '<![CDATA[',
        '&amp;',
        '&#0;',
        '&',
        '<b>',
        '"',
        "'",
        '\u0000',
        '\u000b',
        '\ud800',
        '\uffff',
        '\r\n',
        '\t',
        ' ',
        '<?xml ?>',
        '<!-- ',
        ' -->',
        '%',
        '𝒳',
        '‮',
        '\u0085',
        'a',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
);

const hostilePaper = fc
  .record({
    title: hostile,
    abstract: hostile,
    authors: fc.array(hostile, { maxLength: 4 }),
    venue: fc.option(hostile),
    categories: fc.array(hostile, { maxLength: 3 }),
    doi: fc.option(hostile.map((text) => `10.1234/${text.toWellFormed()}`)),
    url: fc.option(
      fc.oneof(
        hostile,
        hostile.map((text) => `https://example.org/${text}`),
      ),
    ),
    date: fc.option(fc.constantFrom('2024', '2024-03', '2024-03-05', '2024-02-30', '2999-01-01')),
  })
  .map((fields) => ({ ...fields, id: fields.doi === null ? 't:0' : `doi:${fields.doi}` }));

describe('feeds', () => {
  it('are valid and say what the papers say, whatever is in them', () => {
    fc.assert(
      fc.property(fc.array(hostilePaper, { maxLength: 4 }), hostile, (papers, title) => {
        const stored = papers.map((fields, key) => storedPaper({ ...fields, key }));
        for (const { name, read } of inEach(feedOf(stored, { title: `x${title}` }))) {
          assert.equal(read.title, cleanText(`x${title}`), name);
          assert.deepEqual(
            read.entries.map((entry) => [entry.title, entry.authors, entry.categories]),
            stored.map((paper) => [
              cleanText(paper.title),
              paper.authors.map(cleanText).filter((author) => author.trim() !== ''),
              paper.categories.map(cleanText).filter((category) => category.trim() !== ''),
            ]),
            name,
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  it('hold all of a paper', () => {
    const paper = storedPaper({
      id: '2403.00001',
      arxivId: '2403.00001',
      doi: '10.1234/a#b',
      title: 'Bees & <Birds>',
      abstract: 'One < two.\n\nA second paragraph.',
      authors: ['Ada Björk', 'Lin Ó Briain'],
      categories: ['cs.LG', 'stat.ML'],
      date: '2024-03-05',
      createdAt: new Date('2024-03-06T10:00:00Z'),
      updatedAt: new Date('2024-03-07T10:00:00Z'),
    });
    for (const entry of entriesOf(paper)) {
      assert.equal(entry.title, 'Bees & <Birds>');
      assert.equal(entry.url, `${base}/papers/2403.00001`);
      assert.deepEqual(entry.authors, ['Ada Björk', 'Lin Ó Briain']);
      assert.deepEqual(entry.categories, ['cs.LG', 'stat.ML']);
      assert.equal(entry.published, '2024-03-05T00:00:00.000Z');
      assert.ok(entry.updated === null || entry.updated === '2024-03-07T10:00:00.000Z');
      assert.equal(
        entry.html,
        '<p>Ada Björk, Lin Ó Briain · 2024-03-05</p><p>One &#60; two.</p><p>A second paragraph.</p><p>cs.LG, stat.ML</p>' +
          `<p><a href="${base}/papers/2403.00001">Quire</a> · <a href="https://arxiv.org/abs/2403.00001">arXiv</a>` +
          ' · <a href="https://doi.org/10.1234/a%23b">DOI</a></p>',
      );
    }
  });

  it('make up no date: when a paper came in stands for a missing day, and for one that is to come', () => {
    const createdAt = new Date('2024-03-20T10:00:00Z');
    const published = (date: string | null) => entriesOf(storedPaper({ date, createdAt }))[0]!.published;
    assert.equal(published('2024-03-19'), '2024-03-19T00:00:00.000Z');
    for (const date of [null, '2024', '2024-03', '2024-02-31', '2025-01-01'])
      assert.equal(published(date), '2024-03-20T10:00:00.000Z', String(date));
    assert.match(entriesOf(storedPaper({ date: '2024-03', createdAt }))[0]!.html, /<p>2024-03<\/p>/);
  });

  it('name a paper by what never changes of it', () => {
    const createdAt = new Date('2024-03-20T10:00:00.123Z');
    const first = storedPaper({ key: 7, id: 't:abcdefgh', title: 'A Titel', createdAt });
    const later = storedPaper({
      ...first,
      id: '2403.00001',
      arxivId: '2403.00001',
      doi: '10.1234/x',
      title: 'A Title',
      aliases: ['t:abcdefgh', 't:before00'],
      updatedAt: new Date('2025-01-01'),
    });
    const id = (paper: Paper, origin = base) => feedEntry(paper, origin).id;
    assert.equal(id(later, 'http://elsewhere:8080'), id(first));
    assert.match(id(first), /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    // Readers have these: a change here shows them every paper again.
    assert.equal(id(first), 'urn:uuid:a6f083dc-0e8c-5663-ba2f-7c5445285fb0');
    assert.notEqual(id({ ...first, key: 8 }), id(first));
    assert.notEqual(
      id({ ...first, createdAt: new Date('2024-03-20T10:00:00.124Z') }),
      id(first),
      'another database',
    );
  });

  it('of nothing are valid too, and always the same', () => {
    const updated = (feed: Feed) => inEach(feed).map(({ read }) => read.updated);
    for (const { read } of inEach(feedOf([]))) assert.deepEqual(read.entries, []);
    assert.deepEqual(updated(feedOf([])), ['1970-01-01T00:00:00.000Z', null, null]);
    const begun = new Date('2026-03-02T05:00:00Z');
    assert.deepEqual(updated(feedOf([], { begun })), [begun.toISOString(), begun.toISOString(), null]);
    assert.equal(feedFormats.atom.write(feedOf([])), feedFormats.atom.write(feedOf([])));
  });

  it('name fifty of three thousand authors and count the others', () => {
    const authors = Array.from({ length: 3_000 }, (_, n) => `Author ${n}`);
    for (const entry of entriesOf(storedPaper({ authors }))) {
      assert.equal(entry.authors.length, 50);
      assert.match(entry.html, /Author 49 \+ 2950</);
    }
  });

  it('tell a summary of ours from an abstract', () => {
    const paper = storedPaper({ abstract: 'Bees.', origins: { abstract: { source: 'sample' } } });
    assert.match(entriesOf(paper)[0]!.html, /Quire’s own words.*Bees\./);
  });
});
