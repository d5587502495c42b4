import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withDatabase } from '../../support/postgres.js';
import { booksOf, type Played, withPulling } from './pulling.js';

/** An announcement of arXiv's, made at midnight in New York. */
function feed(day: string, ids: readonly string[], { skips = true } = {}): string {
  const items = ids.map(
    (
      id,
    ) => `<item><title>Announced ${id.replace(/v\d+$/, '')}</title><link>https://arxiv.org/abs/${id.replace(/v\d+$/, '')}</link>
      <description>arXiv:${id} Announce Type: new
Abstract: As it was announced.</description><guid isPermaLink="false">oai:arXiv.org:${id}</guid>
      <category>cs.CL</category><arxiv:announce_type>new</arxiv:announce_type><dc:creator>Ann Lee</dc:creator></item>`,
  );
  return `<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel>
    <title>cs.CL updates</title><pubDate>${day}T00:00:00-05:00</pubDate>
    ${skips ? '<skipDays><day>Saturday</day><day>Sunday</day></skipDays>' : ''}${items.join('')}</channel></rss>`;
}

interface ApiEntry {
  id: string;
  updated?: string;
  comment?: string;
}

function api(entries: readonly ApiEntry[], total = entries.length): string {
  const written = entries.map(
    ({ id, updated = '2026-11-17T10:00:00Z', comment }) => `<entry><id>http://arxiv.org/abs/${id}</id>
      <title>Paper ${id.replace(/v\d+$/, '')}</title><summary>Its whole abstract.</summary><updated>${updated}</updated>
      <published>2026-11-16T10:00:00Z</published><author><name>Ann Lee</name></author>
      ${comment === undefined ? '' : `<arxiv:comment>${comment}</arxiv:comment>`}<category term="cs.CL"/></entry>`,
  );
  return `<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">
    <opensearch:totalResults>${total}</opensearch:totalResults>${written.join('')}</feed>`;
}

