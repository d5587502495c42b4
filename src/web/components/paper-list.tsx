import type { ComponentChildren } from 'preact';
import type { Paper } from '../../papers/paper.js';
import type { Highlights } from '../../search/text/highlight.js';
import { PaperItem } from './paper-item.js';

export interface ListedPaper {
  paper: Paper;
  score?: number | undefined;
  highlights?: Highlights | undefined;
  /** Below its abstract. */
  more?: ComponentChildren;
}

/** Papers in their order; `scoreTitle` says what the scores mean, and shows them. */
export function PaperList({ items, scoreTitle }: { items: ListedPaper[]; scoreTitle?: string | undefined }) {
  return (
    <ol class="results">
      {items.map(({ paper, score, highlights, more }) => (
        <li key={paper.id}>
          <PaperItem
            paper={paper}
            score={scoreTitle === undefined ? undefined : score}
            scoreTitle={scoreTitle}
            highlights={highlights}
          >
            {more}
          </PaperItem>
        </li>
      ))}
    </ol>
  );
}
