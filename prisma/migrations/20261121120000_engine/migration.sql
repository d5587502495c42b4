-- CreateTable
CREATE TABLE "models" (
    "id" TEXT NOT NULL,
    "ref" TEXT NOT NULL,
    "dimension" INTEGER NOT NULL,
    "generation" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "models_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "engine" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "active_model" TEXT NOT NULL,
    "previous_model" TEXT,
    "target_model" TEXT,
    "configured_ref" TEXT,
    "epoch" INTEGER NOT NULL DEFAULT 1,
    "switched_at" TIMESTAMPTZ(3),

    CONSTRAINT "engine_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "embedding_claims" (
    "paper_id" INTEGER NOT NULL,
    "model" TEXT NOT NULL,
    "owner" BIGINT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "embedding_claims_pkey" PRIMARY KEY ("model","paper_id")
);

-- CreateTable
CREATE TABLE "embedding_failures" (
    "paper_id" INTEGER NOT NULL,
    "model" TEXT NOT NULL,
    "text_hash" BYTEA NOT NULL,
    "reason" TEXT NOT NULL,
    "failed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "embedding_failures_pkey" PRIMARY KEY ("model","paper_id")
);

-- CreateIndex
CREATE INDEX "embedding_failures_paper_id_idx" ON "embedding_failures"("paper_id");

-- CreateIndex
CREATE INDEX "papers_created_at_idx" ON "papers"("created_at");

-- AddForeignKey
ALTER TABLE "embedding_failures" ADD CONSTRAINT "embedding_failures_paper_id_fkey" FOREIGN KEY ("paper_id") REFERENCES "papers"("id") ON DELETE CASCADE ON UPDATE CASCADE;


-- What follows is written by hand: schema.prisma has no words for it.

-- Claims are worth a minute's work: no write-ahead log for them, and none is left after a crash of the server.
ALTER TABLE "embedding_claims" SET UNLOGGED;

ALTER TABLE "engine"
    ADD CONSTRAINT "engine_one_row_check" CHECK ("id" = 1),
    ADD CONSTRAINT "engine_target_check" CHECK ("target_model" IS DISTINCT FROM "active_model");
ALTER TABLE "embedding_failures"
    ADD CONSTRAINT "embedding_failures_text_hash_check" CHECK (octet_length("text_hash") = 32);

-- Hints for processes that wait for work, sent when a transaction commits. Whoever misses one looks again by
-- the clock: nothing depends on them but how soon.
CREATE FUNCTION "quire_notify"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('quire', TG_ARGV[0]);
    RETURN NULL;
END
$$;

CREATE TRIGGER "papers_notify" AFTER INSERT OR UPDATE OF "text_hash" ON "papers"
    FOR EACH STATEMENT EXECUTE FUNCTION "quire_notify"('papers');
CREATE TRIGGER "embeddings_notify" AFTER INSERT OR UPDATE ON "embeddings"
    FOR EACH STATEMENT EXECUTE FUNCTION "quire_notify"('embeddings');
CREATE TRIGGER "engine_notify" AFTER INSERT OR UPDATE ON "engine"
    FOR EACH STATEMENT EXECUTE FUNCTION "quire_notify"('engine');
CREATE TRIGGER "models_notify" AFTER UPDATE ON "models"
    FOR EACH STATEMENT EXECUTE FUNCTION "quire_notify"('engine');
CREATE TRIGGER "embedding_failures_notify" AFTER DELETE ON "embedding_failures"
    FOR EACH STATEMENT EXECUTE FUNCTION "quire_notify"('papers');
