import type { Paper } from '../paper.js';

export type PublicationKind = 'journal' | 'conference' | 'preprint' | 'unknown';

const preprint = /^\s*(?:arxiv|corr|biorxiv|medrxiv|chemrxiv|ssrn|preprints?)\b/i;

/** Journals that are called proceedings. */
const proceedingsJournal =
  /^proc(?:eedings|\.)?\s+(?:of\s+)?(?:the\s+)?(?:national academy|natl\.? acad|royal society|vldb endow|ieee\s*$|acm (?:on |program|interact|hum|manag|meas|priv)|edinburgh math|london math|american math)|^pvldb\b|^pacm/i;

const journal =
  /^(?:(?:the|ieee|acm|siam|ieee\/acm)\s+)*(?:journal|j\.|jmlr|tmlr|tacl|transactions|trans\.|annals|letters)(?:\s|$)/i;

const conference =
  /\b(?:proceedings|proc\.|conference|conf\.|workshops?|symposium|symp\.|congress|meeting|companion|extended abstracts|adjunct|tutorials?|shared task|posters?|oral|spotlight|findings of|actes de|conférence|rencontres?|tagung)(?=\W|$)/i;

/** `ICML 2023`, `NeurIPS'19`: an acronym and a year are a meeting. */
const acronymAndYear = /^[A-Z][A-Za-z]{1,11}(?:[-/&][A-Z][A-Za-z]{1,9})?\s*['’]?(?:(?:19|20)\d\d|\d\d)\b/;

const acronym =
  /^(?:NeurIPS|NIPS|ICML|ICLR|AISTATS|UAI|COLT|CVPR|ICCV|ECCV|WACV|ACL|EMNLP|NAACL|EACL|COLING|INTERSPEECH|ICASSP|AAAI|IJCAI|KDD|SIGIR|CIKM|WSDM|WWW|RecSys|CHI|UIST|ICRA|IROS|CoRL|RSS|SIGMOD|VLDB|ICDE|SOSP|OSDI|NSDI|STOC|FOCS|SODA|CRYPTO|CCS|NDSS)\b/;

/** What kind of publication the venue's name is; by custom, as no source says. */
export function publicationKind({ venue, arxivId }: Pick<Paper, 'venue' | 'arxivId'>): PublicationKind {
  if (venue === null || venue.trim() === '') return arxivId === null ? 'unknown' : 'preprint';
  if (preprint.test(venue)) return 'preprint';
  if (proceedingsJournal.test(venue) || journal.test(venue)) return 'journal';
  return conference.test(venue) || acronymAndYear.test(venue) || acronym.test(venue)
    ? 'conference'
    : 'journal';
}

/** Where the paper can be read; null where neither a page nor an id is known. */
export function linkOf({ url, arxivId, doi }: Pick<Paper, 'url' | 'arxivId' | 'doi'>): string | null {
  if (url !== null) return url;
  if (arxivId !== null) return `https://arxiv.org/abs/${arxivId}`;
  return doi === null ? null : `https://doi.org/${encodeURI(doi)}`;
}
