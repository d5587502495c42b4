-- Written by hand: schema.prisma has no words for functions.

-- A paper of which a month or a year alone is known, and which came in later, was listed among the papers of the day on which it
-- came in. It belongs to the beginning of what is known. In TypeScript: listedDay in src/papers/period.ts.
CREATE OR REPLACE FUNCTION "paper_day"("date" TEXT, "created_at" TIMESTAMPTZ) RETURNS INTEGER LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN "date" ~ '^\d{4}-\d{2}-\d{2}$' THEN replace("date", '-', '')::integer
        WHEN "date" ~ '^\d{4}-\d{2}$' AND replace("date", '-', '')::integer <> (extract(year FROM "created_at" AT TIME ZONE 'UTC') * 100
            + extract(month FROM "created_at" AT TIME ZONE 'UTC'))::integer THEN replace("date", '-', '')::integer * 100 + 1
        WHEN "date" ~ '^\d{4}$' AND "date"::integer <> extract(year FROM "created_at" AT TIME ZONE 'UTC')::integer
            THEN "date"::integer * 10000 + 101
        ELSE (extract(year FROM "created_at" AT TIME ZONE 'UTC') * 10000
            + extract(month FROM "created_at" AT TIME ZONE 'UTC') * 100
            + extract(day FROM "created_at" AT TIME ZONE 'UTC'))::integer
    END
$$;

-- As in 20261121221200_listings: what the old function said of these papers stands in them.
DROP INDEX "papers_day";
CREATE INDEX "papers_day" ON "papers"("paper_day"("date", "created_at") DESC, "id")
    INCLUDE ("date", "created_at", "upvotes", "heat");
DROP INDEX "papers_source_day";
CREATE INDEX "papers_source_day" ON "papers"(("origins"->'title'->>'source'), "paper_day"("date", "created_at") DESC, "id");
