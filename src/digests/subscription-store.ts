import type { Database } from '../platform/db/database.js';
import type { Prisma } from '../platform/db/generated/client.js';
import type { Channel, Subscription, SubscriptionSettings } from './subscription.js';
import type { EmailAddress } from './subscription-request.js';
import {
  columnsOf,
  type SubscriptionRow,
  toSubscription,
  withSubscriber,
} from './subscription-rows-store.js';
import { forgetWaiting, withdrawWaiting } from './waiting-store.js';

const MAX_ID = 2 ** 31 - 1;

/** A server's answer; as of digests. */
const MAX_REASON_LENGTH = 500;

export interface SuppressedAddress {
  email: string;
  since: Date;
  /** What its server said. */
  reason: string | null;
}

/** A paper of a digest. */
export interface DigestEntry {
  id: string;
  /** null: it is no longer kept. */
  why: string | null;
  /** When the digest was sent; when it was due where that is not, or not surely, so. */
  at: Date;
}

/** Subscribers and what they subscribe to. */
export function createSubscriptionStore({ prisma }: Pick<Database, 'prisma'>) {
  async function find(id: number): Promise<Subscription | null> {
    // Ids come from URLs and forms; the column has 32 bits.
    if (!Number.isInteger(id) || id < 1 || id > MAX_ID) return null;
    const row = await prisma.subscription.findUnique({ where: { id }, include: withSubscriber });
    return row && toSubscription(row);
  }

  return {
    find,

    /**
     * A subscription that waits for its confirmation, entered in the request (FormRequest) that asks for it, so that it is made once; null
     * where nothing may be sent to the address, or the request is gone with the data of its address. One that was suppressed, and asked in spite of it, until `askAgain` is asked this time.
     */
    addPending(
      { email, key }: EmailAddress,
      settings: SubscriptionSettings,
      { now, request, askAgain }: { now: Date; request: string; askAgain: Date },
    ): Promise<Subscription | null> {
      return prisma.$transaction(async (tx) => {
        // Held until the end: who deletes the data of the address comes before this, or finds what it has made.
        const held = await tx.$queryRaw<unknown[]>`
          SELECT 1 FROM form_requests WHERE id = ${request}::uuid FOR UPDATE`;
        if (held.length === 0) return null;
        // No upsert: of two at once one would fail, and a transaction with it.
        await tx.subscriber.createMany({
          data: { email, emailKey: key, createdAt: now },
          skipDuplicates: true,
        });
        const subscriber = await tx.subscriber.findUniqueOrThrow({ where: { emailKey: key } });
        const { id: subscriberId, suppressedAt } = subscriber;
        if (suppressedAt !== null && !(await takeAsking(tx, subscriberId, { now, askAgain }))) return null;
        const data = {
          ...columnsOf(settings),
          subscriberId,
          channel: 'mail',
          state: 'pending',
          seenUntil: 0,
        };
        const row = await tx.subscription.create({
          data: { ...data, createdAt: now, updatedAt: now },
          include: withSubscriber,
        });
        await tx.formRequest.updateMany({ where: { id: request }, data: { subscriptionId: row.id } });
        return toSubscription(row);
      });
    },

    /** Active at once, from the papers on that come in next. */
    async addWebhook(
      channel: Extract<Channel, { kind: 'webhook' }>,
      settings: SubscriptionSettings,
      now: Date,
    ): Promise<Subscription> {
      const row = await prisma.subscription.create({
        data: {
          ...columnsOf(settings),
          subscriber: { create: { createdAt: now } },
          channel: 'webhook',
          webhookUrl: channel.url,
          webhookShape: channel.shape,
          state: 'active',
          confirmedAt: now,
          createdAt: now,
          updatedAt: now,
          seenUntil: await lastAdded(prisma),
        },
        include: withSubscriber,
      });
      return toSubscription(row);
    },

    /** Oldest first. */
    async listWebhooks(limit: number): Promise<Subscription[]> {
      const rows = await prisma.subscription.findMany({
        where: { channel: 'webhook', state: 'active' },
        include: withSubscriber,
        orderBy: { id: 'asc' },
        take: limit,
      });
      return rows.map(toSubscription);
    },

    /**
     * Makes a pending one active, from the papers on that come in next; one that is active already stays as it is. Another of the
     * subscriber that asks for the same ends, and goes on in this one. null: there are `limit` active ones. Whoever reads what was sent
     * after the address was suppressed has it back.
     */
    confirm(id: number, { now, limit }: { now: Date; limit: number }): Promise<Subscription | null> {
      return prisma.$transaction(async (tx) => {
        const { subscriberId } = await tx.subscription.findUniqueOrThrow({ where: { id } });
        // Two confirmations of a subscriber, or one and an end, go one after the other.
        await tx.$queryRaw`SELECT id FROM subscribers WHERE id = ${subscriberId} FOR UPDATE`;
        await tx.$queryRaw`SELECT id FROM subscriptions WHERE subscriber_id = ${subscriberId} ORDER BY id FOR UPDATE`;
        const row = await tx.subscription.findUniqueOrThrow({ where: { id }, include: withSubscriber });
        if (row.state !== 'pending') return toSubscription(row);
        await tx.subscriber.updateMany({
          where: { id: subscriberId, suppressedAt: { lt: row.createdAt } },
          data: unsuppressed,
        });
        const active = await tx.subscription.findMany({
          where: { subscriberId, state: 'active', channel: 'mail' },
        });
        const same = active.filter((one) => subjectOf(one) === subjectOf(row));
        if (active.length - same.length >= limit) return null;
        await tx.subscription.updateMany({
          where: { id: { in: same.map((one) => one.id) } },
          data: { state: 'ended', endedAt: now, endedBy: 'replaced', updatedAt: now },
        });
        const ids = same.map((one) => one.id);
        await withdrawWaiting(tx, ids, { why: 'another subscription took its place', now });
        const older = await tx.subscription.findMany({
          where: { id: { in: ids } },
          select: { seenUntil: true },
        });
        const seenUntil = older.reduce<bigint | null>(
          (least, one) => (least === null || one.seenUntil < least ? one.seenUntil : least),
          null,
        );
        const confirmed = await tx.subscription.update({
          where: { id },
          data: {
            state: 'active',
            confirmedAt: now,
            updatedAt: now,
            seenUntil: seenUntil ?? (await lastAdded(tx)),
          },
          include: withSubscriber,
        });
        return toSubscription(confirmed);
      });
    },

    /** Of one subscriber, but for those that were never confirmed; oldest first. */
    async listOf(subscriberId: number): Promise<Subscription[]> {
      const rows = await prisma.subscription.findMany({
        where: { subscriberId, state: { not: 'pending' } },
        include: withSubscriber,
        orderBy: { id: 'asc' },
      });
      return rows.map(toSubscription);
    },

    /** The subscriber with this address who has confirmed something, and to whom may be sent. */
    findConfirmed: (emailKey: string): Promise<{ id: number; email: string | null } | null> =>
      prisma.subscriber.findFirst({
        where: {
          emailKey,
          suppressedAt: null,
          subscriptions: { some: { confirmedAt: { not: null } } },
        },
        select: { id: true, email: true },
      }),

    /** null for a webhook. */
    async findAddress(subscriberId: number): Promise<EmailAddress | null> {
      const found = await prisma.subscriber.findUnique({ where: { id: subscriberId } });
      return found?.email && found.emailKey ? { email: found.email, key: found.emailKey } : null;
    },

    /** A digest that waits is made anew. */
    async update(id: number, settings: SubscriptionSettings, now: Date): Promise<void> {
      await prisma.$transaction(async (tx) => {
        const { count } = await tx.subscription.updateMany({
          where: { id, state: 'active' },
          data: { ...columnsOf(settings), updatedAt: now },
        });
        if (count > 0) await forgetWaiting(tx, id);
      });
    },

    /** The papers of a digest that waits come after the pause. */
    async pause(id: number, until: Date, now: Date): Promise<void> {
      await prisma.$transaction(async (tx) => {
        await tx.subscription.updateMany({
          where: { id, state: 'active' },
          data: { pausedUntil: until, updatedAt: now },
        });
        if (until > now) await withdrawWaiting(tx, [id], { why: 'the subscription was paused', now });
      });
    },

    /** One subscription, or all of a subscriber; what has ended already keeps its time. */
    async end(
      which: { id: number } | { subscriberId: number },
      { by, now }: { by: string; now: Date },
    ): Promise<number> {
      return prisma.$transaction(async (tx) => {
        const ended = await tx.subscription.updateManyAndReturn({
          where: { ...which, state: { not: 'ended' } },
          data: { state: 'ended', endedAt: now, endedBy: by, updatedAt: now },
          select: { id: true },
        });
        const ids = ended.map(({ id }) => id);
        await withdrawWaiting(tx, ids, { why: 'the subscription has ended', now });
        return ids.length;
      });
    },

    /** With everything that belongs to it, and what its address has just asked for. */
    async removeSubscriber(id: number): Promise<void> {
      await prisma.$transaction(async (tx) => {
        const found = await tx.subscriber.findUnique({ where: { id }, select: { emailKey: true } });
        if (found === null) return;
        if (found.emailKey !== null) await tx.formRequest.deleteMany({ where: { emailKey: found.emailKey } });
        await tx.subscriber.deleteMany({ where: { id } });
      });
    },

    /** What a subscriber was sent, by day: a part of the export. At most `limit`, the latest first. */
    async listSent(subscriberId: number, limit: number) {
      const rows = await prisma.sentPaper.findMany({
        where: { subscriberId },
        select: {
          paper: { select: { publicId: true } },
          delivery: { select: { localDate: true, subscriptionId: true } },
        },
        orderBy: [{ deliveryId: 'desc' }, { paperId: 'asc' }],
        take: limit,
      });
      return rows.map(({ paper, delivery: { localDate, subscriptionId } }) => ({
        paper: paper.publicId,
        day: localDate,
        subscription: subscriptionId,
      }));
    },

    /**
     * Public ids, as they were then, of the papers of its digests: of the latest first, each in its order, at most `limit`. A digest
     * that was not sent in the end, because the next took its place or nobody wanted it any more, is none.
     */
    async listDigestPapers(subscriptionId: number, limit: number): Promise<DigestEntry[]> {
      return prisma.$queryRaw<DigestEntry[]>`
        SELECT paper->>'id' AS id, paper->>'why' AS why,
          CASE WHEN state = 'sent' THEN coalesce(finished_at, due_at) ELSE due_at END AS at
        FROM deliveries, jsonb_array_elements(content->'papers') WITH ORDINALITY AS papers (paper, place)
        WHERE subscription_id = ${subscriptionId} AND state <> 'skipped'
        ORDER BY local_date DESC, place LIMIT ${limit}`;
    },

    /** Which of these ids stand in its digests, as they were then, whatever became of those. */
    async findInDigests(subscriptionId: number, ids: readonly string[]): Promise<Set<string>> {
      const rows = await prisma.$queryRaw<{ id: string }[]>`
        SELECT DISTINCT paper->>'id' AS id FROM deliveries, jsonb_array_elements(content->'papers') AS papers (paper)
        WHERE subscription_id = ${subscriptionId} AND paper->>'id' = ANY(${[...ids]})`;
      return new Set(rows.map(({ id }) => id));
    },

    /** Active, not paused, and to somebody to whom may be sent; by id, from the one behind `after`. */
    async listActive({
      now,
      after,
      limit,
    }: {
      now: Date;
      after: number;
      limit: number;
    }): Promise<Subscription[]> {
      const rows = await prisma.subscription.findMany({
        where: { ...wanted(now), id: { gt: after } },
        include: withSubscriber,
        orderBy: { id: 'asc' },
        take: limit,
      });
      return rows.map(toSubscription);
    },

    isWanted: async (deliveryId: number, now: Date): Promise<boolean> =>
      (await prisma.delivery.findFirst({
        where: { id: deliveryId, subscription: wanted(now) },
        select: { id: true },
      })) !== null,

    async suppress(emailKey: string, { by, now }: { by: string; now: Date }): Promise<void> {
      await prisma.subscriber.updateMany({
        where: { emailKey, suppressedAt: null },
        data: { suppressedAt: now, suppressedBy: by },
      });
    },

    /** Where it is suppressed already: from now on, and for this. */
    async renewSuppression(emailKey: string, { by, now }: { by: string; now: Date }): Promise<void> {
      await prisma.subscriber.updateMany({
        where: { emailKey, suppressedAt: { not: null } },
        data: { suppressedAt: now, suppressedBy: by.slice(0, MAX_REASON_LENGTH) },
      });
    },

    /** Addresses to which nothing is sent, the latest first. */
    async listSuppressed(limit: number): Promise<SuppressedAddress[]> {
      const rows = await prisma.subscriber.findMany({
        where: { suppressedAt: { not: null }, email: { not: null } },
        select: { email: true, suppressedAt: true, suppressedBy: true },
        orderBy: [{ suppressedAt: 'desc' }, { id: 'asc' }],
        take: limit,
      });
      return rows.map(({ email, suppressedAt, suppressedBy }) => ({
        ...{ email: email!, since: suppressedAt!, reason: suppressedBy },
      }));
    },

    /** May be sent to again. False where it is not suppressed. */
    async liftSuppression(emailKey: string): Promise<boolean> {
      const { count } = await prisma.subscriber.updateMany({
        where: { emailKey, suppressedAt: { not: null } },
        data: unsuppressed,
      });
      return count === 1;
    },

    /** What was never confirmed, and who has nothing else. Who is suppressed stays: the address must stay known. */
    async removeUnconfirmed(before: Date): Promise<number> {
      const { count } = await prisma.subscription.deleteMany({
        where: { state: 'pending', createdAt: { lt: before } },
      });
      await prisma.subscriber.deleteMany({
        where: { createdAt: { lt: before }, suppressedAt: null, subscriptions: { none: {} } },
      });
      return count;
    },
  };
}