describe('announcements of arXiv', () => {
  const database = withDatabase();
  const pulling = withPulling(database);
  let number = 0;
  const newIds = (count: number): string[] =>
    Array.from({ length: count }, () => {
      number += 1;
      return `2611.${String(number).padStart(5, '0')}`;
    });

  /** arXiv with an announcement, and an API that has what it is told. */
  async function arxiv(announcement: () => string, has: (asked: string[], url: URL) => Played) {
    const host = await pulling.host((url) =>
      url.pathname.startsWith('/rss/')
        ? announcement()
        : has(url.searchParams.get('id_list')?.split(',') ?? [], url),
    );
    const source = await pulling.source({
      ...{ kind: 'arxiv', categories: ['cs.CL', 'cs.LG'], feeds: host.url, api: host.url },
    });
    return { host, source };
  }

  it('says which papers there are, and the API what they are, a hundred at a time', async () => {
    const ids = newIds(150);
    const { host, source } = await arxiv(
      () =>
        feed(
          '2026-11-18',
          ids.map((id) => `${id}v1`),
        ),
      (asked) => api(asked.map((id) => ({ id: `${id}v1` }))),
    );
    const run = await pulling.pull(source);
    assert.deepEqual(booksOf(run), {
      ...{ announced: 150, added: 150, updated: 0, unchanged: 0, failed: 0, waiting: 0, outcome: 'done' },
    });
    assert.equal(host.requests[0], '/rss/cs.CL+cs.LG');
    const lengths = host.requests.slice(1).map((path) => path.split(',').length);
    assert.deepEqual([lengths, run.requests], [[100, 50], 3]);
    const paper = await pulling.papers().getByRef(ids[0]!);
    assert.deepEqual([paper.title, paper.date], [`Paper ${ids[0]}`, '2026-11-16']);

    // The same announcement again: nothing is asked for twice.
    const again = await pulling.pull(source);
    assert.deepEqual([again.requests, again.announced, again.outcome], [1, 0, 'done']);
  });

  it('takes what the API does not have yet from the announcement, and asks again', async () => {
    const [here, late, old] = newIds(3) as [string, string, string];
    let isThere = false;
    const { source } = await arxiv(
      () => feed('2026-11-18', [`${here}v1`, `${late}v1`, `${old}v2`]),
      (asked) =>
        api(
          asked
            .filter((id) => id !== late || isThere)
            .map((id) => ({ id: `${id}${id === old && isThere ? 'v2' : 'v1'}` })),
        ),
    );
    const first = await pulling.pull(source);
    assert.deepEqual([first.added, first.waiting], [3, 2]);
    assert.equal((await pulling.papers().getByRef(late)).title, `Announced ${late}`);
    assert.equal((await pulling.papers().getByRef(old)).arxivVersion, 2);
    isThere = true;
    const second = await pulling.pull(source);
    assert.deepEqual([second.added, second.waiting, second.announced], [0, 0, 0]);
    assert.equal((await pulling.papers().getByRef(late)).title, `Paper ${late}`);
  });

  it('waits for the newer version where a paper that waits is announced again', async () => {
    const [id] = newIds(1) as [string];
    let announced = feed('2026-11-17', [`${id}v1`]);
    let has: ApiEntry[] = [];
    const { source } = await arxiv(
      () => announced,
      () => api(has),
    );
    assert.equal((await pulling.pull(source)).waiting, 1);
    announced = feed('2026-11-18', [`${id}v2`]);
    has = [{ id: `${id}v1` }];
    assert.equal((await pulling.pull(source)).waiting, 1);
    has = [{ id: `${id}v2` }];
    assert.equal((await pulling.pull(source)).waiting, 0);
  });

  it('gives up what the API never has, with the reason, and keeps what was announced', async () => {
    const [id] = newIds(1) as [string];
    const { source } = await arxiv(
      () => feed('2026-11-18', [`${id}v1`]),
      () => api([]),
    );
    let run = await pulling.pull(source);
    for (let tries = 1; run.waiting > 0 && tries < 40; tries += 1) run = await pulling.pull(source);
    assert.deepEqual([run.waiting, run.failed], [0, 1]);
    assert.match(
      run.problemList[0]?.reason ?? '',
      /announced, but the API had it, whole and in this version, in none of 30 tries/,
    );
    assert.equal(run.problemList[0]?.excerpt, id);
  });

  it('does not wait for a paper that was withdrawn', async () => {
    const [id] = newIds(1) as [string];
    const { source } = await arxiv(
      () => feed('2026-11-18', [`${id}v1`]),
      (asked) =>
        api(asked.map((one) => ({ id: `${one}v1`, comment: 'This paper has been withdrawn by the author' }))),
    );
    const run = await pulling.pull(source);
    assert.deepEqual([run.failed, run.waiting], [1, 0]);
    assert.match(run.problemList[0]?.reason ?? '', /withdrawn/);
  });

  it('catches up with announcements that nobody read, page by page, back to what is older', async () => {
    const [known, ...missed] = newIds(401) as [string, ...string[]];
    const changed = missed.map((id, at) => ({
      id: `${id}v1`,
      updated: at < 390 ? '2026-11-24T10:00:00Z' : '2026-11-10T10:00:00Z',
    }));
    let day = '2026-11-18';
    let isBroken = true;
    const { host, source } = await arxiv(
      () => feed(day, day === '2026-11-18' ? [`${known}v1`] : []),
      (asked, url) => {
        if (asked.length > 0) return api(asked.map((id) => ({ id: `${id}v1` })));
        const start = Number(url.searchParams.get('start'));
        // The second page comes on the second day.
        if (start > 0 && isBroken) return { status: 503 };
        return api(changed.slice(start, start + 200), changed.length + 5_000);
      },
    );
    await pulling.pull(source);
    day = '2026-11-25';
    pulling.clock.set('2026-11-25T12:00:00Z');
    const stopped = await pulling.pull(source);
    assert.deepEqual([stopped.outcome, stopped.added], ['later', 200]);
    assert.match(stopped.note ?? '', /announcements of 4 days since 2026-11-18 were missed/);
    isBroken = false;
    const done = await pulling.pull(source);
    assert.deepEqual([done.outcome, done.added, done.announced], ['done', 200, 200]);
    const queries = host.requests.filter((path) => path.includes('search_query'));
    assert.equal(queries.length, 3);
    assert.ok(
      queries.every((path) => path.includes('search_query=cat:cs.CL+OR+cat:cs.LG&sortBy=lastUpdatedDate')),
    );
    // Not again: the gap is behind.
    assert.equal((await pulling.pull(source)).requests, 1);
    pulling.clock.set('2026-11-18T12:00:00Z');
  });

  it('knows weekends and holidays', async () => {
    let day = '2026-11-20';
    pulling.clock.set('2026-11-20T12:00:00Z');
    const { source } = await arxiv(
      () => feed(day, []),
      () => api([]),
    );
    const holiday = await pulling.pull(source);
    assert.equal(holiday.note, 'nothing was announced on 2026-11-20: a holiday');
    pulling.clock.set('2026-11-22T12:00:00Z');
    day = '2026-11-22';
    const weekend = await pulling.pull(source);
    assert.deepEqual(
      [weekend.outcome, weekend.note],
      ['done', 'no announcement: arXiv has none on Saturday and Sunday'],
    );
    // Monday follows on Friday: nothing was missed.
    pulling.clock.set('2026-11-23T12:00:00Z');
    day = '2026-11-23';
    const monday = await pulling.pull(source);
    assert.doesNotMatch(monday.note ?? '', /missed/);
    pulling.clock.set('2026-11-18T12:00:00Z');
  });

  it('reads what came since a day when it begins', async () => {
    const [id] = newIds(1) as [string];
    const host = await pulling.host((url) =>
      url.pathname.startsWith('/rss/') ? feed('2026-11-18', []) : api([{ id: `${id}v1` }]),
    );
    const source = await pulling.source({
      ...{ kind: 'arxiv', categories: ['cs.CL'], since: '2026-11-01', feeds: host.url, api: host.url },
    });
    const run = await pulling.pull(source);
    assert.deepEqual([run.added, run.outcome], [1, 'done']);
    assert.match(run.note ?? '', /since 2026-11-01 is asked for/);
  });

  it('catches up with other categories, and asks again for what came with damaged letters', async () => {
    const [old, other] = newIds(2) as [string, string];
    let isDamaged = true;
    const host = await pulling.host((url): Played => {
      if (url.pathname.startsWith('/rss/')) return feed('2026-11-18', [`${old}v1`]);
      const asked = url.searchParams.get('id_list')?.split(',') ?? [other];
      const body = api(asked.map((id) => ({ id: `${id}v1` })));
      return { body: isDamaged ? Buffer.from(body.replaceAll('Paper', 'P\xe4per'), 'latin1') : body };
    });
    const settings = { kind: 'arxiv', feeds: host.url, api: host.url, name: 'other-categories' };
    const source = await pulling.source({ ...settings, categories: ['cs.CL'] });
    assert.equal((await pulling.pull(source)).waiting, 1);
    await pulling.source({ ...settings, categories: ['cs.CL', 'cs.LG'] });
    const run = await pulling.pull(source);
    assert.match(run.note ?? '', /other categories: what changed there since 2026-11-18 is asked for/);
    assert.deepEqual([run.added, run.waiting], [1, 2]);
    assert.equal((await pulling.papers().getByRef(other)).title, `P\ufffdper ${other}`);
    isDamaged = false;
    const whole = await pulling.pull(source);
    assert.deepEqual([whole.updated, whole.waiting], [2, 0]);
    assert.equal((await pulling.papers().getByRef(other)).title, `Paper ${other}`);
  });

  it('leaves everything as it was where the answer is none of arXiv’s', async () => {
    const [id] = newIds(1) as [string];
    const bad: [string, Played, RegExp, string][] = [
      ['a page of HTML', '<html><body>Sorry</body></html>', /HTML/, 'later'],
      ['half a feed', feed('2026-11-18', [`${id}v1`]).slice(0, -40), /cut off/, 'later'],
      ['nothing', '', /empty|no root/, 'later'],
      [
        'another feed',
        '<rss version="2.0"><channel><item><title>News of today</title><link>https://news.example/1</link></item></channel></rss>',
        /none of them names a paper/,
        'failed',
      ],
      ['gone', { status: 404 }, /404/, 'failed'],
      ['too often', { status: 429, headers: { 'retry-after': '3600' } }, /429/, 'later'],
    ];
    for (const [what, played, why, outcome] of bad) {
      let isBad = true;
      const { source } = await arxiv(
        () => (isBad ? (played as string) : feed('2026-11-18', [`${id}v1`])),
        (asked) => api(asked.map((one) => ({ id: `${one}v1` }))),
      );
      const run = await pulling.pull(source);
      assert.deepEqual([run.outcome, run.announced], [outcome, 0], what);
      assert.match(run.problem ?? '', why, what);
      assert.equal((await pulling.store().findById(source.id))?.cursor, null, what);
      isBad = false;
      assert.equal((await pulling.pull(source)).announced, 1, what);
    }
  });

  it('takes a feed without the number of results for no page of the API, and catches up later', async () => {
    const [id] = newIds(1) as [string];
    let isBad = true;
    const host = await pulling.host((url) => {
      if (url.pathname.startsWith('/rss/')) return feed('2026-11-18', []);
      return isBad ? '<feed xmlns="http://www.w3.org/2005/Atom"></feed>' : api([{ id: `${id}v1` }]);
    });
    const source = await pulling.source({
      ...{ kind: 'arxiv', categories: ['cs.CL'], since: '2026-11-01', feeds: host.url, api: host.url },
    });
    const run = await pulling.pull(source);
    assert.deepEqual([run.outcome, run.added], ['later', 0]);
    assert.match(run.problem ?? '', /does not say how many papers/);
    isBad = false;
    assert.equal((await pulling.pull(source)).added, 1);
  });

  it('stops where the API has an error or an empty page in the midst of a list', async () => {
    const [id] = newIds(1) as [string];
    const error = `<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>http://arxiv.org/api/errors#x</id><title>Error</title><summary>malformed id</summary></entry></feed>`;
    const { source } = await arxiv(
      () => feed('2026-11-18', [`${id}v1`]),
      () => error,
    );
    const run = await pulling.pull(source);
    assert.deepEqual([run.outcome, run.waiting], ['failed', 1]);
    assert.match(run.problem ?? '', /the API says: malformed id/);

    const host = await pulling.host((url) =>
      url.pathname.startsWith('/rss/') ? feed('2026-11-18', []) : api([], 500),
    );
    const late = await pulling.source({
      ...{ kind: 'arxiv', categories: ['cs.CL'], since: '2026-11-01', feeds: host.url, api: host.url },
    });
    const empty = await pulling.pull(late);
    assert.deepEqual([empty.outcome, empty.problem], ['later', 'the API answered with an empty page']);
  });
});
