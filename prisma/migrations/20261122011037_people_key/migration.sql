-- AlterTable
ALTER TABLE "papers" ADD COLUMN     "people_key" TEXT NOT NULL DEFAULT '';
-- For papers whose titles are spelled in two ways (src/papers/paper-store.ts).
CREATE INDEX "papers_people_key_idx" ON "papers"("people_key") WHERE people_key <> '';
