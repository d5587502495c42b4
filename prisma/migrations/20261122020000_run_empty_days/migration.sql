-- AlterTable
ALTER TABLE "digest_runs" ADD COLUMN     "empty" INTEGER NOT NULL DEFAULT 0;
