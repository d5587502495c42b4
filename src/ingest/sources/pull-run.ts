import type { PaperRecord, ParseProblem } from '../../papers/paper.js';
import type { PaperStore } from '../../papers/paper-store.js';
import type { Clock } from '../../platform/clock.js';
import { AppError, isAppError } from '../../platform/errors.js';
import type { FetchOutcome, FetchRequest } from '../../platform/fetcher.js';
import type { InputFormat } from '../format-names.js';
import { inPieces } from '../parsers/bytes.js';
import { readPapers } from '../read.js';
import type { Cursor, Source } from './source-run.js';
import type { SourceStore, Step } from './source-store.js';

/** Papers a transaction; an answer of more is committed in parts, and the cursor with the last of them. */
const BATCH_SIZE = 250;

/** Of one pull: a backlog of more goes on a minute later, so that each source has its turn and each run its end. */
export const MAX_REQUESTS = 300;

/** The same of its time: a host may take ten minutes for each answer, and others wait for the place. */
const MAX_RUN_MS = 3_600_000;

/** Bytes of an answer, decoded: OAI-PMH's pages are the largest, of 1,000 records and some 5 MB. */
export const MAX_ANSWER_BYTES = 32_000_000;

/** Papers of one answer: arXiv's largest slice has 2,000. */
const MAX_ANSWER_PAPERS = 20_000;

/** Why a pull ends before its end. */
export class PullStopped extends Error {
  readonly retryAt: Date | null;
  /** Of the answer, where that was the reason. */
  readonly status: number | null;

  constructor(
    /** `later`: the source can't answer now. `failed`: somebody has to look. `more`: it goes on soon. */
    readonly kind: 'later' | 'failed' | 'more',
    why: string,
    { retryAt = null, status = null }: { retryAt?: Date | null; status?: number | null } = {},
  ) {
    super(why);
    this.retryAt = retryAt;
    this.status = status;
  }
}

export interface Answer {
  bytes: Uint8Array;
  headers: Readonly<Record<string, string>>;
  /** Where it was found after redirects. */
  url: string;
}

export interface ParsedAnswer {
  records: PaperRecord[];
  problems: ParseProblem[];
  format: InputFormat | null;
}

export interface PullRunDeps {
  source: Source;
  runId: number;
  papers: Pick<PaperStore, 'takeIn'>;
  store: SourceStore;
  fetcher: { get(request: FetchRequest): Promise<FetchOutcome> };
  clock: Clock;
  signal: AbortSignal;
}

/** One pull of a source: what its kind does with the outside, and with the database. */
export function createPullRun({ source, runId, papers, store, fetcher, clock, signal }: PullRunDeps) {
  const notes: string[] = [];
  let requests = 0;
  const until = clock.now().getTime() + MAX_RUN_MS;

  function checkSignal(): void {
    if (signal.aborted) throw new AppError('cancelled', 'the service stops');
  }

  /** @throws PullStopped, AppError cancelled */
  async function ask(request: Omit<FetchRequest, 'signal' | 'maxBytes'>): Promise<Answer | 'unchanged'> {
    checkSignal();
    if (clock.now().getTime() > until) throw new PullStopped('more', 'an hour was over: it goes on soon');
    if (requests >= MAX_REQUESTS)
      throw new PullStopped('more', `${MAX_REQUESTS} requests were made: it goes on soon`);
    requests += 1;
    const outcome = await fetcher.get({ ...request, maxBytes: MAX_ANSWER_BYTES, signal });
    checkSignal();
    switch (outcome.kind) {
      case 'fetched':
        return outcome;
      case 'unchanged':
        return 'unchanged';
      case 'later':
        throw new PullStopped('later', outcome.why, { retryAt: outcome.retryAt });
      case 'failed':
        throw new PullStopped('failed', outcome.why, { status: outcome.status ?? null });
    }
  }

  /** Papers and problems of a whole answer. @throws PullStopped failed beyond its bounds */
  async function parse(
    bytes: Uint8Array,
    { format, name }: { format?: InputFormat | undefined; name: string },
  ): Promise<ParsedAnswer> {
    const parsed: ParsedAnswer = { records: [], problems: [], format: null };
    const onFormat = (found: InputFormat): void => {
      parsed.format = found;
    };
    try {
      for await (const entry of readPapers(inPieces(bytes), {
        name,
        asOf: today(),
        format,
        signal,
        onFormat,
      })) {
        if (entry.kind === 'problem') parsed.problems.push(entry.problem);
        else if (parsed.records.push(entry.record) > MAX_ANSWER_PAPERS)
          throw new PullStopped('failed', `${name} has more than ${MAX_ANSWER_PAPERS} papers in one answer`);
      }
    } catch (error) {
      if (isAppError(error, 'body_too_large')) throw new PullStopped('failed', error.message);
      throw error;
    }
    return parsed;
  }

  const today = (): string => clock.now().toISOString().slice(0, 10);

  /**
   * Takes papers in, batch by batch. Cursor and settled announcements are committed with the last batch: whoever
   * comes after a crash asks again for what isn't there yet.
   */
  async function take(
    { records, problems }: Pick<ParsedAnswer, 'records' | 'problems'>,
    end: { cursor?: Cursor; settled?: readonly string[] } = {},
  ): Promise<void> {
    const books: Step = { runId, source, failed: problems.length, problems };
    if (records.length === 0) {
      if (problems.length > 0 || end.cursor || end.settled) await store.commit({ ...books, ...end });
      return;
    }
    const days = { asOf: today(), today: today() };
    for (let from = 0; from < records.length; from += BATCH_SIZE) {
      checkSignal();
      const isLast = from + BATCH_SIZE >= records.length;
      const step: Step = isLast ? { ...books, ...end } : { ...books, failed: 0, problems: [] };
      await papers.takeIn(records.slice(from, from + BATCH_SIZE), {
        ...days,
        alongside: store.alongside(step),
      });
    }
  }

  return {
    cursor: source.cursor,
    clock,
    ask,

    /** As `ask`, where nothing makes the request a conditional one. */
    async fetch(url: string): Promise<Answer> {
      const answer = await ask({ url });
      if (answer === 'unchanged')
        throw new PullStopped('later', 'answered “304 Not Modified” to a request without conditions');
      return answer;
    },

    parse,
    take,

    /** Papers that the source names; those of `announce` are counted there. */
    countPapers: (announced: number): Promise<void> => store.countPapers(runId, announced),

    announce: (refs: readonly { ref: string; version: number | null }[], cursor: Cursor): Promise<void> =>
      store.announce({ source, runId, at: clock.now() }, refs, cursor),

    listAnnounced: (after: string, limit: number) => store.listAnnounced(source.id, { after, limit }),
    countAnnounced: (): Promise<number> => store.countAnnounced(source.id),
    countTry: (refs: readonly string[]): Promise<void> => store.countTry(source.id, refs),

    /** For people, in the run's books. */
    note(text: string): void {
      if (!notes.includes(text)) notes.push(text);
    },

    books: (): { requests: number; note: string | null } => ({
      requests,
      note: notes.length === 0 ? null : notes.join('; '),
    }),
  };
}

export type PullRun = ReturnType<typeof createPullRun>;
