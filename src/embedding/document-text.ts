/** How a document becomes one text where the model's manifest says nothing else. */
export const DEFAULT_DOCUMENT_TEMPLATE = '{title}. {abstract}';

/**
 * The text of a document, without the model's prefix: title, ". ", abstract. A title that ends in a full
 * stop gets a second one: published reference vectors are made that way. Without an abstract the text is
 * the title alone.
 */
export function documentText(title: string, abstract: string, template = DEFAULT_DOCUMENT_TEMPLATE): string {
  if (abstract === '') return title;
  return template.replace(/\{(title|abstract)\}/g, (_, field) => (field === 'title' ? title : abstract));
}
