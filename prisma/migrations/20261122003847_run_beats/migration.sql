-- AlterTable
ALTER TABLE "digest_runs" ADD COLUMN     "beat_at" TIMESTAMPTZ(3);
