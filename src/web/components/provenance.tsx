import type { MergedField, Origin, Paper, PaperRecord, SourceName } from '../../papers/paper.js';
import { mergedFields } from '../../papers/paper.js';
import type { SourceSaid } from '../../papers/provenance.js';
import { PaperDate } from './paper-item.js';
import { RichText } from './rich-text.js';

export const sourceLabels: Readonly<Record<SourceName, string>> = {
  sample: 'sample collection',
  bibtex: 'BibTeX',
  ris: 'RIS',
  csl: 'CSL JSON',
  csv: 'CSV',
  feed: 'feed',
  listing: 'listing',
  jsonl: 'JSON',
  openalex: 'OpenAlex',
  'semantic-scholar': 'Semantic Scholar',
  huggingface: 'Hugging Face',
  crossref: 'Crossref',
  arxiv: 'arXiv',
};

const fieldLabels: Readonly<Record<MergedField, string>> = {
  title: 'Title',
  abstract: 'Abstract',
  authors: 'Authors',
  authorCount: 'Number of authors',
  date: 'Date',
  venue: 'Venue',
  url: 'Address',
  categories: 'Categories',
  upvotes: 'Upvotes',
  comments: 'Comments',
};

/** Of an abstract, in characters: enough to tell two apart. */
const SHOWN_ABSTRACT = 240;
const SHOWN_NAMES = 5;
/** Sources that are shown; a paper has a handful. */
const MAX_SHOWN = 20;

/** Where each field came from, and what each source said where several did. */
export function Provenance({ paper, said }: { paper: Paper; said: readonly SourceSaid[] }) {
  const known = mergedFields.flatMap((field): [MergedField, Origin][] => {
    const origin = paper.origins[field];
    return origin === undefined ? [] : [[field, origin]];
  });
  if (known.length === 0) return null;
  const hasVersions = known.some(([, { version }]) => version !== undefined);
  const hasDays = known.some(([, { asOf }]) => asOf !== undefined);
  const sources = [...new Set(known.map(([, { source }]) => sourceLabels[source]))];
  return (
    <details class="fold">
      <summary>
        Where this comes from <span class="hint">{sources.join(', ')}</span>
      </summary>
      <div class="scrolls">
        <table>
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Source</th>
              {hasVersions && <th scope="col">arXiv version</th>}
              {hasDays && <th scope="col">As of</th>}
            </tr>
          </thead>
          <tbody>
            {known.map(([field, { source, version, asOf }]) => (
              <tr key={field}>
                <th scope="row">{fieldLabels[field]}</th>
                <td>{sourceLabels[source]}</td>
                {hasVersions && <td>{version === undefined ? '' : `v${version}`}</td>}
                {hasDays && <td>{asOf && <PaperDate date={asOf} />}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {said.length > 1 && <Said said={said} />}
    </details>
  );
}

function Said({ said }: { said: readonly SourceSaid[] }) {
  return (
    <>
      <p class="facts">
        {said.length} records were taken for this paper. Of each field the richer source’s value stands; if
        one of them is another paper, <code>quire papers split</code> takes it out.
      </p>
      {said.slice(0, MAX_SHOWN).map(({ ref, record }) => (
        <section class="record" key={ref}>
          <h3>
            {sourceLabels[record.source]}
            {record.asOf && (
              <>
                {', '}
                <PaperDate date={record.asOf} />
              </>
            )}{' '}
            <span class="num" title="The record’s name on the command line">
              {ref}
            </span>
          </h3>
          <dl>
            {rowsOf(record).map(([label, text]) => (
              <div key={label}>
                <dt>{label}</dt>
                <dd>
                  <RichText text={text} />
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
      {said.length > MAX_SHOWN && <p class="facts">… and {said.length - MAX_SHOWN} more.</p>}
    </>
  );
}

function rowsOf(record: PaperRecord): [string, string][] {
  const { title, abstract, authors = [], date, venue, url, categories = [], doi, arxivId } = record;
  const { arxivVersion } = record;
  const rest = authors.length - SHOWN_NAMES;
  const rows: [string, string | undefined][] = [
    ['Title', title],
    ['Authors', authors.slice(0, SHOWN_NAMES).join(', ') + (rest > 0 ? ` + ${rest}` : '')],
    ['Date', date],
    ['Venue', venue],
    ['arXiv', arxivId && `${arxivId}${arxivVersion === undefined ? '' : `v${arxivVersion}`}`],
    ['DOI', doi],
    ['Address', url],
    ['Categories', categories.join(', ')],
    ['Abstract', beginning(abstract)],
  ];
  return rows.filter((row): row is [string, string] => Boolean(row[1]));
}

function beginning(text: string): string {
  const characters = [...text];
  return characters.length <= SHOWN_ABSTRACT ? text : `${characters.slice(0, SHOWN_ABSTRACT).join('')}…`;
}
