// How much of what people say and do is said here, and heard of each: more at once is refused here and left out there. Pure.

import { ParlourError } from "../errors.js";
import { Bucket } from "../seal/bounds.js";
import { HEARD_BURST, HEARD_EVERY_MS, OWN_BURST, OWN_EVERY_MS } from "./limits.js";

/** @typedef {{chat: Bucket, acts: Bucket}} Rate */

export class Rates {
  /** @type {Rate} */ #own = { chat: new Bucket(OWN_EVERY_MS, OWN_BURST), acts: new Bucket(OWN_EVERY_MS, OWN_BURST) };
  /** By person. @type {Map<string, Rate>} */ #heard = new Map();

  /** @param {keyof Rate} what @param {number} awake @throws {ParlourError} `too-fast`: others would not hear it */
  take(what, awake) {
    if (!this.#own[what].take(awake)) throw new ParlourError("too-fast");
  }

  /** What is heard of somebody. @param {string} spk @returns {Rate} */
  of(spk) {
    let rate = this.#heard.get(spk);
    if (!rate) this.#heard.set(spk, (rate = { chat: new Bucket(HEARD_EVERY_MS, HEARD_BURST), acts: new Bucket(HEARD_EVERY_MS, HEARD_BURST) }));
    return rate;
  }

  /** That person is gone. @param {string} spk */
  forget(spk) {
    this.#heard.delete(spk);
  }
}
