import { paperView } from '../http/paper-view.js';
import type { Paper } from '../papers/paper.js';
import type { Order } from '../search/lexical/ports.js';
import type { SearchMode } from '../search/request.js';
import { type CommandContext, print, withServices } from './run-command.js';

export interface SearchCommandOptions {
  limit: number;
  mode?: SearchMode;
  sort?: Order;
  explain?: boolean;
  json: boolean;
}

export async function searchCommand(
  words: string[],
  { limit, mode, sort, explain, json }: SearchCommandOptions,
  context: CommandContext,
): Promise<void> {
  await withServices(context, async ({ search, model: { embedder } }) => {
    // A command waits for the model rather than answer by keywords meanwhile.
    if (mode !== 'keyword') await embedder.warm();
    const {
      items,
      notice,
      stages: _,
      ...rest
    } = await search.search({
      query: words.join(' '),
      limit,
      mode,
      sort,
      explain: explain ?? false,
      signal: context.signal,
    });
    if (notice !== null && !json) process.stderr.write(`${notice}\n`);
    if (rest.didYouMean !== null && !json) process.stderr.write(`Did you mean: ${rest.didYouMean}\n`);
    const hits = items.map(({ paper, score, named, explanation }) => ({
      paper: paperView(paper),
      score,
      named,
      ...(explanation === null ? {} : { explanation }),
    }));
    print(json, { items: hits, notice, ...rest }, linesOf(items));
  });
}

export interface Line {
  paper: Paper;
  score: number;
  explanation?: { reason: string } | null;
}

export function linesOf(items: readonly Line[]): string[] {
  if (items.length === 0) return ['Nothing found.'];
  return items.map(({ paper, score, explanation }, at) => {
    const rank = String(at + 1).padStart(3);
    const date = paper.date === null ? '' : ` (${paper.date})`;
    const reason = explanation ? `  ${explanation.reason}` : '';
    return `${rank}  ${score.toFixed(3)}  ${paper.title}${date}\n            ${paper.id}${reason}`;
  });
}
