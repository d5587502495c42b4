import assert from 'node:assert/strict';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { before, describe, it } from 'node:test';
import { fastify } from 'fastify';
import type { PreviewRequest, PreviewService } from '../../src/digests/preview.js';
import { AppError, isAppError } from '../../src/platform/errors.js';
import { previewPages } from '../../src/web/preview-pages.js';
import { fieldsIn } from '../support/forms.js';
import { inventedPaper } from '../support/papers.js';
import { takeIn } from '../support/search-service.js';
import { withService } from '../support/service.js';
import { captureMail, tokenOf } from '../support/subscribing.js';

const hostile = '<script>alert(1)</script> & "quotes"';
const everyDay = '1234567'.split('').map((day): [string, string] => ['days', day]);

const unescaped = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&quot;', '"').replaceAll('&amp;', '&');

/** The path of the first link that begins so. */
const linkTo = (body: string, beginning: string): string | undefined => {
  const found = [...body.matchAll(/href="([^"]+)"/g)].map(([, href]) => unescaped(href!));
  return found.find((href) => href.startsWith(beginning));
};

describe('pages of previews', () => {
  const mail = captureMail();
  const service = withService({ mail, clock: { now: () => new Date('2024-03-20T12:00:00Z') } });

  before(async () => {
    const papers = Array.from({ length: 40 }, (_, n) =>
      inventedPaper(n, {
        arxivId: `2403.${String(n).padStart(5, '0')}`,
        categories: [n % 2 ? 'cs.LG' : 'q-bio.PE'],
        ...(n === 39 ? { title: hostile } : {}),
      }),
    );
    await takeIn(service, papers);
    // Four a day from the 10th to the 19th, at six in the morning.
    await service.database.db.pool.query(
      `UPDATE papers SET created_at = timestamptz '2024-03-10 06:00Z' + make_interval(days => ((id - 1) % 40) / 4)`,
    );
  });

  const show = async (path: string, params: [string, string][] = []) => {
    const url = params.length === 0 ? path : `${path}?${new URLSearchParams(params)}`;
    const answer = await service.app.inject({ url, headers: { accept: 'text/html' } });
    return { status: answer.statusCode, body: answer.body, headers: answer.headers };
  };
  const preview = (params: [string, string][]) => show('/subscribe/preview', params);
  const submit = (url: string, fields: [string, string][]) =>
    service.app.inject({
      ...{ method: 'POST', url, payload: new URLSearchParams(fields).toString() },
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
  const rowsOf = (body: string): string[][] =>
    [...body.matchAll(/<tr>(.*?)<\/tr>/gs)]
      .slice(1)
      .map(([, row]) => [
        /#day-([\d-]+)/.exec(row!)![1]!,
        ...[...row!.matchAll(/<td>(\d+)/g)].map(([, count]) => count!),
      ]);

  it('show each day: what came in, what matched, what was cut by what, and the papers', async () => {
    const { status, body, headers } = await preview([
      ...([
        ['kind', 'daily'],
        ['cap', '1'],
        ['mutedCategories', 'q-bio'],
      ] as [string, string][]),
      ...everyDay,
    ]);
    assert.equal(status, 200);
    assert.match(body, /role="status">10 papers in 10 of 14 digests\./);
    const rows = rowsOf(body);
    assert.equal(rows.length, 14);
    assert.deepEqual(rows[0], ['2024-03-07', '0', '0', '0', '0', '0', '0', '0']);
    assert.deepEqual(rows[3], ['2024-03-10', '4', '4', '1', '1', '0', '2', '0']);
    const drawn = body.match(/class="part" fill="url\(#fill-\w+\)"/g)!;
    assert.equal(drawn.length, 10 * 3 + 3, 'sent, cap and muted of ten days, and the legend');
    assert.match(body, /<title id="chart-title">Papers by day, 2024-03-07 to 2024-03-20</);
    assert.match(
      body,
      /<g><title>2024-03-10: Announced 4, matched 4, sent 1\. Cut: 2 muted, 1 beyond the cap/,
    );
    assert.match(body, /id="day-2024-03-20".*?Nothing came in since 2024-03-19\.</s);
    assert.match(body, /next one would be due Thu, 21 Mar 2024 at 8:00 \(UTC\)/);
    assert.equal(body.match(/<a class="title" href="\/papers\//g)?.length, 10);
    assert.match(body, /class="why">came in/);
    assert.deepEqual(
      [headers['cache-control'], headers['referrer-policy'], headers['x-robots-tag']],
      ['no-store', 'no-referrer', 'noindex'],
    );
  });

  it('show what is there for the next one', async () => {
    const { body } = await preview([
      ['kind', 'daily'],
      ['days', '1'],
    ]);
    assert.match(body, /role="status">[^<]+So far for the next one: 4 papers\./);
    assert.match(
      body,
      /4 papers came in since Mon, 18 Mar 2024 at 8:00 \(UTC\): 4 of them match, 4 would be sent\./,
    );
    const quiet = await preview([['kind', 'daily'], ...everyDay]);
    assert.match(
      body,
      /somebody who is subscribed\s+already; a new subscription begins with what comes in after/,
    );
    assert.match(quiet.body, /Nothing came in since Wed, 20 Mar 2024 at 8:00 \(UTC\) yet\./);
  });

  it('say why nothing was sent', async () => {
    const { body: muted } = await preview([['kind', 'daily'], ['mutedCategories', 'cs\nq-bio'], ...everyDay]);
    assert.match(muted, /role="status">None of the 40 papers that came in for the last 14 digests\./);
    await service.database.db.pool.query(
      'UPDATE papers SET created_at = created_at + make_interval(days => 90)',
    );
    const { body } = await preview([['kind', 'daily'], ...everyDay]);
    await service.database.db.pool.query(
      'UPDATE papers SET created_at = created_at - make_interval(days => 90)',
    );
    assert.match(body, /role="status">Nothing came in for the last 14 digests\./);
  });

  it('draw the least score that holds where none is set', async () => {
    const usual: [string, [string, string][], string | undefined, string][] = [
      ['ranked', [['query', 'graphs']], '0.35', '65.00%'],
      ['words are required', [['query', '"graphs"']], undefined, '100.00%'],
      ['like a paper', [['like', '2403.00001']], '0.35', '65.00%'],
      [
        'a lower one',
        [
          ['query', 'graphs'],
          ['minScore', '0.1'],
        ],
        '0.35',
        '90.00%',
      ],
      ['everything', [['kind', 'daily']], undefined, '100.00%'],
    ];
    for (const [what, params, floor, y] of usual) {
      const { body } = await preview(params);
      assert.equal(/id="scores"[^>]*data-usual="([^"]+)"/.exec(body)?.[1], floor, what);
      assert.equal(/class="least-score"[^>]* y1="([^"]+)"/.exec(body)?.[1], y, what);
      assert.match(body, /Least score; empty is as usual: 0\.35/);
    }
  });

  it('go back 30 days, say why a day is empty, and fill in what an address doesn’t say', async () => {
    const { body } = await preview([
      ['query', '"bees"'],
      ['back', '30'],
    ]);
    const fields = fieldsIn(body);
    assert.deepEqual(
      ['back', 'kind', 'query', 'hour', 'cap', 'tellsEmpty'].map((name) => new Map(fields).get(name)),
      ['30', 'query', '"bees"', '8', '10', 'on'],
    );
    assert.equal(fields.filter(([name]) => name === 'days').length, 5);
    assert.equal(rowsOf(body).length, 22, 'working days');
    assert.match(body, /4 papers came in, and none is what this subscription asks for/);
    assert.match(body, /matches: bees/);
  });

  it('fill in each setting that an address doesn’t say by itself', async () => {
    const { status, body } = await preview([
      ['hour', '6'],
      ['days', '2'],
    ]);
    assert.equal(status, 200, body);
    const fields = fieldsIn(body);
    assert.deepEqual(
      ['kind', 'days', 'hour', 'timeZone', 'cap', 'tellsEmpty'].map((name) => new Map(fields).get(name)),
      ['daily', '2', '6', 'UTC', '10', 'on'],
    );
    const hourAlone = fieldsIn((await preview([['hour', '6']])).body);
    assert.equal(hourAlone.filter(([name]) => name === 'days').length, 5);
    const cleared = fields.map(([name, value]): [string, string] => [name, name === 'cap' ? '' : value]);
    const { headers } = await submit('/subscribe/preview', cleared);
    assert.match((await show(String(headers['location']))).body, /role="alert">cap: expected/, 'typed away');
  });

  it('lead from the form and back to it with all that was typed but the address', async () => {
    const form = fieldsIn((await show('/subscribe', [['q', 'graphs & "kernels"']])).body);
    const typed = form.map(([name, value]): [string, string] => {
      const other: Record<string, string> = { email: 'reader@home.example', mutedWords: 'a\r\nb', cap: '3' };
      return [name, other[name] ?? value];
    });
    const asked = await submit('/subscribe/preview', typed);
    assert.equal(asked.statusCode, 303);
    const path = String(asked.headers['location']);
    assert.doesNotMatch(path, /email|reader|home/);
    const shown = await show(path);
    assert.equal(shown.status, 200);
    const back = fieldsIn((await show(linkTo(shown.body, '/subscribe?')!)).body);
    const plain = (fields: [string, string][]) =>
      fields.map(([name, value]) => [name, name === 'email' ? '' : value.replaceAll('\r', '')]);
    assert.deepEqual(plain(back), plain(typed));
    assert.doesNotMatch((await show(path.replace('?', '?email=reader%40home.example&'))).body, /reader/);
  });

  it('lead from a subscription to what it would have sent, without its token', async () => {
    const { subscriptions } = service.services;
    const settings = { query: 'graphs', mutedWords: ['quantum'], days: [3], tellsEmpty: false };
    await subscriptions.subscribe({ email: 'reader@home.example', ip: '127.0.0.1', settings });
    await subscriptions.idle();
    const { manageToken } = await subscriptions.confirm(tokenOf(mail.mails.at(-1)!));
    const page = await show(`/manage/${manageToken}`);
    const path = linkTo(page.body, '/subscribe/preview?')!;
    assert.doesNotMatch(path, new RegExp(`${manageToken}|reader`));
    assert.deepEqual([...new Set(new URL(path, 'http://x').searchParams.keys())].sort(), [
      ...['cap', 'days', 'hour', 'kind', 'mutedWords', 'query', 'timeZone'],
    ]);
    const fields = fieldsIn((await show(path)).body);
    assert.deepEqual(
      fields.filter(([name]) => ['days', 'mutedWords', 'query', 'tellsEmpty'].includes(name)),
      [
        ['query', 'graphs'],
        ['days', '3'],
        ['mutedWords', 'quantum'],
      ],
    );
  });

  it('say what is wrong at its field, and keep what was typed', async () => {
    const whole = [['hour', '8'], ['cap', '10'], ['timeZone', 'UTC'], ...everyDay] as [string, string][];
    const wrong: [string, [string, string][]][] = [
      ['query', [['kind', 'query'], ['query', '"open'], ...whole]],
      [
        'timeZone',
        [
          ['kind', 'daily'],
          ['timeZone', 'Mars/Base'],
        ],
      ],
      ['hour', [['kind', 'daily'], ['hour', ''], ['cap', '10'], ['timeZone', 'UTC'], ...everyDay]],
      ['days', [['kind', 'daily'], ...whole.filter(([name]) => name !== 'days')]],
      [
        'cap',
        [
          ['kind', 'daily'],
          ['cap', '1000'],
        ],
      ],
      [
        'likes',
        [
          ['kind', 'likes'],
          ['likes', '9999.99999'],
        ],
      ],
      [
        'likes',
        [
          ['kind', 'likes'],
          ['likes', '\0'],
        ],
      ],
      [
        'mutedCategories',
        [
          ['kind', 'daily'],
          ['mutedCategories', '<b>'],
        ],
      ],
      ['kind', [['kind', 'weekly'], ...whole]],
      [
        'back',
        [
          ['kind', 'daily'],
          ['back', '7'],
        ],
      ],
    ];
    for (const [field, params] of wrong) {
      const { status, body } = await preview(params);
      assert.equal(status, 400, field);
      const said = [...body.matchAll(/<p class="at-field" id="(\w+)-problem"[^>]*>([^<]+)</g)];
      assert.deepEqual(
        said.map(([, name]) => name),
        [field],
      );
      assert.match(body, new RegExp(`role="alert">${field}[:,] ${said[0]![2]!.slice(0, 5)}`), field);
      const isMarked = new RegExp(`name="${field}" aria-invalid="true"`).test(body);
      assert.equal(isMarked, !['kind', 'days', 'back'].includes(field), field);
    }
    assert.match((await preview(wrong[1]![1])).body, /value="Mars\/Base"/);
  });

  it('run scripts of ours, and escape what papers and people write', async () => {
    const { body, headers } = await preview([
      ['query', hostile.slice(0, 20)],
      ['mutedWords', hostile],
      ['timeZone', hostile],
    ]);
    const daily = await preview([['kind', 'daily'], ...everyDay]);
    assert.match(daily.body, /&lt;script>alert/);
    for (const one of [body, daily.body]) {
      const scripts = one.match(/<script[^>]*>/g)!;
      assert.equal(scripts.length, 2);
      assert.match(scripts[1]!, /^<script src="\/assets\/preview-[\da-f]{10}\.js" defer/);
    }
    assert.match(String(headers['content-security-policy']), /script-src 'self';/);
    const script = await show(/\/assets\/preview-\w+\.js/.exec(body)![0]);
    assert.deepEqual(
      [script.status, script.headers['content-type'], script.headers['cache-control']],
      [200, 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
    );
  });

  it('say so when there are too many settings for an address', async () => {
    const words = Array.from({ length: 100 }, (_, n) => `${'long '.repeat(18)}${n}`).join('\n');
    const { statusCode, body } = await submit('/subscribe/preview', [
      ['email', 'reader@home.example'],
      ['mutedWords', words],
    ]);
    assert.equal(statusCode, 400);
    assert.match(body, /role="alert">settings: expected few enough/);
    assert.match(body, /value="reader@home\.example"/);
  });
});

describe('a page of a preview that is not made', () => {
  const pagesWith = async (preview: PreviewService['preview']) => {
    const app = fastify();
    await app.register(previewPages, {
      preview: { preview },
      catalog: {} as never,
      describeError: (thrown) => {
        assert.ok(isAppError(thrown));
        return { error: thrown, status: 503 };
      },
    });
    return app;
  };

  it('says what to do where others are being made', async () => {
    const app = await pagesWith(async () => {
      throw new AppError('overloaded', 'Other previews are being made: try again soon.', { retryAfter: 5 });
    });
    const { statusCode, headers, body } = await app.inject({
      url: '/subscribe/preview?kind=daily&cap=3&back=30',
    });
    assert.deepEqual([statusCode, headers['retry-after']], [503, '5']);
    assert.match(body, /Other previews are being made.*Your settings are fine.*in 5 seconds/s);
    assert.match(linkTo(body, '/subscribe/preview?')!, /cap=3.*back=30/);
    assert.equal(new Map(fieldsIn(body)).get('cap'), '3');
  });

  it('is cancelled when its reader goes away, and not before', { timeout: 10_000 }, async (t) => {
    let started: (signal: AbortSignal) => void;
    const asked = new Promise<AbortSignal>((resolve) => {
      started = resolve;
    });
    const app = await pagesWith(async ({ signal }: PreviewRequest) => {
      started(signal!);
      await new Promise((resolve) => signal!.addEventListener('abort', resolve));
      throw new AppError('cancelled', 'The preview was cancelled by its caller.');
    });
    await app.listen({ port: 0, host: '127.0.0.1' });
    t.after(() => app.close());
    const { port } = app.server.address() as AddressInfo;
    const request = get({ port, path: '/subscribe/preview?kind=daily' }).on('error', () => {});
    t.after(() => request.destroy());
    const signal = await asked;
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(signal.aborted, false);
    const cancelled = new Promise((resolve) => signal.addEventListener('abort', resolve));
    request.destroy();
    await cancelled;
  });
});
