import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Digest, DigestPaper } from '../../src/digests/digest.js';
import { addressOf, details, quotedBytes } from '../../src/digests/templates/detail.js';
import { digestHtml } from '../../src/digests/templates/html.js';
import { digestMail, MAX_MESSAGE_BYTES } from '../../src/digests/templates/mail.js';
import { digestText } from '../../src/digests/templates/text.js';
import type { DigestLinks } from '../../src/digests/templates/words.js';
import { composeMessage } from '../../src/platform/mail/message.js';
import type { Mail } from '../../src/platform/mail/transport.js';
import { projectRoot } from '../../src/platform/paths.js';
import { digestOf, digestPaperOf, subscriptionOf } from './digest-fixture.js';

const date = new Date('2024-03-20T08:00:00Z');
const from = { name: 'Quire', address: 'digests@papers.example.org' };
const key = {
  ...{ domain: 'papers.example.org', selector: 'quire' },
  // A key of this length takes 2 s to make.
  privateKey: createPrivateKey(readFileSync(join(projectRoot, 'tests/fixtures/keys/dkim-4096.pem'))),
};

/** What the signs of omission add to a paper of which next to nothing is cut: nine bytes each, in four fields of both parts. */
const OMISSION_BYTES = 2 * 4 * 9;

/** As the composer makes them. */
function linksAt(host: string): DigestLinks {
  const base = `https://${host}`;
  const said = (id: string): string => `${base}/digest/${'T'.repeat(43)}/papers/${encodeURIComponent(id)}`;
  return {
    paper: (id) => `${base}/papers/${encodeURIComponent(id)}`,
    search: (words) => `${base}/?q=${encodeURIComponent(words)}`,
    related: (id) => `${base}/papers/${encodeURIComponent(id)}#related`,
    notForMe: (id) => `${said(id)}#unwanted`,
    save: (id) => `${said(id)}#save`,
    manage: () => `${base}/manage/${'T'.repeat(43)}`,
    unsubscribe: () => `${base}/unsubscribe/${'T'.repeat(43)}`,
  };
}
const links = linksAt('papers.example.org');

const mailOf = (digest: Digest, by = links): Promise<Mail> =>
  digestMail(subscriptionOf({ cap: 100 }), digest, { links: by, messageId: 'x@y', from, date });

/** `text` again and again, cut at `length` UTF-16 units. */
const long = (text: string, length: number): string =>
  text
    .repeat(Math.ceil(length / text.length))
    .slice(0, length)
    .toWellFormed();

const hundred = (fieldsOf: (n: number) => Partial<DigestPaper>): DigestPaper[] =>
  Array.from({ length: 100 }, (_, n) => digestPaperOf({ key: n, id: `2401.${10_000 + n}`, ...fieldsOf(n) }));

const hundredOf = (fields: Partial<DigestPaper>): DigestPaper[] => hundred(() => fields);

/** Every field as long as an attacker likes. */
const full = (text: string, length = 2_000): Partial<DigestPaper> => ({
  title: long(text, length),
  sentence: long(text, length),
  why: long(text, length),
  venue: long(text, length),
  categories: [long(text, length)],
  authors: Array.from({ length: 3_000 }, () => long(text, Math.min(length, 200))),
  authorCount: 3_000,
});

async function assertFits(digest: Digest, by = links): Promise<Mail> {
  const mail = await mailOf(digest, by);
  const { length } = await composeMessage(mail, key);
  assert.ok(length < MAX_MESSAGE_BYTES, `${length} bytes`);
  assert.ok(mail.html.includes(`href="${by.unsubscribe()}"`) && mail.text.includes(by.unsubscribe()));
  const { papers } = digest;
  const items = mail.html.split('<li').slice(1);
  assert.equal(items.length, papers.length);
  // A link and a name for each, in both parts.
  for (const item of items) assert.match(item, /<a [^>]*href="https:[^"]+"[^>]*>[^<]+<\/a>/);
  assert.equal(mail.text.match(/^ {4,5}Read: https:\S+$/gm)?.length ?? 0, papers.length);
  assert.equal(mail.text.match(/^\d+\. +\S/gm)?.length ?? 0, papers.length);
  return mail;
}

