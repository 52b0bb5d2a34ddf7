// @ts-check
/**
 * Frames: one text sealed for one page (section 4, "Frames").
 *
 * The form on the wire and the AEAD call. Which number comes next, and what a number that does not fit
 * means, is kept by the instance in `pair.js`: nothing here may be called twice with one key and number.
 */
import { b64, concat, fromText, lv, SealError, text, u32, u64, unb64 } from "./bytes.js";
import { aesOpen, aesSeal } from "./kdf.js";
import { FRAME_BYTES } from "./limits.js";
import { padded, unpadded } from "./padding.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** `k`: T[0..8], `c`: ciphertext, both base64url; `n` from 1. @typedef {{k: string, n: number, c: string}} Frame */
/** From whom to whom, for the additional data. @typedef {{T: Uint8Array, from: Uint8Array, to: Uint8Array}} Way */

/** Most bytes of text that one frame carries. */
export const FRAME_TEXT_BYTES = FRAME_BYTES - 4;

/** The name by which frames tell their instance. @param {Uint8Array} T @returns {string} */
export function frameKey(T) {
  return b64(T.subarray(0, 8));
}

/**
 * As in padding.js.
 * @param {Uint8Array} data at most `FRAME_TEXT_BYTES` @returns {Bytes}
 */
export function pad(data) {
  if (data.length > FRAME_TEXT_BYTES) throw new RangeError("longer than a frame");
  return padded(data);
}

/**
 * @param {Uint8Array} bytes @returns {Uint8Array} a view into them
 * @throws {SealError} `bad-frame` for any other padding than that of `pad`
 */
export function unpad(bytes) {
  return unpadded(bytes, FRAME_TEXT_BYTES, "bad-frame");
}

/**
 * @param {CryptoKey} key seal_X of the sender @param {Way} way @param {number} n used once with this key
 * @param {string} plain @returns {Promise<Frame>}
 */
export async function sealFrame(key, way, n, plain) {
  return { k: frameKey(way.T), n, c: b64(await aesSeal(key, iv(n), aad(way, n), pad(text(plain)))) };
}

/**
 * @param {CryptoKey} key seal_X of the sender @param {Way} way @param {Frame} frame
 * @returns {Promise<string>}
 * @throws {SealError} `not-opened`, `bad-frame`, `bad-bytes`: whatever was not made by `sealFrame` with this key and way
 */
export async function openFrame(key, way, frame) {
  return fromText(unpad(await aesOpen(key, iv(frame.n), aad(way, frame.n), unb64(frame.c))));
}

/**
 * @param {unknown} value parsed JSON @returns {Frame}
 * @throws {SealError} `bad-frame`
 */
export function readFrame(value) {
  const { k, n, c } = /** @type {Record<string, unknown>} */ (value);
  const whole = typeof n === "number" && Number.isSafeInteger(n) && n >= 1;
  if (typeof k !== "string" || k.length !== 11 || !whole || typeof c !== "string") throw new SealError("bad-frame");
  return { k, n, c };
}

/** u32 0 ‖ u64 n. @param {number} n @returns {Bytes} */
export function iv(n) {
  return concat(u32(0), u64(n));
}

/** @param {Way} way @param {number} n @returns {Bytes} */
function aad({ T, from, to }, n) {
  return lv("parlour/1 sealed", T, from, to, u64(n));
}
