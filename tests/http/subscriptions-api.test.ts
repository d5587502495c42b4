import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { pino } from 'pino';
import { isOf } from '../support/errors.js';
import { inventedPaper } from '../support/papers.js';
import { withService } from '../support/service.js';
import { addDigest, captureMail, settableClock, tokenOf } from '../support/subscribing.js';

const DAY_MS = 86_400_000;

interface View {
  id: number;
  kind: string;
  query: string;
  state: string;
  cap: number;
  timeZone: string;
  pausedUntil: string | null;
  endedBy: string | null;
  next: { localDate: string; at: string } | null;
  last: { localDate: string; papers: number } | null;
}

interface ManagedAnswer {
  email: string;
  subscriptions: View[];
  feedback: { paper: string; verdict: string }[];
}

describe('subscriptions over the API', () => {
  const mail = captureMail();
  const clock = settableClock('2026-03-02T10:00:00Z');
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const service = withService({ mail, clock, log });

  before(async () => {
    await service.services.papers.takeIn([inventedPaper(1, { arxivId: '2401.00001' })]);
  });

  const call = async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, body?: object) => {
    const answer = await service.app.inject({
      method,
      url: `/api/v1${url}`,
      remoteAddress: '127.0.0.1',
      ...(body ? { payload: body } : {}),
    });
    await service.services.subscriptions.idle();
    return answer;
  };
  let people = 0;
  /** The tokens of a new address that has confirmed. */
  const subscribed = async (
    settings: object = { query: 'graphs' },
    email = `p${++people}@d${people}.example`,
  ) => {
    assert.equal((await call('POST', '/subscriptions', { email, ...settings })).statusCode, 202);
    const confirm = tokenOf(mail.mails.at(-1)!);
    const answer = await call('POST', `/subscriptions/${confirm}/confirm`);
    assert.equal(answer.statusCode, 200, answer.body);
    const { subscription, manageToken } = answer.json<{ subscription: View; manageToken: string }>();
    return { email, confirm, manage: manageToken, id: subscription.id };
  };
  const managed = async (token: string) =>
    (await call('GET', `/subscriptions/${token}`)).json<ManagedAnswer>();
  const query = async <T extends object>(text: string, values: unknown[] = []) =>
    (await service.database.db.pool.query<T>(text, values)).rows;

  it('sends nothing but a link, and nothing of what was typed', async () => {
    const before = mail.mails.length;
    const answer = await call('POST', '/subscriptions', {
      email: 'Reader@Words.example',
      query: 'BUY-MY-PILLS http://evil.example',
      mutedWords: ['MUTEDTEXT'],
    });
    assert.equal(answer.statusCode, 202);
    assert.equal(mail.mails.length, before + 1);
    const { to, text, html, subject, headers } = mail.mails.at(-1)!;
    assert.equal(to, 'Reader@words.example');
    assert.doesNotMatch(text + html + subject, /pills|evil|MUTED/i);
    assert.match(text, /http:\/\/127\.0\.0\.1:8080\/confirm\/[\w-]{43}\n/);
    assert.equal(headers['Auto-Submitted'], 'auto-generated');
    assert.deepEqual(await service.services.subscriptions.findActive({ limit: 10 }), []);
  });

  it('is active from the confirmation on, and twice is fine', async () => {
    const { confirm, id } = await subscribed({ likes: ['arXiv:2401.00001v2'], timeZone: 'Europe/Berlin' });
    assert.equal((await call('POST', `/subscriptions/${confirm}/confirm`)).statusCode, 200);
    const found = await service.services.subscriptions.findActive({ limit: 1_000 });
    const own = found.find((one) => one.id === id)!;
    assert.deepEqual([own.state, own.kind, own.likes], ['active', 'likes', ['2401.00001']]);
    const [row] = await query<{ max: string }>('SELECT max(added)::text AS max FROM papers');
    assert.equal(own.seenUntil, BigInt(row!.max), 'papers from before are nobody’s news');
  });

  it('goes on in the new one when the same is asked for again', async () => {
    const first = await subscribed({ query: 'graphs', cap: 3 });
    const again = await subscribed({ query: ' GRAPHS'.toLowerCase(), cap: 7 }, first.email.toUpperCase());
    const { subscriptions } = await managed(again.manage);
    assert.deepEqual(
      subscriptions.map(({ state, cap, endedBy }) => [state, cap, endedBy]),
      [
        ['ended', 3, 'replaced'],
        ['active', 7, null],
      ],
    );
  });

  it('answers the same whether an address is known, new, dead or over its budget', async () => {
    const known = await subscribed();
    const dead = await subscribed();
    await service.services.subscriptions.suppress(dead.email.toUpperCase(), '550 5.1.1');
    const answers = { '/subscriptions': new Set<string>(), '/subscriptions/link': new Set<string>() };
    for (const [url, email] of [
      ['/subscriptions', known.email],
      ['/subscriptions', dead.email],
      ['/subscriptions', 'nobody@nowhere.example'],
      ['/subscriptions', 'nobody@nowhere.example'],
      ['/subscriptions', 'nobody@nowhere.example'],
      ['/subscriptions', 'nobody@nowhere.example'],
      ['/subscriptions/link', known.email],
      ['/subscriptions/link', dead.email],
      ['/subscriptions/link', 'nobody@nowhere.example'],
      ['/subscriptions/link', 'never@seen.example'],
    ] as const) {
      const { statusCode, body, headers } = await call('POST', url, {
        email,
        ...(url === '/subscriptions' ? { query: 'graphs' } : {}),
      });
      const { 'x-request-id': _, date: __, ...rest } = headers;
      answers[url].add(JSON.stringify([statusCode, body, rest]));
    }
    for (const found of Object.values(answers)) assert.equal(found.size, 1, [...found].join('\n'));
    const to = (address: string) => mail.mails.filter((one) => one.to === address).length;
    assert.equal(to('nobody@nowhere.example'), 3, 'the fourth and the link are over its budget');
    assert.equal(to(dead.email), 1, 'nothing after it was found dead');
    assert.equal(to('never@seen.example'), 0);
    assert.equal(service.services.subscriptions.counts().get('over_budget'), 2);
    const metrics = await service.app.inject({ method: 'GET', url: '/metrics' });
    assert.match(metrics.body, /^quire_form_requests_total\{outcome="over_budget"\} 2$/m);
  });

  it('counts alike in the metrics whether an address is known', async () => {
    const counted = async () =>
      (await service.app.inject({ url: '/metrics' })).body
        .split('\n')
        .filter((line) => line.startsWith('quire_form_requests_total{'));
    const ask = async (email: string) => {
      const before = await counted();
      await call('POST', '/subscriptions/link', { email });
      return (await counted()).map(
        (line, at) => Number(line.split(' ')[1]) - Number(before[at]?.split(' ')[1]),
      );
    };
    const known = await subscribed();
    const mails = mail.mails.length;
    assert.deepEqual(await ask(known.email), [1, 0]);
    assert.equal(mail.mails.length, mails + 1);
    assert.deepEqual(await ask('nobody@anywhere.example'), [1, 0]);
    await service.services.subscriptions.suppress(known.email, '550 5.1.1');
    assert.deepEqual(await ask(known.email), [1, 0]);
  });

  it('says what of a query was read as words', async () => {
    const hintsIn = async (query: string) =>
      (await call('POST', '/subscriptions', { email: 'half@written.example', query })).json<{
        hints: string[];
      }>().hints;
    assert.match((await hintsIn('title:'))[0]!, /title:.* was read as a word/);
    assert.deepEqual(await hintsIn('title:graphs'), []);
    const { manage } = await subscribed({ query: 'title:' });
    const [own] = (await managed(manage)).subscriptions;
    assert.equal((own as View & { hints: string[] }).hints.length, 1);
  });

  it('takes the same address twice at once', async () => {
    const before = mail.mails.length;
    const ask = { email: 'twice@once.example', query: 'graphs' };
    await Promise.all([call('POST', '/subscriptions', ask), call('POST', '/subscriptions', ask)]);
    await service.services.subscriptions.idle();
    const tokens = mail.mails.slice(before).map(tokenOf);
    const answers = await Promise.all(tokens.map((token) => call('POST', `/subscriptions/${token}/confirm`)));
    assert.deepEqual(
      answers.map(({ statusCode }) => statusCode),
      [200, 200],
    );
    const rows = await query<{ state: string }>(
      `SELECT state FROM subscriptions WHERE subscriber_id = (SELECT id FROM subscribers WHERE email = $1)`,
      [ask.email],
    );
    assert.deepEqual(rows.map(({ state }) => state).sort(), ['active', 'ended']);
  });

  it('names the field that is wrong, before anything is done', async () => {
    const before = mail.mails.length;
    for (const [field, body] of [
      ['email', { email: 'no', query: 'x' }],
      ['query', { email: 'a@b.example', query: '"open' }],
      ['timeZone', { email: 'a@b.example', query: 'x', timeZone: 'Nowhere' }],
      ['colour', { email: 'a@b.example', query: 'x', colour: 'red' }],
      ['cap', { email: 'a@b.example', query: 'x', cap: 0 }],
    ] as const) {
      const answer = await call('POST', '/subscriptions', body);
      assert.equal(answer.statusCode, 400, field);
      assert.ok(answer.json<{ detail: string }>().detail.startsWith(field), answer.body);
    }
    assert.equal(mail.mails.length, before);
  });

  it('tells when the next digest comes, and which was the last', async () => {
    const { manage, id } = await subscribed({ query: 'graphs', days: [3], hour: 7, timeZone: 'Asia/Tokyo' });
    const outlook = async (): Promise<Pick<View, 'next' | 'last'>> => {
      const { next, last } = (await managed(manage)).subscriptions[0]!;
      return { next, last };
    };
    const next = { localDate: '2026-03-04', at: '2026-03-03T22:00:00.000Z' };
    assert.deepEqual(await outlook(), { next, last: null });
    await addDigest(service.database.db, id, ['2401.00001']);
    const { last } = await outlook();
    assert.deepEqual([last?.localDate, last?.papers], ['2026-03-01', 1]);
    const paused = await call('PATCH', `/subscriptions/${manage}/${id}`, { pausedUntil: '2026-03-05' });
    assert.equal(paused.json<View>().next?.localDate, '2026-03-11');
    await call('DELETE', `/subscriptions/${manage}/${id}`);
    assert.equal((await outlook()).next, null);
  });

  it('changes, pauses, resumes and ends', async () => {
    const { manage, id, email } = await subscribed();
    const path = `/subscriptions/${manage}/${id}`;
    const changed = (await call('PATCH', path, { cap: 3, timeZone: 'Asia/Tokyo' })).json<View>();
    assert.deepEqual([changed.cap, changed.timeZone, changed.query], [3, 'Asia/Tokyo', 'graphs']);
    const scored = (await call('PATCH', path, { minScore: 0.5 })).json<{ minScore: number | null }>();
    const unscored = (await call('PATCH', path, { minScore: null })).json<{ minScore: number | null }>();
    assert.deepEqual([scored.minScore, unscored.minScore], [0.5, null]);
    const paused = (await call('PATCH', path, { pausedUntil: '2026-03-10' })).json<View>();
    assert.equal(paused.pausedUntil, '2026-03-09T15:00:00.000Z', 'as the day begins in Tokyo');
    const isActive = async () =>
      (await service.services.subscriptions.findActive({ limit: 1_000 })).some((one) => one.id === id);
    assert.equal(await isActive(), false);
    for (const until of ['2026-02-30', '2026-03-01', '2036-01-01', 'soon'])
      assert.match((await call('PATCH', path, { pausedUntil: until })).body, /pausedUntil: expected/);
    const resumed = (await call('PATCH', path, { pausedUntil: null })).json<View>();
    assert.equal(resumed.pausedUntil, clock.now().toISOString(), 'nothing from before is due');
    assert.equal(await isActive(), true);
    assert.equal((await call('DELETE', path)).statusCode, 204);
    assert.equal((await call('DELETE', path)).statusCode, 204, 'again is fine');
    assert.equal((await call('PATCH', path, { cap: 4 })).statusCode, 404);
    const { subscriptions, email: own } = await managed(manage);
    assert.deepEqual(
      [subscriptions[0]!.state, subscriptions[0]!.endedBy, own],
      ['ended', 'unsubscribed', email],
    );
  });

  it('lets nobody touch what is another’s, nor guess', async () => {
    const [one, other] = [await subscribed(), await subscribed()];
    assert.equal(
      (await call('PATCH', `/subscriptions/${one.manage}/${other.id}`, { cap: 1 })).statusCode,
      404,
    );
    assert.equal((await call('DELETE', `/subscriptions/${one.manage}/${other.id}`)).statusCode, 404);
    for (const token of ['x', 'x'.repeat(43), one.confirm, '%00', `${one.manage}x`]) {
      const answer = await call('GET', `/subscriptions/${token}`);
      assert.equal(answer.statusCode, 404, token);
      assert.equal(answer.json<{ code: string }>().code, 'link_not_found');
    }
    assert.equal((await call('POST', `/subscriptions/${one.manage}/confirm`)).statusCode, 404);
    assert.equal((await call('DELETE', `/subscriptions/${one.manage}/99999999999`)).statusCode, 404);
  });

  it('mails a link to all subscriptions of an address', async () => {
    const { email } = await subscribed();
    await subscribed({ kind: 'daily' }, email);
    assert.equal((await call('POST', '/subscriptions/link', { email })).statusCode, 202);
    const token = tokenOf(mail.mails.at(-1)!);
    assert.equal(mail.mails.at(-1)!.to, email);
    assert.equal((await managed(token)).subscriptions.length, 2);
    assert.equal((await call('DELETE', `/subscriptions/${token}`)).statusCode, 204);
    assert.deepEqual(
      (await managed(token)).subscriptions.map(({ state }) => state),
      ['ended', 'ended'],
    );
  });

  it('opens one subscription with the link of its digest, and mails the one to everything', async () => {
    const own = await subscribed({ query: 'graphs' });
    const other = await subscribed({ kind: 'daily' }, own.email);
    const { services, database } = service;
    await services.papers.takeIn([inventedPaper(2, { arxivId: '2401.00002', doi: '10.1000/two' })]);
    await addDigest(database.db, own.id, ['doi:10.1000/two']);
    await addDigest(database.db, other.id, ['2401.00001']);
    const token = await services.subscriptions.issueToken(own.id, 'manage');
    const path = `/subscriptions/${token}`;
    await services.feedback.say(other.manage, '2401.00001', 'saved');
    await services.feedback.say(token, '2401.00002', 'unwanted');
    const shown = await call('GET', path);
    assert.doesNotMatch(shown.body, /2401\.00001|daily/);
    const { only, subscriptions, feedback } = shown.json<ManagedAnswer & { only: number | null }>();
    assert.deepEqual(
      [only, subscriptions.map(({ id }) => id), feedback.map(({ paper }) => paper)],
      [own.id, [own.id], ['2401.00002']],
    );
    await assert.rejects(services.feedback.view(token, '2401.00001'), isOf('full_link_needed'));
    await assert.rejects(services.feedback.say(token, '2401.00001', null), isOf('full_link_needed'));
    for (const [method, rest, body] of [
      ['GET', '/export'],
      ['DELETE', ''],
      ['DELETE', '/data'],
      ['PATCH', `/${other.id}`, { cap: 1 }],
      ['POST', `/${other.id}/feed`],
      ['DELETE', `/${other.id}`],
      ['DELETE', '/99999999'],
    ] as const) {
      const answer = await call(method, `${path}${rest}`, body);
      assert.equal(answer.statusCode, 403, `${method} ${rest}: ${answer.body}`);
      assert.equal(answer.json<{ code: string }>().code, 'full_link_needed');
    }
    assert.deepEqual(
      (await managed(other.manage)).subscriptions.map(({ state, cap }) => [state, cap]),
      [
        ['active', 10],
        ['active', 10],
      ],
    );
    assert.equal((await call('PATCH', `${path}/${own.id}`, { cap: 3 })).statusCode, 200);
    assert.equal((await call('POST', `${path}/${own.id}/feed`)).statusCode, 201);
    const before = mail.mails.length;
    const asked = await call('POST', `${path}/link`);
    const { body } = await call('POST', '/subscriptions/link', { email: 'never@seen.example' });
    assert.deepEqual([asked.statusCode, asked.body], [202, body]);
    assert.deepEqual([mail.mails.length, mail.mails[before]?.to], [before + 1, own.email]);
    const full = await call('GET', `/subscriptions/${tokenOf(mail.mails[before]!)}`);
    const everything = full.json<ManagedAnswer & { only: number | null }>();
    assert.deepEqual(
      [everything.only, everything.subscriptions.length, everything.feedback.length],
      [null, 2, 2],
    );
    assert.equal((await call('POST', `/subscriptions/${'x'.repeat(43)}/link`)).statusCode, 404);
    assert.equal((await call('DELETE', `${path}/${own.id}`)).statusCode, 204);
  });

  it('mails the link of a webhook’s subscription to nobody', async () => {
    const { webhooks, subscriptions } = service.services;
    const { id } = await webhooks.add({ url: 'https://hooks.example.org/y', settings: { kind: 'daily' } });
    const token = await subscriptions.issueToken(id, 'manage');
    assert.equal((await call('POST', `/subscriptions/${token}/link`)).statusCode, 400);
    await webhooks.remove(id);
  });

  it('forgets a person who asks for it, with what was just asked for', async () => {
    const { manage, email } = await subscribed();
    await service.services.feedback.say(manage, '2401.00001', 'saved');
    const all = (await call('GET', `/subscriptions/${manage}/export`)).json<
      ManagedAnswer & { sent: unknown[] }
    >();
    assert.deepEqual([all.email, all.subscriptions.length, all.sent], [email, 1, []]);
    assert.deepEqual(
      all.feedback.map(({ paper, verdict }) => [paper, verdict]),
      [['2401.00001', 'saved']],
    );
    await query(
      `INSERT INTO form_requests (id, kind, email, email_key, next_try_at, created_at)
       VALUES (gen_random_uuid(), 'manage', $1, $1, $2::timestamptz + interval '1 hour', $2)`,
      [email, clock.now()],
    );
    assert.equal((await call('DELETE', `/subscriptions/${manage}/data`)).statusCode, 204);
    assert.equal((await call('GET', `/subscriptions/${manage}`)).statusCode, 404);
    assert.deepEqual(await query('SELECT 1 FROM form_requests'), []);
    assert.deepEqual(await query('SELECT * FROM subscribers WHERE email = $1', [email]), []);
  });

  it('keeps tokens as hashes alone, and out of the log', async () => {
    const { confirm, manage } = await subscribed();
    await call('GET', `/subscriptions/${manage}`);
    await call('GET', `/subscriptions/${manage}/nothing/here`);
    await service.app.inject({ method: 'GET', url: `/manage/${manage}/%zz` });
    await service.app.inject({ method: 'GET', url: `/nothing/${manage}?token=${manage}` });
    const rows = await query<{ row: string }>(
      'SELECT row_to_json(subscriber_tokens)::text AS row FROM subscriber_tokens',
    );
    assert.ok(rows.length > 2);
    for (const token of [confirm, manage]) {
      const hex = Buffer.from(token, 'base64url').toString('hex');
      assert.ok(!rows.some(({ row }) => row.includes(token) || row.includes(hex)));
      assert.ok(!lines.some((line) => line.includes(token)), 'in the log');
    }
    assert.ok(lines.some((line) => line.includes('/api/v1/subscriptions/:token')));
    assert.ok(!lines.some((line) => /@[a-z\d]+\.example/.test(line)), 'no address in the log');
  });

  it('asks a dead address once a week, and has it back when it confirms', async () => {
    const { email, id } = await subscribed();
    const { subscriptions } = service.services;
    const ask = async () => {
      const before = mail.mails.length;
      await call('POST', '/subscriptions', { email, query: 'kernels' });
      return mail.mails.length - before;
    };
    const state = async () =>
      (
        await query<{ at: Date | null; by: string | null }>(
          'SELECT suppressed_at AS at, suppressed_by AS by FROM subscribers WHERE email = $1',
          [email],
        )
      )[0]!;
    const isActive = async () =>
      (await subscriptions.findActive({ limit: 1_000 })).some((one) => one.id === id);
    await call('POST', '/subscriptions', { email, query: 'kernels' });
    const early = tokenOf(mail.mails.at(-1)!);
    clock.advance(1_000);
    await subscriptions.suppress(email, '550 5.1.1');
    assert.equal((await call('POST', `/subscriptions/${early}/confirm`)).statusCode, 200);
    assert.equal(await isActive(), false, 'that mail was sent before');
    clock.advance(7 * DAY_MS - 1);
    assert.equal(await ask(), 0);
    clock.advance(1);
    mail.answers.push({ kind: 'failed', why: 'address', response: '550 5.1.1 still' });
    assert.equal(await ask(), 1);
    assert.deepEqual(await state(), { at: clock.now(), by: '550 5.1.1 still' });
    clock.advance(7 * DAY_MS - 1);
    assert.equal(await ask(), 0, 'renewed');
    clock.advance(1);
    mail.answers.push({ kind: 'deferred', scope: 'message', response: '451 later' });
    assert.equal(await ask(), 1);
    assert.equal(await ask(), 0, 'one mail');
    clock.advance(10_000);
    await subscriptions.idle();
    const token = tokenOf(mail.mails.at(-1)!);
    assert.equal(await isActive(), false, 'not before it is confirmed');
    assert.equal((await call('POST', `/subscriptions/${token}/confirm`)).statusCode, 200);
    assert.deepEqual([await isActive(), await state()], [true, { at: null, by: null }]);
    clock.advance(3_600_000);
    assert.equal(await ask(), 1, 'as any other');
  });

  it('forgets what was not confirmed in time, and links that are old', async () => {
    const { manage } = await subscribed();
    await call('POST', '/subscriptions', { email: 'slow@reader.example', query: 'x' });
    const late = tokenOf(mail.mails.at(-1)!);
    clock.advance(4 * DAY_MS);
    assert.equal((await call('POST', `/subscriptions/${late}/confirm`)).statusCode, 404);
    assert.equal((await call('GET', `/subscriptions/${manage}`)).statusCode, 200);
    await service.services.subscriptions.prune();
    assert.deepEqual(await query(`SELECT * FROM subscribers WHERE email = 'slow@reader.example'`), []);
    assert.deepEqual(await query(`SELECT * FROM subscriptions WHERE state = 'pending'`), []);
    clock.advance(4 * DAY_MS);
    assert.equal((await call('GET', `/subscriptions/${manage}`)).statusCode, 404);
  });

  it('says right before sending whether a digest is still wanted', async () => {
    const { subscriptions } = service.services;
    const { id, manage, email } = await subscribed();
    const [row] = await query<{ id: number }>(
      `INSERT INTO deliveries (subscription_id, local_date, state, due_at, recipient, message_id, content, next_at)
       VALUES ($1, '2026-03-02', 'prepared', now(), 'x', 'x', '{}', now()) RETURNING id`,
      [id],
    );
    const isWanted = () => subscriptions.isStillWanted(row!.id);
    assert.equal(await isWanted(), true);
    assert.equal(await subscriptions.isStillWanted(row!.id + 1_000), false);
    const until = new Date(clock.now().getTime() + 3 * DAY_MS).toISOString().slice(0, 10);
    await subscriptions.pause(manage, id, until);
    assert.equal(await isWanted(), false);
    await subscriptions.pause(manage, id, null);
    assert.equal(await isWanted(), true);
    await subscriptions.suppress(email, '550 5.1.1');
    assert.equal(await isWanted(), false);
    await query('UPDATE subscribers SET suppressed_at = NULL');
    assert.equal(await isWanted(), true);
    await subscriptions.unsubscribe(await subscriptions.issueToken(id, 'manage'));
    assert.equal(await isWanted(), false);
  });

  describe('webhooks', () => {
    const withKey = async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, payload?: object) => {
      const key = await service.services.apiKeys.create(`k${++people}`);
      const headers = { authorization: `Bearer ${key}` };
      return service.app.inject({ method, url: `/api/v1${path}`, headers, ...(payload ? { payload } : {}) });
    };

    it('need a key', async () => {
      for (const [method, url] of [
        ['GET', '/webhooks'],
        ['POST', '/webhooks'],
        ['PATCH', '/webhooks/1'],
        ['DELETE', '/webhooks/1'],
      ] as const)
        assert.equal((await call(method, url)).statusCode, 401);
    });

    it('are active at once, listed and ended', async () => {
      const url = 'https://hooks.example.org/x';
      const added = await withKey('POST', '/webhooks', { url, shape: 'slack', kind: 'daily', cap: 5 });
      assert.equal(added.statusCode, 201, added.body);
      const view = added.json<View & { url: string; shape: string; channel: string }>();
      assert.deepEqual([view.url, view.shape, view.channel, view.state], [url, 'slack', 'webhook', 'active']);
      const list = async () => (await withKey('GET', '/webhooks')).json<{ items: View[] }>().items;
      assert.deepEqual(
        (await list()).map(({ id }) => id),
        [view.id],
      );
      assert.equal((await withKey('DELETE', `/webhooks/${view.id}`)).statusCode, 204);
      assert.deepEqual(await list(), []);
      const { id } = await subscribed();
      assert.equal((await withKey('DELETE', `/webhooks/${id}`)).statusCode, 404, 'that is no webhook');
      assert.equal((await withKey('POST', '/webhooks', { url: 'nope', kind: 'daily' })).statusCode, 400);
    });

    it('hold what a message of their shape can, and no more', async () => {
      const url = 'https://hooks.example.org/room';
      for (const [shape, room] of [
        ['discord', 10],
        ['slack', 45],
        ['generic', 100],
      ] as const) {
        const add = (cap: number) => withKey('POST', '/webhooks', { url, shape, kind: 'daily', cap });
        const refused = await add(room + 1);
        assert.equal(refused.statusCode, 400);
        assert.match(refused.json<{ detail: string }>().detail, new RegExp(`cap.* ${room}`));
        const added = await add(room);
        assert.equal(added.statusCode, 201);
        const { id } = added.json<View>();
        assert.equal((await withKey('PATCH', `/webhooks/${id}`, { cap: room + 1 })).statusCode, 400);
        await withKey('DELETE', `/webhooks/${id}`);
      }
    });

    it('are changed and paused', async () => {
      const settings = { url: 'https://hooks.example.org/change', kind: 'daily', cap: 5, hour: 7 };
      const { id } = (await withKey('POST', '/webhooks', settings)).json<View>();
      const change = (body: object) => withKey('PATCH', `/webhooks/${id}`, body);
      const day = new Date(service.services.clock.now().getTime() + 10 * 86_400_000)
        .toISOString()
        .slice(0, 10);
      const changed = await change({ cap: 20, pausedUntil: day });
      assert.equal(changed.statusCode, 200, changed.body);
      const { cap, hour, pausedUntil } = changed.json<Record<string, unknown>>();
      assert.deepEqual([cap, hour, pausedUntil], [20, 7, `${day}T00:00:00.000Z`]);
      // Nothing is changed where something of it is wrong.
      assert.equal((await change({ cap: 30, pausedUntil: '2026-02-30' })).statusCode, 400);
      const goesOn = (await change({ pausedUntil: null })).json<Record<string, unknown>>();
      assert.equal(goesOn['cap'], 20);
      assert.ok(Date.parse(String(goesOn['pausedUntil'])) <= service.services.clock.now().getTime());
      await withKey('DELETE', `/webhooks/${id}`);
      assert.equal((await change({ cap: 1 })).statusCode, 404, 'it has ended');
      const other = await subscribed();
      assert.equal((await withKey('PATCH', `/webhooks/${other.id}`, { cap: 1 })).statusCode, 404);
    });
  });
});
