import { recommendView } from '../http/recommend-schema.js';
import type { Recommendation, RecommendResult, RecommendSort } from '../recommendations/request.js';
import { type CommandContext, print, withServices } from './run-command.js';

export interface RecommendCommandOptions {
  like: string[];
  unlike: string[];
  text?: string[];
  limit: number;
  sort?: RecommendSort;
  diversity?: number;
  since?: string;
  why?: boolean;
  json: boolean;
}

export async function recommendCommand(
  { like, unlike, text = [], since, why = false, json, ...options }: RecommendCommandOptions,
  context: CommandContext,
): Promise<void> {
  await withServices(context, async ({ recommend }) => {
    const result = await recommend.recommend({
      ...options,
      positives: [...like.map((ref) => ({ ref })), ...text.map((one) => ({ text: one }))],
      negatives: unlike.map((ref) => ({ ref })),
      filters: { since },
      reasons: why || json,
      signal: context.signal,
    });
    warn(result, json);
    print(json, recommendView(result), linesOf(result));
  });
}

export function warn({ notice, missing }: Pick<RecommendResult, 'notice' | 'missing'>, json: boolean): void {
  if (json) return;
  if (notice !== null) process.stderr.write(`${notice}\n`);
  for (const ref of missing) process.stderr.write(`No paper is known as “${ref}”.\n`);
}

/** Results in order; of several interests each says which it belongs to. */
export function linesOf({ items, interests }: Pick<RecommendResult, 'items' | 'interests'>): string[] {
  if (items.length === 0) return ['Nothing found.'];
  const given = interests.reduce((sum, { members }) => sum + members.length, 0);
  return items.map((item, at) => {
    const { paper, score } = item;
    const date = paper.date === null ? '' : ` (${paper.date})`;
    const interest = interests.length > 1 ? `  [${interests[item.interest]!.name}]` : '';
    return `${String(at + 1).padStart(3)}  ${score.toFixed(3)}  ${paper.title}${date}\n            ${paper.id}${interest}${reasonLines(item, given > 1)}`;
  });
}

function reasonLines({ reason }: Recommendation, hasChoice: boolean): string {
  if (reason === null) return '';
  const { nearest, terms, sentences } = reason;
  const lines = [
    hasChoice && `nearest to: ${nearest.title} (${nearest.similarity.toFixed(2)})`,
    terms.length > 0 && `both have: ${terms.map(({ term }) => term).join(', ')}`,
    sentences && `“${sentences.result}”`,
    sentences && `  as “${sentences.given}”`,
  ];
  return lines.flatMap((line) => (line ? [`\n            ${line}`] : [])).join('');
}
