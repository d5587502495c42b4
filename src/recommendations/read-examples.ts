import type { Paper } from '../papers/paper.js';
import { normalizePaperRef } from '../papers/paper-id.js';
import type { PaperStore } from '../papers/paper-store.js';
import type { ExampleText } from '../search/ranking/read-examples.js';
import { invalid } from '../search/request.js';
import { type Example, MAX_EXAMPLE_TEXT, MAX_EXAMPLES } from './request.js';

/** A positive or negative with what reasons need of it. */
export interface ReadExample extends ExampleText {
  /** Public id; null for a text. */
  id: string | null;
}

/** Of a text without a title: so much of its beginning stands for one. */
const TITLE_LENGTH = 80;

/** Each paper once, in the order given; what names no paper is `missing`. @throws AppError invalid_input that names the field */
export async function readExamples(
  given: readonly Example[],
  { field, papers }: { field: string; papers: Pick<PaperStore, 'listByIds'> },
): Promise<{ examples: ReadExample[]; missing: string[] }> {
  if (given.length > MAX_EXAMPLES)
    throw invalid(field, `at most ${MAX_EXAMPLES} papers and texts, not ${given.length}`);
  const idOf = (ref: string): string => normalizePaperRef(ref) ?? ref.trim().replaceAll('\0', '');
  const found = await papers.listByIds(given.flatMap((one) => ('ref' in one ? [idOf(one.ref)] : [])));
  const examples = new Map<number | string, ReadExample>();
  const missing: string[] = [];
  for (const one of given) {
    if ('text' in one) {
      const example = exampleOfText(one, field);
      examples.set(`${example.title}\n${example.abstract}`, example);
      continue;
    }
    const paper = found.get(idOf(one.ref));
    if (paper) examples.set(paper.key, exampleOfPaper(paper));
    else missing.push(one.ref);
  }
  return { examples: [...examples.values()], missing };
}

function exampleOfPaper({ key, id, title, abstract }: Paper): ReadExample {
  return { key, id, title, abstract };
}

function exampleOfText(
  { text, title: given }: { text: string; title?: string | undefined },
  field: string,
): ReadExample {
  const [abstract, title = ''] = [text.trim(), given?.trim()];
  if (abstract === '' && title === '') throw invalid(field, 'a text with some words in it');
  if (text.length > MAX_EXAMPLE_TEXT)
    throw invalid(field, `texts of at most ${MAX_EXAMPLE_TEXT} characters, not ${text.length}`);
  if (title !== '') return { key: null, id: null, title, abstract };
  // Alone it is read as a title is: without a full stop behind it.
  const short = abstract.length <= TITLE_LENGTH;
  return { key: null, id: null, title: short ? abstract : '', abstract: short ? '' : abstract };
}

/** What people see of it. */
export const titleOf = ({ title, abstract }: Pick<ReadExample, 'title' | 'abstract'>): string =>
  title === '' ? `${abstract.slice(0, TITLE_LENGTH)}…` : title;
