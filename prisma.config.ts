// The Prisma CLI is used for `generate` alone, which needs no schema engine; migrations run in-process
// (src/platform/db/migrate.ts). Naming any existing file keeps the CLI from downloading an engine.
process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ??= process.execPath;

import { defineConfig } from 'prisma/config';

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  ...(process.env['DATABASE_URL'] ? { datasource: { url: process.env['DATABASE_URL'] } } : {}),
});