describe('the size of a digest’s whole message', () => {
  const soup = full('Word soup ');
  const chinese = full('漢字');
  const worst: [name: string, papers: DigestPaper[]][] = [
    ['long titles', hundredOf(full('Word soup & <b> '))],
    ['signs that are escaped', hundredOf(full('&"<>='))],
    ['Chinese', hundredOf(chinese)],
    ['accents', hundredOf(full('Ångström é '))],
    ['signs of two units', hundredOf(full('😀'))],
    ['one letter', hundredOf(full('x'))],
    ...[60, 150, 300, 500].map((length): [string, DigestPaper[]] => [
      `DOIs of ${length} characters`,
      hundred((n) => ({
        ...soup,
        id: `doi:10.1002/(sici)${n}:${long('aid<1::ajmg>', length)}`,
      })),
    ]),
    ['Chinese DOIs', hundred((n) => ({ ...chinese, id: `doi:10.1002/${n}${long('漢', 500)}` }))],
    ['no titles, no facts', hundred(() => ({ title: '', why: '', sentence: null, authors: [] }))],
  ];
  for (const [name, papers] of worst)
    for (const host of ['papers.example.org', `${long('long-host.', 250)}.org:65535`])
      it(`stays below what is shown whole: 100 papers, ${name}, ${host.length} characters of host`, async () => {
        const notices = Array.from({ length: 5 }, () => long('漢 notice ', 20_000));
        await assertFits(digestOf(papers, { notices }), linksAt(host));
      });

  const text = fc.oneof(
    fc.constantFrom('漢字', 'Word soup ', '&"<>', 'é', '😀', '='),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  );
  const size = fc.integer({ min: 1, max: 1_500 });
  const paper = fc.tuple(text, size, fc.integer({ min: 1, max: 500 })).map(([of, length, idLength]) => ({
    ...{ title: long(of, length), sentence: long(of, length), why: long(of, length), venue: long(of, 40) },
    id: `doi:10.1000/${long(of, idLength)}`,
  }));

  it('falls from each step of leaving out to the next, by which the step is searched', async () => {
    const host = fc
      .integer({ min: 5, max: 250 })
      .map((length) => linksAt(`${long('long-host.', length)}.org`));
    await fc.assert(
      fc.asyncProperty(paper, fc.integer({ min: 1, max: 5 }), host, async (fields, authors, by) => {
        const digest = digestOf([
          digestPaperOf({ ...fields, authors: Array(authors).fill('Lin Ó'), authorCount: authors }),
        ]);
        const options = { settings: subscriptionOf(), links: by, date };
        const sizes = details.map((detail) =>
          [digestText(digest, options, detail), digestHtml(digest, options, detail)]
            .map((part) => [...part].reduce((sum, character) => sum + quotedBytes(character), 0))
            .reduce((a, b) => a + b),
        );
        for (const [at, bytes] of sizes.entries())
          assert.ok(bytes <= (sizes[at - 1] ?? bytes) + OMISSION_BYTES, sizes.join(', '));
      }),
      { numRuns: 100 },
    );
  });

  it('is below it whatever there is, and the same each time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(paper, { minLength: 1, maxLength: 5 }), size, async (kinds, seed) => {
        const count = 1 + (seed % 100);
        const papers = Array.from({ length: count }, (_, n) =>
          digestPaperOf({ key: n, ...kinds[n % kinds.length]! }),
        );
        const digest = digestOf(papers.map((one, n) => ({ ...one, id: `${one.id}${n}` })));
        assert.deepEqual(await assertFits(digest), await mailOf(digest));
      }),
      { numRuns: 10 },
    );
  });

  const usual = (count: number): Digest =>
    digestOf(
      hundred((n) => ({
        title: `How wide networks learn the kernels of graphs that they were never shown, part ${n}`,
        sentence: long('We show that the bound holds for every kernel of a wide graph. ', 180),
        why: 'matches: graph, kernel; like: Kernels of wide graphs (0.71)',
      })).slice(0, count),
    );

  it('leaves out nothing of thirty papers of usual length', async () => {
    const mail = await assertFits(usual(30));
    for (const part of [mail.text, mail.html]) {
      assert.equal(part.match(/#(?:related|save|unwanted)/g)?.length, 90);
      assert.equal(part.replace(/\s+/g, ' ').match(/Ada Björk, Lin Ó Briain, Max Ruh \+ 1/g)?.length, 30);
      assert.equal(part.replace(/\s+/g, ' ').match(/holds for every kernel/g)?.length, 90);
    }
  });

  it('cuts names and sentences of a hundred before titles, and keeps the way to say what is not wanted', async () => {
    const mail = await assertFits(usual(100));
    for (const part of [mail.text, mail.html]) {
      const flat = part.replace(/\s+/g, ' ');
      for (let n = 0; n < 100; n++) assert.ok(flat.includes(`never shown, part ${n}`));
      assert.equal(flat.match(/Ada Björk \+ 3/g)?.length, 100);
    }
    assert.equal(mail.html.match(/#unwanted/g)?.length, 100);
  });

  it('links a paper by its title only where its id makes an address without end', async () => {
    const odd = digestPaperOf({ id: `doi:10.1002/${'漢'.repeat(500)}`, title: 'The odd one: kernels' });
    const alone = await assertFits(digestOf([odd]));
    assert.ok(alone.html.includes(`href="${links.paper(odd.id)}"`));
    const [first, ...others] = usual(60).papers;
    const among = await assertFits(digestOf([odd, first!, ...others]));
    for (const part of [among.html, among.text]) {
      assert.ok(part.includes('/?q=The%20odd%20one%20kernels'));
      assert.ok(part.includes(links.paper(first!.id)));
    }
    const far = linksAt(`${long('long-host.', 250)}.org`);
    const room = { address: 120, words: 80 };
    assert.equal(addressOf(first!, far, room), far.paper(first!.id), 'the title makes no shorter one');
  });
});
