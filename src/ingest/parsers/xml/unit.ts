import type { SaxesTagNS } from 'saxes';
import { MAX_VALUE_LENGTH } from '../json-values.js';
import { nodeOf, type XmlNode } from './node.js';

/** Elements in one entry: three thousand authors with their institutions are 12,000. */
const MAX_ELEMENTS = 65_536;

export type Unit = ReturnType<typeof createUnit>;

/** An entry, or what stands beside entries, while it is read: the elements in it, up to the length of a paper. */
export function createUnit(tag: SaxesTagNS, line: number) {
  const node = nodeOf(tag, line);
  /** From the entry's own element to the innermost. */
  const open: XmlNode[] = [node];
  let fault: string | null = null;
  let length = 0;
  let elements = 1;
  let isFull = false;

  /** From where it becomes too long to be a paper, what was held of it is dropped. */
  function add(part: string | XmlNode, size: number): void {
    length += size;
    elements += 1;
    if (isFull || length > MAX_VALUE_LENGTH || elements > MAX_ELEMENTS) {
      isFull = true;
      fault ??= `it is longer than ${MAX_VALUE_LENGTH} characters or ${MAX_ELEMENTS} elements: too long for a paper`;
      for (const element of open) element.content = [];
    } else open.at(-1)!.content.push(part);
  }

  return {
    node,
    depth: () => open.length,
    /** The first reason why its content can't be trusted. */
    fault: () => fault,
    blame(reason: string): void {
      fault ??= reason;
    },
    open(child: SaxesTagNS, at: number): void {
      const element = nodeOf(child, at);
      add(element, sizeOf(child));
      open.push(element);
    },
    text: (text: string): void => add(text, text.length),
    close(): void {
      open.pop();
    },
  };
}

function sizeOf({ name, attributes }: SaxesTagNS): number {
  let size = name.length;
  for (const { local, value } of Object.values(attributes)) size += local.length + value.length;
  return size;
}
