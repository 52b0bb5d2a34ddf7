// @ts-check
/**
 * Crockford base32 with two check characters: how secrets stand in a link (section 1.3).
 *
 * Lower case, most significant bit first, zero padding bits; the check is the first 10 bits of
 * H("parlour/1 check" ‖ bytes). It finds typing errors and truncation; it protects against nobody.
 * Which secret a link holds is told by `link.js`.
 */
import { concat, SealError, text } from "./bytes.js";
import { hash } from "./kdf.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** How many characters `bytes` bytes take with their check. @param {number} bytes @returns {number} */
export function checkedLength(bytes) {
  return Math.ceil((bytes * 8) / 5) + 2;
}

/** @param {Uint8Array} bytes @returns {Promise<string>} `checkedLength(bytes.length)` characters */
export async function encodeChecked(bytes) {
  return encode(bytes) + (await check(bytes));
}

/**
 * @param {string} letters already tidied by `tidy` @param {number} length of the bytes
 * @returns {Promise<Bytes>}
 * @throws {SealError} `damaged` for a wrong length, letter, padding or check
 */
export async function decodeChecked(letters, length) {
  if (letters.length !== checkedLength(length)) throw new SealError("damaged");
  const bytes = decode(letters.slice(0, -2), length);
  if ((await check(bytes)) !== letters.slice(-2)) throw new SealError("damaged");
  return bytes;
}

/**
 * What people and apps do to letters, undone: case, white space, hyphens, invisible characters, i and l for 1,
 * o for 0, and punctuation behind the end.
 * @param {string} string @returns {string}
 */
export function tidy(string) {
  return string
    .normalize("NFKC")
    .replace(/[\s\p{Pd}\p{Cf}_]/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+$/u, "")
    .replace(/[il]/g, "1")
    .replace(/o/g, "0");
}

/** @param {Uint8Array} bytes @returns {string} */
function encode(bytes) {
  let out = "";
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) out += ALPHABET.charAt((held >> (bits - 5)) & 31);
  }
  if (bits > 0) out += ALPHABET.charAt((held << (5 - bits)) & 31);
  return out;
}

/** @param {string} letters @param {number} length @returns {Bytes} */
function decode(letters, length) {
  const out = new Uint8Array(length);
  let held = 0;
  let bits = 0;
  let at = 0;
  for (const letter of letters) {
    const value = ALPHABET.indexOf(letter);
    if (value < 0) throw new SealError("damaged");
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = (held >> bits) & 255;
    }
  }
  if ((held & ((1 << bits) - 1)) !== 0) throw new SealError("damaged");
  return out;
}

/** @param {Uint8Array} bytes @returns {Promise<string>} two letters */
async function check(bytes) {
  const digest = await hash(concat(text("parlour/1 check"), bytes));
  return encode(digest.subarray(0, 2)).slice(0, 2);
}
