import type { FacetValue } from '../../search/lexical/queries/facets.js';

/** Bars at most: more are thinner than a finger on the narrowest rail. */
const MAX_YEARS = 30;

/** Units of a bar's place, which is one wide: the picture is stretched to its rail. */
const HEIGHT = 60;
const BAR = 0.76;
/** Least height of what is not zero. */
const VISIBLE = 2;

export interface YearChartProps {
  /** In any order. */
  years: readonly FacetValue[];
  linkOf: (year: string) => string;
}

/**
 * Papers by year, each bar a link. Hidden from screen readers and the tab key: the list of years
 * beside it has the same numbers and links. Nothing where there is but one year.
 */
export function YearChart({ years, linkOf }: YearChartProps) {
  const counts = new Map(years.map(({ value, count }) => [Number(value), count]));
  if (counts.size < 2) return null;
  const last = Math.max(...counts.keys());
  const drawn = [...counts.keys()].filter((year) => year > last - MAX_YEARS);
  const first = Math.min(...drawn);
  const slots = last - first + 1;
  if (slots < 2) return null;
  const shown = Array.from({ length: slots }, (_, slot) => ({ slot, count: counts.get(first + slot) ?? 0 }));
  const most = Math.max(...shown.map(({ count }) => count));
  return (
    <figure class="years" aria-hidden="true">
      <figcaption>
        Papers by year, highest: {most.toLocaleString('en')}
        {drawn.length < counts.size && `; before ${first} without a bar`}
      </figcaption>
      {/* biome-ignore lint/a11y/noSvgWithoutTitle: hidden, see above */}
      <svg viewBox={`0 0 ${slots} ${HEIGHT}`} preserveAspectRatio="none" width="100%" height={HEIGHT}>
        {shown.map(({ slot, count }) => {
          if (count === 0) return null;
          const year = String(first + slot);
          const height = Math.round(Math.max(VISIBLE, (count / most) * HEIGHT));
          return (
            <a key={year} href={linkOf(year)} tabIndex={-1}>
              <title>{`${year}: ${count.toLocaleString('en')}`}</title>
              {/* The whole column, so that a low bar can be hit. */}
              <path class="reach" d={`M${slot} 0h1v${HEIGHT}h-1z`} />
              <path d={`M${(slot + (1 - BAR) / 2).toFixed(2)} ${HEIGHT}v-${height}h${BAR}v${height}z`} />
            </a>
          );
        })}
      </svg>
      <p>
        <span>{first}</span>
        <span>{last}</span>
      </p>
    </figure>
  );
}
