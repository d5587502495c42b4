import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { suggestSpelling } from '../../src/search/text/suggest-spelling.js';
import { tokensOf } from '../../src/search/text/tokens.js';

/** `meant`: word → what was meant by it. */
const suggest = (query: string, meant: Record<string, string>, text = query): string | null => {
  const words = tokensOf(text);
  return suggestSpelling(
    query,
    words,
    words.map(({ word }) => meant[word] ?? null),
  );
};

describe('suggestSpelling', () => {
  it('mends each word where it stands by itself, in whatever case', () => {
    assert.equal(suggest('Atention for kernals', { atention: 'attention' }), 'attention for kernals');
    assert.equal(
      suggest('ATENTION, atention-based', { atention: 'attention' }),
      'attention, attention-based',
    );
    assert.equal(suggest('grap grapes', { grap: 'graph' }), 'graph grapes');
    assert.equal(
      suggest('atention for kernals', { atention: 'attention', kernals: 'kernels' }),
      'attention for kernels',
    );
  });

  it('is null where nothing was meant', () => {
    assert.equal(suggest('attention', {}), null);
    assert.equal(suggest('', {}), null);
    assert.equal(suggestSpelling('attention', tokensOf('attention'), []), null);
  });

  it('mends words inside of quotes, and keeps what is around them', () => {
    assert.equal(
      suggest('"grpah nets" since:30d', { grpah: 'graph' }, 'grpah nets'),
      '"graph nets" since:30d',
    );
  });

  it('leaves what operators look for as it is', () => {
    assert.equal(
      suggest('smiht author:smiht -smiht', { smiht: 'smith' }, 'smiht'),
      'smith author:smiht -smiht',
    );
  });
});
