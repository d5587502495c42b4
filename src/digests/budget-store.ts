import type { Database } from '../platform/db/database.js';
import { inTransaction } from '../platform/db/transaction.js';

export interface BudgetLimit {
  key: string;
  perHour: number;
  perDay: number;
}

const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;

/** Any constant: one use of the forms is booked at a time, or two would each find room for the last one. */
const LOCK = 5_150_341;

/** Uses of the forms, an hour a row. */
export function createBudgetStore({ pool }: Pick<Database, 'pool'>) {
  return {
    /**
     * Books one use on every key, or, where one of them has no room in this clock hour or the last 24, on none: then it gives the key. Rows that
     * no longer count are removed. Of a `request` (FormRequest) it is booked once, however often it is asked for.
     */
    spend(limits: readonly BudgetLimit[], now: Date, request?: string): Promise<string | null> {
      const hour = new Date(Math.floor(now.getTime() / HOUR_MS) * HOUR_MS);
      const dayBegins = new Date(hour.getTime() - (DAY_HOURS - 1) * HOUR_MS);
      const keys = limits.map(({ key }) => key);
      return inTransaction(pool, async (client) => {
        await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
        await client.query('DELETE FROM form_budgets WHERE hour < $1', [dayBegins]);
        const { rows } = await client.query<{ key: string; hour: number; day: number }>(
          `SELECT key, coalesce(sum(count) FILTER (WHERE hour = $2), 0)::int AS hour, sum(count)::int AS day
           FROM form_budgets WHERE key = ANY ($1) GROUP BY key`,
          [keys, hour],
        );
        const used = new Map(rows.map((row) => [row.key, row]));
        const full = limits.find(({ key, perHour, perDay }) => {
          const { hour: inHour = 0, day = 0 } = used.get(key) ?? {};
          return inHour >= perHour || day >= perDay;
        });
        if (full) return full.key;
        if (request !== undefined) {
          // In the same transaction, so that a process that ends has done both or none.
          const { rowCount } = await client.query(
            'UPDATE form_requests SET ip = NULL WHERE id = $1 AND ip IS NOT NULL',
            [request],
          );
          if (rowCount === 0) return null;
        }
        await client.query(
          `INSERT INTO form_budgets (key, hour, count) SELECT key, $2, 1 FROM unnest($1::text[]) AS key
           ON CONFLICT (key, hour) DO UPDATE SET count = form_budgets.count + 1`,
          [keys, hour],
        );
        return null;
      });
    },
  };
}

export type BudgetStore = ReturnType<typeof createBudgetStore>;
