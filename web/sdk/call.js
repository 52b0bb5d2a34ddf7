// The call with a page that was just met: who offers, who gives way, from which generation on (seal.md 5). Here a Peer, which knows
// paths, and the seal, which knows proofs, are tied together; what becomes of the person is mesh.js's.

import { Peer } from "./peer.js";
import { mayCome } from "./pictures.js";
import { compare, unb64 } from "./seal/bytes.js";

/**
 * @typedef {{
 *   me: import("./mesh.js").MeshOptions, pairs: import("./seal/pairs.js").Pairs, otherFingerprint: import("./seal/bytes.js").Bytes,
 *   offers: boolean, iceServers(): RTCIceServer[], page(): import("./roster.js").Page | undefined,
 * }} CallParts `offers`: this page came later; `page`: that page, as long as it is here
 */
/** @typedef {Pick<import("./mesh.js").MeshUser, "onChannel" | "onDoubt" | "onProven" | "onChange" | "isServerAway">} CallUser */

/**
 * @param {Extract<import("./seal/types.js").Output, {t: "person"}>} person @param {CallParts} parts @param {CallUser} user
 * @param {number} awake ms @returns {Peer}
 */
export function callWith({ hid, pid, first: { gen } }, { me, pairs, otherFingerprint, offers, iceServers, page }, user, awake) {
  const { core, certificate, relayOnly, tracks } = me;
  return new Peer({
    pid,
    polite: compare(core.pid, unb64(pid, 8)) < 0,
    offers,
    gen: Number.isSafeInteger(gen) && gen >= 0 && gen < 2 ** 32 - 1 ? gen : 0,
    relayOnly,
    certificate,
    fingerprint: core.fp,
    otherFingerprint,
    tracks,
  }, {
    send: (message) => void pairs.send(hid, message),
    makeProof: (of) => pairs.makeProof(hid, of),
    checkProof: (of, proof) => pairs.checkProof(hid, of, proof),
    onChannel: (usable) => {
      pairs.handleChannelState(hid, usable);
      if (usable) user.onChannel(hid);
      else user.onDoubt();
    },
    onText: (text) => {
      const here = page();
      if (here) here.heard = true;
      pairs.handleChannel(hid, text);
    },
    onProven: (of) => user.onProven(hid, of),
    // The pairs answer with the red note and `gone`; its connection is closed already.
    onMismatch: () => pairs.handleContradiction(hid),
    onChange: () => user.onChange(),
    iceServers,
    isServerAway: () => user.isServerAway(),
    isSending: () => {
      const here = page();
      return here !== undefined && (here.about.audio || (here.about.video && mayCome(here.agreed)));
    },
  }, awake);
}
