-- AlterTable
ALTER TABLE "subscribers" ADD COLUMN     "asked_again_at" TIMESTAMPTZ(3);
