/** Which paper a vector is of, and which vector a paper has. Ids of rows grow from 1, so both ways are plain arrays: 8 bytes a paper. */
export interface LabelMap {
  /** The paper's row number; 0 for a label that isn't live. */
  keyOf(label: number): number;
  /** The label of the paper's live vector; 0 where it has none. Labels of rows begin at 1. */
  labelOf(key: number): number;
}

export function createLabelMap() {
  let keys = new Uint32Array(1_024);
  let labels = new Uint32Array(1_024);

  function set(array: Uint32Array<ArrayBuffer>, at: number, value: number): Uint32Array<ArrayBuffer> {
    let into = array;
    if (at >= array.length) {
      if (value === 0) return array;
      into = new Uint32Array(Math.max(at + 1, Math.ceil(array.length * 1.5)));
      into.set(array);
    }
    into[at] = value;
    return into;
  }

  return {
    keyOf: (label: number): number => keys[label] ?? 0,
    labelOf: (key: number): number => labels[key] ?? 0,

    /** `key` null: the label is retired. In the order of the changes, or again: the last one of a label holds. */
    change(label: number, key: number | null): void {
      const before = keys[label] ?? 0;
      if (key === null) {
        keys = set(keys, label, 0);
        if (before !== 0 && labels[before] === label) labels = set(labels, before, 0);
        return;
      }
      keys = set(keys, label, key);
      // An older vector of the paper may be told of later than its successor.
      if (label >= (labels[key] ?? 0)) labels = set(labels, key, label);
    },
  };
}
