-- CreateTable
CREATE TABLE "source_records" (
    "paper_id" INTEGER NOT NULL,
    "ref" TEXT NOT NULL,
    "record" JSONB NOT NULL,

    CONSTRAINT "source_records_pkey" PRIMARY KEY ("paper_id","ref")
);

-- CreateTable
CREATE TABLE "paper_splits" (
    "first" INTEGER NOT NULL,
    "second" INTEGER NOT NULL,

    CONSTRAINT "paper_splits_pkey" PRIMARY KEY ("first","second")
);

-- CreateIndex
CREATE INDEX "source_records_ref_idx" ON "source_records"("ref");

-- CreateIndex
CREATE INDEX "paper_splits_second_idx" ON "paper_splits"("second");

-- AddForeignKey
ALTER TABLE "source_records" ADD CONSTRAINT "source_records_paper_id_fkey" FOREIGN KEY ("paper_id") REFERENCES "papers"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "paper_splits" ADD CONSTRAINT "paper_splits_first_fkey" FOREIGN KEY ("first") REFERENCES "papers"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "paper_splits" ADD CONSTRAINT "paper_splits_second_fkey" FOREIGN KEY ("second") REFERENCES "papers"("id") ON DELETE CASCADE ON UPDATE CASCADE;
