import assert from 'node:assert/strict';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { MAX_VALUE_LENGTH } from '../../src/ingest/parsers/json-values.js';
import { readPapers } from '../../src/ingest/read.js';
import { isAppError } from '../../src/platform/errors.js';
import { projectRoot } from '../../src/platform/paths.js';
import { collect, jsonl, pieces } from './read-fixture.js';

const listing =
  'Light Birds\n\nWe weigh a thousand feathers of small birds and report what they weigh.\n\n• 2 authors\n·\nMay 2\n';

function utf16(text: string, order: 'le' | 'be', mark = true): Buffer {
  const bytes = Buffer.from(mark ? `\ufeff${text}` : text, 'utf16le');
  return order === 'le' ? bytes : bytes.swap16();
}

describe('the format shows in the content', () => {
  test('a listing', async () => {
    const { records, problems, format } = await collect(listing);
    assert.equal(format, 'listing');
    assert.deepEqual(problems, []);
    assert.deepEqual(records, [
      {
        source: 'listing',
        title: 'Light Birds',
        abstract: 'We weigh a thousand feathers of small birds and report what they weigh.',
        asOf: '2025-06-15',
        authorCount: 2,
        date: '2025-05-02',
      },
    ]);
  });

  test('JSON lines, with a BOM, CRLF, blank lines, without a last line break', async () => {
    for (const text of [jsonl, `\ufeff${jsonl}`, jsonl.replaceAll('\n', '\r\n'), `\n\n${jsonl.trim()}`]) {
      const { titles, problems, format } = await collect(text);
      assert.deepEqual([titles, problems, format], [['One', 'Two', 'Three'], [], 'jsonl']);
    }
  });

  test('an array, an object over several lines', async () => {
    const objects = jsonl
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    for (const text of [
      JSON.stringify(objects),
      JSON.stringify(objects, null, 2),
      objects.map((object) => JSON.stringify(object, null, 2)).join('\n'),
    ]) {
      const { titles, problems, format } = await collect(text);
      assert.deepEqual([titles, problems, format], [['One', 'Two', 'Three'], [], 'jsonl']);
    }
  });

  test('a listing may begin with a bracket or a brace', async () => {
    for (const first of ['{\\bf Light} Birds', '[Light] Birds', '"Light" Birds']) {
      const { titles, format } = await collect(listing.replace('Light Birds', first));
      assert.deepEqual([titles, format], [[first], 'listing']);
    }
  });

  test('bibliographies, also behind what people and databases write first', async () => {
    for (const [text, wanted] of [
      ['@misc{a, title = {Light Birds}}', 'bibtex'],
      ['\ufeff% of mine\n% and hers\n@Article ( a , title = "Light Birds" )', 'bibtex'],
      ['My papers, 2019\n\n@inproceedings{a, title = {Light Birds}}', 'bibtex'],
      ['TY  - JOUR\nTI  - Light Birds\nER  - \n', 'ris'],
      ['\r\nProvider: X\r\n\r\nTY  - JOUR\r\nTI  - Light Birds\r\nER  - \r\n', 'ris'],
      ['[\n {"id": 1, "title": "Light Birds", "author": [{"family": "Lee"}]}\n]', 'csl'],
    ] as const) {
      for (const bytes of [Buffer.from(text), gzipSync(text), utf16(text, 'le', false)]) {
        const { titles, problems, format, records } = await collect(bytes);
        assert.deepEqual([titles, problems, format], [['Light Birds'], [], wanted], text);
        assert.equal(records[0]?.source, wanted);
      }
    }
  });

  test('the format can be said', async () => {
    const asJson = await collect(listing, { format: 'jsonl' });
    assert.deepEqual([asJson.titles, asJson.format], [[], 'jsonl']);
    assert.ok(asJson.problems.length > 0);
    const asCsl = await collect('{"title":"Light Birds","issued":{"raw":"2020"}}', { format: 'jsonl' });
    assert.deepEqual([asCsl.titles, asCsl.records[0]?.date], [['Light Birds'], undefined]);
  });

  test('the source can be set', async () => {
    for (const text of [listing, jsonl]) {
      for (const { source } of (await collect(text, { source: 'sample' })).records)
        assert.equal(source, 'sample');
    }
  });
});

