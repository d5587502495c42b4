import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSuggest, MAX_PREFIX_LENGTH } from '../../src/search/suggest.js';
import { storedPaper } from '../support/papers.js';
import { toyLexical } from './search-fixture.js';

const papers = [
  { title: 'Attention for bees', upvotes: 5, authors: ['Ada Björk', 'Yan Li'], categories: ['cs.LG'] },
  { title: 'Attention for robots', upvotes: 50, authors: ['Ada Björk'], categories: ['cs.LG', 'cs.CL'] },
  { title: 'Attentive robots', date: '2024', authors: ['Adam Smith'], categories: ['hep-th'] },
  { title: 'Attentive hives', date: '2023', authors: ['Jean-Luc d’Ada'] },
  { title: 'Honey', abstract: 'Attention is for flowers.', authors: ['Robert “Bob” Wax'] },
].map((fields, at) => storedPaper({ key: at + 1, id: `t:0000000${at}`, ...fields }));

const { suggest } = createSuggest({
  papers: {
    listByKeys: async (keys) => keys.flatMap((key) => papers.find((paper) => paper.key === key) ?? []),
  },
  lexical: toyLexical(papers),
});
const titles = async (text: string) => (await suggest(text)).titles.map(({ title }) => title);
const authors = async (text: string) => (await suggest(text)).authors;

describe('suggest', () => {
  it('goes on with titles, the most upvoted and then the newest first', async () => {
    assert.deepEqual(await titles('attent'), [
      'Attention for robots',
      'Attention for bees',
      'Attentive robots',
      'Attentive hives',
    ]);
    assert.deepEqual(await titles('robots attent'), ['Attention for robots', 'Attentive robots']);
    assert.deepEqual(await titles('ATTENTION for b'), ['Attention for bees']);
    assert.deepEqual(await titles('attention flow'), [], 'abstracts are no titles');
  });

  it('goes on with names, whatever their case and accents, those of most papers first', async () => {
    assert.deepEqual(await authors('ada'), ['Ada Björk', 'Adam Smith', 'Jean-Luc d’Ada']);
    assert.deepEqual(await authors('ada bjo'), ['Ada Björk']);
    assert.deepEqual(await authors('björk a'), ['Ada Björk']);
    assert.deepEqual(await authors('ada li'), [], 'two names are not one');
    assert.deepEqual(await authors('jean luc'), ['Jean-Luc d’Ada']);
    assert.deepEqual(await authors('jeanl'), ['Jean-Luc d’Ada']);
    assert.deepEqual(await authors('bjoe'), ['Ada Björk']);
  });

  it('goes on with categories', async () => {
    assert.deepEqual((await suggest('cs')).categories, ['cs.LG', 'cs.CL']);
    assert.deepEqual((await suggest(' CS.l')).categories, ['cs.LG']);
    assert.deepEqual((await suggest('hep-')).categories, ['hep-th']);
  });

  it('has nothing for nothing, and for what no word begins like', async () => {
    const nothing = { titles: [], authors: [], categories: [] };
    for (const text of [
      '',
      '   ',
      '!?',
      'zzz',
      '\u0001',

      '\ud800',
      '😀'.repeat(MAX_PREFIX_LENGTH),
    ])
      assert.deepEqual(await suggest(text), nothing, JSON.stringify(text.slice(0, 10)));
  });

  it('gives no more of each than asked for', async () => {
    const found = await suggest('a', 1);
    assert.deepEqual([found.titles.length, found.authors.length], [1, 1]);
  });

  it('leaves out a paper that has just gone', async () => {
    const gone = createSuggest({ papers: { listByKeys: async () => [] }, lexical: toyLexical(papers) });
    assert.deepEqual((await gone.suggest('attent')).titles, []);
  });
});
