import { toBibtex } from '../../papers/export/bibtex.js';
import { type ExportFormatName, exportFormats } from '../../papers/export/formats.js';
import { publicationKind } from '../../papers/export/publication.js';
import type { Paper } from '../../papers/paper.js';
import { exportPath } from '../links.js';

const downloads: readonly [ExportFormatName, string][] = [
  ['bibtex', 'BibTeX'],
  ['ris', 'RIS'],
  ['csv', 'CSV'],
];

/** Longer ones scroll: papers with thousands of authors have it on one line. */
const MAX_ROWS = 18;

/** Folded; who follows `#cite` finds it unfolded, as browsers open what the target is in. */
export function Cite({ paper }: { paper: Paper }) {
  // In a bibliography an abstract is in the way; the files have it.
  const bibtex = toBibtex([{ ...paper, abstract: '' }]).trim();
  const rows = bibtex.split('\n').reduce((sum, line) => sum + Math.ceil(line.length / 80), 0);
  return (
    <details class="fold">
      <summary>
        Citation <span class="hint">BibTeX, RIS, CSV</span>
      </summary>
      <div id="cite">
        <textarea
          id="bibtex"
          class="code"
          readOnly
          spellcheck={false}
          rows={Math.min(MAX_ROWS, rows)}
          aria-label="The paper as BibTeX"
          data-selected
          value={bibtex}
        />
        <p class="line">
          <button type="button" class="plain" data-copies="bibtex" hidden>
            Copy
          </button>
          <span>
            {'Download '}
            {downloads.map(([format, label], at) => (
              <span key={format}>
                {at > 0 && ' · '}
                <a
                  href={exportPath(paper.id, format)}
                  download={`${fileName(paper.id)}.${exportFormats[format].extension}`}
                >
                  {label}
                </a>
              </span>
            ))}
          </span>
          <span role="status" data-says="bibtex" />
        </p>
      </div>
    </details>
  );
}

const fileName = (id: string): string => id.replaceAll(/[^\w.-]+/g, '-');

/**
 * What Zotero and Google Scholar read of a page (https://scholar.google.com/intl/en/scholar/inclusion.html#indexing). All authors,
 * however many: a reference manager would take a part of them for the whole.
 */
export function CitationMeta({ paper }: { paper: Paper }) {
  const { title, authors, date, doi, arxivId, venue, categories } = paper;
  const kind = publicationKind(paper);
  const entries: [string, string | null][] = [
    ['citation_title', title],
    ...authors.map((author): [string, string] => ['citation_author', author]),
    ['citation_publication_date', date?.replaceAll('-', '/') ?? null],
    [kind === 'conference' ? 'citation_conference_title' : 'citation_journal_title', venue],
    ['citation_doi', doi],
    ['citation_arxiv_id', arxivId],
    ['citation_pdf_url', arxivId && `https://arxiv.org/pdf/${arxivId}`],
    ['citation_keywords', categories.join('; ')],
  ];
  return (
    <>
      {entries.map(
        ([name, content], at) => content && <meta key={`${name} ${at}`} name={name} content={content} />,
      )}
    </>
  );
}
