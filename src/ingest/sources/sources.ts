import { readFile } from 'node:fs/promises';
import type { Clock } from '../../platform/clock.js';
import { AppError, messageOf } from '../../platform/errors.js';
import { whyNotAllowed } from '../../platform/http-client.js';
import { nameOfAddress } from '../download.js';
import {
  MAX_SOURCES,
  readSource,
  type SourceKind,
  type SourceRequest,
  type SourceSettings,
} from './source.js';
import type { Source, SourceRun } from './source-run.js';
import type { SourceStore } from './source-store.js';

/** Of the file of sources: a hundred of them with long addresses are a tenth of it. */
const MAX_FILE_BYTES = 1_000_000;

/** Failures, and nothing else, by which a source is known for one of no papers: two or three that were deleted make no such source. */
const ONLY_FAILURES = 5;

export const sourceStates = ['off', 'new', 'pulling', 'fresh', 'behind', 'failing'] as const;
export type SourceState = (typeof sourceStates)[number];

/** A source as the CLI, the API and the page show it: without addresses' queries, which may hold keys. */
export interface SourceView {
  name: string;
  kind: SourceKind;
  /** What is read there: categories, or a host and path. */
  what: string;
  everyMinutes: number;
  origin: Source['origin'];
  state: SourceState;
  /** What is to be done about it, or why it waits; null where all is well. */
  advice: string | null;
  nextAt: Date | null;
  /** Pulls in a row that came to nothing. */
  failures: number;
  lastRun: SourceRun | null;
  /** The last one that was done. */
  lastDone: SourceRun | null;
}

/** What readers of a listing want to know of the sources. */
export interface SourcesFreshness {
  /** Sources that are pulled. */
  on: number;
  /** When a pull that had papers announced to it was last done; null: never. */
  announcedAt: Date | null;
  /** Those of which papers may be missing. */
  trouble: { name: string; state: 'failing' | 'behind' }[];
}

export interface SourcesDeps {
  store: SourceStore;
  clock: Clock;
  allowsPrivate: boolean;
}

/** Which sources there are, and how they are. */
export function createSources({ store, clock, allowsPrivate }: SourcesDeps) {
  /** @throws AppError invalid_input */
  function checkAddresses({ name, settings }: SourceRequest): void {
    for (const address of addressesOf(settings)) {
      const why = whyNotAllowed(address, allowsPrivate);
      if (why !== null) throw new AppError('invalid_input', `${name}: ${why}`);
    }
  }

  /** Makes it, or has the one of its name be so. @throws AppError invalid_input */
  async function put(asked: SourceRequest, origin: Source['origin']): Promise<Source> {
    checkAddresses(asked);
    const known = await store.find(asked.name);
    if (known?.origin === 'file' && origin === 'command') throw ofTheFile(asked.name, 'change it there');
    if (known === null && (await store.count()) >= MAX_SOURCES)
      throw new AppError('invalid_input', `There are ${MAX_SOURCES} sources already: remove one first.`);
    return store.put(asked, { origin, now: clock.now() });
  }

  /** @throws AppError source_not_found */
  async function get(name: string): Promise<Source> {
    return (await store.find(name)) ?? unknown(name);
  }

  async function viewOf(source: Source): Promise<SourceView> {
    const [[lastRun = null], lastDone] = await Promise.all([
      store.listRuns(source.id, 1),
      store.findLastDone(source.id),
    ]);
    const { name, everyMinutes, origin, failures, isOn, nextAt, settings } = source;
    const isHeld = lastRun?.outcome === null && (await store.isHeld(source.id));
    const state = stateOf(source, { lastRun, isHeld, now: clock.now() });
    return {
      name,
      kind: settings.kind,
      what: describeSettings(settings),
      everyMinutes,
      origin,
      state,
      advice: adviceOf(state, { lastRun, lastDone }),
      nextAt: isOn ? nextAt : null,
      failures,
      lastRun,
      lastDone,
    };
  }

  async function freshness(): Promise<SourcesFreshness> {
    const [all, announcedAt] = await Promise.all([store.listLast(), store.lastAnnounced()]);
    const states = await Promise.all(
      all.map(async ({ source, lastRun }) => {
        const isHeld = lastRun?.outcome === null && (await store.isHeld(source.id));
        return { name: source.name, state: stateOf(source, { lastRun, isHeld, now: clock.now() }) };
      }),
    );
    const trouble = states.flatMap(({ name, state }) =>
      state === 'failing' || state === 'behind' ? [{ name, state }] : [],
    );
    return { on: all.length, announcedAt, trouble };
  }

  return {
    put,
    get,

    /** Of all sources at once: it is asked for with every listing. */
    freshness,

    /** In the order of their names. */
    async list(): Promise<SourceView[]> {
      return Promise.all((await store.list()).map(viewOf));
    },

    /** By what came of their last pull. */
    async count(): Promise<{ fine: number; failing: number; off: number }> {
      return countByState(await store.list());
    },

    async view(name: string): Promise<SourceView> {
      return viewOf(await get(name));
    },

    /** Newest first. @throws AppError source_not_found */
    async listRuns(name: string, limit: number): Promise<SourceRun[]> {
      return store.listRuns((await get(name)).id, limit);
    },

    /** @throws AppError source_not_found */
    async turn(name: string, isOn: boolean): Promise<void> {
      if (!(await store.turn(name, isOn, clock.now()))) unknown(name);
    },

    /** Its papers stay, its books go. @throws AppError source_not_found, invalid_input for one of the file */
    async remove(name: string): Promise<void> {
      const { origin } = await get(name);
      if (origin === 'file') throw ofTheFile(name, 'take it out there');
      await store.remove(name);
    },

    /** Has it be due now. @throws AppError source_not_found */
    async hasten(name: string): Promise<void> {
      if (!(await store.hasten(name, clock.now()))) unknown(name);
    },

    /** The sources of a file are so from now on, and those that it no longer names are turned off. @throws AppError invalid_config */
    async follow(file: string): Promise<{ put: number; off: string[] }> {
      const asked = await readSourcesFile(file);
      const before = await store.list();
      try {
        // Before the first is written: a file is followed as a whole or not at all.
        for (const one of asked) checkAddresses(one);
        for (const one of asked) await put(one, 'file');
      } catch (error) {
        throw new AppError('invalid_config', `SOURCES_FILE ${file}: ${messageOf(error)}`, { cause: error });
      }
      const names = new Set(asked.map(({ name }) => name));
      const gone = before.filter(({ origin, name }) => origin === 'file' && !names.has(name));
      for (const { name } of gone) await store.release(name);
      // One that comes back goes on; one of the file that somebody paused stays so.
      const back = before.filter(
        ({ origin, isOn, name }) => origin === 'command' && !isOn && names.has(name),
      );
      for (const { name } of back) await store.turn(name, true, clock.now());
      return { put: asked.length, off: gone.map(({ name }) => name) };
    },
  };
}

