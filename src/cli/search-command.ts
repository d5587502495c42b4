import { paperView } from '../http/paper-view.js';
import type { SearchItem, SearchMode } from '../search/search.js';
import { type CommandContext, print, withServices } from './run-command.js';

export interface SearchCommandOptions {
  limit: number;
  mode?: SearchMode;
  json: boolean;
}

export async function searchCommand(
  words: string[],
  { limit, mode, json }: SearchCommandOptions,
  context: CommandContext,
): Promise<void> {
  await withServices(context, async ({ search, model: { embedder } }) => {
    // A command waits for the model rather than answer by keywords meanwhile.
    if (mode !== 'keyword') await embedder.warm();
    const { items, notice, ...rest } = await search.search({
      query: words.join(' '),
      limit,
      mode,
      signal: context.signal,
    });
    if (notice !== null && !json) process.stderr.write(`${notice}\n`);
    print(json, { items: items.map(view), notice, ...rest }, linesOf(items));
  });
}

export async function relatedCommand(
  id: string,
  { limit, json }: SearchCommandOptions,
  context: CommandContext,
): Promise<void> {
  await withServices(context, async ({ related }) => {
    const { items, ...rest } = await related.related(id, limit, context.signal);
    print(json, { items: items.map(view), ...rest }, linesOf(items));
  });
}

function view({ paper, score }: SearchItem) {
  return { paper: paperView(paper), score };
}

function linesOf(items: readonly SearchItem[]): string[] {
  if (items.length === 0) return ['Nothing found.'];
  return items.map(({ paper, score }, at) => {
    const rank = String(at + 1).padStart(3);
    const date = paper.date === null ? '' : ` (${paper.date})`;
    return `${rank}  ${score.toFixed(3)}  ${paper.title}${date}\n            ${paper.id}`;
  });
}
