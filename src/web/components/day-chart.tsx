import type { Preview, PreviewDay } from '../../digests/preview.js';
import { booksLine } from '../../digests/templates/words.js';

/** What became of the papers that matched, from the bottom of a bar to its top, and what it is called. */
export const outcomes = [
  ['sent', 'Sent'],
  ['beyondCap', 'Beyond the cap'],
  ['belowScore', 'Below the score'],
  ['muted', 'Muted'],
  ['sentBefore', 'Sent before'],
] as const;
export type Outcome = (typeof outcomes)[number][0];

export const countOf = ({ sent, cut }: PreviewDay['digest']['books'], outcome: Outcome): number =>
  outcome === 'sent' ? sent : cut[outcome];

/** Pixels: widths are parts of the whole, so that letters keep their size on every screen. */
const HEIGHT = 352;
const ANNOUNCED = { top: 20, height: 40 };
const MATCHED = { top: 88, height: 100 };
const SCORES = { top: 218, height: 110 };
const LABELS = HEIGHT - 8;
/** Of a day's place. */
const BAR = 0.72;
/** Least height of what is not zero. */
const VISIBLE = 2;

const DAY_MS = 86_400_000;

export interface DayChartProps {
  preview: Preview;
  /** null: the usual one. */
  minScore: number | null;
  /** Holds where none is set; null: every score does. */
  usual: number | null;
}

/**
 * Two rows of bars, each of its own scale: what came in, and what of it matched, by what became of it; and the score of each that matched,
 * with the least score as a line. Behind the days stands what is there for the next one.
 */
export function DayChart({ preview, minScore, usual }: DayChartProps) {
  const [first, last] = [preview.days[0], preview.days.at(-1)];
  if (!first || !last) return null;
  const start = Date.parse(first.localDate);
  const dated = (Date.parse(last.localDate) - start) / DAY_MS + 1;
  const hasNext = preview.soFar.digest.books.announced > 0;
  const slots = hasNext ? dated + 1 : dated;
  const bars: SlotOfDay[] = preview.days.map((day) => {
    return { ...day, name: day.localDate, slot: (Date.parse(day.localDate) - start) / DAY_MS };
  });
  if (hasNext) bars.push({ ...preview.soFar, name: 'So far for the next one', slot: dated });
  const books = bars.map(({ digest }) => digest.books);
  const most = {
    announced: Math.max(...books.map(({ announced }) => announced)),
    matched: Math.max(...books.map(({ matched }) => matched)),
  };
  return (
    <svg class="chart" width="100%" height={HEIGHT} role="img" aria-labelledby="chart-title chart-text">
      <title id="chart-title">Papers by day, {`${first.localDate} to ${last.localDate}`}</title>
      <desc id="chart-text">
        {`Two rows of bars, and the scores of what matched. The highest bars are ${most.announced} papers that came in for one digest, and ${most.matched} that matched. The table below has the numbers.`}
      </desc>
      <Fills />
      <text x="0" y={ANNOUNCED.top - 8}>{`Came in (highest: ${most.announced.toLocaleString('en')})`}</text>
      <text x="0" y={MATCHED.top - 8}>{`Matched (highest: ${most.matched.toLocaleString('en')})`}</text>
      {bars.map((bar) => (
        <Bar key={bar.name} bar={bar} slots={slots} most={most} />
      ))}
      <Scores bars={bars} slots={slots} minScore={minScore} usual={usual} />
      {labelled(slots).map((slot) => (
        <text key={slot} {...labelAt(slot, slots)} y={LABELS}>
          {slot === dated ? 'next' : shortDay(new Date(start + slot * DAY_MS))}
        </text>
      ))}
    </svg>
  );
}

/** A day's place, or that of the next digest. */
interface SlotOfDay extends Pick<PreviewDay, 'digest' | 'scores'> {
  name: string;
  slot: number;
}

interface BarProps {
  bar: SlotOfDay;
  slots: number;
  most: { announced: number; matched: number };
}

function Bar({ bar: { name, slot, digest }, slots, most }: BarProps) {
  const { books } = digest;
  const place = { x: percent((slot + (1 - BAR) / 2) / slots), width: percent(BAR / slots) };
  const bottom = MATCHED.top + MATCHED.height;
  let y = bottom;
  const parts = outcomes.flatMap(([outcome]) => {
    const height = heightOf(countOf(books, outcome), most.matched, MATCHED.height);
    y -= height;
    return height === 0 ? [] : [{ outcome, y, height }];
  });
  const announced = heightOf(books.announced, most.announced, ANNOUNCED.height);
  return (
    <g>
      <title>{`${name}: ${booksLine(books)}`}</title>
      <rect {...place} y={MATCHED.top} height={MATCHED.height} class="due" />
      <rect
        {...place}
        y={ANNOUNCED.top + ANNOUNCED.height - announced}
        height={announced}
        class="announced"
      />
      {parts.map(({ outcome, ...part }) => (
        <rect key={outcome} {...place} {...part} class="part" fill={fillOf(outcome)} />
      ))}
      <rect {...place} y={bottom} height={1} class="announced" />
    </g>
  );
}

