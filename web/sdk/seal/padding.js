// @ts-check
/**
 * Padding (section 4): u32 length ‖ data ‖ zeros, to the next of 256, 512, 1024 … bytes, so that whoever sees a length learns
 * little of the text. One form only: any other is refused.
 */
import { concat, readU32, SealError, u32 } from "./bytes.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

/** Lengths that cannot be told apart begin here and double. */
export const SMALLEST = 256;

/** @param {Uint8Array} data @returns {Bytes} */
export function padded(data) {
  return concat(u32(data.length), data, new Uint8Array(bucket(data.length) - 4 - data.length));
}

/**
 * @param {Uint8Array} bytes @param {number} most bytes of data @param {string} code of the error
 * @returns {Uint8Array} a view into them
 * @throws {SealError} for any other padding than that of `padded`
 */
export function unpadded(bytes, most, code) {
  const length = bytes.length < SMALLEST ? -1 : readU32(bytes);
  if (length < 0 || length > most || bytes.length !== bucket(length)) throw new SealError(code);
  for (const byte of bytes.subarray(4 + length)) if (byte !== 0) throw new SealError(code);
  return bytes.subarray(4, 4 + length);
}

/** @param {number} length of the data @returns {number} total after padding */
function bucket(length) {
  let total = SMALLEST;
  while (total < length + 4) total *= 2;
  return total;
}
