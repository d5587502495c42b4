import type { EmbedderOptions } from '../embedding/create-embedder.js';
import type { Metrics } from '../platform/metrics.js';
import type { VectorIndexOptions } from '../vectors/worker/client.js';
import type { Engines } from './engines.js';

type Lanes = ReturnType<Engines['serving']['model']['embedder']['stats']>['lanes'];

/** What the engine tells of its work as it happens. */
export interface EngineHooks {
  onRun: NonNullable<EmbedderOptions['onRun']>;
  onSearch: NonNullable<VectorIndexOptions['onSearch']>;
  onSnapshot: NonNullable<VectorIndexOptions['onSnapshot']>;
}

/** Times of every embedded text, index search and snapshot. */
export function createEngineHooks(metrics: Metrics): EngineHooks {
  const run = metrics.timer('embedding_run', 'Model runs, one text each.', ['lane']);
  const wait = metrics.timer('embedding_wait', 'From intake of a text to its run.', ['lane']);
  const search = metrics.timer('index_search', 'Searches of the vector index.');
  const snapshot = metrics.timer('index_snapshot', 'Snapshots of the vector index.', ['result']);
  return {
    onRun({ lane, runMs, waitMs }) {
      run(runMs, { lane });
      wait(waitMs, { lane });
    },
    onSearch: ({ ms }) => search(ms),
    onSnapshot: ({ ms, bytes }) => snapshot(ms, { result: bytes === null ? 'failed' : 'written' }),
  };
}

/** Queues, counts and sizes of the engine that answers, read when somebody asks. */
export function watchEngines(metrics: Metrics, engines: Engines): void {
  const embedder = () => engines.serving.model.embedder.stats();
  const indexer = () => engines.serving.index.indexer.status();
  const index = () => engines.serving.index.stats();
  const byLane = (value: (lane: Lanes[keyof Lanes]) => number) => () =>
    Object.entries(embedder().lanes).map(([lane, counts]) => [{ lane }, value(counts)] as const);

  const gauge = (name: string, help: string, read: () => number) =>
    metrics.read({ name, help, type: 'gauge', read });
  const counter = (name: string, help: string, read: () => number) =>
    metrics.read({ name, help, type: 'counter', read });

  metrics.read({
    name: 'embedding_waiting_texts',
    help: 'Texts that wait for a run.',
    type: 'gauge',
    read: byLane((lane) => lane.waiting),
  });
  metrics.read({
    name: 'embedding_texts_total',
    help: 'Texts embedded.',
    type: 'counter',
    read: byLane((lane) => lane.embedded),
  });
  metrics.read({
    name: 'embedding_refused_texts_total',
    help: 'Texts that the model could not take.',
    type: 'counter',
    read: byLane((lane) => lane.refused),
  });
  metrics.read({
    name: 'embedding_overloaded_calls_total',
    help: 'Calls turned away because the queue was full.',
    type: 'counter',
    read: byLane((lane) => lane.overloaded),
  });
  counter('embedding_tokens_total', 'Tokens that the model has seen.', () => embedder().tokens);
  counter(
    'embedding_shared_texts_total',
    'Texts that shared the run of an equal one.',
    () => embedder().shared,
  );
  counter('embedding_worker_deaths_total', 'Embedding threads that died.', () => embedder().deaths);
  counter('embedding_timeouts_total', 'Runs and loads that never ended.', () => embedder().timeouts);
  gauge('embedding_workers', 'Embedding threads with the model loaded.', () => embedder().workers);
  counter('query_cache_hits_total', 'Queries whose vector was remembered.', () => embedder().cache.hits);
  counter('query_cache_misses_total', 'Queries that had to be embedded.', () => embedder().cache.misses);

  gauge('index_live_vectors', 'Vectors that can be found.', () => index().live);
  gauge('index_dead_vectors', 'Retired vectors that the graph still holds.', () => index().dead);
  gauge(
    'index_beside_vectors',
    'Vectors kept beside the graph, whose search misses them.',
    () => index().strays,
  );
  gauge('index_skipped_vectors', 'Vectors of the database that can’t be indexed.', () => indexer().skipped);
  gauge('index_bytes', 'Memory of vectors, links and copies.', () => index().bytes);
  gauge('index_building', '1 while a graph is being built.', () => Number(index().building));
  gauge('index_lag_changes', 'Changes of the database that the index lacks.', () =>
    Number(BigInt(indexer().head) - BigInt(indexer().watermark)),
  );
  counter('index_changes_total', 'Changes applied to the index.', () => index().activity.applies.changes);
  counter('index_rebuilds_total', 'Graphs that replaced another.', () => index().activity.rebuilds);
  gauge('index_snapshot_bytes', 'Size of the latest snapshot.', () => index().activity.snapshots.lastBytes);
  gauge('engine_epoch', 'Counts switches of the model and reindexings.', () => engines.serving.epoch);
}
