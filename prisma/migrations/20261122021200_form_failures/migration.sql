-- CreateTable
CREATE TABLE "form_failures" (
    "id" UUID NOT NULL,
    "tries" INTEGER NOT NULL,
    "response" TEXT NOT NULL,
    "failed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "form_failures_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "form_failures_failed_at_idx" ON "form_failures"("failed_at");
