import { type RecommendSort, recommendSorts } from '../../recommendations/request.js';
import { type Diversity, diversities, type RelatedChoices, relatedPath } from '../related-choices.js';

const spans: readonly [since: string | undefined, label: string][] = [
  [undefined, 'any time'],
  ['1y', '1 year'],
  ['90d', '90 days'],
  ['30d', '30 days'],
];
const diversityLabels: Readonly<Record<Diversity, string>> = { low: 'low', normal: 'normal', high: 'high' };
const sortLabels: Readonly<Record<RecommendSort, string>> = {
  similar: 'likeness',
  newest: 'newest',
  upvoted: 'upvotes',
};

/** Which of them, and in which order: links, so that the address says all and going back undoes it. */
export function RelatedControls({ id, choices }: { id: string; choices: RelatedChoices }) {
  const { since, diversity = 'low', sort = 'similar' } = choices;
  const given = spans.some(([known]) => known === since) ? spans : [...spans, [since, since] as const];
  const path = (change: RelatedChoices) => relatedPath(id, { ...choices, ...change, show: undefined });
  return (
    <nav class="controls" aria-label="Which related papers">
      <Choice
        label="Since"
        options={given.map(([value, label]) => ({
          label: label ?? '',
          path: path({ since: value }),
          isChosen: value === since,
        }))}
      />
      <Choice
        label="Diversity"
        options={(Object.keys(diversities) as Diversity[]).map((value) => ({
          label: diversityLabels[value],
          path: path({ diversity: value }),
          isChosen: value === diversity,
        }))}
      />
      <Choice
        label="Sort"
        options={recommendSorts.map((value) => ({
          label: sortLabels[value],
          path: path({ sort: value }),
          isChosen: value === sort,
        }))}
      />
    </nav>
  );
}

interface Option {
  label: string;
  path: string;
  isChosen: boolean;
}

function Choice({ label, options }: { label: string; options: readonly Option[] }) {
  return (
    <span class="choice">
      <span class="what">{label}</span>
      {options.map((option) => (
        // Every combination is the same page to a search engine.
        <a
          key={option.path}
          href={option.path}
          rel="nofollow"
          aria-current={option.isChosen ? 'true' : undefined}
        >
          {option.label}
        </a>
      ))}
    </span>
  );
}
