/**
 * Writes an ONNX file (onnx.proto, IR version 8) whose network is one lookup: token id in, that row of a
 * table out. By hand, because a protobuf library for forty lines of output is not worth its weight.
 */
const VARINT = 0;
const BYTES = 2;
const INT8 = 3;
const INT64 = 7;
const FLOAT = 1;

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}

function int(field: number, value: number): Buffer {
  return Buffer.from([...varint(field * 8 + VARINT), ...varint(value)]);
}

function bytes(field: number, value: Buffer | string): Buffer {
  const body = Buffer.from(value);
  return Buffer.concat([Buffer.from([...varint(field * 8 + BYTES), ...varint(body.length)]), body]);
}

function message(field: number, ...parts: Buffer[]): Buffer {
  return bytes(field, Buffer.concat(parts));
}

/** `name: elementType[dims]`, a text dimension being a free one. */
function value(field: number, name: string, elementType: number, dims: readonly (string | number)[]): Buffer {
  const shape = dims.map((dim) => message(1, typeof dim === 'number' ? int(1, dim) : bytes(2, dim)));
  return message(field, bytes(1, name), message(2, message(1, int(1, elementType), message(2, ...shape))));
}

export interface LookupTable {
  rows: number;
  columns: number;
  /** Row by row. */
  values: Int8Array;
}

/** `last_hidden_state[batch, sequence, columns] = float(table[input_ids])`. */
export function encodeLookupModel({ rows, columns, values }: LookupTable): Buffer {
  const raw = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const castTo = message(5, bytes(1, 'to'), int(3, FLOAT), int(20, 2));
  const graph = [
    message(1, bytes(1, 'table'), bytes(1, 'input_ids'), bytes(2, 'codes'), bytes(4, 'Gather')),
    message(1, bytes(1, 'codes'), bytes(2, 'last_hidden_state'), bytes(4, 'Cast'), castTo),
    bytes(2, 'lookup'),
    message(5, int(1, rows), int(1, columns), int(2, INT8), bytes(8, 'table'), bytes(9, raw)),
    value(11, 'input_ids', INT64, ['batch', 'sequence']),
    value(12, 'last_hidden_state', FLOAT, ['batch', 'sequence', columns]),
  ];
  const opset13 = message(8, bytes(1, ''), int(2, 13));
  return Buffer.concat([int(1, 8), bytes(2, 'quire'), message(7, ...graph), opset13]);
}