interface ScoresProps extends Pick<DayChartProps, 'minScore' | 'usual'> {
  bars: readonly SlotOfDay[];
  slots: number;
}

/** A dot for what is sent, a dash for what is cut; `preview.js` moves the line, and lets it be dragged. */
function Scores({ bars, slots, minScore, usual }: ScoresProps) {
  const top = topScore(bars, minScore);
  const least = minScore ?? usual ?? 0;
  const y = percent(1 - Math.max(0, least) / top);
  return (
    <>
      <text x="0" y={SCORES.top - 8}>{`Scores, 0 to ${top}: a dot is sent, a dash cut`}</text>
      <svg
        id="scores"
        class="scores"
        y={SCORES.top}
        width="100%"
        height={SCORES.height}
        data-top={top}
        data-usual={usual ?? undefined}
      >
        <title>The score of each paper that matched</title>
        <rect class="ground" width="100%" height="100%" />
        {bars.map(({ name, slot, scores }) => (
          <svg key={name} x={percent((slot + 0.5) / slots)} class="scores">
            <title>{`${name}: ${scores.sent.length} sent, ${scores.cut.length} cut`}</title>
            <path class="mark mark-cut" d={marksAt(scores.cut, { top, mark: 'm-4 0h8' })} />
            <path class="mark" d={marksAt(scores.sent, { top, mark: 'h0' })} />
          </svg>
        ))}
        <line class="least-score" x1="0" x2="100%" y1={y} y2={y} />
        <line class="grip" x1="0" x2="100%" y1={y} y2={y} />
      </svg>
    </>
  );
}

/** Each place once: a day may have thousands of papers. */
function marksAt(scores: readonly number[], { top, mark }: { top: number; mark: string }): string {
  const places = scores.map((score) => Math.round((1 - Math.max(0, score) / top) * SCORES.height));
  return [...new Set(places)].map((place) => `M0 ${place}${mark}`).join('');
}

/** The upper end of the scale: 1, or for heats and high thresholds the next of 2, 5, 10, 20 and so on. */
function topScore(bars: readonly SlotOfDay[], minScore: number | null): number {
  const highest = bars.reduce(
    (most, { scores }) => [...scores.sent, ...scores.cut].reduce((a, b) => Math.max(a, b), most),
    minScore ?? 0,
  );
  if (!(highest > 1)) return 1;
  const power = 10 ** Math.floor(Math.log10(highest));
  return ([1, 2, 5, 10].find((step) => step * power >= highest) ?? 10) * power;
}

const heightOf = (count: number, most: number, height: number): number =>
  count === 0
    ? 0
    : Math.max(VISIBLE, Math.round((count / most) * (height - VISIBLE * outcomes.length) * 10) / 10);

const percent = (part: number): string => `${(part * 100).toFixed(2)}%`;

const fillOf = (outcome: Outcome): string => `url(#fill-${outcome})`;

/** Told apart by their pattern as well as by colour. */
function Fills() {
  const shared = { patternUnits: 'userSpaceOnUse', width: 6, height: 6 } as const;
  return (
    <defs>
      <pattern id="fill-sent" {...shared}>
        <rect width="6" height="6" class="solid" />
      </pattern>
      <pattern id="fill-beyondCap" {...shared}>
        <path d="M-1 5L1 7M-1 -1L7 7M5 -1L7 1" />
      </pattern>
      <pattern id="fill-belowScore" {...shared}>
        <path d="M0 3H6" />
      </pattern>
      <pattern id="fill-muted" {...shared}>
        <path d="M1 1h2v2h-2zM4 4h2v2h-2z" />
      </pattern>
      <pattern id="fill-sentBefore" {...shared}>
        <path d="M3 0V6" />
      </pattern>
    </defs>
  );
}

/** What a colour means, beside its word. */
export function Swatch({ outcome }: { outcome: Outcome }) {
  return (
    <svg class="chart swatch" width="14" height="14" aria-hidden="true">
      <rect x="0.5" y="0.5" width="13" height="13" class="part" fill={fillOf(outcome)} />
    </svg>
  );
}

/** Days with their date below: the first and the last, and about two between them. */
function labelled(slots: number): number[] {
  if (slots < 8) return slots === 1 ? [0] : [0, slots - 1];
  const third = (slots - 1) / 3;
  return [0, Math.round(third), Math.round(2 * third), slots - 1];
}

/** Below its bar; at the ends flush with it, so that it stays on the screen. */
function labelAt(slot: number, slots: number) {
  const margin = (1 - BAR) / 2;
  if (slot === 0) return { x: percent(margin / slots) };
  if (slot === slots - 1) return { x: percent(1 - margin / slots), class: 'last' };
  return { x: percent((slot + 0.5) / slots), class: 'between' };
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const shortDay = (day: Date): string => `${day.getUTCDate()} ${months[day.getUTCMonth()]}`;
