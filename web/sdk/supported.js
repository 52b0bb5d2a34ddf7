// Whether this browser, at this address, can hold a sealed call at all. It says nothing about camera or network.

import { sentenceFor } from "./errors.js";

/**
 * @typedef {{ok: true} | {ok: false, code: "not-secure" | "no-crypto" | "no-webrtc", text: string}} Support
 */

// WebCrypto tells of a curve only by trying it. It takes about a millisecond and is awaited when the module loads, so
// that supported() can answer at once. Without a secure context there is no `subtle` to ask.
const curves = await hasCurves();

/**
 * Says whether a call can be made here, and if not, why and what to do, in a plain sentence.
 *
 * @returns {Support}
 */
export function supported() {
  if (globalThis.isSecureContext === false) return no("not-secure");
  if (!curves) return no("no-crypto");
  if (typeof RTCPeerConnection !== "function" || typeof RTCPeerConnection.generateCertificate !== "function") return no("no-webrtc");
  return { ok: true };
}

/**
 * @param {"not-secure" | "no-crypto" | "no-webrtc"} code
 * @returns {Support}
 */
function no(code) {
  return { ok: false, code, text: sentenceFor(code) };
}

/** @returns {Promise<boolean>} */
async function hasCurves() {
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) return false;
  try {
    await Promise.all([
      subtle.generateKey("X25519", false, ["deriveBits"]),
      subtle.generateKey("Ed25519", false, ["sign", "verify"]),
    ]);
    return true;
  } catch {
    return false;
  }
}
