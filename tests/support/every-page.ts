import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import type { Mail } from '../../src/platform/mail/transport.js';
import type { Services } from '../../src/services.js';
import type { settableClock } from './subscribing.js';

/** One kind of page, with what leads to it beyond its address. */
export interface KindOfPage {
  name: string;
  path: string;
  /** 200 when not given. */
  status?: number;
  act?: (page: Page) => Promise<unknown>;
}

export interface EveryPageOptions {
  services: Services;
  /** What was sent so far, in turn. */
  mails: readonly Pick<Mail, 'text'>[];
  clock: ReturnType<typeof settableClock>;
  /** Something that is found. */
  query: string;
  /** Public id. */
  paper: string;
  /** With papers: YYYY-MM-DD. */
  day: string;
}

const MAIL_LIMIT_MS = 20_000;
const A_DAY = 86_400_000;

/** Every kind of page. Subscribes, confirms and has a digest sent, for those that links in mails lead to: papers must be there, newer than the clock's yesterday. */
export async function everyPage(options: EveryPageOptions): Promise<KindOfPage[]> {
  const { services, mails, clock, query, paper, day } = options;
  const { subscriptions } = services;
  /** Of the mails behind so many: a digest has links to manage it too. */
  const nextToken = async (path: string, behind = 0): Promise<string> => {
    const started = performance.now();
    for (;;) {
      const found = mails
        .slice(behind)
        .map(({ text }) => new RegExp(`/${path}/([\\w-]{43})`).exec(text)?.[1])
        .findLast(Boolean);
      if (found !== undefined) return found;
      if (performance.now() - started > MAIL_LIMIT_MS) throw new Error(`no mail with a link to ${path}`);
      await sleep(20);
    }
  };
  const ask = (email: string, settings: object) =>
    subscriptions.subscribe({
      email,
      ip: '192.0.2.1',
      settings: { days: [1, 2, 3, 4, 5, 6, 7], timeZone: 'UTC', hour: 7, ...settings },
    });
  await ask('ada@example.org', { kind: 'daily', cap: 10 });
  await subscriptions.confirm(await nextToken('confirm'));
  // A digest has what came in since the confirmation: these were there before.
  await services.db.pool.query('UPDATE subscriptions SET seen_until = 0');
  clock.advance(A_DAY);
  await services.digests.runOnce();
  const unsubscribe = await nextToken('unsubscribe');
  const [, feedback] = /(\/digest\/[\w-]{43}\/papers\/[^\s?]+)/.exec(mails.at(-1)!.text) ?? [];
  const sent = mails.length;
  await subscriptions.requestManageLink({ email: 'ada@example.org', ip: '192.0.2.1' });
  await ask('bea@example.org', { kind: 'query', query });
  const [manage, confirm] = [await nextToken('manage', sent), await nextToken('confirm', sent)];
  const q = encodeURIComponent(query);
  return [
    { name: 'front', path: '/' },
    { name: 'search', path: `/?q=${q}` },
    { name: 'search-filters', path: `/?q=${encodeURIComponent(`${query} since:30y -survey`)}&sort=newest` },
    { name: 'search-error', path: `/?q=${encodeURIComponent(`${query} from:soon`)}`, status: 400 },
    { name: 'search-nothing', path: `/?q=${encodeURIComponent('"no paper says this" author:nobody')}` },
    { name: 'paper', path: `/papers/${encodeURIComponent(paper)}` },
    { name: 'listing-day', path: `/listings/${day}` },
    { name: 'listing-week', path: `/listings?period=week&around=${day}` },
    { name: 'listing-month', path: `/listings/${day.slice(0, 7)}` },
    { name: 'trending', path: '/trending' },
    { name: 'subscribe', path: `/subscribe?q=${q}` },
    {
      name: 'asked',
      path: `/subscribe?q=${q}`,
      act: async (page) => {
        await page.getByLabel('Your address').fill('cleo@example.org');
        await Promise.all([
          page.waitForEvent('load'),
          page.getByRole('button', { name: 'Subscribe', exact: true }).click(),
        ]);
      },
    },
    { name: 'preview', path: '/subscribe/preview?kind=daily' },
    { name: 'confirm', path: `/confirm/${confirm}` },
    { name: 'manage-ask', path: '/manage' },
    { name: 'manage', path: `/manage/${manage}` },
    ...(feedback === undefined ? [] : [{ name: 'feedback', path: feedback }]),
    { name: 'unsubscribe', path: `/unsubscribe/${unsubscribe}` },
    { name: 'health', path: '/health' },
    { name: 'sources', path: '/sources' },
    { name: 'not-found', path: '/nothing-is-here', status: 404 },
  ];
}
