// @ts-check
/**
 * Bytes: the notation of Parlour Seal 1 (section 0) as functions.
 *
 * Integers are big-endian, lists are length-prefixed (`lv`), text is UTF-8, and bytes travel as unpadded
 * base64url of which exactly one spelling is accepted. Nothing here is secret-dependent but `equal`, and
 * nothing here hashes; see `kdf.js`.
 */

/** Bytes backed by an ordinary buffer: what WebCrypto takes. @typedef {Uint8Array<ArrayBuffer>} Bytes */
/** What `lv` takes: text as UTF-8, bytes as they are, an array as so many items. @typedef {string | Uint8Array | readonly Item[]} Item */

/** What was refused, and never why in terms of a secret: `code` is for programs, the message for logs. */
export class SealError extends Error {
  /**
   * @param {string} code one of the words in docs/seal-notes.md, such as `bad-bytes` or `bad-state`
   * @param {string} [detail] for developers; must not hold secrets, names or addresses
   */
  constructor(code, detail) {
    super(detail === undefined ? code : `${code}: ${detail}`);
    this.name = "SealError";
    this.code = code;
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8 of `string`. @param {string} string @returns {Bytes} */
export function text(string) {
  return new Uint8Array(encoder.encode(string));
}

/**
 * The string whose UTF-8 is `bytes`; a byte order mark is kept as a character.
 * @param {Uint8Array} bytes @returns {string}
 * @throws {SealError} `bad-bytes` if it is not UTF-8
 */
export function fromText(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new SealError("bad-bytes", "not UTF-8");
  }
}

/** All `parts` behind one another. @param {...Uint8Array} parts @returns {Bytes} */
export function concat(...parts) {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/**
 * Each item as u32 length ‖ bytes. A nested array counts as so many items and adds no count of its own.
 * @param {...Item} items @returns {Bytes}
 */
export function lv(...items) {
  /** @type {Uint8Array[]} */
  const parts = [];
  pushItems(parts, items);
  return concat(...parts);
}

/** @param {Uint8Array[]} parts @param {readonly Item[]} items */
function pushItems(parts, items) {
  for (const item of items) {
    if (item instanceof Uint8Array) parts.push(u32(item.length), item);
    else if (typeof item === "string") pushItems(parts, [text(item)]);
    else pushItems(parts, item);
  }
}

/**
 * Takes `lv` apart again.
 * @param {Uint8Array} bytes the whole of an lv; trailing bytes are refused
 * @param {number} [count] how many items there must be; any number if left out (then at most 4096)
 * @returns {Bytes[]} copies
 * @throws {SealError} `bad-bytes` if lengths do not add up or the count differs
 */
export function unlv(bytes, count) {
  const most = count ?? 4096;
  /** @type {Bytes[]} */
  const items = [];
  for (let at = 0; at < bytes.length; ) {
    if (items.length === most || bytes.length - at < 4) throw new SealError("bad-bytes", "lv");
    const length = readU32(bytes, at);
    at += 4;
    if (length > bytes.length - at) throw new SealError("bad-bytes", "lv");
    items.push(bytes.slice(at, at + length));
    at += length;
  }
  if (count !== undefined && items.length !== count) throw new SealError("bad-bytes", "lv");
  return items;
}

/** One byte. @param {number} value @returns {Bytes} */
export function u8(value) {
  return integer(value, 1);
}

/** Two bytes, big-endian. @param {number} value @returns {Bytes} */
export function u16(value) {
  return integer(value, 2);
}

/** Four bytes, big-endian. @param {number} value @returns {Bytes} */
export function u32(value) {
  return integer(value, 4);
}

/** Eight bytes, big-endian. @param {number} value at most 2⁵³−1 @returns {Bytes} */
export function u64(value) {
  return integer(value, 8);
}

/**
 * The u32 at `offset`.
 * @param {Uint8Array} bytes @param {number} [offset] @returns {number}
 * @throws {SealError} `bad-bytes` if there are not four
 */
export function readU32(bytes, offset = 0) {
  if (bytes.length - offset < 4) throw new SealError("bad-bytes", "u32");
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(offset);
}

/** @param {number} value @param {number} width in bytes @returns {Bytes} */
function integer(value, width) {
  // Our own arithmetic went wrong if this does not hold; a wrapped integer would be signed or derived.
  if (!Number.isSafeInteger(value) || value < 0 || (width < 8 && value >= 2 ** (8 * width))) {
    throw new RangeError(`no u${8 * width}: ${value}`);
  }
  const out = new Uint8Array(width);
  for (let i = width - 1, rest = value; i >= 0; i--) {
    out[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return out;
}

/**
 * Whether two byte strings are the same, in a time that depends on their lengths alone.
 * @param {Uint8Array} a @param {Uint8Array} b @returns {boolean}
 */
export function equal(a, b) {
  let difference = a.length ^ b.length;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) difference |= /** @type {number} */ (a[i]) ^ /** @type {number} */ (b[i]);
  return difference === 0;
}

/**
 * Order of byte strings, first difference decides, then the shorter one comes first.
 * @param {Uint8Array} a @param {Uint8Array} b @returns {number} below, at or above 0. Not constant time
 */
export function compare(a, b) {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = /** @type {number} */ (a[i]) - /** @type {number} */ (b[i]);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const BASE64URL_VALUE = new Map([...BASE64URL].map((letter, value) => [letter, value]));

/** Unpadded base64url. @param {Uint8Array} bytes @returns {string} */
export function b64(bytes) {
  let out = "";
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0x3fff;
    for (bits += 8; bits >= 6; bits -= 6) out += BASE64URL.charAt((held >> (bits - 6)) & 63);
  }
  if (bits > 0) out += BASE64URL.charAt((held << (6 - bits)) & 63);
  return out;
}

/**
 * The bytes of an unpadded base64url string.
 * @param {unknown} string padding, other letters, white space and non-zero spare bits are refused
 * @param {number} [length] how many bytes there must be
 * @returns {Bytes}
 * @throws {SealError} `bad-bytes`
 */
export function unb64(string, length) {
  if (typeof string !== "string" || string.length % 4 === 1) throw new SealError("bad-bytes", "base64url");
  const out = new Uint8Array(Math.floor((string.length * 3) / 4));
  if (length !== undefined && out.length !== length) throw new SealError("bad-bytes", "length");
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const letter of string) {
    const value = BASE64URL_VALUE.get(letter);
    if (value === undefined) throw new SealError("bad-bytes", "base64url");
    held = ((held << 6) | value) & 0x3fff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = (held >> bits) & 255;
    }
  }
  if ((held & ((1 << bits) - 1)) !== 0) throw new SealError("bad-bytes", "base64url");
  return out;
}

/** Lower-case hex, for test vectors and page ids. @param {Uint8Array} bytes @returns {string} */
export function hex(bytes) {
  let out = "";
  for (const byte of bytes) out += byte.toString(16).padStart(2, "0");
  return out;
}

/**
 * @param {string} string pairs of hex digits @returns {Bytes}
 * @throws {SealError} `bad-bytes`
 */
export function unhex(string) {
  if (!/^(?:[0-9a-f]{2})*$/.test(string)) throw new SealError("bad-bytes", "hex");
  const out = new Uint8Array(string.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(string.slice(2 * i, 2 * i + 2), 16);
  return out;
}
