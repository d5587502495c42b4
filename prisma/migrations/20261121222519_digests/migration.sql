-- AlterTable
ALTER TABLE "papers" ADD COLUMN     "added" BIGINT NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "subscribers" (
    "id" SERIAL NOT NULL,
    "email" TEXT,
    "email_key" TEXT,
    "suppressed_at" TIMESTAMPTZ(3),
    "suppressed_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "subscribers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "subscriber_tokens" (
    "hash" BYTEA NOT NULL,
    "subscriber_id" INTEGER NOT NULL,
    "subscription_id" INTEGER,
    "purpose" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "subscriber_tokens_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "subscriptions" (
    "id" SERIAL NOT NULL,
    "subscriber_id" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "query" TEXT NOT NULL,
    "likes" TEXT[],
    "days" INTEGER NOT NULL,
    "hour" INTEGER NOT NULL,
    "time_zone" TEXT NOT NULL,
    "cap" INTEGER NOT NULL,
    "min_score" DOUBLE PRECISION,
    "muted_words" TEXT[],
    "muted_authors" TEXT[],
    "muted_categories" TEXT[],
    "tells_empty" BOOLEAN NOT NULL,
    "channel" TEXT NOT NULL,
    "webhook_url" TEXT,
    "webhook_shape" TEXT,
    "state" TEXT NOT NULL,
    "paused_until" TIMESTAMPTZ(3),
    "confirmed_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "ended_by" TEXT,
    "seen_until" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "subscriptions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "deliveries" (
    "id" SERIAL NOT NULL,
    "subscription_id" INTEGER NOT NULL,
    "local_date" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "recipient" TEXT NOT NULL,
    "message_id" TEXT NOT NULL,
    "content" JSONB NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_at" TIMESTAMPTZ(3) NOT NULL,
    "armed_at" TIMESTAMPTZ(3),
    "response" TEXT,
    "finished_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "deliveries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sent_papers" (
    "subscriber_id" INTEGER NOT NULL,
    "paper_id" INTEGER NOT NULL,
    "delivery_id" INTEGER NOT NULL,

    CONSTRAINT "sent_papers_pkey" PRIMARY KEY ("subscriber_id","paper_id")
);

-- CreateTable
CREATE TABLE "form_budgets" (
    "key" TEXT NOT NULL,
    "hour" TIMESTAMPTZ(3) NOT NULL,
    "count" INTEGER NOT NULL,

    CONSTRAINT "form_budgets_pkey" PRIMARY KEY ("key","hour")
);

-- CreateTable
CREATE TABLE "digest_runs" (
    "id" SERIAL NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),
    "due" INTEGER NOT NULL DEFAULT 0,
    "prepared" INTEGER NOT NULL DEFAULT 0,
    "sent" INTEGER NOT NULL DEFAULT 0,
    "deferred" INTEGER NOT NULL DEFAULT 0,
    "failed" INTEGER NOT NULL DEFAULT 0,
    "uncertain" INTEGER NOT NULL DEFAULT 0,
    "skipped" INTEGER NOT NULL DEFAULT 0,
    "problem" TEXT,

    CONSTRAINT "digest_runs_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "subscribers_email_key_key" ON "subscribers"("email_key");

-- CreateIndex
CREATE INDEX "subscriber_tokens_subscriber_id_idx" ON "subscriber_tokens"("subscriber_id");

-- CreateIndex
CREATE INDEX "subscriber_tokens_subscription_id_idx" ON "subscriber_tokens"("subscription_id");

-- CreateIndex
CREATE INDEX "subscriber_tokens_expires_at_idx" ON "subscriber_tokens"("expires_at");

-- CreateIndex
CREATE INDEX "subscriptions_subscriber_id_idx" ON "subscriptions"("subscriber_id");

-- CreateIndex
CREATE INDEX "subscriptions_state_idx" ON "subscriptions"("state");

-- CreateIndex
CREATE INDEX "deliveries_state_next_at_idx" ON "deliveries"("state", "next_at");

-- CreateIndex
CREATE UNIQUE INDEX "deliveries_subscription_id_local_date_key" ON "deliveries"("subscription_id", "local_date");

-- CreateIndex
CREATE INDEX "sent_papers_paper_id_idx" ON "sent_papers"("paper_id");

-- CreateIndex
CREATE INDEX "sent_papers_delivery_id_idx" ON "sent_papers"("delivery_id");

-- CreateIndex
CREATE INDEX "form_budgets_hour_idx" ON "form_budgets"("hour");

-- CreateIndex
CREATE INDEX "digest_runs_started_at_idx" ON "digest_runs"("started_at");

-- CreateIndex
CREATE INDEX "papers_added_idx" ON "papers"("added");

-- AddForeignKey
ALTER TABLE "subscriber_tokens" ADD CONSTRAINT "subscriber_tokens_subscriber_id_fkey" FOREIGN KEY ("subscriber_id") REFERENCES "subscribers"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subscriber_tokens" ADD CONSTRAINT "subscriber_tokens_subscription_id_fkey" FOREIGN KEY ("subscription_id") REFERENCES "subscriptions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "subscriptions" ADD CONSTRAINT "subscriptions_subscriber_id_fkey" FOREIGN KEY ("subscriber_id") REFERENCES "subscribers"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_subscription_id_fkey" FOREIGN KEY ("subscription_id") REFERENCES "subscriptions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sent_papers" ADD CONSTRAINT "sent_papers_subscriber_id_fkey" FOREIGN KEY ("subscriber_id") REFERENCES "subscribers"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sent_papers" ADD CONSTRAINT "sent_papers_delivery_id_fkey" FOREIGN KEY ("delivery_id") REFERENCES "deliveries"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sent_papers" ADD CONSTRAINT "sent_papers_paper_id_fkey" FOREIGN KEY ("paper_id") REFERENCES "papers"("id") ON DELETE CASCADE ON UPDATE CASCADE;


-- What follows is written by hand: schema.prisma has no words for it.

-- Papers that are there came in before every subscription: any order will do, and their feed numbers are one. No trigger runs, so that
-- nobody has to read them all again.
ALTER TABLE "papers" DISABLE TRIGGER USER;
UPDATE "papers" SET "added" = "seq";
ALTER TABLE "papers" ENABLE TRIGGER USER;

CREATE OR REPLACE FUNCTION "papers_number_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.seq := nextval('public.papers_seq');
    IF TG_OP = 'INSERT' THEN
        NEW.added := NEW.seq;
    END IF;
    RETURN NEW;
END
$$;

ALTER TABLE "subscriptions"
    ADD CONSTRAINT "subscriptions_kind" CHECK (kind IN ('query', 'daily', 'likes')),
    ADD CONSTRAINT "subscriptions_days" CHECK (days BETWEEN 1 AND 127),
    ADD CONSTRAINT "subscriptions_hour" CHECK (hour BETWEEN 0 AND 23),
    ADD CONSTRAINT "subscriptions_channel" CHECK (channel = 'mail' OR (channel = 'webhook' AND webhook_url IS NOT NULL)),
    ADD CONSTRAINT "subscriptions_state" CHECK (state IN ('pending', 'active', 'ended'));
ALTER TABLE "deliveries"
    ADD CONSTRAINT "deliveries_state" CHECK (state IN ('prepared', 'claimed', 'sent', 'deferred', 'failed', 'uncertain', 'skipped'));
