import pg from 'pg';

/** A connection of its own beside the pool, made like the pool's: for what lasts, a lock or a subscription. */
export function sideConnection(pool: pg.Pool, name: string): pg.Client {
  return new pg.Client({
    ...pool.options,
    // Hidden from the spread by the pool.
    ...(pool.options.password === undefined ? {} : { password: pool.options.password }),
    application_name: name,
  });
}