export type SubscriptionStore = ReturnType<typeof createSubscriptionStore>;

const unsuppressed = { suppressedAt: null, suppressedBy: null, askedAgainAt: null };

/** Whether a suppressed address is to be asked now; of several requests at once by one. */
async function takeAsking(
  tx: Pick<Prisma.TransactionClient, 'subscriber'>,
  id: number,
  { now, askAgain }: { now: Date; askAgain: Date },
): Promise<boolean> {
  const { count } = await tx.subscriber.updateMany({
    where: {
      id,
      suppressedAt: { lte: askAgain },
      OR: [{ askedAgainAt: null }, { askedAgainAt: { lte: askAgain } }],
    },
    data: { askedAgainAt: now },
  });
  return count === 1;
}

const wanted = (now: Date): Prisma.SubscriptionWhereInput => ({
  state: 'active',
  OR: [{ pausedUntil: null }, { pausedUntil: { lte: now } }],
  subscriber: { suppressedAt: null },
});

/** Numbers are given in commit order, so nothing that is committed later has a lower one. */
async function lastAdded(tx: Pick<Prisma.TransactionClient, 'paper'>): Promise<bigint> {
  const { _max: max } = await tx.paper.aggregate({ _max: { added: true } });
  return max.added ?? 0n;
}

const subjectOf = ({ kind, query, likes }: Pick<SubscriptionRow, 'kind' | 'query' | 'likes'>): string =>
  JSON.stringify([kind, query, likes.toSorted()]);
