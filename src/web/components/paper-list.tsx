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

export interface PaperListProps {
  items: ListedPaper[];
  /** Says what the scores mean, and shows them. */
  scoreTitle?: string | undefined;
  /** Id of a form that asks why a paper is here. */
  whyForm?: string | undefined;
}

/** Papers in their order. */
export function PaperList({ items, scoreTitle, whyForm }: PaperListProps) {
  return (
    <ol class="results">
      {items.map(({ paper, score, highlights, more }) => (
        <li key={paper.id}>
          <PaperItem
            paper={paper}
            score={scoreTitle === undefined ? undefined : score}
            scoreTitle={scoreTitle}
            highlights={highlights}
            whyForm={whyForm}
          >
            {more}
          </PaperItem>
        </li>
      ))}
    </ol>
  );
}
