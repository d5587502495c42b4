import { createDelivery, type DigestComposer } from '../../src/digests/deliver.js';
import { createDeliveryStore } from '../../src/digests/delivery-store.js';
import type { Digest } from '../../src/digests/digest.js';
import { silentLogger } from '../../src/platform/log.js';
import type { Mail, MailTransport, SendOptions, SendOutcome } from '../../src/platform/mail/transport.js';
import type { TestService } from '../support/service.js';
import { settableClock } from '../support/subscribing.js';

type Script = (mail: Mail, options: SendOptions) => Promise<SendOutcome> | SendOutcome;

/** Says what the script says; keeps what was taken. */
export function scriptedTransport(connections = 1) {
  const sent: Mail[] = [];
  const state: { script: Script } = { script: () => ({ kind: 'sent', response: '250 ok' }) };
  const transport: MailTransport = {
    kind: 'smtp',
    target: 'smtp://scripted',
    connections,
    async send(mail, options = {}) {
      if (options.mayStillSend && !(await options.mayStillSend())) return { kind: 'withdrawn' };
      const outcome = await state.script(mail, options);
      if (outcome.kind === 'sent') sent.push(mail);
      return outcome;
    },
    verify: async () => ({ ok: true, detail: '' }),
    close: async () => {},
  };
  return { transport, sent, state };
}

/** Every paper in the window is in the digest, up to the cap. */
export function plainComposer({ services }: TestService): DigestComposer {
  const { pool } = services.db;
  return {
    async compose(subscription, { after, until }): Promise<Digest> {
      const { rows } = await pool.query<{ key: number; id: string; title: string }>(
        'SELECT id AS key, public_id AS id, title FROM papers WHERE added > $1 AND added <= $2 ORDER BY added',
        [String(after), String(until)],
      );
      const papers = rows.slice(0, subscription.cap).map((row) => ({
        ...{ abstract: '', authors: [], authorCount: null, date: null, venue: null, url: null },
        ...{ categories: [], upvotes: null, score: 1, why: 'new', sentence: null },
        ...row,
      }));
      const cut = { sentBefore: 0, belowScore: 0, muted: 0, beyondCap: rows.length - papers.length };
      return {
        papers,
        books: { announced: rows.length, matched: rows.length, sent: papers.length, cut },
        ...{ from: null, to: null, notices: [] },
      };
    },
    async until() {
      const { rows } = await pool.query<{ until: string | null }>('SELECT max(added) AS until FROM papers');
      return BigInt(rows[0]?.until ?? 0);
    },
    refresh: async (delivery) => delivery,
    mail: async ({ recipient, messageId, digest }, date) => ({
      ...{ messageId, to: recipient, date, html: '', headers: {} },
      from: { name: 'Quire', address: 'quire@example.org' },
      subject: `${digest.papers.length} papers`,
      text: digest.papers.map(({ title }) => title).join('\n'),
    }),
    webhook: async () => ({ url: 'https://example.org', body: {} }),
  };
}

export interface NewSubscription {
  email: string;
  timeZone?: string;
  hour?: number;
  tellsEmpty?: boolean;
  cap?: number;
}

export function deliveryFixture(service: TestService, start = '2026-03-02T06:00:00Z') {
  const clock = settableClock(start);
  const connections = 2;
  const { transport, sent, state } = scriptedTransport(connections);
  const store = () => createDeliveryStore(service.services.db);
  const composer = () => plainComposer(service);
  const delivering = (uncertain: 'hold' | 'resend' = 'hold', used = composer()) =>
    createDelivery({
      ...{ store: store(), composer: used, transport, clock, log: silentLogger, uncertain },
      webhooks: { post: async () => ({ kind: 'sent', response: '200' }) },
    });
  /** A confirmed one, from before everything. */
  async function subscribe({
    email,
    timeZone = 'UTC',
    hour = 6,
    tellsEmpty = false,
    cap = 10,
  }: NewSubscription) {
    const { prisma } = service.services.db;
    const subscriber = await prisma.subscriber.upsert({
      where: { emailKey: email },
      create: { email, emailKey: email },
      update: {},
    });
    const created = new Date(clock.now().getTime() - 40 * 86_400_000);
    return prisma.subscription.create({
      data: {
        ...{
          subscriberId: subscriber.id,
          kind: 'daily',
          query: '',
          likes: [],
          days: 127,
          hour,
          timeZone,
          cap,
        },
        ...{ mutedWords: [], mutedAuthors: [], mutedCategories: [], tellsEmpty, channel: 'mail' },
        ...{ state: 'active', confirmedAt: created, seenUntil: 0n, createdAt: created },
      },
    });
  }
  const states = async () =>
    (
      await service.services.db.prisma.delivery.findMany({
        orderBy: [{ subscriptionId: 'asc' }, { localDate: 'asc' }],
      })
    ).map(({ localDate, state: is }) => `${localDate} ${is}`);
  return { clock, composer, transport, sent, state, store, delivering, subscribe, states };
}
