import type { SourceName } from '../../../papers/paper.js';
import { type ArxivRef, parseArxivId } from '../../../papers/paper-id.js';
import type { JsonObject } from '../json-fields.js';
import { readNameList } from '../names.js';

/** A paper's fields under the names of JSON lines, and whose they are where that isn't arXiv; or why there is none. */
export type Found = { object: JsonObject; source?: SourceName } | { reason: string };

/** How arXiv announces a paper. */
export const announceTypes = ['new', 'cross', 'replace', 'replace-cross'] as const;
export type AnnounceType = (typeof announceTypes)[number];

export function isAnnounceType(text: string): text is AnnounceType {
  return (announceTypes as readonly string[]).includes(text);
}

/** `oai:arXiv.org:2508.13426v1`, `http://arxiv.org/abs/hep-ex/0307015v1`. */
export function arxivIdOf(text: string): ArxivRef | null {
  return parseArxivId(text.trim().replace(/^oai:arxiv\.org:/i, ''));
}

export function written({ id, version }: ArxivRef): string {
  return version === undefined ? id : `${id}v${version}`;
}

/**
 * arXiv's categories and archives (`cs.AI`, `hep-th`, `cond-mat.mes-hall`), the first one first. Authors give terms of the
 * MSC and the ACM in the same place (`68T07`, `I.2.7; H.5.2`): nobody looks for those as categories.
 */
export function arxivCategories(terms: readonly string[]): string[] {
  const found = terms.map((term) => term.trim()).filter((term) => category.test(term));
  return [...new Set(found)];
}

const category = /^[a-z]+(?:-[a-z]+)*(?:\.(?:[A-Z]{2}|[a-z]+(?:-[a-z]+)*))?$/;

/** `2508` and `0307` say the month in which the paper came, some days about. */
export function monthOfId({ id }: ArxivRef): string {
  const [, yy = '', mm = ''] = /(?:^|\/)(\d{2})(\d{2})/.exec(id) ?? [];
  // arXiv began in 1991.
  return `${Number(yy) >= 91 ? 19 : 20}${yy}-${mm}`;
}

/** Names in one text, as authors typed them: in reading order, with `et al.` behind them where there are others. */
export function typedNames(text: string): string[] {
  const { names, more } = readNameList(text, { givenFirst: true });
  return more === 0 ? names : [...names, 'et al.'];
}

/**
 * Why a paper is to be left out: arXiv keeps what was withdrawn, with the reason as its remark (`comment`) or in place of
 * its abstract; null for others. `Withdrawn` further on speaks of another version, or of the subject.
 */
export function withdrawal(...remarks: readonly string[]): string | null {
  const remark = remarks.find((text) => withdrawn.test(text.trim()));
  if (remark === undefined) return null;
  return `this paper was withdrawn: ${remark.trim().replace(/\s+/g, ' ')}`.slice(0, 300);
}

const withdrawn =
  /^(?:arxiv admin note:\s*)?(?:(?:this|the|our)\s+)?(?:arxiv\s+)?(?:(?:paper|article|submission|manuscript|preprint|work|version|draft|note|report)\s+)?(?:(?:has|have)\s+been\s+|is\s+|was\s+)?(?:temporarily\s+)?(?:being\s+)?(?:withdrawn|removed by arxiv)\b/i;
