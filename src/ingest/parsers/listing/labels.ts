import type { Between, Page, Unit } from './paragraphs.js';
import { titleScore, widthOf } from './title-score.js';

/** What a unit is. An organisation's name may stand between an abstract and its date. */
export type Label = 'title' | 'abstract' | 'organisation' | 'furniture';

/**
 * What parts two units, from nothing to a sure border: something weak (a bare date or number, a link),
 * page furniture, a card's opening (`Submitted by`), a paper's closing metadata, or both.
 */
enum Border {
  None = 0,
  Weak = 1,
  Furniture = 2,
  Opened = 3,
  Closed = 4,
  Both = 5,
}
const BORDERS = 6;

function combine(a: Border, b: Border): Border {
  return a + b === Border.Opened + Border.Closed ? Border.Both : Math.max(a, b);
}

/** What came last: nothing yet, a title, a paragraph of an abstract. */
enum Last {
  Nothing = 0,
  Title = 1,
  Abstract = 2,
}

const NEVER = -1e9;

/**
 * Log-probabilities, in nats, of what follows what, for each border from None to Both. Their size says how
 * much the text itself must speak against it: a lost abstract or a lost title is rare (e^-5), a second
 * paragraph without a border one in thirty.
 */
const follows = {
  titleAfterNothing: [0, 0, 0, 0, 0, 0],
  abstractAfterNothing: [-6, -6, -6, -8, -6, -8],
  abstractAfterTitle: [0, -1, -1, -8, -4, -9],
  titleAfterTitle: [-5, -4, -4, -4, -2, -1],
  abstractAfterAbstract: [-3.5, -3.5, -4, -9, -8, -9],
  titleAfterAbstract: [0, 0, 0, 0, 0, 0],
} as const;

/** Where metadata closes papers, a border that isn't there speaks for one abstract in paragraphs. */
const withMetadata = { abstractAfterAbstract: -1, titleAfterAbstract: -2 };

const endAfterTitle = [-5, -5, -5, -5, -2, -2];
const ORGANISATION_AFTER_TITLE = -3;
const ORGANISATION_AFTER_ABSTRACT = -0.5;
/** Names are short and hold no verbs, as titles, but there is nothing more to them. */
const BEST_ORGANISATION = 7;
const MAX_ORGANISATION_WIDTH = 70;
/** A menu's word as a title (among other furniture, apart from it), and apart from it as furniture. */
const likelyFurnitureAsTitle = [-10, -5] as const;
const LIKELY_FURNITURE_AS_ABSTRACT = -7;
const LIKELY_FURNITURE_APART = -1.5;
/** Columns below which a text hardly is, or begins, an abstract, whatever its words. */
const LEAST_ABSTRACT = 25;
const VERY_SHORT_ABSTRACT = -3;
/** No text alone outweighs several BORDERS. */
const STRONGEST = 12;
/** A title that is a heading with a link to its paper, or a heading as the other titles are. */
const HEADING_WITH_PAPER = 100;
const HEADING_ALONE = 12;
/** On a page whose titles are headings, a title that is none. */
const WITHOUT_HEADING = -6;
const LINK_TO_PAPER = 3;

const STATES = 3 * BORDERS;

enum Code {
  Title = 0,
  Abstract = 1,
  Organisation = 2,
  Furniture = 3,
}
const labels: readonly Label[] = ['title', 'abstract', 'organisation', 'furniture'];

/**
 * The most probable labels of a page's units (Viterbi's algorithm on a chain: the texts' own log-odds plus
 * the log-probabilities of what follows what). A wrong or missing line costs its neighbours nothing: the
 * chain finds its step again. Time and memory are linear in the number of units.
 */
export function labelUnits(page: Page): Label[] {
  const { units } = page;
  const levels = page.between.map(borderOf);
  const closing = closesPapers(page, levels);
  const depth = titleDepth(units);
  const from = new Uint8Array(units.length * STATES);
  const how = new Uint8Array(units.length * STATES);
  let scores = new Float64Array(STATES).fill(NEVER);
  scores[Last.Nothing * BORDERS] = 0;
  for (const index of units.keys()) {
    const next = new Float64Array(STATES).fill(NEVER);
    const choices = choicesOf(page, index, depth);
    const short = widthOf(page.units[index]!.text) < LEAST_ABSTRACT;
    for (let state = 0; state < STATES; state += 1) {
      const score = scores[state]!;
      if (score <= NEVER) continue;
      const last = Math.floor(state / BORDERS) as Last;
      const border = combine(state % BORDERS, levels[index]!);
      for (let label: Code = 0; label < labels.length; label += 1) {
        const own = choices[label]!;
        if (own <= NEVER) continue;
        const total = score + own + transition({ last, label, border, closing, short });
        const target = targetOf(label, last, border);
        if (total > next[target]!) {
          next[target] = total;
          from[index * STATES + target] = state;
          how[index * STATES + target] = label;
        }
      }
    }
    scores = next;
  }
  return trace({ scores, from, how, units, end: levels[units.length] ?? Border.None });
}

/** Furniture leaves the state as it is, but for a border; an organisation belongs to the abstract above it. */
function targetOf(label: Code, last: Last, border: Border): number {
  if (label === Code.Furniture) return last * BORDERS + combine(border, Border.Furniture);
  return (label === Code.Title ? Last.Title : Last.Abstract) * BORDERS;
}

