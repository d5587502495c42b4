import type { DigestPaper } from '../digests/digest.js';
import type { PreviewDays } from '../digests/preview.js';
import { checkSettings } from '../digests/subscription-request.js';
import { previewView } from '../http/preview-schema.js';
import { type CommandContext, print, withServices } from './run-command.js';

export interface DigestPreviewOptions {
  days: PreviewDays;
  like?: string[];
  hour: number;
  timeZone: string;
  cap: number;
  json: boolean;
}

export async function digestPreviewCommand(
  words: readonly string[],
  { days, like = [], json, ...settings }: DigestPreviewOptions,
  context: CommandContext,
): Promise<void> {
  await withServices(context, async ({ preview, catalog, model: { embedder } }) => {
    await embedder.warm();
    const checked = await checkSettings(
      { ...settings, query: words.join(' '), likes: like, days: [1, 2, 3, 4, 5, 6, 7] },
      { catalog },
    );
    const found = await preview.preview({ settings: checked, days, ip: null, signal: context.signal });
    const soFar = found.soFar.digest;
    print(json, previewView(found), [
      ...found.days.flatMap(({ localDate, digest: { papers, books } }) => [
        `${localDate}: ${books.announced} came in, ${books.matched} matched, ${books.sent} sent`,
        ...papers.map(paperLine),
      ]),
      `in ${days} days ${found.announced} came in, ${found.matched} matched, ${found.sent} would have been sent`,
      `so far for ${found.next.localDate}: ${soFar.books.announced} came in, ${soFar.books.matched} match, ${soFar.books.sent} would be sent`,
      ...soFar.papers.map(paperLine),
    ]);
  });
}

const paperLine = ({ title, score, why }: DigestPaper): string =>
  `    ${score.toFixed(3)}  ${title}\n           ${why}`;
