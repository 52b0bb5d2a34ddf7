// @ts-check
/**
 * The proof inside DTLS (section 6): whoever ends this channel holds the confirmation key of the pair.
 *
 * Without it a channel may lead to an honest page that was mistaken for another (RFC 8844; formal/dtls.spthy).
 * Only bytes here: sent as the first message of channel 0, judged before anything else is read from it.
 */
import { equal, lv, SealError, u32, unlv } from "./bytes.js";
import { hmac } from "./kdf.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** Of one verified instance; `confOwn` proves this side, `confOther` the other. @typedef {{T: Bytes, confOwn: Bytes, confOther: Bytes}} Confirmation */

/**
 * lv(T, HMAC(conf_X, lv("parlour/1 dtls", T, u32 gen, fp_X, fp_other))).
 * @param {Confirmation} newest of the newest verified instance with that page
 * @param {number} gen of the PeerConnection @param {Uint8Array} fpOwn @param {Uint8Array} fpOther
 * @returns {Promise<Bytes>} 72 bytes
 */
export async function makeProof({ T, confOwn }, gen, fpOwn, fpOther) {
  return lv(T, await hmac(confOwn, bound(T, gen, fpOwn, fpOther)));
}

/**
 * @param {readonly Confirmation[]} candidates the newest verified instance and the one before
 * @param {number} gen @param {Uint8Array} fpOwn @param {Uint8Array} fpOther @param {Uint8Array} proof
 * @returns {Promise<"good" | "later" | "wrong">} `later`: a T that is not among the candidates
 */
export async function checkProof(candidates, gen, fpOwn, fpOther, proof) {
  let T, tag;
  try {
    [T, tag] = /** @type {[Bytes, Bytes]} */ (unlv(proof, 2));
  } catch (error) {
    if (error instanceof SealError) return "wrong";
    throw error;
  }
  if (T.length !== 32 || tag.length !== 32) return "wrong";
  const instance = candidates.find((candidate) => equal(candidate.T, T));
  if (instance === undefined) return "later";
  return equal(tag, await hmac(instance.confOther, bound(T, gen, fpOther, fpOwn))) ? "good" : "wrong";
}

/** @param {Uint8Array} T @param {number} gen @param {Uint8Array} fpX @param {Uint8Array} fpOther @returns {Bytes} */
function bound(T, gen, fpX, fpOther) {
  return lv("parlour/1 dtls", T, u32(gen), fpX, fpOther);
}
