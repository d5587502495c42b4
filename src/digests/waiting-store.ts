import type { Prisma } from '../platform/db/generated/client.js';

type Tx = Prisma.TransactionClient;

/** Digests of these subscriptions that wait to be sent aren't sent any more, and their papers count as not sent. */
export async function withdrawWaiting(
  tx: Tx,
  ids: readonly number[],
  { why, now }: { why: string; now: Date },
): Promise<void> {
  await tx.$executeRaw`
    WITH old AS (
      UPDATE deliveries SET state = 'skipped', finished_at = ${now}, response = concat_ws('; ', response, ${why}::text)
      WHERE subscription_id = ANY(${[...ids]}) AND state IN ('prepared', 'deferred') RETURNING id, subscription_id, content),
    free AS (DELETE FROM sent_papers USING old WHERE delivery_id = old.id),
    first AS (SELECT subscription_id, min((content->>'after')::bigint) AS after FROM old GROUP BY subscription_id)
    UPDATE subscriptions s SET seen_until = least(seen_until, first.after) FROM first WHERE s.id = first.subscription_id`;
}

/** As `withdrawWaiting`, and the day may have its digest anew. */
export async function forgetWaiting(tx: Tx, id: number): Promise<void> {
  // The ledger's rows go with them.
  await tx.$executeRaw`
    WITH old AS (
      DELETE FROM deliveries WHERE subscription_id = ${id} AND state IN ('prepared', 'deferred') RETURNING content)
    UPDATE subscriptions SET seen_until = least(seen_until, (SELECT min((content->>'after')::bigint) FROM old))
    WHERE id = ${id} AND EXISTS (SELECT 1 FROM old)`;
}
