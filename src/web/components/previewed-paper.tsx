import type { DigestPaper } from '../../digests/digest.js';
import type { SubscriptionSettings } from '../../digests/subscription.js';
import { factsOf, scoreOf } from '../../digests/templates/words.js';
import { paperPath } from '../links.js';

export interface PreviewedPaperProps {
  paper: DigestPaper;
  settings: Pick<SubscriptionSettings, 'kind'>;
}

/** A paper as a digest has it, in three lines: there may be hundreds. */
export function PreviewedPaper({ paper, settings }: PreviewedPaperProps) {
  const score = scoreOf(paper, settings);
  return (
    <li>
      <a class="title" href={paperPath(paper.id)}>
        {paper.title || 'Untitled'}
      </a>
      <p class="facts">{factsOf(paper).join(' · ')}</p>
      <p class="why">
        {paper.why}
        {score !== null && (
          <>
            {' · '}
            <span class="num" title="Its score: cut where a least score is higher">
              {score}
            </span>
          </>
        )}
      </p>
    </li>
  );
}
