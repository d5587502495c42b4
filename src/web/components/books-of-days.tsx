import type { Preview } from '../../digests/preview.js';
import { countOf, outcomes, Swatch } from './day-chart.js';

/** The sums over all days, which are the chart's legend too. */
export function Totals({ preview }: { preview: Preview }) {
  const books = preview.days.map(({ digest }) => digest.books);
  const sums = outcomes.map(([outcome, name]) => ({
    ...{ outcome, name },
    count: books.reduce((sum, one) => sum + countOf(one, outcome), 0),
  }));
  return (
    <dl class="totals">
      <div>
        <dt>Came in</dt>
        <dd>{preview.announced.toLocaleString('en')}</dd>
      </div>
      <div>
        <dt>Matched</dt>
        <dd>{preview.matched.toLocaleString('en')}</dd>
      </div>
      {sums
        .filter(({ outcome, count }) => outcome === 'sent' || count > 0)
        .map(({ outcome, name, count }) => (
          <div key={outcome}>
            <dt>
              <Swatch outcome={outcome} /> {name}
            </dt>
            <dd>{count.toLocaleString('en')}</dd>
          </div>
        ))}
    </dl>
  );
}

/** What the chart shows, in numbers. */
export function BooksTable({ preview }: { preview: Preview }) {
  return (
    <details id="preview-table">
      <summary>The same as a table</summary>
      <div class="scrolls">
        <table>
          <thead>
            <tr>
              <th scope="col">Day</th>
              <th scope="col">Came in</th>
              <th scope="col">Matched</th>
              {outcomes.map(([outcome, name]) => (
                <th key={outcome} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {preview.days.map(({ localDate, digest: { books } }) => (
              <tr key={localDate}>
                <th scope="row">
                  <a href={`#day-${localDate}`}>{localDate}</a>
                </th>
                <td>{books.announced}</td>
                <td>{books.matched}</td>
                {outcomes.map(([outcome]) => (
                  <td key={outcome}>{countOf(books, outcome)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
