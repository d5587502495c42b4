/*
 * Preloaded (`--import`) into a service that is to die: SIGKILLs its own process at the n-th passing of a named
 * point. It wraps what the point stands for (a statement, a rename, a call of the addon) in the main thread and
 * in every worker thread, so that the service's own code is the one that is shipped.
 */
import fs, { existsSync, statSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread, MessagePort, workerData } from 'node:worker_threads';
import hnswlib from 'hnswlib-node';
import pg from 'pg';
import { ARMED_VARIABLE, AT_VARIABLE, POINT_VARIABLE, type PointName } from './kill-points.js';

const wanted = process.env[POINT_VARIABLE];
const armedFile = process.env[ARMED_VARIABLE] ?? '';
let left = Number(process.env[AT_VARIABLE] ?? 1);
let armed = false;

/** How long a part of a graph's file is waited for; all of it is there after some milliseconds. */
const PART_LIMIT_MS = 5_000;

function isArmed(): boolean {
  armed ||= existsSync(armedFile);
  return armed;
}

/** The end: not one more instruction of the service runs on this thread. */
function die(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function passes(point: PointName): void {
  if (point !== wanted || !isArmed()) return;
  left -= 1;
  if (left <= 0) die();
}

type Query = (...args: unknown[]) => unknown;

/** What a connection has written in the transaction that is open on it. */
const written = new WeakMap<object, 'papers' | 'vectors'>();

function textOf(query: unknown): string {
  if (typeof query === 'string') return query;
  const text = typeof query === 'object' && query !== null ? Reflect.get(query, 'text') : undefined;
  return typeof text === 'string' ? text : '';
}

interface Moments {
  before?: PointName;
  sent?: PointName;
  after?: PointName;
}

function momentsOf(client: object, text: string): Moments {
  if (/INSERT INTO embedding_claims/.test(text)) return { before: 'claim.before', after: 'claim.after' };
  if (/INSERT INTO papers/.test(text)) {
    written.set(client, 'papers');
    return { before: 'papers.insert.before' };
  }
  if (/UPDATE "public"\."papers"/.test(text)) {
    written.set(client, 'papers');
    return { after: 'papers.update.after' };
  }
  if (/INSERT INTO embeddings/.test(text)) {
    written.set(client, 'vectors');
    return { before: 'vectors.insert.before' };
  }
  if (/UPDATE embeddings SET retired_at/.test(text)) return { after: 'vectors.retire.after' };
  if (/UPDATE engine SET previous_model/.test(text))
    return { before: 'switch.update.before', after: 'switch.update.after' };
  if (/^\s*COMMIT/.test(text)) {
    const what = written.get(client);
    written.delete(client);
    if (what !== undefined)
      return { before: `${what}.commit.before`, sent: `${what}.commit.sent`, after: `${what}.commit.after` };
  }
  return { after: 'start.database' };
}

/** Statements of the main thread; the pool calls with a callback, everybody else awaits. */
function watchStatements(): void {
  const query = pg.Client.prototype.query as unknown as Query;
  function watched(this: object, ...args: unknown[]): unknown {
    const { before, sent, after } = momentsOf(this, textOf(args[0]));
    if (before !== undefined) passes(before);
    const last = args.at(-1);
    if (after !== undefined && typeof last === 'function') {
      args[args.length - 1] = (...answer: unknown[]) => {
        passes(after);
        return Reflect.apply(last, undefined, answer);
      };
    }
    const answer = Reflect.apply(query, this, args);
    if (sent !== undefined) passes(sent);
    if (after === undefined || !(answer instanceof Promise)) return answer;
    return answer.then((value: unknown) => {
      passes(after);
      return value;
    });
  }
  Object.assign(pg.Client.prototype, { query: watched });
}

/** Files of snapshots, on the thread of the index; and the tidying of the main thread. */
function watchFiles(): void {
  const { open, rename, readdir } = fs.promises;
  const kindOf = (path: unknown): 'graph' | 'manifest' | null => {
    const name = String(path);
    if (name.endsWith('.hnsw.tmp')) return 'graph';
    return name.endsWith('.json.tmp') ? 'manifest' : null;
  };
  const watchedOpen = async (...args: Parameters<typeof open>): ReturnType<typeof open> => {
    const file = await open(...args);
    const kind = kindOf(args[0]);
    if (kind === null) return file;
    const sync = file.sync.bind(file);
    file.sync = () => {
      passes(`snapshot.${kind}.sync`);
      return sync();
    };
    return file;
  };
  const watchedRename = async (from: fs.PathLike, to: fs.PathLike): Promise<void> => {
    const kind = kindOf(from);
    if (kind !== null) passes(`snapshot.${kind}.rename.before`);
    await rename(from, to);
    if (kind !== null) passes(`snapshot.${kind}.rename.after`);
  };
  const watchedReaddir = (...args: unknown[]): unknown => {
    // The folder of all indexes is listed by nobody but the tidying after a switch.
    if (isMainThread && /[/\\]index$/.test(String(args[0]))) passes('switch.retire');
    return Reflect.apply(readdir, fs.promises, args);
  };
  Object.assign(fs.promises, { open: watchedOpen, rename: watchedRename, readdir: watchedReaddir });
  syncBuiltinESMExports();
}

/** Lets the addon write until there is something in the file, and no further. */
function dieWithinFile(path: string): void {
  const deadline = performance.now() + PART_LIMIT_MS;
  while (performance.now() < deadline) {
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0) die();
  }
}

