import type { Clock } from '../platform/clock.js';
import { AppError, isAppError } from '../platform/errors.js';
import { createFairQueue } from '../platform/fair-queue.js';
import { invalid } from '../search/request.js';
import { networkOf } from './budgets.js';
import { composeDigest } from './compose.js';
import type { Digest } from './digest.js';
import type { Matcher, Matches } from './match.js';
import { createMutes } from './mutes.js';
import type { NewPapersReader } from './new-papers.js';
import { type Due, dueAt, dueNext, localDate, type Timetable } from './schedule.js';
import type { SubscriptionSettings } from './subscription.js';

/** Days that a preview goes back. */
export const previewDays = [14, 30] as const;
export type PreviewDays = (typeof previewDays)[number];

/** Days before them in which any pattern of days has one. */
const WEEK = 7;

/**
 * Each is a month of searches, and anybody may ask. A few tabs of one visitor wait for each other, and four visitors' fill the queue. Wait
 * and work together stay below the 30 s of REQUEST_TIMEOUT_S.
 */
const queueLimits = { atOnce: 2, maxWaiting: 16, maxOfOne: 4, maxWaitMs: 10_000 } as const;

/** Of 20,000 papers in a month, on two cores that embed beside it, all of them take 3 s, and 7 with a hundred muted phrases. */
const MAX_PREVIEW_MS = 15_000;

/** Of all papers that matched, in no order: where a least score would cut them. */
export interface PreviewScores {
  sent: number[];
  cut: number[];
}

export interface PreviewDay {
  /** YYYY-MM-DD in the subscription's time zone. */
  localDate: string;
  dueAt: Date;
  digest: Digest;
  scores: PreviewScores;
}

export interface Preview {
  days: PreviewDay[];
  /** What came in since the last of them, as the next one would have it now. */
  soFar: { since: Date; digest: Digest; scores: PreviewScores };
  /** Over all days, without what is there for the next one. */
  announced: number;
  matched: number;
  sent: number;
  /** When the next one would be due. */
  next: Due;
}

export interface PreviewDeps {
  newPapers: NewPapersReader;
  matcher: Matcher;
  clock: Clock;
  /** For tests. */
  limitMs?: number;
}

export interface PreviewRequest {
  settings: SubscriptionSettings;
  days: PreviewDays;
  /** Where the request came from; null: a command of the operator's. */
  ip: string | null;
  signal?: AbortSignal | undefined;
}

/** What a subscription would have sent, had it been there. Nothing is stored. */
export function createPreview({ newPapers, matcher, clock, limitMs = MAX_PREVIEW_MS }: PreviewDeps) {
  const queue = createFairQueue({ ...queueLimits, busy: 'Other previews are being made' });

  /**
   * Each day on which a digest was due, the oldest first, with the papers that came in since the one before. No paper is sent on two
   * days. Papers are as they are now, and `since:` counts from now: what they were called or counted then isn't known.
   * @throws AppError invalid_input, overloaded, timeout, cancelled, and as the matching
   */
  async function preview(request: PreviewRequest): Promise<Preview> {
    const { days, ip, signal } = request;
    if (!previewDays.includes(days)) throw invalid('days', `one of ${previewDays.join(', ')}`);
    const visitor = ip === null ? 'a command' : networkOf(ip);
    return queue.run(visitor, () => inTime(request), signal);
  }

  async function inTime(request: PreviewRequest): Promise<Preview> {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), limitMs);
    const signal = AbortSignal.any([deadline.signal, ...(request.signal ? [request.signal] : [])]);
    try {
      return await simulate({ ...request, signal });
    } catch (error) {
      if (request.signal?.aborted || !deadline.signal.aborted || !isAppError(error, 'cancelled')) throw error;
      throw new AppError(
        'timeout',
        `The preview was given up after ${limitMs / 1_000} s: look back over fewer days, mute fewer words, or follow fewer papers.`,
        { cause: error, retryAfter: 5 },
      );
    } finally {
      clearTimeout(timer);
    }
  }

  async function simulate({ settings, days, signal }: PreviewRequest): Promise<Preview> {
    const now = clock.now();
    const dues = duesBefore(settings, { now, days });
    const sent = new Set<number>();
    const found: PreviewDay[] = [];
    const mutes = createMutes(settings);
    const digestOf = async (after: Date, until: Date): Promise<{ digest: Digest; scores: PreviewScores }> => {
      // Days on which nothing is searched for would not notice.
      if (signal?.aborted) throw new AppError('cancelled', 'The preview was cancelled by its caller.');
      const news = await newPapers.between({ after, until });
      const matches = await matcher.match(settings, news, signal);
      const digest = await composeDigest({ settings, news, matches, sent, now: until, mutes, signal });
      for (const { key } of digest.papers) sent.add(key);
      return { digest, scores: scoresOf(matches, digest) };
    };
    for (const [at, due] of dues.entries()) {
      const before = dues[at - 1];
      if (before === undefined) continue;
      found.push({ localDate: due.localDate, dueAt: due.at, ...(await digestOf(before.at, due.at)) });
    }
    // Any pattern of days had one in the days that are looked back.
    const since = dues.at(-1)!.at;
    const soFar = { since, ...(await digestOf(since, now)) };
    const sum = (of: (digest: Digest) => number): number =>
      found.reduce((all, { digest }) => all + of(digest), 0);
    return {
      days: found,
      soFar,
      announced: sum(({ books }) => books.announced),
      matched: sum(({ books }) => books.matched),
      sent: sum(({ books }) => books.sent),
      next: dueNext(settings, { now, last: null }),
    };
  }

  return { preview };
}

export type PreviewService = ReturnType<typeof createPreview>;

function scoresOf({ matches }: Matches, { papers }: Digest): PreviewScores {
  const sent = new Set(papers.map(({ key }) => key));
  return {
    sent: papers.map(({ score }) => score),
    cut: matches.filter(({ key }) => !sent.has(key)).map(({ score }) => score),
  };
}

/**
 * The digests of the last `days` local days whose hour has come, in order, and the one before them, which says from when on papers were
 * new.
 */
function duesBefore(timetable: Timetable, { now, days }: { now: Date; days: number }): Due[] {
  const today = localDate(now, timetable.timeZone);
  const first = (dueAt(today, timetable) ?? now) > now ? 1 : 0;
  const dues: Due[] = [];
  for (let back = first; back < first + days + WEEK; back++) {
    const date = new Date(Date.parse(`${today}T00:00:00Z`) - back * 86_400_000);
    if (!timetable.days.includes(date.getUTCDay() || 7)) continue;
    const day = date.toISOString().slice(0, 10);
    const at = dueAt(day, timetable);
    if (at !== null) dues.unshift({ localDate: day, at });
    if (back >= first + days) break;
  }
  return dues;
}
