// @ts-check
/**
 * From what somebody typed to S (section 7): OpaqueString (RFC 8265 §4.2) and PBKDF2.
 *
 * S is a stretched password and as good as it; CPace (`pake.js`) uses it without ever sending it.
 */
import { lv, SealError, text, u32 } from "./bytes.js";
import { pbkdf2 } from "./kdf.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */

/** Section 7; OWASP's number for PBKDF2-HMAC-SHA-256, 0.1 s in browsers. */
export const PBKDF2_ITERATIONS = 600_000;
/** Longest password taken, in UTF-8 bytes: nothing in the protocol needs a limit, a pasted novel does. */
export const MAX_PASSWORD_BYTES = 1024;

/**
 * S for one room and generation.
 * @param {string} password as typed @param {Uint8Array} room @param {number} pw of the rules, u32
 * @returns {Promise<Bytes>} 32 bytes
 * @throws {SealError} `bad-password`: empty, too long, or with characters that nobody can type on purpose
 */
export async function stretch(password, room, pw) {
  return pbkdf2(text(opaqueString(password)), lv("parlour/1 pw", room, u32(pw)), PBKDF2_ITERATIONS, 32);
}

/**
 * RFC 8265 §4.2: spaces of any kind become U+0020, NFC, case stays; control characters, surrogates, unassigned and
 * other characters outside the FreeformClass are refused.
 * @param {string} password @returns {string}
 * @throws {SealError} `bad-password`
 */
export function opaqueString(password) {
  const mapped = password.replace(/\p{Zs}/gu, " ").normalize("NFC");
  // FreeformClass (RFC 8264 §4.3) leaves out controls, unassigned, surrogates, private use, default ignorables
  // and old Hangul jamo; line and paragraph separators are no spaces.
  const outside = /[\p{Cc}\p{Cn}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff]/u;
  if (mapped === "" || outside.test(mapped) || text(mapped).length > MAX_PASSWORD_BYTES) {
    throw new SealError("bad-password");
  }
  return mapped;
}
