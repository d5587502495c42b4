/**
 * Where small parts are gathered: a body may come in parts of one byte, and each of them as an object of its own would need a
 * hundred times its size.
 */
const BLOCK_BYTES = 64 * 1_024;

/** Puts the parts of a stream together; holds what they hold, and at most a block more. */
export function createByteCollector() {
  const blocks: Uint8Array[] = [];
  let block = Buffer.alloc(0);
  let used = 0;
  let size = 0;

  function closeBlock(): void {
    if (used > 0) blocks.push(block.subarray(0, used));
    block = Buffer.alloc(0);
    used = 0;
  }

  return {
    get size() {
      return size;
    },
    push(part: Uint8Array): void {
      size += part.length;
      for (let at = 0; at < part.length; ) {
        if (used === block.length) {
          closeBlock();
          block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
        }
        const taken = part.subarray(at, at + block.length - used);
        block.set(taken, used);
        used += taken.length;
        at += taken.length;
      }
    },
    /** All of it, in one piece; for that moment it is held twice. */
    take(): Buffer {
      closeBlock();
      return Buffer.concat(blocks.splice(0));
    },
  };
}
