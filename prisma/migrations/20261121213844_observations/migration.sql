-- AlterTable
ALTER TABLE "papers" ADD COLUMN     "heat" DOUBLE PRECISION;

-- CreateTable
CREATE TABLE "paper_observations" (
    "paper_id" INTEGER NOT NULL,
    "kind" TEXT NOT NULL,
    "day" DATE NOT NULL,
    "value" INTEGER NOT NULL,

    CONSTRAINT "paper_observations_pkey" PRIMARY KEY ("paper_id","kind","day")
);

-- AddForeignKey
ALTER TABLE "paper_observations" ADD CONSTRAINT "paper_observations_paper_id_fkey" FOREIGN KEY ("paper_id") REFERENCES "papers"("id") ON DELETE CASCADE ON UPDATE CASCADE;


-- What follows is written by hand: schema.prisma has no words for it.

ALTER TABLE "paper_observations" ADD CONSTRAINT "paper_observations_kind_check"
    CHECK ("kind" IN ('upvotes', 'comments', 'stars', 'citations'));
ALTER TABLE "paper_observations" ADD CONSTRAINT "paper_observations_value_check" CHECK ("value" >= 0);
ALTER TABLE "papers" ADD CONSTRAINT "papers_heat_check" CHECK ("heat" <> 'NaN');

-- The day that a paper belongs to in listings, as 20240301: its own date where that names a day, else the day (UTC) on
-- which it came in. Of immutable parts alone, so that a query that names it has its expression instead of a call for each row.
CREATE FUNCTION "paper_day"("date" TEXT, "created_at" TIMESTAMPTZ) RETURNS INTEGER LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN "date" ~ '^\d{4}-\d{2}-\d{2}$' THEN replace("date", '-', '')::integer
        ELSE (extract(year FROM "created_at" AT TIME ZONE 'UTC') * 10000
            + extract(month FROM "created_at" AT TIME ZONE 'UTC') * 100
            + extract(day FROM "created_at" AT TIME ZONE 'UTC'))::integer
    END
$$;

CREATE INDEX "papers_day" ON "papers"("paper_day"("date", "created_at"));
CREATE INDEX "papers_heat" ON "papers"("heat" DESC, "id") WHERE "heat" IS NOT NULL;

-- What is known of the past: the present counts, on the day that their source was saved, else the day the paper came in.
INSERT INTO "paper_observations" ("paper_id", "kind", "day", "value")
SELECT p.id, seen.kind, least(
    CASE WHEN as_of ~ '^\d{4}-\d{2}-\d{2}$' THEN as_of::date ELSE (p.created_at AT TIME ZONE 'UTC')::date END,
    (now() AT TIME ZONE 'UTC')::date
), seen.value
FROM "papers" p CROSS JOIN LATERAL (VALUES
    ('upvotes', p.upvotes, p.origins->'upvotes'->>'asOf'),
    ('comments', p.comments, p.origins->'comments'->>'asOf')
) seen(kind, value, as_of)
WHERE seen.value >= 0;

-- The heat of all of them by the formula of src/papers/heat.ts: half-life 4 days, weights 1, 1, 0.25 and 1.
WITH looks AS (
    SELECT o.paper_id, o.kind, o.day, o.value,
        max(o.value) OVER (PARTITION BY o.paper_id, o.kind ORDER BY o.day
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before,
        CASE
            WHEN p.date IS NULL THEN (p.created_at AT TIME ZONE 'UTC')::date
            ELSE left(p.date || '-01-01', 10)::date
        END AS born
    FROM "paper_observations" o JOIN "papers" p ON p.id = o.paper_id
), rises AS (
    SELECT paper_id,
        ln((CASE kind WHEN 'stars' THEN 0.25 ELSE 1 END)::float8
            * (sqrt(value::float8) - sqrt(coalesce(before, 0)::float8))) / ln(2::float8)
        + ((CASE WHEN before IS NULL THEN least(born, day) ELSE day END) - DATE '1970-01-01') / 4::float8 AS exponent
    FROM looks WHERE value > coalesce(before, 0)
), tops AS (
    SELECT paper_id, exponent, max(exponent) OVER (PARTITION BY paper_id) AS top FROM rises
), heats AS (
    SELECT paper_id, max(top) + ln(sum(power(2::float8, greatest(exponent - top, -1000)))) / ln(2::float8) AS heat
    FROM tops GROUP BY paper_id
)
UPDATE "papers" SET "heat" = heats.heat FROM heats WHERE heats.paper_id = "papers".id;
