import type { Database } from '../../src/platform/db/database.js';

export const addressOf = (n: number): string => `reader${n}@campaign.example`;

/** So many people with a confirmed daily digest each, due at any time of a day; their rows in order. */
export async function addSubscribers(
  { pool }: Pick<Database, 'pool'>,
  { count, tellsEmpty }: { count: number; tellsEmpty: boolean },
): Promise<{ subscriberId: number; subscriptionId: number }[]> {
  const { rows } = await pool.query<{ subscriberId: number; subscriptionId: number }>(
    `WITH people AS (
       INSERT INTO subscribers (email, email_key)
       SELECT address, address FROM generate_series(1, $1::int) n, LATERAL (SELECT 'reader' || n || '@campaign.example') a (address)
       RETURNING id)
     INSERT INTO subscriptions (subscriber_id, kind, query, likes, days, hour, time_zone, cap, muted_words, muted_authors,
       muted_categories, tells_empty, channel, state, confirmed_at, seen_until, created_at)
     SELECT id, 'daily', '', '{}', 127, 0, 'UTC', 10, '{}', '{}', '{}', $2, 'mail', 'active',
       '2026-01-01T00:00:00Z', 0, '2026-01-01T00:00:00Z' FROM people
     RETURNING subscriber_id AS "subscriberId", id AS "subscriptionId"`,
    [count, tellsEmpty],
  );
  return rows.sort((a, b) => a.subscriptionId - b.subscriptionId);
}
