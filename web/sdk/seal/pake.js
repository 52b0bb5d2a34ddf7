// @ts-check
/**
 * The password between two pages (section 7): CPace inputs, confirmation tags, and the psk for the pair.
 *
 * The newcomer N is I of the pair, the member G is R and the A of CPace. Nothing here counts attempts or waits;
 * who may run when belongs to `pairs.js`. A wrong tag is one wrong password.
 */
import { equal, lv, u32 } from "./bytes.js";
import { generator, sampleScalar, scalarMult, sessionKey } from "./cpace.js";
import { hash, hmac, kdf, x25519 } from "./kdf.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/**
 * What both sides know before the first share. `S` from `password.js`; cores 117 bytes, hids 32, pns 16.
 * @typedef {{room: Uint8Array, pw: number, S: Uint8Array, pnN: Uint8Array, pnG: Uint8Array, coreN: Uint8Array,
 *   coreG: Uint8Array, hidN: Uint8Array, hidG: Uint8Array}} PakeSetting
 */
/** A side's own half of a run: `share` is sent, `scalar` is not. @typedef {{scalar: Bytes, share: Bytes}} PakeHalf */
/**
 * What a run yields on either side. Nothing of it may be used before the other side's tag was found right.
 * @typedef {{tagN: Bytes, tagG: Bytes, psk: Bytes}} PakeResult
 */

/** sid. @param {PakeSetting} setting @returns {Promise<Bytes>} 32 bytes */
export function pakeSid({ pnN, pnG }) {
  return hash(lv("parlour/1 pake-sid", pnN, pnG));
}

/** CI. @param {PakeSetting} setting @returns {Bytes} */
export function pakeContext({ room, pw, hidG, hidN }) {
  return lv("parlour/1 pake", room, u32(pw), hidG, hidN);
}

/**
 * Makes one's share: Y_G for the accept, Y_N for the pake message.
 * @param {PakeSetting} setting @param {Uint8Array} [scalar] for test vectors @returns {Promise<PakeHalf>}
 */
export async function startPake(setting, scalar = sampleScalar()) {
  const g = await generator(setting.S, pakeContext(setting), await pakeSid(setting));
  return { scalar: new Uint8Array(scalar), share: await scalarMult(scalar, g) };
}

/**
 * Both tags and the psk, once the other share is here.
 * @param {"N" | "G"} side mine @param {PakeSetting} setting @param {PakeHalf} half mine @param {Uint8Array} otherShare
 * @param {{ephemeral: CryptoKey, otherEpk: Uint8Array, kLink: Uint8Array}} pair my epk's private half, theirs, K_link
 * @returns {Promise<PakeResult>}
 * @throws {import("./bytes.js").SealError} `bad-key`: the run has failed, which is no wrong password
 */
export async function finishPake(side, setting, half, otherShare, pair) {
  const [yG, yN] = side === "G" ? [half.share, otherShare] : [otherShare, half.share];
  const { coreG, coreN } = setting;
  const sid = await pakeSid(setting);
  const K = await scalarMult(half.scalar, otherShare);
  const isk = await sessionKey(sid, K, yG, coreG, yN, coreN);
  const tr = await hash(lv("parlour/1 pake-tr", sid, pakeContext(setting), yG, yN, coreG, coreN));
  const ikm = lv(isk, await x25519(pair.ephemeral, pair.otherEpk), pair.kLink);
  const out = await kdf(ikm, sid, "pake-out", tr, 96);
  const [tagN, tagG] = await Promise.all([hmac(out.subarray(0, 32), tr), hmac(out.subarray(32, 64), tr)]);
  return { tagN, tagG, psk: out.slice(64) };
}

/** Whether a tag is the expected one, in constant time. @param {Uint8Array} expected @param {Uint8Array} received @returns {boolean} */
export function tagHolds(expected, received) {
  return equal(expected, received);
}
