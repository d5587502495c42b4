-- CreateTable
CREATE TABLE "sources" (
    "id" SERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "settings" JSONB NOT NULL,
    "every_minutes" INTEGER NOT NULL,
    "is_on" BOOLEAN NOT NULL DEFAULT true,
    "origin" TEXT NOT NULL,
    "cursor" JSONB,
    "next_at" TIMESTAMPTZ(3) NOT NULL,
    "failures" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sources_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "announced_papers" (
    "source_id" INTEGER NOT NULL,
    "ref" TEXT NOT NULL,
    "version" INTEGER,
    "announced_at" TIMESTAMPTZ(3) NOT NULL,
    "tries" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "announced_papers_pkey" PRIMARY KEY ("source_id","ref")
);

-- CreateTable
CREATE TABLE "source_runs" (
    "id" SERIAL NOT NULL,
    "source_id" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),
    "requests" INTEGER NOT NULL DEFAULT 0,
    "announced" INTEGER NOT NULL DEFAULT 0,
    "added" INTEGER NOT NULL DEFAULT 0,
    "updated" INTEGER NOT NULL DEFAULT 0,
    "unchanged" INTEGER NOT NULL DEFAULT 0,
    "merged" INTEGER NOT NULL DEFAULT 0,
    "failed" INTEGER NOT NULL DEFAULT 0,
    "waiting" INTEGER NOT NULL DEFAULT 0,
    "problem_list" JSONB NOT NULL DEFAULT '[]',
    "outcome" TEXT,
    "problem" TEXT,
    "note" TEXT,

    CONSTRAINT "source_runs_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "sources_name_key" ON "sources"("name");

-- CreateIndex
CREATE INDEX "source_runs_source_id_started_at_idx" ON "source_runs"("source_id", "started_at");

-- CreateIndex
CREATE INDEX "source_runs_started_at_idx" ON "source_runs"("started_at");

-- AddForeignKey
ALTER TABLE "announced_papers" ADD CONSTRAINT "announced_papers_source_id_fkey" FOREIGN KEY ("source_id") REFERENCES "sources"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "source_runs" ADD CONSTRAINT "source_runs_source_id_fkey" FOREIGN KEY ("source_id") REFERENCES "sources"("id") ON DELETE CASCADE ON UPDATE CASCADE;