type Call<Name extends keyof Graph> = Parameters<Graph[Name]>;
type Graph = InstanceType<typeof hnswlib.HierarchicalNSW>;

/** Calls of the addon, on the thread of the index. Its methods can't be replaced, its class can. */
function watchGraphs(): void {
  /** Graphs in use, in the order of their making: the second is the one that a compaction builds. */
  const graphs: Graph[] = [];
  class WatchedGraph extends hnswlib.HierarchicalNSW {
    override initIndex(...args: unknown[]): void {
      // A graph is freed by making it anew: another has taken over by then.
      if (graphs.includes(this)) {
        passes('rebuild.swap');
        graphs.splice(graphs.indexOf(this), 1);
      } else graphs.push(this);
      Reflect.apply(super.initIndex, this, args);
    }
    override readIndexSync(...args: Call<'readIndexSync'>): void {
      passes('start.load.before');
      graphs.push(this);
      super.readIndexSync(...args);
      passes('start.load.after');
    }
    override addPoint(...args: Call<'addPoint'>): void {
      passes('graph.add');
      if (graphs.length > 1 && graphs.at(-1) === this) passes('rebuild.add');
      super.addPoint(...args);
    }
    override markDelete(...args: Call<'markDelete'>): void {
      passes('graph.retire');
      super.markDelete(...args);
    }
    override resizeIndex(...args: Call<'resizeIndex'>): void {
      passes('graph.grow');
      super.resizeIndex(...args);
    }
    override writeIndex(...args: Call<'writeIndex'>): Promise<boolean> {
      passes('snapshot.write.before');
      const writing = super.writeIndex(...args);
      if (wanted === 'snapshot.write.part' && isArmed()) dieWithinFile(args[0]);
      return writing;
    }
  }
  Object.assign(hnswlib, { HierarchicalNSW: WatchedGraph });
}

/** Answers of an embedding thread. */
function watchAnswers(): void {
  const { postMessage } = MessagePort.prototype;
  Object.assign(MessagePort.prototype, {
    postMessage(this: MessagePort, ...args: unknown[]): void {
      Reflect.apply(postMessage, this, args);
      const [message] = args;
      if (typeof message === 'object' && message !== null && Reflect.get(message, 'kind') === 'answer')
        passes('embedding.run');
    },
  });
}

const isIndexThread = !isMainThread && typeof workerData === 'object' && 'exactLimit' in (workerData ?? {});
const isModelThread = !isMainThread && typeof workerData === 'object' && 'modelDir' in (workerData ?? {});

if (isMainThread) watchStatements();
if (isMainThread || isIndexThread) watchFiles();
if (isIndexThread) watchGraphs();
if (isModelThread) watchAnswers();
