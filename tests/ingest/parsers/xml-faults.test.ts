import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { MAX_VALUE_LENGTH } from '../../../src/ingest/parsers/json-values.js';
import { collect } from '../read-fixture.js';
import { atom } from './xml-fixture.js';

async function read(text: string | Uint8Array) {
  const result = await collect(text, { size: 65_536 });
  return { ...result, reasons: result.problems.map(({ reason }) => reason) };
}

let next = 0;
/** Each has an id of its own. */
function entry(more = ''): string {
  next += 1;
  const id = `2401.${String(next).padStart(5, '0')}`;
  return `<entry><id>http://arxiv.org/abs/${id}v1</id><title>Light Birds</title>
<summary>We weigh birds.</summary>${more}</entry>\n`;
}

describe('what is refused', () => {
  test('document types: entities are never expanded', async () => {
    const lines = Array.from(
      { length: 9 },
      (_, index) => `<!ENTITY l${index + 1} "${`&l${index};`.repeat(10)}">`,
    );
    const laughs = `<!DOCTYPE feed [<!ENTITY l0 "ha">${lines.join('\n')}]>`;
    const file = '<!DOCTYPE feed [<!ENTITY l9 SYSTEM "file:///etc/hostname">]>';
    for (const doctype of [laughs, file, '<!DOCTYPE feed SYSTEM "http://127.0.0.1/feed.dtd">']) {
      const body = atom(entry('<arxiv:comment>&l9;</arxiv:comment>'));
      for (const text of [body.replace('<feed', `${doctype}\n<feed`), body.replace(/^<\?xml.*/, doctype)]) {
        const { titles, reasons, format } = await read(text);
        assert.deepEqual([titles, reasons.length, format], [[], 1, 'xml']);
        assert.match(reasons[0]!, /declares a document type/);
      }
    }
  });

  test('HTML, other XML, text: named as what they are', async () => {
    for (const [text, reason] of [
      ['<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>', /this is HTML/],
      ['<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml"/>', /this is HTML/],
      [
        '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        /root element is <svg> in the namespace http.*expected a feed/,
      ],
      ['<feed><entry/></feed>', /root element is <feed> without a namespace/],
      ['<?xml version="1.0"?>\n', /has no root element/],
      ['Rate exceeded.', /not well-formed XML: text data outside of root/],
    ] as const) {
      for (const format of ['xml', undefined] as const) {
        if (format === undefined && text.startsWith('Rate')) continue;
        const { titles, problems } = await collect(text, { format });
        assert.deepEqual(titles, []);
        assert.match(problems[0]?.reason ?? '', reason);
        assert.ok(problems.length <= 2);
      }
    }
  });
});

describe('what is damaged', () => {
  test('a body that was cut off: the entries before it, and one problem', async () => {
    const body = atom(entry() + entry() + entry());
    const third = body.lastIndexOf('<entry>');
    for (let at = third; at < body.length - 8; at += 5) {
      const { titles, problems } = await collect(body.slice(0, at), { size: 65_536 });
      const whole = body.slice(0, at).split('</entry>').length - 1;
      assert.deepEqual([titles.length, problems.length], [whole, 1], String(at));
      assert.match(problems[0]!.reason, /ends in the middle/);
    }
    const packed = gzipSync(body).subarray(0, -12);
    const { reasons } = await read(packed);
    assert.match(reasons[0]!, /gzip/);
    assert.match(reasons[1]!, /ends in the middle/);
  });

  test('a mistake in an entry costs that entry alone, and has its line', async () => {
    for (const broken of [
      entry('<comment>'),
      entry('</comment>'),
      entry('<x:comment>unbound</x:comment>'),
      entry('<comment a=b/>'),
      entry('if a <b then'),
      entry().replace('</title>', ''),
      entry().replace('</entry>', ''),
      entry().replace('</summary>', '</sumary>'),
    ]) {
      const { titles, problems } = await collect(atom(entry() + broken + entry()), { size: 65_536 });
      assert.deepEqual([titles.length, problems.map(({ line }) => line)], [2, [6]], broken);
      assert.match(problems[0]!.reason, /entry was not read: it is not well-formed XML: /);
      assert.match(problems[0]!.excerpt, /2401\./);
    }
  });

  test('bytes that are no UTF-8 are named with their line, once', async () => {
    const latin = Buffer.from(atom(entry('<author><name>José</name></author>')), 'latin1');
    const { titles, problems } = await read(latin);
    assert.deepEqual([titles, problems.map(({ line }) => line)], [['Light Birds'], [5]]);
    assert.match(problems[0]!.reason, /not UTF-8/);
  });
});

