import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { DigestPaper } from '../../src/digests/digest.js';
import { webhookRoom, webhookShapes } from '../../src/digests/subscription.js';
import { digestHtml } from '../../src/digests/templates/html.js';
import { digestMail } from '../../src/digests/templates/mail.js';
import { clip, oneLine, wrap } from '../../src/digests/templates/plain.js';
import { digestText } from '../../src/digests/templates/text.js';
import { webhookBody } from '../../src/digests/templates/webhook.js';
import { emptyReason, subjectOf } from '../../src/digests/templates/words.js';
import { digestOf, digestPaperOf, links, settingsOf, subscriptionOf } from './digest-fixture.js';

const date = new Date('2024-03-20T08:00:00Z');
const from = { name: 'Quire', address: 'digests@papers.example.org' };
const options = { settings: settingsOf(), links, date };
const noCuts = { sentBefore: 0, belowScore: 0, muted: 0, beyondCap: 0 };

/** What people put into titles to see what happens. */
const hostile = [
  '</style></title><script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '" onmouseover="alert(1)',
  "' style='x",
  '&lt;b&gt; & &#x3c;',
  'a\r\nBcc: all@example.org\r\n\r\nbody',
  '\u202Egnp.exe\u2066',
  '\0\x07\x1b[31m',
  '\ud800 half',
  '<!channel> <@U1> @everyone',
  '](https://evil.example) **x** `y` > z',
  'x'.repeat(1_000),
  '漢'.repeat(1_000),
  '&"<>'.repeat(250),
  '$\\alpha$ {{{ $$ \\( \\frac{',
];
const anyText = fc.oneof(
  fc.constantFrom(...hostile),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.tuple(fc.constantFrom(...hostile), fc.string()).map((parts) => parts.join(' ')),
);
const anyPaper: fc.Arbitrary<DigestPaper> = fc
  .record({
    title: anyText,
    authors: fc.array(anyText, { maxLength: 5 }),
    venue: fc.option(anyText),
    categories: fc.array(anyText, { maxLength: 2 }),
    why: anyText,
    sentence: fc.option(anyText),
    // No database holds half of a pair.
    id: anyText.map((id) => id.toWellFormed()),
  })
  .map((fields) => digestPaperOf(fields));

