// @ts-check
/**
 * Wire: what pages say before they have keys, byte for byte (sections 4 and 7), and how it travels in a signal.
 *
 * A signal is one JSON object: `{"open": …}`, `{"accept": …}`, `{"refuse": …}`, `{"pake": …}`, `{"reply": …}`, each
 * base64url of the lv below, or a frame `{"k", "n", "c"}`. Read here into shapes that cannot be wrong; whether they
 * are true is asked in `opening.js` and `answering.js`.
 */
import { b64, fromText, lv, SealError, u8, unb64, unlv } from "./bytes.js";
import { readFrame } from "./frames.js";
import { DOCS_BYTES, SIGNAL_BYTES } from "./limits.js";
import { readObject } from "./mail.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./pair.js").How} How */
/**
 * `arg` is what T covers; `roomId`, `x`, `right` are its parts.
 * @typedef {{core: Bytes, coreSig: Bytes, pn: Bytes, how: How, arg: Bytes, roomId: Bytes, x: Bytes, right: Bytes}} Open
 */
/** @typedef {{pn: Bytes, core: Bytes, coreSig: Bytes, pnR: Bytes, right: Bytes, y: Bytes}} Accept */
/** @typedef {"stale" | "unknown" | "ask-another" | "busy" | "replaced" | "not-admitted"} RefuseCode */
/** @typedef {{pn: Bytes, code: RefuseCode, docs: Bytes}} Refuse */
/** N → G. @typedef {{pn: Bytes, share: Bytes, tag: Bytes}} PakeMessage */
/** G → N. @typedef {{pn: Bytes, tag: Bytes}} PakeReply */
/**
 * @typedef {{t: "open", d: Open} | {t: "accept", d: Accept} | {t: "refuse", d: Refuse} | {t: "pake", d: PakeMessage}
 *   | {t: "reply", d: PakeReply} | {t: "frame", d: import("./frames.js").Frame}} Signal
 */

/** @type {readonly RefuseCode[]} */
const CODES = ["stale", "unknown", "ask-another", "busy", "replaced", "not-admitted"];

/**
 * @param {string} body @returns {Signal}
 * @throws {SealError} `bad-bytes`, `bad-frame`, `bad-message`: not of this form
 */
export function readSignal(body) {
  if (body.length > SIGNAL_BYTES) throw new SealError("bad-message");
  const value = readObject(body);
  if ("c" in value) return { t: "frame", d: readFrame(value) };
  if ("open" in value) return { t: "open", d: readOpen(unb64(value.open)) };
  if ("accept" in value) return { t: "accept", d: readAccept(unb64(value.accept)) };
  if ("refuse" in value) return { t: "refuse", d: readRefuse(unb64(value.refuse)) };
  if ("pake" in value) return { t: "pake", d: readPake(unb64(value.pake)) };
  if ("reply" in value) return { t: "reply", d: readReply(unb64(value.reply)) };
  throw new SealError("bad-message");
}

/** arg = lv(room_id, x, right_I). @param {Uint8Array} roomId @param {Uint8Array} x @param {Uint8Array} right @returns {Bytes} */
export function writeArg(roomId, x, right) {
  return lv(roomId, x, right);
}

/** @param {{core: Uint8Array, coreSig: Uint8Array, pn: Uint8Array, how: How, arg: Uint8Array}} open @returns {string} */
export function writeOpen({ core, coreSig, pn, how, arg }) {
  return JSON.stringify({ open: b64(lv(core, coreSig, pn, u8(how), arg)) });
}

/** @param {Accept} accept @returns {string} */
export function writeAccept({ pn, core, coreSig, pnR, right, y }) {
  return JSON.stringify({ accept: b64(lv(pn, core, coreSig, pnR, right, y)) });
}

/** @param {{pn: Uint8Array, code: RefuseCode, docs: Uint8Array}} refuse @returns {string} */
export function writeRefuse({ pn, code, docs }) {
  return JSON.stringify({ refuse: b64(lv(pn, code, docs)) });
}

/** @param {PakeMessage} message @returns {string} */
export function writePake({ pn, share, tag }) {
  return JSON.stringify({ pake: b64(lv(pn, share, tag)) });
}

/** @param {PakeReply} reply @returns {string} */
export function writeReply({ pn, tag }) {
  return JSON.stringify({ reply: b64(lv(pn, tag)) });
}

/** @param {Uint8Array} bytes @returns {Open} */
function readOpen(bytes) {
  const [core, coreSig, pn, how, arg] = items(bytes, 5);
  const [roomId, x, right] = items(arg, 3);
  const number = how[0];
  if (how.length !== 1 || number === undefined || number > 4) throw new SealError("bad-bytes", "how");
  sized(coreSig, 64);
  sized(pn, 16);
  sized(right, 64, 0);
  sized(roomId, 12, 0);
  sized(x, [0, 4, 0, 0, 12][number] ?? 0);
  return { core, coreSig, pn, how: /** @type {How} */ (number), arg, roomId, x, right };
}

/** @param {Uint8Array} bytes @returns {Accept} */
function readAccept(bytes) {
  const [pn, core, coreSig, pnR, right, y] = items(bytes, 6);
  sized(pn, 16);
  sized(coreSig, 64);
  sized(pnR, 16);
  sized(right, 64, 0);
  sized(y, 32, 0);
  return { pn, core, coreSig, pnR, right, y };
}

/** @param {Uint8Array} bytes @returns {Refuse} */
function readRefuse(bytes) {
  const [pn, code, docs] = items(bytes, 3);
  sized(pn, 16);
  if (docs.length > DOCS_BYTES) throw new SealError("bad-bytes", "docs");
  const word = fromText(code);
  const known = CODES.find((one) => one === word);
  if (known === undefined) throw new SealError("bad-bytes", "code");
  return { pn, code: known, docs };
}

/** @param {Uint8Array} bytes @returns {PakeMessage} */
function readPake(bytes) {
  const [pn, share, tag] = items(bytes, 3);
  sized(pn, 16);
  sized(share, 32);
  sized(tag, 32);
  return { pn, share, tag };
}

/** @param {Uint8Array} bytes @returns {PakeReply} */
function readReply(bytes) {
  const [pn, tag] = items(bytes, 2);
  sized(pn, 16);
  sized(tag, 32);
  return { pn, tag };
}

/**
 * @template {number} N
 * @param {Uint8Array} bytes @param {N} count
 * @returns {[Bytes, Bytes, Bytes, Bytes, Bytes, Bytes]} as many as `count`, as `unlv` sees to
 */
function items(bytes, count) {
  return /** @type {[Bytes, Bytes, Bytes, Bytes, Bytes, Bytes]} */ (unlv(bytes, count));
}

/** @param {Uint8Array} bytes @param {...number} lengths any of them */
function sized(bytes, ...lengths) {
  if (!lengths.includes(bytes.length)) throw new SealError("bad-bytes", "length");
}
