import { plural } from '../ingest/take-file.js';
import type { PeriodName } from '../papers/period.js';
import type { ColumnOrder } from '../search/lexical/ports.js';
import type { LatestIntake, ListingItem } from '../search/listings.js';
import { type CommandContext, print, withStores } from './run-command.js';

export interface ListingCommandOptions {
  period?: PeriodName;
  sort?: ColumnOrder;
  limit: number;
  json: boolean;
}

export async function listingCommand(
  date: string | undefined,
  { period, sort, limit, json }: ListingCommandOptions,
  context: CommandContext,
): Promise<void> {
  await withStores(context, async ({ listings }) => {
    const { items, ...rest } = await listings.byPeriod({ period, date, sort, limit });
    const { count, previous, next, intake } = rest;
    print(json, json && { items: await viewsOf(items), ...rest }, [
      `${rest.date}: ${plural(count, 'paper', 'papers')}${count > items.length ? `, ${items.length} of them here` : ''}`,
      ...linesOf(items),
      `before: ${previous ?? 'none'}; after: ${next ?? 'none'}; ${describeIntake(intake)}`,
    ]);
  });
}

export async function trendingCommand(
  { limit, json }: { limit: number; json: boolean },
  context: CommandContext,
): Promise<void> {
  await withStores(context, async ({ listings }) => {
    const { items, ...rest } = await listings.trending({ limit });
    print(json, json && { items: await viewsOf(items), ...rest }, [
      ...(items.length === 0 ? ['No paper has upvotes, comments, stars or citations.'] : linesOf(items)),
      describeIntake(rest.intake),
    ]);
  });
}

/** Its module has the schemas of the API: they cost a process 0.2 s, and the lines for people need none. */
async function viewsOf(items: readonly ListingItem[]) {
  const { paperView } = await import('../http/paper-view.js');
  return items.map(({ paper, heat }) => ({ paper: paperView(paper), heat }));
}

function linesOf(items: readonly ListingItem[]): string[] {
  return items.map(({ paper, heat }, at) => {
    const rank = String(at + 1).padStart(3);
    const upvotes = paper.upvotes === null ? '' : `, ${plural(paper.upvotes, 'upvote', 'upvotes')}`;
    const date = paper.date === null ? '' : ` (${paper.date})`;
    return `${rank}  ${(heat?.toFixed(2) ?? '-').padStart(6)}  ${paper.title}${date}\n             ${paper.id}${upvotes}`;
  });
}

function describeIntake(intake: LatestIntake | null): string {
  if (intake === null) return 'nothing was taken in yet';
  const when = intake.startedAt.toISOString().slice(0, 16).replace('T', ' ');
  const state = intake.finishedAt === null ? ' (under way or broken off)' : '';
  return `taken in last: ${when}, ${plural(intake.entries, 'entry', 'entries')}, ${intake.added} new${state}`;
}
