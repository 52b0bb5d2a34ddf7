// Trickle ICE of one connection (RFC 8838): own candidates go out a few at a time, the other's wait for their description.
//
// What a candidate may look like is seal/candidates.js's; that nothing overtakes the descriptions is connection.js's.

import { checkCandidate } from "./seal/candidates.js";

/** Candidates are sent together when they come this close, ms. */
const BATCH_MS = 25;
/** Candidates that may wait for a description, and that may come at once. */
const WAITING = 64;

export class Trickle {
  #relayOnly;
  #onBatch;
  /** The other's. @type {RTCIceCandidateInit[]} */ #early = [];
  /** Our own. @type {RTCIceCandidateInit[]} */ #batch = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #timer;
  #relaySeen = false;
  #relayFull = false;

  /** @param {boolean} relayOnly own ones of another kind stay here @param {() => void} onBatch there are some to `take` and send */
  constructor(relayOnly, onBatch) {
    this.#relayOnly = relayOnly;
    this.#onBatch = onBatch;
  }

  /** What gathering says of the relay: that it gave a way, is out of reach, or refused for its quota. @returns {"" | "no-relay" | "relay-full"} */
  get relayTrouble() {
    if (this.#relaySeen) return "";
    return this.#relayFull ? "relay-full" : "no-relay";
  }

  /** @param {RTCIceCandidate | null} candidate an own one; null: there are no more */
  gather(candidate) {
    const init = candidate && checked(candidate.toJSON(), this.#relayOnly);
    if (!init) return;
    this.#relaySeen ||= candidate.type === "relay";
    this.#batch.push(init);
    if (this.#batch.length === 1) this.#timer = setTimeout(this.#onBatch, BATCH_MS);
  }

  /** Perfect calls have such errors, too (lab.md 3.7): remembered for words, if it comes to that. @param {number} code RFC 8656 §19 */
  fail(code) {
    this.#relayFull ||= code === 486 || code === 508;
  }

  /** Own ones that were not sent yet. @returns {RTCIceCandidateInit[]} */
  take() {
    return this.#batch.splice(0);
  }

  /** Those that were not sent yet are of no use: what gathered them is closed. */
  drop() {
    clearTimeout(this.#timer);
    this.#batch = [];
  }

  /** Gives the browser what the other side sent, or has it wait. @param {RTCPeerConnection} pc @param {unknown} list */
  async add(pc, list) {
    if (!Array.isArray(list) || list.length > WAITING) return;
    for (const item of list) {
      const candidate = checked(item);
      if (!candidate) continue;
      if (pc.remoteDescription) await addOne(pc, candidate);
      else if (this.#early.length < WAITING) this.#early.push(candidate);
    }
  }

  /** Their description has come. @param {RTCPeerConnection} pc */
  async addWaiting(pc) {
    for (const candidate of this.#early.splice(0)) await addOne(pc, candidate);
  }
}

/** @param {RTCPeerConnection} pc @param {RTCIceCandidateInit} candidate */
async function addOne(pc, candidate) {
  try {
    await pc.addIceCandidate(candidate);
  } catch {
    // Of an offer that was ignored or replaced, or of an address family that this browser does not know.
  }
}

/**
 * A candidate as it may be sent or used.
 * @param {unknown} init @param {boolean} [relayOnly] @returns {RTCIceCandidateInit | null} null: not at all
 */
function checked(init, relayOnly = false) {
  try {
    return checkCandidate(init, { relayOnly });
  } catch {
    // An address family or transport that the rules do not know: one way less, never a broken pair.
    return null;
  }
}