function trace({
  scores,
  from,
  how,
  units,
  end,
}: {
  scores: Float64Array;
  from: Uint8Array;
  how: Uint8Array;
  units: readonly Unit[];
  end: Border;
}): Label[] {
  let best = 0;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (let state = 0; state < STATES; state += 1) {
    const isTitle = Math.floor(state / BORDERS) === Last.Title;
    const score = scores[state]! + (isTitle ? endAfterTitle[combine(end, state % BORDERS)]! : 0);
    if (score > bestScore) [best, bestScore] = [state, score];
  }
  const result: Label[] = new Array(units.length);
  for (let index = units.length - 1; index >= 0; index -= 1) {
    result[index] = labels[how[index * STATES + best]!]!;
    best = from[index * STATES + best]!;
  }
  return result;
}

function transition({
  last,
  label,
  border,
  closing,
  short,
}: {
  last: Last;
  label: Code;
  border: Border;
  closing: boolean;
  /** Shorter than abstracts begin. */
  short: boolean;
}): number {
  if (label === Code.Furniture) return 0;
  if (label === Code.Organisation) {
    // Behind closing metadata stands a title, not one more name.
    if (border >= Border.Opened || last === Last.Nothing) return NEVER;
    return last === Last.Title ? ORGANISATION_AFTER_TITLE : ORGANISATION_AFTER_ABSTRACT;
  }
  if (last === Last.Nothing)
    return follows[label === Code.Title ? 'titleAfterNothing' : 'abstractAfterNothing'][border];
  if (last === Last.Title) {
    if (label === Code.Title) return follows.titleAfterTitle[border];
    return follows.abstractAfterTitle[border] + (short ? VERY_SHORT_ABSTRACT : 0);
  }
  const name = label === Code.Title ? 'titleAfterAbstract' : 'abstractAfterAbstract';
  return closing && border <= Border.Weak ? withMetadata[name] : follows[name][border];
}

/** Log-odds of each label from the unit itself, in the order of `labels`. */
function choicesOf({ units, between }: Page, index: number, depth: number): number[] {
  const unit = units[index]!;
  const score = Math.max(-STRONGEST, Math.min(STRONGEST, titleScore(unit.text)));
  if (unit.heading > 0) {
    if (unit.arxiv) return [HEADING_WITH_PAPER, 0, NEVER, NEVER];
    return unit.heading === depth ? [HEADING_ALONE, 0, NEVER, NEVER] : [NEVER, 0, NEVER, NEVER];
  }
  if (unit.likelyFurniture) {
    if (opensCard(between[index]!) && beginsWithDot(between[index + 1]!)) return [0, NEVER, NEVER, NEVER];
    const apart = isApart(units, between, index);
    return [
      score + likelyFurnitureAsTitle[apart ? 1 : 0],
      LIKELY_FURNITURE_AS_ABSTRACT,
      NEVER,
      apart ? LIKELY_FURNITURE_APART : 0,
    ];
  }
  const width = widthOf(unit.text);
  const linked = unit.arxiv && width <= 350 ? LINK_TO_PAPER : 0;
  const organisation = width <= MAX_ORGANISATION_WIDTH && beginsWithDot(between[index + 1]!);
  return [
    score + linked + (depth > 0 ? WITHOUT_HEADING : 0),
    0,
    organisation ? Math.min(score, BEST_ORGANISATION) : NEVER,
    NEVER,
  ];
}

/** How deep the headings are that are titles: as most of those with a link to a paper, else as most; 0: none. */
function titleDepth(units: readonly Unit[]): number {
  const counts = new Array<number>(7).fill(0);
  for (const unit of units) {
    if (unit.heading > 0 && !unit.likelyFurniture) counts[unit.heading]! += unit.arxiv ? units.length : 1;
  }
  const most = Math.max(...counts);
  return most >= 2 ? counts.indexOf(most) : 0;
}

function isApart(units: readonly Unit[], between: readonly Between[], index: number): boolean {
  return !(
    between[index]!.furniture ||
    between[index + 1]!.furniture ||
    (units[index - 1]?.likelyFurniture ?? true) ||
    (units[index + 1]?.likelyFurniture ?? true)
  );
}

function opensCard({ metas }: Between): boolean {
  return metas.some((meta) => meta.kind === 'submitter');
}

function beginsWithDot({ metas }: Between): boolean {
  const first = metas.find((meta) => meta.kind !== 'link');
  return first?.kind === 'dot' || (first?.kind === 'date' && first.dotted);
}

function borderOf({ metas, furniture }: Between): Border {
  const dotted = metas.some(
    (meta) => meta.kind === 'dot' || meta.kind === 'authors' || (meta.kind === 'date' && meta.dotted),
  );
  let border = furniture ? Border.Furniture : Border.None;
  for (const { kind } of metas) {
    // A bare date may be a line of an abstract or the page's own.
    const weak = kind === 'link' || kind === 'count' || (kind === 'date' && !dotted);
    border = combine(border, kind === 'submitter' ? Border.Opened : weak ? Border.Weak : Border.Closed);
  }
  return border;
}

/** Is metadata what ends papers here? Counted over what looks like titles, or abstracts if these are fewer. */
function closesPapers({ units, between }: Page, levels: readonly Border[]): boolean {
  let abstracts = 0;
  let titles = 0;
  for (const [index, unit] of units.entries()) {
    if (titleScore(unit.text) < 0) abstracts += 1;
    else if (!unit.likelyFurniture && !beginsWithDot(between[index + 1]!)) titles += 1;
  }
  const closed = levels.filter((border) => border >= Border.Opened).length;
  return closed > 0 && closed * 2.5 >= Math.min(abstracts, titles);
}