describe('bounds', () => {
  test('a feed on one line may be longer than a line of other formats', async () => {
    const many = atom(
      Array.from({ length: 9_000 }, () => entry('<author><name>José Ray &amp; 鳥</name></author>')).join(''),
    );
    const line = many.replaceAll('\n', ' ');
    assert.ok(line.length > MAX_VALUE_LENGTH);
    const { records, problems, lines } = await read(line);
    assert.deepEqual([records.length, problems, new Set(lines)], [9_000, [], new Set([1])]);
    for (const { authors, abstract } of records)
      assert.deepEqual([authors, abstract], [['José Ray & 鳥'], 'We weigh birds.']);
  });

  test('an entry that is too long costs itself alone', async () => {
    const long = `${'a'.repeat(1_000)}\n`.repeat(400);
    for (const more of [`<a>${long}</a><b>${long}</b><c>${long}</c>`, '<a/>'.repeat(70_000)]) {
      const { titles, reasons } = await read(atom(entry() + entry(more) + entry()));
      assert.deepEqual([titles.length, reasons.length], [2, 1]);
      assert.match(reasons[0]!, /too long for a paper/);
    }
  });

  test('a text, tag, comment or reference without an end, depth and nonsense stop the reading; entries before stay', async () => {
    const long = `${'a'.repeat(999)}\n`.repeat(1_200);
    for (const [more, reason] of [
      [long, /a tag or a text here is longer than/],
      [`<!-- ${long}`, /longer than/],
      [`<![CDATA[ ${long}`, /longer than/],
      [`<a b="${long}`, /longer than/],
      [`<a ${'b="1" '.repeat(300_000)}`, /longer than/],
      ['<a>'.repeat(100), /more than 64 deep/],
      ['<entry>\n'.repeat(200), /more than 64 deep/],
      ['</a>'.repeat(2_000), /more than 1000 mistakes/],
      ['</a><b/>'.repeat(12_000), /more than 10000 end tags/],
    ] as const) {
      const { titles, reasons } = await read(atom(entry() + entry(more)));
      assert.equal(titles.length, 1, String(reason));
      assert.match(reasons.at(-1)!, reason);
      assert.ok(reasons.length < 70);
    }
  });

  test('nothing is read behind the place where the reading stopped', async () => {
    let taken = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(atom(entry()).replace('</feed>', '<a>'));
      for (; taken < 1_000; taken += 1) yield Buffer.alloc(65_536, 'a');
    }
    const { titles, problems } = await collect(endless());
    assert.deepEqual([titles.length, problems.length], [1, 1]);
    assert.ok(taken < 20, `${taken} pieces`);
    const bomb = gzipSync(
      Buffer.concat([Buffer.from(atom('').replace('</feed>', '<a>')), Buffer.alloc(30_000_000, 'a')]),
    );
    assert.match((await read(bomb)).reasons.join(), /longer than 1048576/);
  });

  test('any text gives an answer', async () => {
    const parts = fc.constantFrom(
      ...[
        '<entry>',
        '</entry>',
        '<id>',
        '</id>',
        '<',
        '>',
        '&',
        '&amp;',
        '&#0;',
        '"',
        '=',
        '<!--',
        '-->',
        '<![CDATA[',
        ']]>',
      ],
      ...[
        '<?',
        '?>',
        '<!',
        '</feed>',
        '\n',
        '\u0000',
        '\ufffe',
        '\ud800',
        ' ',
        'a',
        '<title>Birds',
        '</title>',
        '/>',
        ']',
        '[',
      ],
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(parts, fc.string())),
        fc.integer({ min: 1, max: 40 }),
        async (texts, size) => {
          const bytes = Buffer.from(atom(texts.join('')));
          const small = await collect(bytes, { size });
          assert.deepEqual(small, await collect(bytes, { size: 65_536 }));
        },
      ),
      { seed: 9, numRuns: 500 },
    );
  });
});
