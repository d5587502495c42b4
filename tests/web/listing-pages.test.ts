import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { inventedPaper } from '../support/papers.js';
import { takeIn } from '../support/search-service.js';
import { withService } from '../support/service.js';
import { settableClock } from '../support/subscribing.js';

const isoNow = '2024-03-20T12:00:00Z';

describe('pages of listings', () => {
  const clock = settableClock(isoNow);
  const service = withService({ clock });
  const show = async (url: string) => {
    const answer = await service.app.inject({ url, headers: { accept: 'text/html' } });
    return { status: answer.statusCode, body: answer.body };
  };
  /** What is said of a day in the calendar. */
  const dayIn = (body: string, label: string) => {
    const cell = new RegExp(
      `<td([^>]*)><a[^>]*href="([^"]+)"[^>]*title="[^":]*\\b${label}[^":]*: ([^"]+)"`,
    ).exec(body);
    assert.ok(cell, `${label} is in the calendar`);
    const [, attributes, href, said] = cell;
    return { classes: /class="([^"]*)"/.exec(attributes!)?.[1]?.split(' ') ?? [], href, said };
  };
  const facts = (body: string) => /<p class="facts">(?:Last|Nothing).*?<\/p>/s.exec(body)![0];

  it('say how to take papers in where nothing is yet', async () => {
    for (const url of ['/', '/listings', '/listings/2024-03-12']) {
      const { status, body } = await show(url);
      assert.equal(status, 200, url);
      assert.match(body, /quire ingest FILE.*quire sources add arxiv/s, url);
    }
    assert.match((await show('/trending')).body, /Nothing was taken in yet/);
  });

  describe('with papers', () => {
    before(async () => {
      // Two on every weekday of March up to the 20th but the 13th, and five on the 15th.
      const days = Array.from({ length: 20 }, (_, at) => `2024-03-${String(at + 1).padStart(2, '0')}`);
      const weekdays = days.filter(
        (day) => ![0, 6].includes(new Date(day).getUTCDay()) && !day.endsWith('13'),
      );
      const papers = weekdays.flatMap((date) =>
        Array.from({ length: date.endsWith('15') ? 5 : 2 }, () => date),
      );
      await takeIn(
        service,
        papers.map((date, n) => inventedPaper(n, { date, arxivId: `2403.${String(n).padStart(5, '0')}` })),
      );
      await service.services.db.prisma.intake.create({
        data: {
          ...{ name: 'a file', startedAt: new Date('2024-03-20T06:00:00Z') },
          ...{ finishedAt: new Date('2024-03-20T06:01:00Z'), entries: 45, added: 45 },
        },
      });
    });

    it('show the latest day with the days around it, and lead to the ones before', async () => {
      const { body } = await show('/listings');
      assert.match(body, /<h1>Wednesday,? 20 March 2024<\/h1>/);
      assert.match(body, /rel="prev" href="\/listings\/2024-03-19">← 19 Mar</);
      assert.match(body, /Nothing after/);
      assert.deepEqual(dayIn(body, '15 Mar'), {
        ...{ classes: ['shade-4'], href: '/listings/2024-03-15', said: '5 papers' },
      });
      assert.deepEqual(dayIn(body, '20 Mar').classes, ['shown', 'today', 'shade-2']);
      assert.deepEqual(dayIn(body, '13 Mar').classes, ['gap'], 'a weekday without papers');
      assert.deepEqual(dayIn(body, '16 Mar').classes, [], 'a weekend');
      assert.match(body, /<td>21<\/td>/, 'a day to come is no link');
      assert.match(body, /broken line around it/);
    });

    it('show weeks and months, and what holds them', async () => {
      const week = (await show('/listings/2024-W11')).body;
      assert.match(week, /<h1>Week 11, 11 Mar to 17 Mar 2024<\/h1>/);
      assert.match(week, /class="num">11<\/span> papers/);
      assert.ok(dayIn(week, '14 Mar').classes.includes('shown'));
      assert.ok(!dayIn(week, '18 Mar').classes.includes('shown'));
      const month = (await show('/listings/2024-03?sort=newest')).body;
      assert.match(month, /<h1>March 2024<\/h1>/);
      assert.equal(dayIn(month, '12 Mar').href, '/listings/2024-03-12?sort=newest', 'the order stays');
      const beside = (body: string) =>
        [...body.matchAll(/<a href="\/listings\/([^"]+)" rel="(\w+) nofollow" title="(\w+ \d+)"/g)].map(
          (found) => found.slice(1),
        );
      assert.deepEqual(beside(month), [['2024-02?sort=newest', 'prev', 'February 2024']], 'April is to come');
      assert.deepEqual(beside((await show('/listings/2023-12-05')).body), [
        ['2023-11', 'prev', 'November 2023'],
        ['2024-01', 'next', 'January 2024'],
      ]);
      assert.deepEqual(beside((await show('/listings/1900-01')).body)[0]?.[1], 'next');
      assert.match(month, /href="\/listings\/2024-W11\?sort=newest" aria-label="Week 11"/);
      assert.match(month, /name="around" min="1900-01-01"[^>]*value="2024-03-01"/);
    });

    it('go to a date by a plain form', async () => {
      const { body } = await show('/listings?period=week&around=2024-03-06');
      assert.match(body, /<h1>Week 10,/);
      for (const around of ['2024-02-30', 'yesterday']) {
        const { status, body: refused } = await show(`/listings?around=${around}`);
        assert.equal(status, 400, around);
        assert.match(refused, /around/);
      }
    });

    it('say why a day is empty, as far as it is known', async () => {
      const reasons: [string, RegExp][] = [
        ['2024-03-16', /No papers of Saturday,? 16 March 2024\. Nothing is announced at weekends\./],
        ['2024-03-13', /No papers of Wednesday,? 13 March 2024\. Papers were taken in since/],
        ['2024-03-25', /This time has not come yet/],
      ];
      for (const [day, reason] of reasons) assert.match((await show(`/listings/${day}`)).body, reason, day);
      clock.set('2024-03-27T12:00:00Z');
      const late = (await show('/listings/2024-03-25')).body;
      assert.match(late, /Nobody has looked for papers since Wednesday,? 20 March 2024/);
      clock.set(isoNow);
    });

    it('say when papers were last announced, and that some may be missing', async () => {
      const { prisma } = service.services.db;
      assert.match(
        facts((await show('/listings')).body),
        /Last looked <time[^>]*>2024-03-20 06:01 UTC<.*: 45 new/,
      );
      const source = await prisma.source.create({
        data: {
          ...{ name: 'arxiv-cs', kind: 'feed', settings: { kind: 'feed', url: 'https://example.org/feed' } },
          ...{
            everyMinutes: 60,
            nextAt: new Date('2024-03-20T12:30:00Z'),
            createdAt: new Date(isoNow),
            origin: 'command',
          },
        },
      });
      const run = { sourceId: source.id, finishedAt: new Date('2024-03-19T01:00:00Z') };
      await prisma.sourceRun.create({
        data: {
          ...run,
          startedAt: new Date('2024-03-19T00:59:00Z'),
          outcome: 'done',
          announced: 4,
          added: 4,
        },
      });
      for (const url of ['/', '/listings', '/trending']) {
        const { body } = await show(url);
        assert.match(facts(body), /Last announcement taken in <time[^>]*>2024-03-19 01:00 UTC/, url);
        assert.doesNotMatch(body, /Papers may be missing/, url);
      }
      await prisma.sourceRun.create({
        data: {
          ...run,
          startedAt: new Date('2024-03-20T11:00:00Z'),
          outcome: 'failed',
          problem: 'no answer',
        },
      });
      for (const url of ['/', '/listings', '/trending'])
        assert.match(
          (await show(url)).body,
          /Papers may be missing: arxiv-cs could not be read\..*"\/sources"/s,
          url,
        );
      await prisma.source.update({ where: { id: source.id }, data: { isOn: false } });
      assert.doesNotMatch((await show('/')).body, /Papers may be missing/, 'one that is turned off');
    });

    it('begin with the latest day, and with three examples that work', async () => {
      const { body } = await show('/');
      assert.match(body, /id="latest"><a href="\/listings\/2024-03-20">Wednesday,? 20 March 2024</);
      assert.equal(body.match(/<article>/g)?.length, 20);
      const ways = /<dl class="ways">.*?<\/dl>/s.exec(body)![0];
      const links = [...ways.matchAll(/href="([^"]+)"/g)].map(([, href]) => href!.replaceAll('&amp;', '&'));
      assert.equal(links.length, 3);
      for (const link of links) {
        const { status, body: shown } = await show(link);
        assert.equal(status, 200, link);
        assert.match(shown, /<article>|id="preview"/, link);
      }
    });
  });
});
