// This page's certificate for DTLS: one per page life, so that one fingerprint in the core covers every connection
// (seal.md 3). It lives 30 days, is never stored, and no other file makes one.

import { unhex } from "./seal/bytes.js";

/** @typedef {{certificate: RTCCertificate, fingerprint: import("./seal/bytes.js").Bytes}} OwnCertificate */

/** @type {Promise<OwnCertificate> | null} */
let own = null;

/** @returns {Promise<OwnCertificate>} the same one each time; `fingerprint` is its SHA-256 */
export function ownCertificate() {
  return (own ??= make());
}

/** @returns {Promise<OwnCertificate>} */
async function make() {
  const algorithm = /** @type {AlgorithmIdentifier} */ ({ name: "ECDSA", namedCurve: "P-256" });
  const certificate = await RTCPeerConnection.generateCertificate(algorithm);
  const sha256 = certificate.getFingerprints().find((fingerprint) => fingerprint.algorithm === "sha-256")?.value;
  if (!sha256) throw new TypeError("no sha-256 fingerprint");
  return { certificate, fingerprint: unhex(sha256.replaceAll(":", "").toLowerCase()) };
}
