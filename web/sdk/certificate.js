// The certificate for DTLS: one per meeting, so that one fingerprint in the core covers every connection of it (seal.md
// 3) and nothing ties two meetings of one page together. It lives 30 days, is never stored, and no other file makes one.

import { unhex } from "./seal/bytes.js";

/** @typedef {{certificate: RTCCertificate, fingerprint: import("./seal/bytes.js").Bytes}} OwnCertificate */

/** @returns {Promise<OwnCertificate>} a fresh one; `fingerprint` is its SHA-256, 32 bytes */
export async function makeCertificate() {
  const algorithm = /** @type {AlgorithmIdentifier} */ ({ name: "ECDSA", namedCurve: "P-256" });
  const certificate = await RTCPeerConnection.generateCertificate(algorithm);
  const sha256 = certificate.getFingerprints().find((fingerprint) => fingerprint.algorithm === "sha-256")?.value;
  if (!sha256) throw new TypeError("no sha-256 fingerprint");
  return { certificate, fingerprint: unhex(sha256.replaceAll(":", "").toLowerCase()) };
}
