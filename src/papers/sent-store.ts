import type { Prisma } from '../platform/db/generated/client.js';
import type { Draft, Resolver } from './identity.js';

type Tx = Prisma.TransactionClient;

/** Who was sent a paper, and in which digest (digests/). */
export interface SentRow {
  draft: Draft;
  subscriberId: number;
  deliveryId: number;
}

/**
 * What subscribers were sent of papers that others take in, by the paper that it goes over to: nobody gets it a second time under
 * its new id. To be called before the rows are removed.
 */
export async function gatherSent(
  tx: Tx,
  { known, resolver }: { known: readonly Draft[]; resolver: Resolver },
): Promise<SentRow[]> {
  const { gone } = resolver.changes();
  if (gone.length === 0) return [];
  const drafts = new Map(known.map((draft) => [draft.key, draft]));
  const rows = await tx.sentPaper.findMany({ where: { paperId: { in: gone } } });
  return rows.map(({ paperId, subscriberId, deliveryId }) => ({
    draft: resolver.current(drafts.get(paperId)!),
    subscriberId,
    deliveryId,
  }));
}

/** Once every paper of the batch has its row. */
export async function restoreSent(tx: Tx, sent: readonly SentRow[]): Promise<void> {
  if (sent.length === 0) return;
  await tx.sentPaper.createMany({
    data: sent.map(({ draft, subscriberId, deliveryId }) => ({
      paperId: draft.key!,
      subscriberId,
      deliveryId,
    })),
    skipDuplicates: true,
  });
}
