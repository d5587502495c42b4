-- CreateIndex
CREATE INDEX "deliveries_state_due_at_idx" ON "deliveries"("state", "due_at");

-- CreateIndex
CREATE INDEX "deliveries_subscription_id_due_at_idx" ON "deliveries"("subscription_id", "due_at");

-- Digests that are yet to be shortened (src/digests/history-store.ts): without it each day's look would read all that ever were.
CREATE INDEX "deliveries_whole_idx" ON "deliveries"("due_at") WHERE state IN ('sent', 'skipped') AND content ? 'notices';
