-- CreateTable
CREATE TABLE "form_requests" (
    "id" UUID NOT NULL,
    "kind" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "email_key" TEXT NOT NULL,
    "ip" TEXT,
    "settings" JSONB,
    "subscription_id" INTEGER,
    "tries" INTEGER NOT NULL DEFAULT 0,
    "next_try_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "form_requests_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "form_requests_next_try_at_idx" ON "form_requests"("next_try_at");


-- What follows is written by hand: schema.prisma has no words for it.
ALTER TABLE "form_requests"
    ADD CONSTRAINT "form_requests_kind" CHECK (kind IN ('confirm', 'manage')),
    ADD CONSTRAINT "form_requests_settings" CHECK ((kind = 'confirm') = (settings IS NOT NULL));