describe('a digest as a mail', () => {
  it('says in its subject what is in it', () => {
    const papers = [digestPaperOf(), digestPaperOf({ id: 'b' })];
    assert.equal(
      subjectOf(settingsOf(), digestOf(papers)),
      '2 new papers for “graph kernels”: Kernels of wide graphs',
    );
    assert.match(
      subjectOf(settingsOf({ kind: 'daily' }), digestOf(papers)),
      /^2 new papers for the day’s papers/,
    );
    const likes = {
      ...settingsOf({ kind: 'likes', likes: ['a', 'b'] }),
      firstLike: `Graphs\n${'x'.repeat(80)}`,
    };
    assert.match(
      subjectOf(likes, digestOf(papers)),
      /^2 new papers for papers like “Graphs x{52}…” and 1 more: /,
    );
    assert.match(
      subjectOf({ ...likes, likes: ['a'], firstLike: null }, digestOf(papers)),
      /for papers like the one you follow: /,
    );
    assert.equal(subjectOf(settingsOf(), digestOf([])), 'Nothing came in for “graph kernels”');
    const unmatched = digestOf([], { books: { announced: 12, matched: 0, sent: 0, cut: noCuts } });
    assert.equal(subjectOf(settingsOf(), unmatched), 'Nothing new for “graph kernels”: 12 papers looked at');
  });

  it('is whole as text', () => {
    const text = digestText(digestOf([digestPaperOf()], { notices: ['A notice.'] }), options);
    assert.equal(
      text,
      `Quire: “graph kernels”
1 new paper, 20 Mar 2024

A notice.

1.  Kernels of wide graphs
    Ada Björk, Lin Ó Briain, Max Ruh + 1, 1 Mar 2024, cs.LG, 3 upvotes
    Why: matches: graph, kernel; score 0.71
    “We widen graphs.”
    Read: ${links.paper('2401.00001')}
    Related: ${links.related('2401.00001')}
    Save: ${links.save('2401.00001')}
    Not for me: ${links.notForMe('2401.00001')}

Unsubscribe: ${links.unsubscribe()}
Change or pause: ${links.manage()}
These links work for whoever has them: take them out before you forward
this mail.

Announced 1, matched 1, sent 1.
`,
    );
  });

  it('has the same as HTML, and loads nothing', () => {
    const html = digestHtml(digestOf([digestPaperOf()]), options);
    for (const part of [
      'before you forward this mail.<br/>',
      'Kernels of wide graphs',
      'We widen graphs.',
      'Ada Björk, Lin Ó Briain, Max Ruh + 1',
      '1 Mar 2024',
      'Announced 1, matched 1, sent 1.',
    ])
      assert.ok(html.includes(part), part);
    const hrefs = [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href!.replaceAll('&amp;', '&'));
    const id = '2401.00001';
    assert.deepEqual(hrefs, [
      links.paper(id),
      links.related(id),
      links.save(id),
      links.notForMe(id),
      links.unsubscribe(),
      links.manage(),
    ]);
    assert.doesNotMatch(html, /<(?:img|link|script|iframe|object)|url\(|@import|\bsrc=/i);
    assert.match(html, /prefers-color-scheme:dark/);
    const daily = digestHtml(digestOf([]), { ...options, settings: settingsOf({ kind: 'daily' }) });
    assert.match(daily, /<h1[^>]*>The day’s papers<\/h1>/);
  });

  it('tells machines what it is', async () => {
    const mail = await digestMail(subscriptionOf(), digestOf([digestPaperOf()]), {
      links,
      messageId: 'x@y',
      from,
      date,
    });
    assert.equal(mail.to, 'ada@example.org');
    assert.deepEqual(mail.headers, {
      'List-Unsubscribe': `<${links.unsubscribe()}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      'List-Id': 'Quire digest 7 <digest-7.quire.papers.example.org>',
      'List-Help': `<${links.manage()}>`,
      'Auto-Submitted': 'auto-generated',
    });
    const plain = { ...links, unsubscribe: () => 'http://127.0.0.1:8080/u?t=1' };
    const local = await digestMail(subscriptionOf(), digestOf([]), {
      links: plain,
      messageId: 'x@y',
      from,
      date,
    });
    assert.equal(local.headers['List-Unsubscribe-Post'], undefined, 'one click needs https');
    await assert.rejects(
      digestMail(subscriptionOf({ email: null }), digestOf([]), { links, messageId: 'x', from, date }),
      {
        code: 'internal',
      },
    );
  });

  it('lets nothing out of its place, whatever titles, authors and abstracts hold', async () => {
    // As many tags as the same digest with harmless words has.
    const tagsOf = (html: string): string[] => html.match(/<\/?[a-z!][^\s>]*/gi) ?? [];
    await fc.assert(
      fc.asyncProperty(fc.array(anyPaper, { maxLength: 4 }), anyText, async (papers, query) => {
        const settings = settingsOf({ query });
        const digest = digestOf(papers, { notices: [query] });
        const mail = await digestMail(subscriptionOf({ query }), digest, {
          links,
          messageId: 'x@y',
          from,
          date,
        });
        assert.ok(mail.subject.length > 0 && mail.subject.length <= 200);
        assert.doesNotMatch(mail.subject, /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
        assert.doesNotMatch(mail.text, /(?!\n)[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
        for (const part of [mail.subject, mail.text, mail.html]) assert.ok(part.isWellFormed());
        const lines = mail.text.split('\n').filter((line) => !/^\s*(?:[A-Z][a-z ]+: )https:/.test(line));
        for (const line of lines) assert.ok([...line].length <= 72, line);
        assert.equal(mail.text.match(/^Unsubscribe: /gm)?.length, 1);
        assert.equal(mail.text.match(/^Unsubscribe: (.*)$/m)![1], links.unsubscribe());
        const tags = new Set(tagsOf(mail.html));
        const known = tagsOf(
          digestHtml(digestOf([digestPaperOf()], { notices: ['x'] }), { ...options, settings }),
        );
        assert.deepEqual(
          [...tags].filter((tag) => !known.includes(tag) && tag !== '<!doctype'),
          [],
        );
        assert.doesNotMatch(mail.html, /<[^>]*\son\w+=/);
        for (const [, value] of Object.entries(mail.headers)) assert.match(value, /^[\x20-\x7e]+$/);
      }),
      { numRuns: 300 },
    );
  });

  const reasons: [books: object, said: RegExp][] = [
    [{ announced: 0 }, /nothing to tell/],
    [{ announced: 5 }, /^5 papers came in, and none is what/],
    [{ announced: 5, matched: 1, cut: { ...noCuts, sentBefore: 1 } }, /one matches: you were sent it before/],
    [
      { announced: 5, matched: 3, cut: { ...noCuts, sentBefore: 3 } },
      /3 match: you were sent all of them before/,
    ],
    [
      { announced: 5, matched: 3, cut: { ...noCuts, belowScore: 1, muted: 2 } },
      /3 match: 1 below the score, 2 muted\./,
    ],
  ];
  for (const [books, said] of reasons)
    it(`says why it is empty: ${said.source}`, () => {
      const digest = digestOf([], { books: { announced: 0, matched: 0, sent: 0, cut: noCuts, ...books } });
      assert.match(emptyReason(digest)!, said);
      assert.ok(digestHtml(digest, options).includes(emptyReason(digest)!));
      assert.ok(digestText(digest, options).replace(/\n/g, ' ').includes(emptyReason(digest)!));
    });
});

describe('a digest as a webhook’s body', () => {
  const many = (count: number, fields: Partial<DigestPaper> = {}) =>
    digestOf(Array.from({ length: count }, (_, n) => digestPaperOf({ ...fields, id: `2401.${n}` })));
  const subscription = subscriptionOf();

  it('names the digest and its day, so that a receiver knows it again', () => {
    const body = webhookBody(many(1), {
      ...{ shape: 'generic', subscription, id: 'digest.1', localDate: '2026-03-02', links },
    });
    assert.deepEqual(Object.entries(body).slice(0, 2), [
      ['id', 'digest.1'],
      ['localDate', '2026-03-02'],
    ]);
  });

  it('has all of it in plain JSON, and none of the links that act', () => {
    for (const shape of webhookShapes) {
      const body = JSON.stringify(
        webhookBody(many(3), { shape, subscription, id: 'digest.1', localDate: '2026-03-02', links }),
      );
      assert.ok(body.includes('Kernels of wide graphs') && body.includes(links.paper('2401.2')), shape);
      assert.doesNotMatch(body, /token|ada@example/);
    }
  });

  it('keeps to the limits of Slack and Discord', () => {
    for (const text of hostile) {
      const digest = many(100, {
        title: text,
        why: text,
        sentence: text.repeat(3),
        authors: [text],
        venue: text,
      });
      digest.notices.push(text, text, text, text, text);
      const slack = webhookBody(digest, {
        shape: 'slack',
        subscription,
        id: 'digest.1',
        localDate: '2026-03-02',
        links,
      }) as {
        text: string;
        blocks: { type: string; text?: { text: string } }[];
      };
      assert.ok(slack.blocks.length <= 50);
      assert.ok(slack.blocks.length >= webhookRoom.slack);
      for (const { type, text: block } of slack.blocks)
        assert.ok((block?.text.length ?? 1) <= (type === 'header' ? 150 : 3_000) && block?.text !== '');
      const mrkdwn = slack.blocks.filter(({ type }) => type === 'section').map((one) => one.text!.text);
      // Every < begins a link of ours.
      for (const one of mrkdwn)
        for (const [tag] of one.matchAll(/<[^>]*>?/g))
          assert.match(tag, /^<https:\/\/papers\.example\.org\/[^|]*\|[^<>]*>$/);
      const discord = webhookBody(digest, {
        shape: 'discord',
        subscription,
        id: 'digest.1',
        localDate: '2026-03-02',
        links,
      }) as {
        content: string;
        allowed_mentions: object;
        embeds: { title: string; description: string }[];
      };
      assert.ok(discord.embeds.length === webhookRoom.discord && discord.content.length <= 2_000);
      const sizes = discord.embeds.map(({ title, description }) => title.length + description.length);
      assert.ok(sizes.reduce((sum, size) => sum + size, 0) <= 6_000);
      for (const { title } of discord.embeds) assert.ok(title.length > 0 && title.length <= 256);
      assert.deepEqual(discord.allowed_mentions, { parse: [] });
    }
  });

  it('never cuts a link or an escape, however long an id is', () => {
    const hostOf = (host: string) => ({
      paper: (id: string) => `https://${host}/papers/${encodeURIComponent(id)}`,
      related: (id: string) => `https://${host}/papers/${encodeURIComponent(id)}#related`,
      search: (words: string) => `https://${host}/?q=${encodeURIComponent(words)}`,
    });
    const text = fc.constantFrom('Kernels & <graphs> ', '漢字', '(|)', '&', '*_', '');
    const fields = fc.record({
      title: fc.tuple(text, fc.integer({ min: 0, max: 800 })).map(([of, times]) => of.repeat(times)),
      id: fc
        .tuple(fc.constantFrom('a', '漢', '(', '|', '<', '&'), fc.integer({ min: 1, max: 900 }))
        .map(([of, times]) => `doi:10.1002/${of.repeat(times)}`),
    });
    const host = fc.constantFrom('papers.example.org', `${'long-host.'.repeat(25)}org`);
    fc.assert(
      fc.property(fields, host, ({ title, id }, at) => {
        const digest = digestOf([
          digestPaperOf({ id, title, why: title, sentence: title, authors: [title], venue: title }),
        ]);
        const by = hostOf(at);
        const of = { id: 'digest.1', localDate: '2026-03-02' };
        const slack = webhookBody(digest, { ...of, shape: 'slack', subscription, links: by }) as {
          blocks: { type: string; text?: { text: string } }[];
        };
        const [, paper] = slack.blocks;
        const section = paper!.text!.text;
        assert.ok(section.length <= 3_000, `${section.length}`);
        const tags = section.match(/<[^>]*>?/g) ?? [];
        assert.ok(tags.length > 0);
        for (const tag of tags) assert.match(tag, /^<https:\/\/[^|\s]+\|[^<>]+>$/);
        assert.doesNotMatch(section, /&(?!amp;|lt;|gt;)/);
        const discord = webhookBody(digest, { ...of, shape: 'discord', subscription, links: by }) as {
          embeds: { title: string; url: string }[];
        };
        const [embed] = discord.embeds;
        assert.ok(embed!.url.length <= 2_048 && URL.canParse(embed!.url), `${embed!.url.length}`);
        assert.ok(embed!.title.length > 0 && embed!.title.length <= 256, `${embed!.title.length}`);
      }),
    );
  });
});

describe('text', () => {
  const lines: [given: string, read: string][] = [
    ['  a \n b\tc ', 'a b c'],
    ['Learning in $O(\\alpha n^{2})$ time', 'Learning in O(α n^2) time'],
    ['$\\mathcal{O}(n)$ and \\textbf{bold}', 'O(n) and bold'],
    ['$\\epsilon \\leq \\infty$', 'ε ≤ ∞'],
    ['costs $5 and $6', 'costs $5 and $6'],
    ['soft\u00adhyphen \u202Eback', 'softhyphen back'],
    ['می\u200cشود', 'می\u200cشود'],
    ['\ud800x', '\ufffdx'],
  ];
  for (const [given, read] of lines)
    it(`reads ${JSON.stringify(given)}`, () => assert.equal(oneLine(given), read));

  it('is wrapped at 72 columns, and never loses a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (given) => {
        const text = oneLine(given);
        const wrapped = wrap(text, '    ', '1.  ');
        assert.equal(wrapped.replace(/\n? +/g, '').replace(/^1\./, ''), text.replaceAll(' ', ''));
        for (const line of wrapped.split('\n')) assert.ok([...line].length <= 72);
      }),
    );
    assert.equal(wrap('漢'.repeat(50)).split('\n')[0], '漢'.repeat(36));
  });

  it('is cut between words and characters', () => {
    assert.equal(clip('one two three four', 15), 'one two three…');
    assert.equal(clip('ab😀', 3), 'ab…');
    assert.equal(clip('abc', 3), 'abc');
  });
});
