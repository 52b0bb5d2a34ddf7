// Whether this browser, at this address, can hold a sealed call at all, and if not, what it lacks. It says nothing about
// camera or network. By what a browser can do, never by its name.

import { sentenceFor } from "./errors.js";

/** @typedef {"not-secure" | "no-crypto" | "no-x25519" | "no-ed25519" | "no-deflate" | "no-webrtc" | "no-websocket"} Lack */
/** @typedef {{ok: true} | {ok: false, code: Lack, text: string}} Support */

// WebCrypto tells of a curve only by trying it. It takes about a millisecond and is awaited when the module loads, so
// that supported() can answer at once.
const curves = await triedCurves();

/**
 * Says whether a call can be made here, and if not, why and what to do, in a plain sentence.
 *
 * @returns {Support}
 */
export function supported() {
  const code = lack();
  return code === null ? { ok: true } : { ok: false, code, text: sentenceFor(code) };
}

/** The first thing that is missing; what hides others comes first. @returns {Lack | null} */
function lack() {
  if (globalThis.isSecureContext === false) return "not-secure";
  if (!globalThis.crypto?.subtle) return "no-crypto";
  if (!curves.x25519) return "no-x25519";
  if (!curves.ed25519) return "no-ed25519";
  if (!canDeflate()) return "no-deflate";
  if (typeof WebSocket !== "function") return "no-websocket";
  if (typeof RTCPeerConnection !== "function" || typeof RTCPeerConnection.generateCertificate !== "function") return "no-webrtc";
  return null;
}

/** Descriptions travel as deflate-raw (seal.md 4), which came later than gzip. @returns {boolean} */
function canDeflate() {
  try {
    return Boolean(new CompressionStream("deflate-raw") && new DecompressionStream("deflate-raw"));
  } catch {
    return false;
  }
}

/** @returns {Promise<{x25519: boolean, ed25519: boolean}>} */
async function triedCurves() {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) return { x25519: false, ed25519: false };
  const [x25519, ed25519] = await Promise.all([
    works(() => subtle.generateKey("X25519", false, ["deriveBits"])),
    works(() => subtle.generateKey("Ed25519", false, ["sign", "verify"])),
  ]);
  return { x25519, ed25519 };
}

/** @param {() => Promise<unknown>} trial @returns {Promise<boolean>} */
async function works(trial) {
  try {
    await trial();
    return true;
  } catch {
    return false;
  }
}
