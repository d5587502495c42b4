-- CreateTable
CREATE TABLE "papers" (
    "id" SERIAL NOT NULL,
    "public_id" TEXT NOT NULL,
    "arxiv_id" TEXT,
    "arxiv_version" INTEGER,
    "doi" TEXT,
    "title_key" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "abstract" TEXT NOT NULL,
    "authors" TEXT[],
    "author_count" INTEGER,
    "date" TEXT,
    "venue" TEXT,
    "url" TEXT,
    "categories" TEXT[],
    "upvotes" INTEGER,
    "comments" INTEGER,
    "origins" JSONB NOT NULL,
    "text_hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "papers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "paper_aliases" (
    "alias" TEXT NOT NULL,
    "paper_id" INTEGER NOT NULL,

    CONSTRAINT "paper_aliases_pkey" PRIMARY KEY ("alias")
);

-- CreateTable
CREATE TABLE "embeddings" (
    "id" SERIAL NOT NULL,
    "seq" BIGINT NOT NULL DEFAULT 0,
    "paper_id" INTEGER,
    "model" TEXT NOT NULL,
    "text_hash" BYTEA NOT NULL,
    "vector" BYTEA NOT NULL,
    "retired_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "embeddings_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "intakes" (
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "format" TEXT,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),
    "entries" INTEGER NOT NULL DEFAULT 0,
    "added" INTEGER NOT NULL DEFAULT 0,
    "updated" INTEGER NOT NULL DEFAULT 0,
    "unchanged" INTEGER NOT NULL DEFAULT 0,
    "merged" INTEGER NOT NULL DEFAULT 0,
    "problems" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "intakes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "api_keys" (
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "papers_public_id_key" ON "papers"("public_id");

-- CreateIndex
CREATE UNIQUE INDEX "papers_arxiv_id_key" ON "papers"("arxiv_id");

-- CreateIndex
CREATE UNIQUE INDEX "papers_doi_key" ON "papers"("doi");

-- CreateIndex
CREATE INDEX "papers_title_key_idx" ON "papers"("title_key");

-- CreateIndex
CREATE INDEX "papers_date_id_idx" ON "papers"("date" DESC, "id");

-- CreateIndex
CREATE INDEX "paper_aliases_paper_id_idx" ON "paper_aliases"("paper_id");

-- CreateIndex
CREATE UNIQUE INDEX "embeddings_seq_key" ON "embeddings"("seq");

-- CreateIndex
CREATE INDEX "embeddings_paper_id_idx" ON "embeddings"("paper_id");

-- CreateIndex
CREATE INDEX "embeddings_model_seq_idx" ON "embeddings"("model", "seq");

-- CreateIndex
CREATE INDEX "intakes_started_at_idx" ON "intakes"("started_at");

-- CreateIndex
CREATE UNIQUE INDEX "api_keys_hash_key" ON "api_keys"("hash");

-- AddForeignKey
ALTER TABLE "paper_aliases" ADD CONSTRAINT "paper_aliases_paper_id_fkey" FOREIGN KEY ("paper_id") REFERENCES "papers"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "embeddings" ADD CONSTRAINT "embeddings_paper_id_fkey" FOREIGN KEY ("paper_id") REFERENCES "papers"("id") ON DELETE SET NULL ON UPDATE CASCADE;


-- What follows is written by hand: schema.prisma has no words for it.

-- Lexical search. A query must repeat this very expression, or the planner doesn't see the index.
CREATE INDEX "papers_text" ON "papers" USING GIN (to_tsvector('english'::regconfig, "title" || ' ' || "abstract"));

-- One live embedding a paper and model.
CREATE UNIQUE INDEX "embeddings_live_key" ON "embeddings"("paper_id", "model") WHERE "retired_at" IS NULL;

-- SHA-256 sums are 32 bytes; a vector is a whole number of float32. An embedding without a paper is retired.
ALTER TABLE "papers" ADD CONSTRAINT "papers_text_hash_check" CHECK (octet_length("text_hash") = 32);
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_hash_check" CHECK (octet_length("hash") = 32);
ALTER TABLE "embeddings"
    ADD CONSTRAINT "embeddings_text_hash_check" CHECK (octet_length("text_hash") = 32),
    ADD CONSTRAINT "embeddings_vector_check" CHECK (octet_length("vector") > 0 AND octet_length("vector") % 4 = 0),
    ADD CONSTRAINT "embeddings_paper_check" CHECK ("paper_id" IS NOT NULL OR "retired_at" IS NOT NULL);

-- The change feed: every insert and update of an embedding gets the next "seq". Numbers of a sequence are
-- handed out in the order of asking, not of committing, so a reader of "everything after seq" could miss
-- the lower number of a transaction that commits later. Hence one writer at a time: the lock is held
-- until the transaction has become visible. A statement takes it before it locks any row, so that two
-- updates can't hold a row each and wait for each other.
CREATE SEQUENCE "embeddings_seq" AS BIGINT;

CREATE FUNCTION "embeddings_lock_feed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The first eight bytes of SHA-256('quire:embeddings_seq').
    PERFORM pg_advisory_xact_lock(1075706394839990073);
    RETURN NULL;
END
$$;

CREATE FUNCTION "embeddings_number_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.seq := nextval('public.embeddings_seq');
    IF NEW.paper_id IS NULL THEN
        NEW.retired_at := coalesce(NEW.retired_at, now());
    END IF;
    RETURN NEW;
END
$$;

CREATE TRIGGER "embeddings_feed_lock" BEFORE INSERT OR UPDATE ON "embeddings"
    FOR EACH STATEMENT EXECUTE FUNCTION "embeddings_lock_feed"();

CREATE TRIGGER "embeddings_feed_number" BEFORE INSERT OR UPDATE ON "embeddings"
    FOR EACH ROW EXECUTE FUNCTION "embeddings_number_change"();
