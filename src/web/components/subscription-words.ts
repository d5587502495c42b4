import type { OwnSubscription } from '../../digests/outlook.js';
import type { Due } from '../../digests/schedule.js';
import type { Named, SubscriptionSettings } from '../../digests/subscription.js';
import { clip, oneLine } from '../../digests/templates/plain.js';
import { andMore, plural, readDate } from '../../digests/templates/words.js';

export const dayNames = [
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
  'Sunday',
] as const;

/** Of a title in a heading. */
const MAX_TITLE = 100;

/** “attention kernels”, “Papers like ‘Kernels of graphs’ and 1 more”. A query stands as it is: it may have quotes of its own. */
export function subjectOf({ kind, query, likes, firstLike = null }: Named): string {
  if (kind === 'daily') return 'All new papers';
  if (kind === 'query') return query;
  if (firstLike === null) return `Papers like ${likes.join(', ')}`;
  return `Papers like ‘${clip(oneLine(firstLike), MAX_TITLE)}’${andMore(likes.length - 1)}`;
}

/** “Mon, Tue, Wed at 8:00 (Europe/Berlin), at most 10 papers”. */
export function timesOf({ days, hour, timeZone, cap }: SubscriptionSettings): string {
  const names = days.map((day) => dayNames[day - 1]!.slice(0, 3));
  const when = days.length === 7 ? 'Daily' : names.join(', ');
  return `${when} at ${hour}:00 (${timeZone}), at most ${cap} ${cap === 1 ? 'paper' : 'papers'}`;
}

/** “Fri, 20 Nov 2026”, of YYYY-MM-DD. */
export function dayText(localDate: string): string {
  const name = dayNames[(new Date(`${localDate}T00:00:00Z`).getUTCDay() + 6) % 7]!;
  return `${name.slice(0, 3)}, ${readDate(localDate)}`;
}

/** “Fri, 20 Nov 2026 at 8:00 (Europe/Berlin)”. */
export const dueText = (
  { localDate }: Pick<Due, 'localDate'>,
  { hour, timeZone }: Pick<SubscriptionSettings, 'hour' | 'timeZone'>,
): string => `${dayText(localDate)} at ${hour}:00 (${timeZone})`;

/** “The next comes Fri, 20 Nov 2026 at 8:00 (Europe/Berlin). The last was sent Thu, 19 Nov 2026, with 3 papers.” */
export function outlookText(subscription: OwnSubscription, now: Date): string {
  const { next, last } = subscription;
  if (next === null) return '';
  const which = last === null ? 'first' : 'next';
  const comes =
    next.at <= now
      ? `The ${which} is due since ${dueText(next, subscription)} and about to be sent.`
      : `The ${which} comes ${dueText(next, subscription)}.`;
  if (last === null) return `${comes} None was sent yet.`;
  return `${comes} The last was of ${dayText(last.localDate)}, with ${plural(last.papers, 'paper')}.`;
}

/** Entries of a list that are shown. */
const SHOWN_MUTED = 5;

/** “Never: quantum; authors Ada B; categories cs.CV. Score at least 0.25.”; null: nothing is left out. */
export function leftOutText(settings: SubscriptionSettings): string | null {
  const { mutedWords, mutedAuthors, mutedCategories, minScore } = settings;
  const lists = [
    ['', mutedWords],
    ['authors ', mutedAuthors],
    ['categories ', mutedCategories],
  ] as const;
  const never = lists
    .filter(([, texts]) => texts.length > 0)
    .map(([what, texts]) => what + shortList(texts))
    .join('; ');
  const said = [
    ...(never === '' ? [] : [`Never: ${never}.`]),
    ...(minScore === null ? [] : [`Score at least ${minScore}.`]),
  ];
  return said.length === 0 ? null : said.join(' ');
}

function shortList(texts: readonly string[]): string {
  return texts.slice(0, SHOWN_MUTED).join(', ') + andMore(texts.length - SHOWN_MUTED);
}