describe('compression and encodings', () => {
  test('gzip, also in several parts', async () => {
    for (const [text, wanted] of [
      [listing, ['Light Birds']],
      [jsonl, ['One', 'Two', 'Three']],
    ] as const) {
      assert.deepEqual((await collect(gzipSync(text))).titles, wanted);
    }
    const parts = Buffer.concat([gzipSync('{"title":"One"}\n'), gzipSync('{"title":"Two"}\n')]);
    assert.deepEqual((await collect(parts)).titles, ['One', 'Two']);
  });

  test('UTF-16 with and without a mark, both orders', async () => {
    for (const order of ['le', 'be'] as const) {
      for (const mark of [true, false]) {
        const asListing = await collect(utf16(listing, order, mark));
        assert.deepEqual([asListing.titles, asListing.problems], [['Light Birds'], []]);
        const asJson = await collect(utf16(jsonl, order, mark));
        assert.deepEqual([asJson.titles, asJson.problems], [['One', 'Two', 'Three'], []]);
      }
    }
  });

  test('bytes that are no UTF-8: a problem with its line, and the papers', async () => {
    const latin1 = await collect(
      Buffer.from(listing.replace(/•|·\n/g, '').replace('small', 'gr\u00fcn'), 'latin1'),
    );
    assert.deepEqual(latin1.titles, ['Light Birds']);
    assert.match(latin1.records[0]?.abstract ?? '', /gr\ufffdn/);
    assert.deepEqual(
      latin1.problems.map(({ line }) => line),
      [3],
    );
    assert.match(latin1.problems[0]?.reason ?? '', /not UTF-8/);
    const line = await collect(Buffer.from('{"title":"One"}\n{"title":"Gr\u00fcn"}\n', 'latin1'));
    assert.deepEqual(line.titles, ['One', 'Gr\ufffdn']);
    assert.deepEqual(
      line.problems.map((problem) => problem.line),
      [2],
    );
    // The character itself is no damage.
    assert.deepEqual((await collect('{"title":"\ufffd One"}')).problems, []);
  });

  test('a character or a line break that falls between two chunks', async () => {
    const text = '{"title":"Grün 学习 👍"}\r\n{"title":"Two"}';
    for (let size = 1; size < 30; size += 1) {
      const { titles, problems } = await collect(text, { size });
      assert.deepEqual([titles, problems], [['Grün 学习 👍', 'Two'], []]);
    }
  });

  test('a gzip file with zeros behind it, as tapes leave them, comes to its end', async () => {
    for (const size of [7, 100_000]) {
      const padded = Buffer.concat([gzipSync(jsonl), Buffer.alloc(512)]);
      const { titles, problems } = await collect(padded, { size });
      assert.deepEqual([titles, problems], [['One', 'Two', 'Three'], []]);
    }
  });

  test('a gzip file that is cut off or damaged: what stands before is read, and the rest reported', async () => {
    const many = Array.from(
      { length: 3_000 },
      (_, index) => `{"title":"Paper ${index} ${Math.sin(index)}"}`,
    ).join('\n');
    const whole = gzipSync(many);
    const cut = await collect(whole.subarray(0, whole.length >> 1), { size: 4_096 });
    assert.ok(cut.titles.length > 1_000, String(cut.titles.length));
    assert.match(cut.problems.at(-1)?.reason ?? '', /damaged or cut off/);
    const broken = Buffer.from(whole);
    broken.fill(0xff, broken.length - 3_000, broken.length - 2_000);
    const damaged = await collect(broken, { size: 4_096 });
    assert.ok(damaged.titles.length > 1_000);
    assert.match(damaged.problems.at(-1)?.reason ?? '', /damaged or cut off/);
    const cutListing = await collect(gzipSync(listing.repeat(3)).subarray(0, -6));
    assert.match(cutListing.problems.at(-1)?.reason ?? '', /damaged or cut off/);
    assert.equal(cutListing.titles.length, 3);
    const header = await collect(whole.subarray(0, 5));
    assert.deepEqual(header.titles, []);
    assert.match(header.problems[0]?.reason ?? '', /damaged or cut off|empty/);
  });
});

