-- AlterTable
ALTER TABLE "intakes" ADD COLUMN     "as_of" TEXT,
ADD COLUMN     "progressed_at" TIMESTAMPTZ(3),
ADD COLUMN     "read_bytes" BIGINT,
ADD COLUMN     "read_hash" BYTEA,
ADD COLUMN     "size" BIGINT,
ADD COLUMN     "source" TEXT;

-- CreateTable
CREATE TABLE "intake_batches" (
    "intake_id" INTEGER NOT NULL,
    "after" INTEGER NOT NULL,
    "papers" INTEGER[],

    CONSTRAINT "intake_batches_pkey" PRIMARY KEY ("intake_id","after")
);

-- AddForeignKey
ALTER TABLE "intake_batches" ADD CONSTRAINT "intake_batches_intake_id_fkey" FOREIGN KEY ("intake_id") REFERENCES "intakes"("id") ON DELETE CASCADE ON UPDATE CASCADE;
