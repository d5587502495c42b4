-- CreateTable
CREATE TABLE "paper_feedback" (
    "subscriber_id" INTEGER NOT NULL,
    "paper" TEXT NOT NULL,
    "verdict" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "paper_feedback_pkey" PRIMARY KEY ("subscriber_id","paper")
);

-- AddForeignKey
ALTER TABLE "paper_feedback" ADD CONSTRAINT "paper_feedback_subscriber_id_fkey" FOREIGN KEY ("subscriber_id") REFERENCES "subscribers"("id") ON DELETE CASCADE ON UPDATE CASCADE;


-- What follows is written by hand: schema.prisma has no words for it.
ALTER TABLE "paper_feedback" ADD CONSTRAINT "paper_feedback_verdict" CHECK (verdict IN ('saved', 'unwanted'));
