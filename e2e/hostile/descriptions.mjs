/**
 * Session descriptions as an attacker would want them: good ones, recorded from browsers, bent in every way that a
 * browser or its parser might forgive.
 */

import { readFileSync } from "node:fs";
import { random } from "./sdk.mjs";

/** @type {Record<string, {fp: string, sdp: string}>} */
const recorded = JSON.parse(readFileSync(new URL("../../web/test/seal-b-sdp.json", import.meta.url), "utf8"));

/** @param {Uint8Array} fp */
const printed = (fp) => Array.from(fp, (byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(":");

/**
 * A good offer for whoever has this fingerprint.
 * @param {Uint8Array} fp @param {"chromium" | "firefox"} [browser] that once made it
 */
export function goodOffer(fp, browser = "chromium") {
  const { sdp = "", fp: own = "" } = recorded[`${browser}-offer`] ?? {};
  return sdp.replaceAll(own.toUpperCase(), printed(fp)).replaceAll(/a=candidate[^\r]*\r\n/g, "");
}

const FINGERPRINT = /a=fingerprint:sha-256 [^\r]+\r\n/;
const ALL_FINGERPRINTS = /a=fingerprint:sha-256 [^\r]+\r\n/g;
const other = () => `a=fingerprint:sha-256 ${printed(random(32))}\r\n`;

/** What is done to a good offer, by the name under which the attacker then stands. @type {readonly [string, (sdp: string) => string][]} */
export const bent = Object.freeze([
  ["swapped", (sdp) => sdp.replaceAll(ALL_FINGERPRINTS, other())],
  ["good then bad", (sdp) => sdp.replace(FINGERPRINT, (line) => line + other())],
  ["bad then good", (sdp) => sdp.replace(FINGERPRINT, (line) => other() + line)],
  ["bad for one section", (sdp) => sdp.replace(/m=video[\s\S]*$/, (part) => part.replace(/a=mid/, () => `${other()}a=mid`))],
  ["none at all", (sdp) => sdp.replaceAll(ALL_FINGERPRINTS, "")],
  ["sha-1", (sdp) => sdp.replaceAll("a=fingerprint:sha-256", "a=fingerprint:sha-1")],
  ["unbundled", (sdp) => sdp.replace(/a=group:BUNDLE[^\r]*\r\n/, "")],
  ["half bundled", (sdp) => sdp.replace(/(a=group:BUNDLE) \S+/, "$1")],
  ["no rtcp-mux", (sdp) => sdp.replace("a=rtcp-mux\r\n", "")],
  ["identity", (sdp) => sdp.replace("m=audio", "a=identity:eyJpZHAiOnsiZG9tYWluIjoiZXZpbC50ZXN0In19\r\nm=audio")],
  ["crypto", (sdp) => sdp.replace("a=mid", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\na=mid")],
  ["plain RTP", (sdp) => sdp.replaceAll("UDP/TLS/RTP/SAVPF", "RTP/AVPF")],
  ["a bare line feed", (sdp) => sdp.replace("a=mid", `x\n${other()}a=mid`)],
]);
