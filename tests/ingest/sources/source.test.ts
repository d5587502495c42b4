import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  addDays,
  announcementDaysBetween,
  dailyPapersDay,
  easternDay,
  isWeekend,
} from '../../../src/ingest/sources/eastern.js';
import { readSource } from '../../../src/ingest/sources/source.js';

describe('a source as JSON has it', () => {
  test('what is left out has a default, and a name is made of what it is', () => {
    assert.deepEqual(readSource({ kind: 'arxiv', categories: ['cs.CL', 'hep-th', 'cs.CL'] }, 's'), {
      name: 'arxiv-cs.cl-hep-th',
      everyMinutes: 120,
      settings: {
        kind: 'arxiv',
        categories: ['cs.CL', 'hep-th'],
        feeds: 'https://rss.arxiv.org',
        api: 'https://export.arxiv.org',
      },
    });
    const feed = readSource(
      { kind: 'feed', url: 'https://Journal.example.org/Feed.xml?key=s3cret', every: '2d' },
      's',
    );
    assert.deepEqual([feed.name, feed.everyMinutes], ['journal.example.org-feed.xml', 2_880]);
    assert.equal(readSource({ kind: 'oai', url: 'https://a.example/oai' }, 's').everyMinutes, 1_440);
    assert.equal(readSource({ kind: 'huggingface', name: 'hf', every: '15m' }, 's').everyMinutes, 15);
  });

  test('what is wrong is named with what was expected', () => {
    const arxiv = { kind: 'arxiv', categories: ['cs.CL'] };
    const cases: [unknown, RegExp][] = [
      [[], /^s: expected an object/],
      [{}, /^s\.kind: expected one of arxiv, huggingface, oai, feed$/],
      [{ kind: 'arxiv' }, /^s\.categories: expected 1 to 40 of arXiv's categories/],
      [{ ...arxiv, categories: ['cs.CL', 'CS CL'] }, /^s\.categories\[1\]: expected a category/],
      [
        { ...arxiv, catagories: [] },
        /^s\.catagories: expected none of that name; there are kind, name, every, categories/,
      ],
      [{ ...arxiv, every: '5m' }, /^s\.every: expected 15m to 7d$/],
      [{ ...arxiv, every: 'often' }, /^s\.every: expected minutes, hours or days/],
      [{ ...arxiv, name: 'My Source' }, /^s\.name: expected small letters/],
      [{ ...arxiv, name: 'a'.repeat(61) }, /^s\.name: expected at most 60/],
      [{ ...arxiv, since: '2026-13-01' }, /^s\.since: expected a day that exists/],
      [{ ...arxiv, since: '2026-02-31' }, /^s\.since: expected a day that exists/],
      [{ ...arxiv, since: 'May' }, /^s\.since: expected a day such as/],
      [{ kind: 'feed' }, /^s\.url: expected an address such as/],
      [{ kind: 'feed', url: 'ftp://a.example' }, /^s\.url: expected an address such as/],
      [
        { kind: 'feed', url: 'https://a.example', format: 'pdf' },
        /^s\.format: expected one of listing, jsonl/,
      ],
      [{ kind: 'oai', url: 'https://a.example', prefix: 'marc' }, /^s\.prefix: expected one of arXiv/],
      [{ kind: 'oai', url: 'https://a.example', set: 'a b' }, /^s\.set: expected a name without spaces/],
    ];
    for (const [value, message] of cases)
      assert.throws(() => readSource(value, 's'), { code: 'invalid_input', message }, JSON.stringify(value));
  });
});

describe('days in New York', () => {
  test('the day there, and the one that Hugging Face lists from 21:30 on, in summer and in winter', () => {
    assert.equal(easternDay(new Date('2026-07-01T03:59:00Z')), '2026-06-30');
    assert.equal(easternDay(new Date('2026-12-01T05:00:00Z')), '2026-12-01');
    assert.equal(dailyPapersDay(new Date('2026-07-01T01:29:00Z')), '2026-06-30');
    assert.equal(dailyPapersDay(new Date('2026-07-01T01:30:00Z')), '2026-07-01');
    assert.equal(dailyPapersDay(new Date('2026-12-01T02:29:00Z')), '2026-11-30');
    assert.equal(dailyPapersDay(new Date('2026-12-01T02:30:00Z')), '2026-12-01');
  });

  test('announcements between two days: none on Saturdays and Sundays', () => {
    assert.equal(announcementDaysBetween('2026-11-20', '2026-11-23'), 0);
    assert.equal(announcementDaysBetween('2026-11-19', '2026-11-23'), 1);
    assert.equal(announcementDaysBetween('2026-11-20', '2026-11-27'), 4);
    assert.equal(announcementDaysBetween('2026-11-23', '2026-11-20'), 0);
    assert.deepEqual(['2026-11-21', '2026-11-22', '2026-11-23'].map(isWeekend), [true, true, false]);
    assert.equal(addDays('2026-03-01', -1), '2026-02-28');
  });
});
