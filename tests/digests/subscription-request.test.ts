import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkEmail, checkSettings, checkWebhook } from '../../src/digests/subscription-request.js';
import { isAppError } from '../../src/platform/errors.js';
import { storedPaper } from '../support/papers.js';

const known = storedPaper({ id: '2401.00001' });
const catalog = {
  resolve: async (refs: readonly string[]) => refs.map((ref) => (/2401\.00001/.test(ref) ? known : null)),
};
const check = (request: Parameters<typeof checkSettings>[0]) => checkSettings(request, { catalog });

const names = (field: string) => (error: unknown) =>
  isAppError(error) &&
  error.kind === 'invalid' &&
  error.details['field'] === field &&
  error.message.startsWith(field);

describe('checkEmail', () => {
  it('keeps what was typed, and knows one address in any case', () => {
    assert.deepEqual(checkEmail(' Ada.L+q@Example.ORG '), {
      email: 'Ada.L+q@example.org',
      key: 'ada.l+q@example.org',
    });
    assert.equal(checkEmail('a@bücher.example').email, 'a@xn--bcher-kva.example');
  });

  for (const text of [
    '',
    'a',
    '@b.c',
    'a@b',
    'a b@c.de',
    'a@b..c',
    'a@-b.de',
    '"a"@b.de',
    'a@b.de\r\nBcc: c@d.de',
    'a@b.de,c@d.de',
    'a..b@c.de',
    `${'a'.repeat(65)}@b.de`,
    `a@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(60)}.${'e'.repeat(60)}.${'f'.repeat(20)}.de`,
    'a@[127.0.0.1]',
  ])
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () => {
      assert.throws(() => checkEmail(text), names('email'));
    });
});

describe('checkSettings', () => {
  it('fills in what is not said, and brings what is to one form', async () => {
    const settings = await check({
      query: '  “graph  networks”   SINCE:30d like:arXiv:2401.00001v3',
      days: [7, 1, 7],
      mutedWords: [' a ', '', 'a'],
    });
    assert.equal(settings.kind, 'query');
    assert.equal(settings.query, '"graph networks" since:30d like:2401.00001');
    assert.deepEqual(settings.days, [1, 7]);
    assert.deepEqual(settings.mutedWords, ['a']);
    assert.deepEqual(
      [settings.hour, settings.timeZone, settings.cap, settings.tellsEmpty],
      [8, 'UTC', 10, true],
    );
  });

  it('knows papers by any of their ids, once', async () => {
    const { kind, likes } = await check({ likes: ['https://arxiv.org/abs/2401.00001', '2401.00001v2'] });
    assert.deepEqual([kind, likes], ['likes', ['2401.00001']]);
  });

  it('drops what another kind had, once it is another', async () => {
    const current = await check({ query: 'x' });
    const { query, likes } = await checkSettings({ kind: 'daily' }, { catalog, current });
    assert.deepEqual([query, likes], ['', []]);
  });

  it('keeps what is not asked for', async () => {
    const current = await check({ query: 'graphs', hour: 5, minScore: 0.2 });
    const changed = await checkSettings({ cap: 3, minScore: null, query: undefined }, { catalog, current });
    assert.deepEqual(changed, { ...current, cap: 3, minScore: null });
  });

  const refused: [string, Parameters<typeof checkSettings>[0]][] = [
    ['kind', {}],
    ['kind', { kind: 'other' as 'daily' }],
    ['query', { kind: 'daily', query: 'x' }],
    ['query', { kind: 'likes', query: 'x', likes: ['2401.00001'] }],
    ['likes', { kind: 'query', query: 'x', likes: ['2401.00001'] }],
    ['likes', { query: 'x', likes: ['2401.00001'] }],
    ['likes', { kind: 'daily', likes: ['2401.00001'] }],
    ['query', { query: '"open' }],
    ['query', { kind: 'query', query: '  ' }],
    ['query', { query: 'x'.repeat(513) }],
    ['query', { query: 'like:2402.00001' }],
    ['query', { query: '\0' }],
    ['likes', { likes: ['nope'] }],
    ['likes', { kind: 'likes', likes: [] }],
    ['likes', { likes: Array.from({ length: 51 }, () => '2401.00001') }],
    ['days', { query: 'x', days: [] }],
    ['days', { query: 'x', days: [0] }],
    ['days', { query: 'x', days: [1.5] }],
    ['hour', { query: 'x', hour: 24 }],
    ['hour', { query: 'x', hour: Number.NaN }],
    ['timeZone', { query: 'x', timeZone: 'Mars/Base' }],
    ['timeZone', { query: 'x', timeZone: '+02:00' }],
    ['cap', { query: 'x', cap: 101 }],
    ['minScore', { query: 'x', minScore: Number.NaN }],
    ['minScore', { query: 'x', minScore: -1 }],
    ['mutedWords', { query: 'x', mutedWords: ['x'.repeat(101)] }],
    ['mutedWords', { query: 'x', mutedWords: ['a\0b'] }],
    ['mutedAuthors', { query: 'x', mutedAuthors: Array.from({ length: 101 }, (_, n) => `a${n}`) }],
    ['mutedCategories', { query: 'x', mutedCategories: ['not one'] }],
  ];
  for (const [field, request] of refused)
    it(`names ${field} in ${JSON.stringify(request).slice(0, 60)}`, async () => {
      await assert.rejects(check(request), names(field));
    });
});

describe('checkWebhook', () => {
  it('takes addresses of the web, without passwords', () => {
    assert.deepEqual(checkWebhook({ url: 'https://hooks.example.org/a?b=c' }), {
      kind: 'webhook',
      url: 'https://hooks.example.org/a?b=c',
      shape: 'generic',
    });
    for (const url of [
      'ftp://a.example',
      'https://u:p@a.example',
      'nothing',
      `https://a.example/${'x'.repeat(2_048)}`,
    ])
      assert.throws(() => checkWebhook({ url }), names('url'));
    assert.throws(() => checkWebhook({ url: 'https://a.example', shape: 'x' }), names('shape'));
  });
});
