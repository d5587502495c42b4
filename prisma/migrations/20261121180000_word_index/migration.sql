-- AlterTable
ALTER TABLE "papers" ADD COLUMN     "seq" BIGINT NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "paper_removals" (
    "seq" BIGINT NOT NULL,
    "paper_id" INTEGER NOT NULL,

    CONSTRAINT "paper_removals_pkey" PRIMARY KEY ("seq")
);


-- What follows is written by hand: schema.prisma has no words for it.

-- The change feed of papers, made as the one of embeddings (see 20261121090000_init): numbers in the order of committing.
CREATE SEQUENCE "papers_seq" AS BIGINT;
UPDATE "papers" SET "seq" = nextval('papers_seq');

-- CreateIndex
CREATE UNIQUE INDEX "papers_seq_key" ON "papers"("seq");

CREATE FUNCTION "papers_lock_feed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The first eight bytes of SHA-256('quire:papers_seq').
    PERFORM pg_advisory_xact_lock(-8209795800237008920);
    RETURN NULL;
END
$$;

CREATE FUNCTION "papers_number_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.seq := nextval('public.papers_seq');
    RETURN NEW;
END
$$;

CREATE FUNCTION "papers_note_removal"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.paper_removals ("seq", "paper_id") VALUES (nextval('public.papers_seq'), OLD.id);
    RETURN NULL;
END
$$;

CREATE TRIGGER "papers_feed_lock" BEFORE INSERT OR UPDATE OR DELETE ON "papers"
    FOR EACH STATEMENT EXECUTE FUNCTION "papers_lock_feed"();
CREATE TRIGGER "papers_feed_number" BEFORE INSERT OR UPDATE ON "papers"
    FOR EACH ROW EXECUTE FUNCTION "papers_number_change"();
CREATE TRIGGER "papers_feed_removal" AFTER DELETE ON "papers"
    FOR EACH ROW EXECUTE FUNCTION "papers_note_removal"();

-- The word index answers for upvotes and dates too: every change is worth a look, not those of the text alone.
DROP TRIGGER "papers_notify" ON "papers";
CREATE TRIGGER "papers_notify" AFTER INSERT OR UPDATE OR DELETE ON "papers"
    FOR EACH STATEMENT EXECUTE FUNCTION "quire_notify"('papers');

-- Words are searched in an index of our own (src/search/lexical/).
DROP INDEX "papers_text";
