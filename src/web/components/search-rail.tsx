import type { ComponentChildren } from 'preact';
import type { Facets, FacetValue } from '../../search/lexical/queries/facets.js';
import type { QueryPart } from '../../search/query/explain.js';
import { isCategoryName } from '../../search/query/operators.js';
import { searchPath } from '../links.js';
import { dateSpans, datesOf, type Here, sinceThen } from '../query-edits.js';
import { YearChart } from './year-chart.js';

/** Of categories and sources: what comes behind is rare, and can be typed. */
const SHOWN = 10;

export interface SearchRailProps {
  facets: Facets | null;
  query: string;
  reading: readonly QueryPart[];
  here: Here;
}

/** What narrows a search down: each link adds a requirement to the query. Unfolded for good where there is room beside the results. */
export function SearchRail({ facets, query, reading, here }: SearchRailProps) {
  const add = (term: string) => searchPath({ ...here, q: `${query} ${term}`.trim() });
  const addYear = (year: string) => add(`from:${year} to:${year}`);
  const { years = [], categories = [], sources = [] } = facets ?? {};
  const isAsked = (term: string) => reading.some(({ text }) => text === term);
  const rows = (operator: string, values: readonly FacetValue[]) =>
    values
      .map(({ value, count }) => ({ value, count, term: `${operator}:${value}` }))
      .filter(({ term }) => !isAsked(term))
      .slice(0, SHOWN)
      .map(({ value, count, term }) => <Narrower key={value} href={add(term)} value={value} count={count} />);
  return (
    <aside class="rail" aria-label="Narrow down">
      <details class="facets">
        <summary>Narrow down: date, category, source</summary>
        <Group name="Published">
          <DateLinks query={query} reading={reading} here={here} />
        </Group>
        {years.length > 1 && (
          <Group name="Year" flows>
            <YearChart years={years} linkOf={addYear} />
            <ul>
              {years.map(({ value, count }) => (
                <Narrower key={value} href={addYear(value)} value={value} count={count} />
              ))}
            </ul>
          </Group>
        )}
        {categories.length > 1 && (
          <Group name="Category">
            <ul>
              {rows(
                'category',
                categories.filter(({ value }) => isCategoryName(value)),
              )}
            </ul>
          </Group>
        )}
        {sources.length > 1 && (
          <Group name="Source">
            <ul>{rows('source', sources)}</ul>
          </Group>
        )}
      </details>
    </aside>
  );
}

function Group({ name, flows, children }: { name: string; flows?: boolean; children: ComponentChildren }) {
  return (
    <section class={flows ? 'flows' : undefined}>
      <h2>{name}</h2>
      {children}
    </section>
  );
}

function Narrower({ href, value, count }: { href: string; value: string; count: number }) {
  return (
    <li>
      <a href={href}>
        {value} <span class="num">{count.toLocaleString('en')}</span>
      </a>
    </li>
  );
}

function DateLinks({ query, reading, here }: Omit<SearchRailProps, 'facets'>) {
  const asked = datesOf(reading).map(({ text }) => text);
  return (
    <ul>
      {dateSpans.map(({ term, label }) => {
        const isCurrent = term === null ? asked.length === 0 : asked.length === 1 && asked[0] === term;
        const q = sinceThen(query, reading, term);
        // A query that is nothing but a date has no results without it, but the front page.
        return (
          <li key={label}>
            <a
              href={q === '' ? '/' : searchPath({ ...here, q })}
              aria-current={isCurrent ? 'true' : undefined}
            >
              {label}
            </a>
          </li>
        );
      })}
    </ul>
  );
}
