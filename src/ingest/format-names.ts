export const inputFormats = [
  'listing',
  'jsonl',
  'csl',
  'bibtex',
  'ris',
  'ids',
  'xml',
  'csv',
  'html',
] as const;
export type InputFormat = (typeof inputFormats)[number];

/** What people call an input of a format. */
export const formatNames: Readonly<Record<InputFormat, string>> = {
  listing: 'a listing',
  jsonl: 'JSON lines',
  csl: 'CSL JSON',
  bibtex: 'BibTeX',
  ris: 'RIS',
  ids: 'a list of ids',
  xml: 'XML',
  csv: 'CSV',
  html: 'HTML',
};
