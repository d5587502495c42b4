import type { Paper } from '../paper.js';
import { toBibtex } from './bibtex.js';
import { toCsv } from './csv.js';
import { toRis } from './ris.js';

export interface ExportFormat {
  /** With charset, as for the Content-Type header. */
  contentType: string;
  /** Of a file's name, without the dot. */
  extension: string;
  write: (papers: readonly Paper[]) => string;
}

export const exportFormatNames = ['bibtex', 'ris', 'csv'] as const;
export type ExportFormatName = (typeof exportFormatNames)[number];

export const exportFormats: Readonly<Record<ExportFormatName, ExportFormat>> = {
  bibtex: { contentType: 'application/x-bibtex; charset=utf-8', extension: 'bib', write: toBibtex },
  ris: {
    contentType: 'application/x-research-info-systems; charset=utf-8',
    extension: 'ris',
    write: toRis,
  },
  csv: { contentType: 'text/csv; charset=utf-8; header=present', extension: 'csv', write: toCsv },
};
