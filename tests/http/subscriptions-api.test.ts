import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { addDigest, tokenOf } from '../support/subscribing.js';
import {
  type ManagedAnswer,
  subscriptionsApi,
  type SubscriptionView as View,
} from './subscriptions-fixture.js';

const DAY_MS = 86_400_000;

describe('subscriptions over the API', () => {
  const { mail, clock, lines, service, call, subscribed, managed, query } = subscriptionsApi();

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
});
