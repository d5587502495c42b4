import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { withDatabase } from '../../support/postgres.js';
import { type Played, withPulling } from './pulling.js';

const rss = (...titles: string[]): string =>
  `<rss version="2.0"><channel>${titles.map((title) => `<item><title>${title}</title><link>https://j.example/${title.replace(/\W/g, '')}</link></item>`).join('')}</channel></rss>`;

const lines = (...titles: string[]): string =>
  titles.map((title) => JSON.stringify({ title, abstract: 'On birds.', date: '2026' })).join('\n');

describe('any address', () => {
  const pulling = withPulling(withDatabase());

  it('is asked whether it changed', async () => {
    const host = await pulling.host((_url, headers) =>
      headers['if-none-match'] === '"1"' && headers['if-modified-since'] === 'Tue, 17 Nov 2026 00:00:00 GMT'
        ? { status: 304 }
        : {
            body: rss('Wings A', 'Wings B'),
            headers: { etag: '"1"', 'last-modified': 'Tue, 17 Nov 2026 00:00:00 GMT' },
          },
    );
    const source = await pulling.source({ kind: 'feed', url: `${host.url}/feed.xml` });
    const first = await pulling.pull(source);
    assert.deepEqual([first.added, first.announced, first.note], [2, 2, null]);
    const second = await pulling.pull(source);
    assert.deepEqual(
      [second.outcome, second.announced, second.note],
      ['done', 0, 'nothing changed there since the last pull'],
    );
  });

  it('may be anything that Quire reads, compressed or not', async () => {
    const bodies: Record<string, Played> = {
      '/a.jsonl.gz': { body: gzipSync(lines('Gulls A', 'Gulls B')) },
      '/atom.xml.gz': { body: gzipSync(rss('Gulls in a packed feed')) },
      '/b.bib': '@article{x, title={Gulls in {\\"o}rbit}, author={Lee, Ann}, year={2026}}',
      '/c.csv': 'title,abstract\nGulls as rows,On birds\n',
    };
    const host = await pulling.host((url) => bodies[url.pathname] ?? { status: 404 });
    const added: number[] = [];
    for (const path of Object.keys(bodies))
      added.push((await pulling.pull(await pulling.source({ kind: 'feed', url: host.url + path }))).added);
    assert.deepEqual(added, [2, 1, 1, 1]);
  });

  it('is followed to its pages: by header, by the feed’s link, by a service’s cursor', async () => {
    const atom = (title: string, next: string): string =>
      `<feed xmlns="http://www.w3.org/2005/Atom">${next}<entry><title>${title}</title><id>urn:${title}</id></entry></feed>`;
    const host = await pulling.host((url): Played => {
      const at =
        url.searchParams.get('page') ?? url.searchParams.get('cursor') ?? url.searchParams.get('offset');
      switch (url.pathname) {
        case '/link':
          return at === null
            ? { body: lines('Owls by header A'), headers: { link: '<?page=2>; rel="next", <x>; rel="last"' } }
            : lines('Owls by header B');
        case '/atom':
          return at === null
            ? atom('Owls by link A', '<link rel="next" href="/atom?page=2"/>')
            : atom('Owls by link B', '');
        case '/alex':
          return JSON.stringify({
            meta: { next_cursor: at === '*' ? 'second' : at === 'second' ? 'third' : null },
            results:
              at === 'third'
                ? []
                : [
                    {
                      id: `https://openalex.org/W${at === '*' ? 1 : 2}`,
                      title: `Owls by cursor ${at}`,
                      publication_date: '2026-11-01',
                    },
                  ],
          });
        default:
          return JSON.stringify({
            total: 2,
            ...(at === null ? { next: 1 } : {}),
            data: [{ paperId: `p${at}`, title: `Owls by offset ${at}`, year: 2026, externalIds: {} }],
          });
      }
    });
    for (const [path, requests, added] of [
      ['/link', 2, 2],
      ['/atom', 2, 2],
      ['/alex?cursor=*', 3, 2],
      ['/s2', 2, 2],
    ] as const) {
      const run = await pulling.pull(await pulling.source({ kind: 'feed', url: host.url + path }));
      assert.deepEqual([run.outcome, run.requests, run.added], ['done', requests, added], path);
    }
  });

  it('goes on with the page that failed, and hides nothing behind “unchanged”', async () => {
    let isBroken = true;
    const host = await pulling.host((url, headers): Played => {
      if (headers['if-none-match'] !== undefined) return { status: 304 };
      if (url.searchParams.get('page') === '2') return isBroken ? { status: 500 } : lines('Terns B');
      return { body: lines('Terns A'), headers: { etag: '"1"', link: '<?page=2>; rel=next' } };
    });
    const source = await pulling.source({ kind: 'feed', url: host.url });
    const stopped = await pulling.pull(source);
    assert.deepEqual([stopped.outcome, stopped.added], ['later', 1]);
    isBroken = false;
    const done = await pulling.pull(source);
    assert.deepEqual([done.outcome, done.added, done.requests], ['done', 1, 1]);
  });

  it('begins again where the page to go on with is gone', async () => {
    let status = 500;
    const host = await pulling.host((url, headers): Played => {
      if (headers['if-none-match'] !== undefined) return { status: 304 };
      if (url.searchParams.get('page') !== null) return { status };
      return { body: lines('Auks A'), headers: { etag: '"1"', link: '<?page=2>; rel=next' } };
    });
    const source = await pulling.source({ kind: 'feed', url: host.url });
    assert.equal((await pulling.pull(source)).outcome, 'later');
    status = 410;
    const run = await pulling.pull(source);
    // The new list leads to the page that is gone: that one fails.
    assert.deepEqual([run.outcome, run.requests, run.unchanged], ['failed', 3, 1]);
    assert.match(run.note ?? '', /is gone: it is read from its beginning/);
  });

  it('takes half an answer for none, and asks again for what could not be read', async () => {
    const whole = JSON.stringify(['Knots A', 'Knots B'].map((title) => ({ title, abstract: 'On birds.' })));
    const bib = '@article{a, title={Ruffs A}, year={2026}}\n@article{b, title={Ruffs B}, year={2026}}';
    const packed = gzipSync(lines('Stints A', 'Stints B'));
    const cases: [
      whole: string | Buffer,
      half: string | Buffer,
      outcome: string,
      problem: RegExp,
      added: number,
    ][] = [
      [whole, whole.slice(0, -12), 'later', /ends in the middle of its JSON/, 0],
      [packed, packed.subarray(0, -8), 'later', /gzip file is damaged or cut off/, 0],
      // Nothing says that this is half of it; its tag doesn't count.
      [bib, bib.slice(0, -20), 'done', /^$/, 1],
    ];
    for (const [well, half, outcome, problem, added] of cases) {
      let body = half;
      const host = await pulling.host((_url, headers) =>
        headers['if-none-match'] === '"1"' ? { status: 304 } : { body, headers: { etag: '"1"' } },
      );
      const source = await pulling.source({ kind: 'feed', url: host.url });
      const cut = await pulling.pull(source);
      assert.deepEqual([cut.outcome, cut.added], [outcome, added]);
      assert.match(cut.problem ?? '', problem);
      body = well;
      const done = await pulling.pull(source);
      assert.deepEqual([done.outcome, done.added], ['done', 2 - added]);
      assert.equal((await pulling.pull(source)).note, 'nothing changed there since the last pull');
    }
  });

  it('fails clearly where nothing there is a paper, half of it is missing, or its pages lead in a circle', async () => {
    const cases: Record<string, [Played, string, RegExp]> = {
      '/html': [
        '<!doctype html><html><body>Moved</body></html>',
        'failed',
        /nothing in it is a paper: this is HTML/,
      ],
      '/half': [rss('Rooks').slice(0, -20), 'later', /cut off/],
      '/json': ['{"message": "rate limited"}', 'failed', /nothing in it is a paper/],
      '/circle': [
        { body: lines('Crows'), headers: { link: '</circle?a>; rel="next"' } },
        'failed',
        /in a circle/,
      ],
      '/bomb': ['<!DOCTYPE l [<!ENTITY a "b">]><rss><channel>&a;</channel></rss>', 'later', /document type/],
    };
    const host = await pulling.host((url) => cases[url.pathname]![0]);
    for (const [path, [, outcome, why]] of Object.entries(cases)) {
      const run = await pulling.pull(await pulling.source({ kind: 'feed', url: host.url + path }));
      assert.equal(run.outcome, outcome, path);
      assert.match(run.problem ?? '', why, path);
    }
  });
});