export type Sources = ReturnType<typeof createSources>;

export function countByState(sources: readonly Pick<Source, 'isOn' | 'failures'>[]) {
  const counts = { fine: 0, failing: 0, off: 0 };
  for (const { isOn, failures } of sources) counts[!isOn ? 'off' : failures > 0 ? 'failing' : 'fine'] += 1;
  return counts;
}

/** `{"sources": [{"kind": "arxiv", "categories": ["cs.CL"]}, …]}`. @throws AppError invalid_config that names the field */
export async function readSourcesFile(file: string): Promise<SourceRequest[]> {
  const wrong = (why: string, cause?: unknown): never => {
    throw new AppError('invalid_config', `SOURCES_FILE ${file}: ${why}`, { cause });
  };
  const text = await readFile(file, 'utf8').catch((error: unknown) =>
    wrong(`can not be read: ${messageOf(error)}`, error),
  );
  if (text.length > MAX_FILE_BYTES) wrong(`is larger than ${MAX_FILE_BYTES} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    wrong(`is not JSON: ${messageOf(error)}`, error);
  }
  const list = (value as { sources?: unknown } | null)?.sources;
  if (!Array.isArray(list))
    return wrong('expected {"sources": [{"kind": "arxiv", "categories": ["cs.CL"]}]}');
  const requests = list.map((one: unknown, at) => {
    try {
      return readSource(one, `sources[${at}]`);
    } catch (error) {
      return wrong(messageOf(error), error);
    }
  });
  const twice = requests.find(({ name }, at) => requests.findIndex((one) => one.name === name) !== at);
  if (twice) wrong(`two sources are named ${twice.name}: give one of them another "name"`);
  return requests;
}

function ofTheFile(name: string, what: string): AppError {
  return new AppError(
    'invalid_input',
    `${name} stands in SOURCES_FILE: ${what}, and start the service again.`,
  );
}

function unknown(name: string): never {
  throw new AppError(
    'source_not_found',
    `No source is named “${name.slice(0, 100)}”: \`quire sources\` lists them.`,
  );
}

/** What is read there, for people. */
export function describeSettings(settings: SourceSettings): string {
  switch (settings.kind) {
    case 'arxiv':
      return settings.categories.join(', ');
    case 'huggingface':
      return 'daily papers';
    case 'oai':
      return [nameOfAddress(settings.url), settings.set].filter(Boolean).join(' ');
    case 'feed':
      return nameOfAddress(settings.url);
  }
}

function addressesOf(settings: SourceSettings): string[] {
  switch (settings.kind) {
    case 'arxiv':
      return [settings.feeds, settings.api];
    case 'huggingface':
      return [settings.base];
    case 'oai':
    case 'feed':
      return [settings.url];
  }
}

interface Looked {
  lastRun: SourceRun | null;
  /** A process has it at the moment. */
  isHeld: boolean;
  now: Date;
}

function stateOf({ isOn, nextAt, everyMinutes }: Source, { lastRun, isHeld, now }: Looked): SourceState {
  if (!isOn) return 'off';
  if (lastRun === null) return 'new';
  if (lastRun.outcome === null) return isHeld ? 'pulling' : 'behind';
  // Its address answers, with nothing that is a paper.
  if (lastRun.outcome === 'done' && tookNothing(lastRun)) return 'failing';
  if (lastRun.outcome !== 'done') return lastRun.outcome === 'failed' ? 'failing' : 'behind';
  // Nobody pulled although it was due.
  return now.getTime() > nextAt.getTime() + everyMinutes * 60_000 ? 'behind' : 'fresh';
}

function tookNothing({ added, updated, unchanged, failed }: SourceRun): boolean {
  return failed >= ONLY_FAILURES && added + updated + unchanged === 0;
}

function adviceOf(
  state: SourceState,
  { lastRun, lastDone }: { lastRun: SourceRun | null; lastDone: SourceRun | null },
): string | null {
  const since = lastDone?.finishedAt
    ? `; last done ${lastDone.finishedAt.toISOString().slice(0, 16)}Z`
    : '; never done yet';
  switch (state) {
    case 'new':
      return 'waits for its first pull, which the service does while it runs';
    case 'failing':
      return `${lastRun?.problem ?? 'nothing there could be taken in'}; look at its address and settings${since}`;
    case 'behind':
      return lastRun?.problem
        ? `${lastRun.problem}; it is tried again by itself${since}`
        : `it is due and nobody pulls it: the service does while it runs${since}`;
    default:
      return null;
  }
}
