/** What the service is at when it is killed. */
export const works = ['backfill', 'snapshot', 'compaction', 'switch', 'start'] as const;
export type Work = (typeof works)[number];

export interface KillPoint {
  name: string;
  /** What has been done by then, and what has not. */
  about: string;
  works: readonly Work[];
  /** The kill comes at one of the first so many times that the point is passed. */
  within: number;
}

const EMBEDDING: readonly Work[] = ['backfill', 'switch'];
const SAVING: readonly Work[] = ['snapshot', 'compaction', 'switch'];

/**
 * Every moment at which the campaign kills, besides random ones. kill-point.ts brings them about from outside:
 * nothing in the service knows of them.
 */
export const killPoints = [
  {
    name: 'papers.insert.before',
    about: 'The records are settled, the transaction is open, and no paper is written.',
    works: ['backfill'],
    within: 3,
  },
  {
    name: 'papers.update.after',
    about: 'A paper has its new abstract within a transaction that never ends.',
    works: ['compaction'],
    within: 200,
  },
  {
    name: 'papers.commit.before',
    about: 'All papers of a batch are written and not committed.',
    works: ['backfill', 'compaction'],
    within: 2,
  },
  {
    name: 'papers.commit.sent',
    about: 'COMMIT is on its way to the database, and nobody waits for its answer any more.',
    works: ['backfill', 'compaction'],
    within: 2,
  },
  {
    name: 'papers.commit.after',
    about: 'Papers are committed, and the client never hears of it.',
    works: ['backfill', 'compaction'],
    within: 2,
  },
  {
    name: 'claim.before',
    about: 'Papers wait to be embedded and nobody has claimed them.',
    works: EMBEDDING,
    within: 3,
  },
  {
    name: 'claim.after',
    about: 'Papers are claimed by a process that is gone.',
    works: EMBEDDING,
    within: 3,
  },
  {
    name: 'embedding.run',
    about: 'An embedding thread has answered for one text and not begun the next.',
    works: EMBEDDING,
    within: 40,
  },
  {
    name: 'vectors.retire.after',
    about: 'Superseded vectors are retired and the new ones not written, in one transaction.',
    works: ['compaction'],
    within: 4,
  },
  {
    name: 'vectors.insert.before',
    about: 'Texts are embedded, the transaction is open, and no vector is written.',
    works: EMBEDDING,
    within: 3,
  },
  {
    name: 'vectors.commit.before',
    about: 'Vectors are written, and not committed.',
    works: [...EMBEDDING, 'compaction'],
    within: 3,
  },
  {
    name: 'vectors.commit.sent',
    about: 'The COMMIT of vectors is on its way and nobody waits for its answer any more.',
    works: EMBEDDING,
    within: 3,
  },
  {
    name: 'vectors.commit.after',
    about: 'Vectors are committed, and the indexer was not told.',
    works: [...EMBEDDING, 'compaction'],
    within: 3,
  },
  {
    name: 'graph.add',
    about: 'A vector is about to go into a graph.',
    works: ['backfill', 'snapshot', 'switch'],
    within: 60,
  },
  {
    name: 'graph.retire',
    about: 'A superseded vector is about to become a tombstone of the graph.',
    works: ['compaction'],
    within: 300,
  },
  {
    name: 'graph.grow',
    about: 'A full graph is about to be moved into a larger one.',
    works: ['compaction'],
    within: 1,
  },
  {
    name: 'rebuild.add',
    about: 'The second graph of a compaction holds a part of the vectors.',
    works: ['compaction'],
    within: 400,
  },
  {
    name: 'rebuild.swap',
    about: 'The second graph has taken over, the first is about to be freed, and nothing is saved.',
    works: ['compaction'],
    within: 1,
  },
  {
    name: 'snapshot.write.before',
    about: 'A snapshot is about to be written, and what was left over is cleared away.',
    works: SAVING,
    within: 1,
  },
  {
    name: 'snapshot.write.part',
    about: 'The addon has written a part of the graph’s file.',
    works: SAVING,
    within: 1,
  },
  {
    name: 'snapshot.graph.sync',
    about: 'The graph’s file is whole and checked, and not forced to the disk.',
    works: SAVING,
    within: 1,
  },
  {
    name: 'snapshot.graph.rename.before',
    about: 'The graph’s file is on the disk under its temporary name.',
    works: SAVING,
    within: 1,
  },
  {
    name: 'snapshot.graph.rename.after',
    about: 'The graph has its name, and no manifest.',
    works: SAVING,
    within: 1,
  },
  {
    name: 'snapshot.manifest.sync',
    about: 'The manifest is written under its temporary name, and not forced to the disk.',
    works: SAVING,
    within: 1,
  },
  {
    name: 'snapshot.manifest.rename.before',
    about: 'Graph and manifest are on the disk, and the manifest has no name.',
    works: SAVING,
    within: 1,
  },
  {
    name: 'snapshot.manifest.rename.after',
    about: 'The snapshot is valid, and the one that it replaces still lies there.',
    works: SAVING,
    within: 1,
  },
  {
    name: 'switch.update.before',
    about: 'The new model is complete, and the database names the old one.',
    works: ['switch'],
    within: 1,
  },
  {
    name: 'switch.update.after',
    about: 'The database names the new model, and this process still answers with the old one.',
    works: ['switch'],
    within: 1,
  },
  {
    name: 'switch.retire',
    about: 'The new model answers, and the files of the old one’s index are being tidied.',
    works: ['switch'],
    within: 1,
  },
  {
    name: 'start.database',
    about: 'A start has asked the database for something.',
    works: ['start'],
    within: 25,
  },
  {
    name: 'start.load.before',
    about: 'A snapshot was found whole, and is about to be read by the addon.',
    works: ['start'],
    within: 1,
  },
  {
    name: 'start.load.after',
    about: 'A snapshot was read, and what changed since is not in it.',
    works: ['start'],
    within: 1,
  },
] as const satisfies readonly KillPoint[];

export type PointName = (typeof killPoints)[number]['name'];

/** What kill-point.ts finds in the environment of the process that it is to kill. */
export const POINT_VARIABLE = 'KILL_POINT';
/** Which passing of the point, from 1. */
export const AT_VARIABLE = 'KILL_AT';
/** A file: points count from when it is there. */
export const ARMED_VARIABLE = 'KILL_ARMED';
