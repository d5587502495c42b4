import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  linkedArxivId,
  looksLikeMarkdown,
  unwrapLinks,
} from '../../../src/ingest/parsers/listing/markdown.js';

test('unwrapLinks: links, pictures, numbered references, halves', () => {
  const text = (line: string): string => unwrapLinks(line).text;
  assert.equal(text('[A title](https://huggingface.co/papers/2401.00001)'), 'A title');
  assert.equal(text('Sep 9[9](https://huggingface.co/papers/1#community)'), 'Sep 9 9');
  assert.equal(text('[![x](https://x.example/a.png)Some Lab](/lab)'), 'Some Lab');
  assert.equal(
    text('[[picture] Some Lab](https://huggingface.co/lab) · Oct 4, 2026'),
    'Some Lab · Oct 4, 2026',
  );
  assert.equal(text('[Upvote'), 'Upvote');
  assert.equal(text('117](https://huggingface.co/login)'), '117');
  assert.equal(text('[ Models ][2]'), 'Models');
  assert.equal(text('][31]'), '');
  assert.equal(text('Sorting [in place] and \\[elsewhere\\]'), 'Sorting [in place] and [elsewhere]');
  assert.equal(text('f(x)[0] and g[i](y)'), 'f(x)[0] and g[i](y)');
  assert.equal(text('[a](https://x.example/a_(b)_c "title")'), 'a');
});

test('unwrapLinks: what the line is made of', () => {
  const github = unwrapLinks(
    '[GitHub 3k](https://github.com/a/b) [arXiv Page](https://arxiv.org/abs/2401.00001)',
  );
  assert.equal(github.onlyLinks, true);
  assert.deepEqual(
    github.links.map(({ text }) => text),
    ['GitHub 3k', 'arXiv Page'],
  );
  assert.equal(unwrapLinks('see [this](https://x.example/) for more of it').onlyLinks, false);
  assert.equal(unwrapLinks('### [A title that goes').open, true);
});

test('linkedArxivId: pages of papers, not logins and other sites', () => {
  assert.equal(linkedArxivId('https://huggingface.co/papers/2401.00001#community')?.id, '2401.00001');
  assert.equal(linkedArxivId('/papers/2401.00001')?.id, '2401.00001');
  assert.equal(linkedArxivId('https://arxiv.org/abs/2401.00001v3')?.version, 3);
  assert.equal(linkedArxivId('https://huggingface.co/login?next=%2Fpapers%2F2401.00001'), null);
  assert.equal(linkedArxivId('https://evil.example/huggingface.co/papers/2401.00001'), null);
  assert.equal(linkedArxivId('2401.00001'), null);
});

test('looksLikeMarkdown: links to papers or headings', () => {
  assert.equal(
    looksLikeMarkdown('text\n### [A](https://huggingface.co/papers/2401.00001)\n### [B](/x)\n'),
    true,
  );
  assert.equal(looksLikeMarkdown('## One\ntext\n## Two\n'), true);
  assert.equal(looksLikeMarkdown('A title\n\nAn abstract with [brackets] and #1 place.\n'), false);
});
