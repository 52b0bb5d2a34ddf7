// @ts-check
/**
 * The arithmetic of the code people read to each other (section 8): view, commitment, sas, its two readings.
 *
 * When which of these may be sent is `code.js`.
 */
import { compare, lv, u8 } from "./bytes.js";
import { EMOJI } from "./emoji.js";
import { EMPTY, hash, kdf } from "./kdf.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** Both readings of one code: six of the 64 pictures by number, and three numbers of 1000 to 9191. @typedef {{emoji: number[], numbers: number[]}} Sas */

/**
 * What all on the list freeze before they commit.
 * @param {{room: Uint8Array, hostPk: Uint8Array, mode: import("./rules.js").Mode}} place
 * @param {Uint8Array} run 16 bytes @param {readonly Uint8Array[]} hids in byte order @returns {Promise<Bytes>} 32 bytes
 */
export function viewOf({ room, hostPk, mode }, run, hids) {
  return hash(lv("parlour/1 view", room, hostPk, u8(mode === "off" ? 1 : 0), run, hids));
}

/** c. @param {Uint8Array} view @param {Uint8Array} hid @param {Uint8Array} n 32 bytes @returns {Promise<Bytes>} */
export function commitmentOf(view, hid, n) {
  return hash(lv("parlour/1 sas-commit", view, hid, n));
}

/**
 * @param {Uint8Array} view @param {readonly Uint8Array[]} ns in the order of the hids @returns {Promise<Sas>}
 */
export async function sasOf(view, ns) {
  return readSas(await kdf(lv(ns), view, "sas", EMPTY, 6));
}

/**
 * From the most significant bit: 36 bits are six pictures; 39 bits, the same and three more, are three numbers.
 * @param {Uint8Array} sas 6 bytes @returns {Sas}
 */
export function readSas(sas) {
  const bits = sas.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  /** @param {number} end @param {number} width */
  const field = (end, width) => Number((bits >> BigInt(48 - end)) & (2n ** BigInt(width) - 1n));
  return {
    emoji: [6, 12, 18, 24, 30, 36].map((end) => field(end, 6)),
    numbers: [13, 26, 39].map((end) => field(end, 13) + 1000),
  };
}

/** Pictures and English names of a reading. @param {Sas} sas @returns {{picture: string, name: string}[]} */
export function emojiOf(sas) {
  return sas.emoji.map((index) => {
    const [picture, name] = /** @type {readonly [string, string]} */ (EMOJI[index]);
    return { picture, name };
  });
}

/** Whether hids stand in byte order without doubles. @param {readonly Uint8Array[]} hids @returns {boolean} */
export function isSorted(hids) {
  return hids.every((hid, i) => i === 0 || compare(/** @type {Uint8Array} */ (hids[i - 1]), hid) < 0);
}
