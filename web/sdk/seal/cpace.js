// @ts-check
/**
 * CPace-X25519-SHA512, draft-irtf-cfrg-cpace-21, initiator-responder.
 *
 * The draft's functions and nothing of Parlour: strings with LEB128 lengths, the generator by Elligator 2, the two
 * shares, the intermediate session key. Which inputs they get and how the key is confirmed is in `pake.js`.
 *
 * The map is BigInt arithmetic and takes a time that depends on a hash of the password and of two public nonces:
 * code in the same page could measure it, and could as well read the password.
 */
import { concat, text } from "./bytes.js";
import { random, sha512, x25519, x25519Private } from "./kdf.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

const DSI = "CPace255";
const DSI_ISK = "CPace255_ISK";
/** Input block of SHA-512 (draft §6.2: s_in_bytes). */
const BLOCK_BYTES = 128;

const P = 2n ** 255n - 19n;
/** The A of curve25519: v² = u³ + A·u² + u. */
const A = 486662n;

/**
 * draft §8.1, §8.2: g for one password and session.
 * @param {Uint8Array} prs at most 117 bytes of it are padded to a full block @param {Uint8Array} ci @param {Uint8Array} sid
 * @returns {Promise<Bytes>} 32 bytes, a u-coordinate
 */
export async function generator(prs, ci, sid) {
  const digest = await sha512(generatorString(prs, ci, sid));
  return elligator2(digest.subarray(0, 32));
}

/**
 * draft A.2. @param {Uint8Array} prs @param {Uint8Array} ci @param {Uint8Array} sid @returns {Bytes}
 */
export function generatorString(prs, ci, sid) {
  const padding = Math.max(0, BLOCK_BYTES - 1 - lvCat(prs).length - lvCat(DSI).length);
  return lvCat(DSI, prs, new Uint8Array(padding), ci, sid);
}

/** One side's secret scalar, 32 random bytes. @returns {Bytes} */
export function sampleScalar() {
  return random(32);
}

/**
 * The share that is sent, and the point that two shares agree on.
 * @param {Uint8Array} scalar @param {Uint8Array} point g, or the other side's share @returns {Promise<Bytes>} 32 bytes
 * @throws {import("./bytes.js").SealError} `bad-key`: low order; the run has failed
 */
export async function scalarMult(scalar, point) {
  return x25519(await x25519Private(scalar), point);
}

/**
 * draft §7.2, with transcript_ir: A's share and data first.
 * @param {Uint8Array} sid @param {Uint8Array} K @param {Uint8Array} Ya @param {Uint8Array} ADa @param {Uint8Array} Yb
 * @param {Uint8Array} ADb @returns {Promise<Bytes>} ISK, 64 bytes
 */
export function sessionKey(sid, K, Ya, ADa, Yb, ADb) {
  return sha512(concat(lvCat(DSI_ISK, sid, K), lvCat(Ya, ADa), lvCat(Yb, ADb)));
}

/**
 * draft A.1: each item behind its length in LEB128. Not the `lv` of Parlour.
 * @param {...(string | Uint8Array)} items @returns {Bytes}
 */
export function lvCat(...items) {
  const parts = items.flatMap((item) => {
    const bytes = typeof item === "string" ? text(item) : item;
    return [leb128(bytes.length), bytes];
  });
  return concat(...parts);
}

/** @param {number} value @returns {Bytes} */
function leb128(value) {
  const out = [];
  let rest = value;
  for (; rest >= 128; rest >>>= 7) out.push((rest & 127) | 128);
  out.push(rest);
  return Uint8Array.from(out);
}

/**
 * Elligator 2 on curve25519 with the non-square 2 (draft A.5; RFC 9380 §6.7.1).
 * @param {Uint8Array} bytes 32, little-endian; bit 255 does not count @returns {Bytes} u, 32 bytes little-endian
 */
export function elligator2(bytes) {
  const r = fromLittleEndian(bytes) % 2n ** 255n % P;
  // 1 + 2r² is never 0: −1 is a square modulo p and 2 is not.
  const v = mod(-A * power(1n + 2n * r * r, P - 2n));
  // Nor is this product: v is not, and A² − 4 is no square.
  const isSquare = power(v * (v * v + A * v + 1n), (P - 1n) / 2n) === 1n;
  return toLittleEndian(isSquare ? v : mod(-v - A));
}

/** @param {bigint} value @returns {bigint} */
function mod(value) {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

/** @param {bigint} base @param {bigint} exponent @returns {bigint} */
function power(base, exponent) {
  let result = 1n;
  let square = mod(base);
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

/** @param {Uint8Array} bytes @returns {bigint} */
function fromLittleEndian(bytes) {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** @param {bigint} value @returns {Bytes} 32 bytes */
function toLittleEndian(value) {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}
