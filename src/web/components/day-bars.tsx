import { dayName, daysOf } from './dates.js';

export interface DayCount {
  /** YYYY-MM-DD. */
  day: string;
  count: number;
}

export interface DayBarsProps {
  /** Of the picture, and of its twin in words. */
  id: string;
  title: string;
  from: string;
  to: string;
  /** Days without any may be missing. */
  counts: readonly DayCount[];
}

/** Pixels. */
const HEIGHT = 64;
/** Of a day's place. */
const BAR = 0.7;
/** Least height of what is not zero. */
const VISIBLE = 2;

const percent = (part: number): string => `${(part * 100).toFixed(2)}%`;

/** A bar a day; the same as a table below it. */
export function DayBars({ id, title, from, to, counts }: DayBarsProps) {
  const known = new Map(counts.map(({ day, count }) => [day, count]));
  const days = daysOf({ from, to }).map((day) => ({ day, count: known.get(day) ?? 0 }));
  const most = Math.max(0, ...days.map(({ count }) => count));
  const sum = days.reduce((all, { count }) => all + count, 0);
  const busy = days.filter(({ count }) => count > 0);
  const said = `${sum.toLocaleString('en')} in ${days.length} days, at most ${most.toLocaleString('en')} a day; ${days.length - busy.length} days without any.`;
  return (
    <figure class="bars">
      <svg class="chart" width="100%" height={HEIGHT} role="img" aria-labelledby={`${id}-title ${id}-text`}>
        <title id={`${id}-title`}>{title}</title>
        <desc id={`${id}-text`}>{said}</desc>
        {days.map(({ day, count }, at) => (
          <Bar key={day} {...{ day, count, at, most }} of={days.length} />
        ))}
      </svg>
      <figcaption>
        <span class="ends" aria-hidden="true">
          <span>{dayName(from, 'short')}</span>
          <span>{dayName(to, 'short')}</span>
        </span>
        {said}
      </figcaption>
      {busy.length > 0 && (
        <details>
          <summary>The same as a table</summary>
          <div class="scrolls">
            <table>
              <thead>
                <tr>
                  <th scope="col">Day</th>
                  <th scope="col">Papers</th>
                </tr>
              </thead>
              <tbody>
                {busy.map(({ day, count }) => (
                  <tr key={day}>
                    <th scope="row">{day}</th>
                    <td>{count.toLocaleString('en')}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      )}
    </figure>
  );
}

function Bar({ day, count, at, of, most }: DayCount & { at: number; of: number; most: number }) {
  const height = count === 0 ? 0 : Math.max(VISIBLE, Math.round((count / most) * (HEIGHT - 2)));
  const place = { x: percent((at + (1 - BAR) / 2) / of), width: percent(BAR / of) };
  return (
    <g>
      <title>{`${dayName(day, 'long')}: ${count.toLocaleString('en')}`}</title>
      <rect {...place} y="0" height={HEIGHT} class="due" />
      {height > 0 && <rect {...place} y={HEIGHT - height} height={height} class="solid" />}
    </g>
  );
}
