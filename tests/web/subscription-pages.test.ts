import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Subscription } from '../../src/digests/subscription.js';
import { fieldsIn } from '../support/forms.js';
import { inventedPaper } from '../support/papers.js';
import { withService } from '../support/service.js';
import { addDigest, captureMail, settableClock, tokenOf } from '../support/subscribing.js';

const hostile = '<script>alert(1)</script> & "quotes"';

describe('pages of subscriptions', () => {
  const mail = captureMail();
  const clock = settableClock('2026-03-02T10:00:00Z');
  const service = withService({ mail, clock });

  before(async () => {
    await service.services.papers.takeIn([
      inventedPaper(1, { arxivId: '2401.00001', title: hostile }),
      inventedPaper(2, { arxivId: 'hep-th/9901001' }),
    ]);
  });

  const show = async (url: string, method: 'GET' | 'HEAD' = 'GET') => {
    const answer = await service.app.inject({ method, url, headers: { accept: 'text/html' } });
    return { status: answer.statusCode, body: answer.body, headers: answer.headers };
  };
  const submit = async (url: string, fields: Record<string, string> | [string, string][] = {}) => {
    const answer = await service.app.inject({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
      payload: new URLSearchParams(fields).toString(),
    });
    await service.services.subscriptions.idle();
    return { status: answer.statusCode, body: answer.body, headers: answer.headers };
  };
  let people = 0;
  const subscribed = async (settings: object = { query: 'graphs' }) => {
    const email = `p${++people}@d${people}.example`;
    const { subscriptions } = service.services;
    await subscriptions.subscribe({ email, ip: '127.0.0.1', settings });
    await subscriptions.idle();
    const confirm = tokenOf(mail.mails.at(-1)!);
    const { subscription, manageToken: manage } = await subscriptions.confirm(confirm);
    const digest = await subscriptions.issueToken(subscription.id, 'manage');
    await addDigest(service.database.db, subscription.id, ['2401.00001', 'hep-th/9901001']);
    return { email, confirm, manage, digest, id: subscription.id };
  };
  const own = async (token: string): Promise<Subscription[]> =>
    (await service.services.subscriptions.view(token)).subscriptions;

  it('lead from the form over the mail to a digest and its end', async () => {
    const form = await show('/subscribe?q=%22graph+networks%22+since%3A30d');
    assert.equal(form.status, 200);
    const fields = fieldsIn(form.body);
    assert.deepEqual(
      fields.filter(([name]) => name === 'kind' || name === 'query' || name === 'days'),
      [
        ['kind', 'query'],
        ['query', '"graph networks" since:30d'],
        ...['1', '2', '3', '4', '5'].map((day) => ['days', day]),
      ],
    );
    const asked = await submit(
      '/subscribe',
      fields.map(([name, value]) => [name, name === 'email' ? 'reader@home.example' : value]),
    );
    assert.equal(asked.status, 202, asked.body);
    const path = new URL(/http\S+/.exec(mail.mails.at(-1)!.text)![0]).pathname;
    const confirm = await show(path);
    assert.match(confirm.body, />&quot;graph networks&quot; since:30d</);
    assert.match(confirm.body, /reader@home\.example/);
    assert.match(confirm.body, /Yes, send it/);
    assert.match(confirm.body, /The first comes Tue, 3 Mar 2026 at 8:00 \(UTC\)/);
    const confirmed = await submit(path);
    assert.match(confirmed.body, /The first comes Tue, 3 Mar 2026 at 8:00 \(UTC\)/);
    assert.match(confirmed.body, /Your digest is on/);
    const again = await show(path);
    assert.match(again.body, /This digest is confirmed/);
    assert.match(again.body, /The first comes Tue, 3 Mar 2026 at 8:00 \(UTC\)/);
    assert.doesNotMatch(
      again.body,
      /Yes, send it|\/manage\/./,
      'nothing to confirm, and no new link by a GET',
    );
    assert.match((await submit(path)).body, /href="\/manage\/[^"]+">Change it/, 'twice is fine');
    const manage = /href="(\/manage\/[^"]+)"/.exec(confirmed.body)![1]!;
    const page = await show(manage);
    assert.match(page.body, /Mon, Tue, Wed, Thu, Fri at 8:00 \(UTC\), at most 10 papers/);
    assert.match(page.body, /The first comes Tue, 3 Mar 2026 at 8:00 \(UTC\)\. None was sent yet\./);
    const end = /action="([^"]+\/end)"/.exec(page.body)![1]!;
    const ended = await submit(end);
    assert.deepEqual([ended.status, ended.headers['location']], [303, manage]);
    assert.match((await show(manage)).body, /Nothing is sent to you/);
    assert.equal((await submit(path)).status, 404, 'an old mail doesn’t bring it back');
  });

  it('are prefilled, escaped, and keep what was typed', async () => {
    assert.deepEqual(
      fieldsIn((await show('/subscribe?like=2401.00001&like=hep-th%2F9901001')).body).filter(([name]) =>
        ['kind', 'likes'].includes(name),
      ),
      [
        ['kind', 'likes'],
        ['likes', '2401.00001\nhep-th/9901001'],
      ],
    );
    const { status, body } = await submit('/subscribe', {
      kind: 'query',
      query: hostile,
      email: 'not one',
      mutedWords: 'a\nb',
      hour: '8',
      cap: '10',
      timeZone: 'UTC',
    });
    assert.equal(status, 400);
    assert.match(body, /role="alert">email: expected an address/);
    assert.doesNotMatch(body, /<script>/);
    const typed = Object.fromEntries(fieldsIn(body));
    assert.deepEqual([typed['query'], typed['email'], typed['mutedWords']], [hostile, 'not one', 'a\nb']);
    assert.equal((await submit('/manage', { email: 'x' })).status, 400);
  });

  it('ask for a query unless something else is said, and refuse one that would not count', async () => {
    const fields = fieldsIn((await show('/subscribe')).body);
    assert.equal(new Map(fields).get('kind'), 'query');
    const typed = fields.map(([name, value]): [string, string] => {
      const other: Record<string, string> = { email: 'a@b.example', kind: 'daily', query: 'graphs' };
      return [name, other[name] ?? value];
    });
    const { status, body } = await submit('/subscribe', typed);
    assert.equal(status, 400);
    assert.match(body, /id="query-problem"[^>]*>expected nothing, as all new papers[^<]+empty it, or choose/);
    assert.match(body, /name="query" aria-invalid="true"/);
    assert.equal(
      (
        await submit(
          '/subscribe',
          typed.filter(([name]) => name !== 'query'),
        )
      ).status,
      202,
    );
  });

  it('call papers to be like by the first title', async () => {
    const { confirm, manage, digest } = await subscribed({ likes: ['2401.00001', 'hep-th/9901001'] });
    for (const path of [`/confirm/${confirm}`, `/manage/${manage}`, `/unsubscribe/${digest}`]) {
      const { body } = await show(path);
      assert.match(body, />Papers like ‘&lt;script>alert\(1\)[^<]+’ and 1 more</, path);
      assert.doesNotMatch(body, />Papers like 2401/);
    }
  });

  it('say what of a query was read as words before it is confirmed', async () => {
    const { subscriptions } = service.services;
    const { hints } = await subscriptions.subscribe({
      ...{ email: 'half@written.example', ip: '::1' },
      settings: { query: 'title: graphs' },
    });
    assert.match(hints[0]!, /title:.* was read as a word: the value of title: follows its colon/);
    await subscriptions.idle();
    const confirm = await show(`/confirm/${tokenOf(mail.mails.at(-1)!)}`);
    assert.match(confirm.body, /class="notice">[^<]*title:[^<]* was read as a word/);
  });

  it('answer the same for every address', async () => {
    const { email } = await subscribed();
    const asked = [email, 'new@person.example'];
    const answers = await Promise.all(asked.map((one) => submit('/manage', { email: one })));
    assert.deepEqual([answers[0]!.status, answers[0]!.body], [202, answers[1]!.body]);
    assert.ok(mail.mails.some(({ to, text }) => to === email && text.includes('/manage/')));
    assert.ok(!mail.mails.some(({ to }) => to === 'new@person.example'));
  });

  it('change a setting, pause and go on', async () => {
    const { manage, id } = await subscribed({ query: 'graphs', mutedWords: ['quantum'], minScore: 0.25 });
    const path = `/manage/${manage}/subscriptions/${id}`;
    assert.match((await show(`/manage/${manage}`)).body, />Never: quantum\. Score at least 0\.25\.</);
    const form = (await show(path)).body;
    assert.match(form, /<details open>/, 'something in it is set');
    assert.match((await show('/subscribe')).body, /<details>/);
    const fields = fieldsIn(form);
    assert.equal((await submit(path, fields)).status, 303);
    const [same] = await own(manage);
    assert.deepEqual([same!.mutedWords, same!.minScore, same!.query], [['quantum'], 0.25, 'graphs']);
    const edited = fields
      .filter(([name, value]) => name !== 'tellsEmpty' && !(name === 'days' && value !== '3'))
      .map(([name, value]): [string, string] => [name, name === 'minScore' ? '' : value]);
    assert.equal((await submit(path, edited)).status, 303);
    const [changed] = await own(manage);
    assert.deepEqual([changed!.days, changed!.minScore, changed!.tellsEmpty], [[3], null, false]);
    const wrong = await submit(
      path,
      edited.map(([name, value]) => [name, name === 'hour' ? '25' : value]),
    );
    assert.deepEqual([wrong.status, /hour: expected/.test(wrong.body)], [400, true]);
    assert.equal((await submit(`${path}/pause`, { until: '2026-03-09' })).status, 303);
    const paused = (await show(`/manage/${manage}`)).body;
    assert.match(paused, /Paused until Mon, 9 Mar 2026, the day on which it goes on/);
    assert.match(paused, /the best 10 of the last 5,000 papers at most/);
    assert.match(paused, /name="until" min="2026-03-03" max="2027-03-03" value="2026-03-09"/);
    assert.doesNotMatch(paused, />Pause</, 'it is');
    for (const [until, status] of [
      ['2026-03-02', 400],
      ['2027-03-04', 400],
      ['2027-03-03', 303],
      ['2026-03-03', 303],
    ] as const)
      assert.equal((await submit(`${path}/pause`, { until })).status, status, until);
    assert.match(
      paused,
      /The next comes Wed, 11 Mar 2026 at 8:00 \(UTC\)\. The last was of Sun, 1 Mar 2026, with 2 papers\./,
    );
    assert.equal((await submit(`${path}/pause`, { until: 'soon' })).status, 400);
    assert.equal((await submit(`${path}/resume`)).status, 303);
    assert.doesNotMatch((await show(`/manage/${manage}`)).body, /Paused until/);
  });

  it('end a digest with one click, as either kind of form, as nothing at all, and again', async () => {
    const boundary = 'b0undary';
    const bodies: [string | undefined, string][] = [
      ['application/x-www-form-urlencoded', 'List-Unsubscribe=One-Click'],
      [
        `multipart/form-data; boundary=${boundary}`,
        `--${boundary}\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--${boundary}--\r\n`,
      ],
      ['text/plain', 'List-Unsubscribe=One-Click'],
      [undefined, ''],
    ];
    for (const [type, payload] of bodies) {
      const { digest, manage } = await subscribed();
      for (let time = 0; time < 2; time++) {
        const answer = await service.app.inject({
          method: 'POST',
          url: `/unsubscribe/${digest}`,
          payload,
          ...(type ? { headers: { 'content-type': type } } : {}),
        });
        assert.equal(answer.statusCode, 200, `${type}: ${answer.body}`);
        assert.equal(answer.headers['set-cookie'], undefined);
      }
      assert.deepEqual(
        (await own(manage)).map(({ state }) => state),
        ['ended'],
      );
    }
  });

  it('end the one of the mail, and leave the others', async () => {
    const first = await subscribed();
    const { subscriptions } = service.services;
    await subscriptions.subscribe({ email: first.email, ip: '::1', settings: { kind: 'daily' } });
    await subscriptions.idle();
    await subscriptions.confirm(tokenOf(mail.mails.at(-1)!));
    assert.match((await show(`/unsubscribe/${first.digest}`)).body, />graphs</);
    await submit(`/unsubscribe/${first.digest}`);
    assert.deepEqual(
      (await own(first.manage)).map(({ kind, state }) => [kind, state]),
      [
        ['query', 'ended'],
        ['daily', 'active'],
      ],
    );
  });

  it('open one subscription from a digest, and mail the link to the others', async () => {
    const { email, digest, id } = await subscribed();
    const { subscriptions } = service.services;
    await subscriptions.subscribe({ email, ip: '::1', settings: { kind: 'daily' } });
    await subscriptions.idle();
    await subscriptions.confirm(tokenOf(mail.mails.at(-1)!));
    const page = (await show(`/manage/${digest}`)).body;
    assert.match(page, /<h1>Your digest<\/h1>/);
    assert.match(page, />graphs</);
    assert.doesNotMatch(page, /day’s papers|Unsubscribe from all|\/export|\/delete/);
    for (const path of ['/delete', '/export']) {
      const { status, body } = await show(`/manage/${digest}${path}`);
      assert.deepEqual([status, /opens that one alone/.test(body)], [403, true], path);
    }
    for (const path of ['/delete', '/end', `/subscriptions/${id + 1}/end`])
      assert.equal((await submit(`/manage/${digest}${path}`)).status, 403, path);
    const before = mail.mails.length;
    const asked = await submit(/action="([^"]+\/link)"/.exec(page)![1]!);
    assert.deepEqual([asked.status, asked.body], [202, (await submit('/manage', { email })).body]);
    assert.equal(mail.mails[before]?.to, email);
    const all = (await show(`/manage/${tokenOf(mail.mails[before]!)}`)).body;
    assert.match(all, /Unsubscribe from all/);
    assert.match(all, /\/export/);
    assert.doesNotMatch(all, /Mail me the link/);
    await submit(`/manage/${digest}/subscriptions/${id}/end`);
    assert.match((await show(`/manage/${digest}`)).body, /This digest has ended/);
  });

  it('take what is said of a paper, under any of its ids', async () => {
    const { digest, manage } = await subscribed();
    const path = `/digest/${digest}/papers/hep-th%2F9901001`;
    assert.doesNotMatch((await show(path)).body, /You saved/);
    assert.match((await submit(path, { verdict: 'saved' })).body, /You saved/);
    await submit(`/digest/${digest}/papers/2401.00001v2`, { verdict: 'unwanted' });
    const page = (await show(`/manage/${manage}`)).body;
    assert.match(page, /Saved: 1/);
    assert.match(page, /Not for you: 1/);
    assert.doesNotMatch(page, /<script>/);
    assert.match((await submit(path, { verdict: 'unwanted' })).body, /not for you/);
    await submit(path, { verdict: 'none' });
    assert.doesNotMatch((await show(`/manage/${manage}`)).body, /hep-th/);
    assert.equal((await show(`/digest/${digest}/papers/nope`)).status, 404);
  });

  it('export and delete, the latter with a second click', async () => {
    const { manage, email } = await subscribed();
    const page = (await show(`/manage/${manage}`)).body;
    const exported = await show(/href="([^"]+\/export)"/.exec(page)![1]!);
    assert.match(String(exported.headers['content-disposition']), /^attachment/);
    assert.equal((JSON.parse(exported.body) as { email: string }).email, email);
    const sure = await show(/href="([^"]+\/delete)"/.exec(page)![1]!);
    const done = await submit(/action="([^"]+\/delete)"/.exec(sure.body)![1]!);
    assert.match(done.body, /It is deleted/);
    assert.equal((await show(`/manage/${manage}`)).status, 404);
  });

  it('say so when a link is unknown or has expired', async () => {
    const stranger = 'A'.repeat(43);
    for (const url of ['/confirm', '/unsubscribe', '/manage'].map((path) => `${path}/${stranger}`)) {
      const { status, body } = await show(url);
      assert.deepEqual([status, /This link is not known/.test(body)], [404, true], url);
    }
    for (const path of [`/confirm/${stranger}`, `/unsubscribe/${stranger}`, `/manage/${stranger}/delete`])
      assert.equal((await submit(path)).status, 404, path);
  });

  it('change nothing for GET and HEAD, whoever follows which link', async () => {
    const { confirm, manage, digest, id } = await subscribed();
    await service.services.feedback.say(manage, '2401.00001', 'saved');
    await service.services.subscriptions.subscribe({
      email: 'pre@fetch.example',
      ip: '::1',
      settings: { query: 'x' },
    });
    await service.services.subscriptions.idle();
    const pending = tokenOf(mail.mails.at(-1)!);
    const state = async () => {
      const tables = [
        'subscribers',
        'subscriptions',
        'subscriber_tokens',
        'paper_feedback',
        'form_budgets',
        'deliveries',
      ];
      const dumps = tables.map(async (table) => {
        const sql = `SELECT row_to_json(t)::text AS row FROM ${table} t ORDER BY 1`;
        return (await service.database.db.pool.query<{ row: string }>(sql)).rows.map(({ row }) => row);
      });
      return { tables: await Promise.all(dumps), mails: mail.mails.length };
    };
    const before = await state();
    const found = new Set([
      '/subscribe?q=x',
      '/manage',
      `/confirm/${pending}`,
      `/confirm/${confirm}`,
      `/unsubscribe/${digest}`,
      `/manage/${manage}`,
      `/manage/${manage}/end`,
      `/manage/${manage}/subscriptions/${id}/end`,
      `/manage/${manage}/subscriptions/${id}/pause?until=2026-03-09`,
      `/digest/${digest}/papers/2401.00001?verdict=unwanted`,
    ]);
    // A set goes on with what is added while it is walked.
    for (const url of found) {
      const { body, headers, status } = await show(url);
      await show(url, 'HEAD');
      assert.ok([200, 404].includes(status), `${url}: ${status}`);
      for (const [, link] of body.matchAll(
        /(?:href|action)="(\/(?:subscribe|manage|confirm|unsubscribe|digest)[^"]*)"/g,
      ))
        found.add(link!.replaceAll('&amp;', '&'));
      if (status === 200)
        assert.deepEqual([headers['cache-control'], headers['referrer-policy']], ['no-store', 'no-referrer']);
    }
    await service.services.subscriptions.idle();
    assert.ok(found.size >= 14, [...found].join('\n'));
    assert.ok([...found].some((url) => url.startsWith('/subscribe/preview?')));
    assert.deepEqual(await state(), before);
  });
});
