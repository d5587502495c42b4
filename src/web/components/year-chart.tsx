import type { FacetValue } from '../../search/lexical/queries/facets.js';

/** Bars at most: more are thinner than a finger on the narrowest rail. */
const MAX_YEARS = 30;

/** Pixels; widths are parts of the whole, so that letters keep their size. */
const HEIGHT = 96;
const TOP = 18;
const BOTTOM = HEIGHT - 20;
/** Of a year's place. */
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
  const first = Math.max(Math.min(...counts.keys()), last - MAX_YEARS + 1);
  const slots = last - first + 1;
  if (slots < 2) return null;
  const shown = Array.from({ length: slots }, (_, slot) => ({ slot, count: counts.get(first + slot) ?? 0 }));
  const most = Math.max(...shown.map(({ count }) => count));
  return (
    <svg class="years" width="100%" height={HEIGHT} aria-hidden="true">
      <text x="0" y={TOP - 7}>{`Papers by year, at most ${most.toLocaleString('en')}`}</text>
      {shown.map(({ slot, count }) => {
        const year = String(first + slot);
        const height = count === 0 ? 0 : Math.max(VISIBLE, (count / most) * (BOTTOM - TOP));
        const bar = { x: percent((slot + (1 - BAR) / 2) / slots), width: percent(BAR / slots) };
        if (count === 0) return null;
        return (
          <a key={year} href={linkOf(year)} tabIndex={-1}>
            <title>{`${year}: ${count.toLocaleString('en')}`}</title>
            {/* The whole column, so that a low bar can be hit. */}
            <rect
              class="reach"
              x={percent(slot / slots)}
              width={percent(1 / slots)}
              y={TOP}
              height={BOTTOM - TOP}
            />
            <rect {...bar} y={round(BOTTOM - height)} height={round(height)} />
          </a>
        );
      })}
      <path d={`M0 ${BOTTOM}.5H2000`} />
      <text x="0" y={HEIGHT - 5}>
        {first}
      </text>
      <text x="100%" y={HEIGHT - 5} class="last">
        {last}
      </text>
    </svg>
  );
}

const percent = (part: number): string => `${round(part * 100)}%`;

const round = (value: number): number => Math.round(value * 10) / 10;