describe('what is no input', () => {
  test('is named', async () => {
    const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]);
    const random = Buffer.from(
      Array.from({ length: 4_000 }, (_, index) => (index * 7_919 + (index >> 3) * 31) & 255),
    );
    for (const [bytes, reason] of [
      [png, /a PNG image/],
      [Buffer.from('%PDF-1.7\n%\u00e2\u00e3\n1 0 obj', 'latin1'), /a PDF/],
      [Buffer.from('PK\u0003\u0004....'), /a ZIP archive/],
      [random, /binary data/],
      [gzipSync(gzipSync(jsonl)), /gzip twice/],
      [Buffer.from('<!DOCTYPE html><html><body>'), /this is HTML/],
      [Buffer.from('<?xml version="1.0"?>\n<!DOCTYPE html><html/>'), /this is HTML/],
      [Buffer.from(''), /the input is empty/],
      [Buffer.from(' \n\ufeff\t\r\n'), /the input is empty/],
      [gzipSync(''), /the input is empty/],
    ] as const) {
      const { titles, problems, format } = await collect(bytes);
      assert.deepEqual([titles, problems.length, format], [[], 1, null], String(reason));
      assert.match(problems[0]?.reason ?? '', reason);
    }
  });

  test('a stray NUL makes no text binary', async () => {
    assert.deepEqual((await collect(listing.replace('birds', 'bi\u0000rds'))).titles, ['Light Birds']);
  });

  test('any bytes give an answer', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom('', '{', '[', '\u001f\u008b', '\ufeff'),
        async (bytes, start) => {
          const { records, problems } = await collect(Buffer.concat([Buffer.from(start, 'latin1'), bytes]));
          const nothing = Buffer.from(bytes).toString().trim() === ']';
          assert.ok(records.length + problems.length > 0 || nothing);
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe('bounds', () => {
  test('beyond the limit: body_too_large, naming it; entries before have come out', async () => {
    const tooLarge = (error: unknown): boolean => {
      assert.ok(isAppError(error, 'body_too_large'));
      assert.match(error.message, /birds\.txt .*(?:60|100) bytes/);
      return true;
    };
    await assert.rejects(collect(listing, { limits: { listing: 100 } }), tooLarge);
    const seen: string[] = [];
    await assert.rejects(async () => {
      for await (const entry of readPapers(pieces(Buffer.from(jsonl.repeat(2_000)), 40), {
        name: 'birds.txt',
        asOf: '2025-06-15',
        limits: { jsonl: 100 },
      })) {
        if (entry.kind === 'paper') seen.push(entry.record.title);
      }
    }, tooLarge);
    assert.deepEqual(seen.slice(0, 2), ['One', 'Two']);
  });

  test('a gzip bomb is stopped at the limit, having held little', async () => {
    const bomb = gzipSync(Buffer.alloc(300_000_000, '{"title":"x"}\n'));
    const before = process.memoryUsage().rss;
    let peak = 0;
    let papers = 0;
    await assert.rejects(
      async () => {
        for await (const _ of readPapers(pieces(bomb, 65_536), {
          name: 'bomb',
          asOf: '2025-06-15',
          limits: { jsonl: 4_000_000 },
        })) {
          papers += 1;
          if (papers % 10_000 === 0) peak = Math.max(peak, process.memoryUsage().rss);
        }
      },
      (error: unknown) => isAppError(error, 'body_too_large'),
    );
    assert.ok(papers > 100_000);
    assert.ok(peak - before < 250_000_000, `${Math.round((peak - before) / 1e6)} MB`);
  });

  test('a line beyond the limit is reported and costs no other', async () => {
    const long = `{"title":"${'x'.repeat(MAX_VALUE_LENGTH)}"}`;
    const { titles, problems } = await collect(`{"title":"One"}\n${long}\n{"title":"Three"}`, {
      size: 65_536,
    });
    assert.deepEqual(titles, ['One', 'Three']);
    assert.deepEqual(
      problems.map(({ line }) => line),
      [2],
    );
    assert.match(problems[0]?.reason ?? '', /longer than 1048576 characters/);
    assert.ok((problems[0]?.excerpt.length ?? 0) <= 120);
  });

  test('bad lines among good ones: each named, in the order of the input', async () => {
    const { titles, problems, lines } = await collect(
      '{"title":"One"}\nnonsense\n{"no":1}\n{"title":"Four","date":"soon"}\n',
    );
    assert.deepEqual(titles, ['One', 'Four']);
    assert.deepEqual(
      problems.map(({ line }) => line),
      [2, 3, 4],
    );
    assert.deepEqual(lines, [1, 2, 3, 4, 4]);
    const lost = await collect(`${listing}\nA Title Alone\n\n${listing.replace('Light', 'Heavy')}`);
    assert.deepEqual(lost.titles, ['Light Birds', 'Heavy Birds']);
    assert.deepEqual(lost.lines, [1, 9, 11]);
  });
});

describe('real files', () => {
  const shared = join(projectRoot, '..', 'shared');
  const real = join(shared, 'data', 'hf_daily_upvotes_2024.jsonl.gz');
  const skip = !existsSync(real) && `the real files are not there: ${shared}`;

  test('753 papers with upvotes, gzipped', { skip }, async () => {
    const { records, problems, format } = await collect(createReadStream(real));
    assert.deepEqual([records.length, problems, format], [753, [], 'jsonl']);
    for (const record of records) assert.ok(record.arxivId !== undefined && record.upvotes !== undefined);
  });

  test('the listings', { skip }, async () => {
    for (const [name, count] of [
      ['with-metadata', 28],
      ['titles-and-abstracts', 56],
      ['compact', 167],
    ] as const) {
      const { records, problems, format } = await collect(
        readFileSync(join(shared, 'listings', `listing-${name}.txt`)),
        {
          size: 65_536,
        },
      );
      assert.deepEqual([records.length, problems, format], [count, [], 'listing']);
    }
  });
});
