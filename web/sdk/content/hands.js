// Raised hands, and reactions. A hand is each person's own; hosts may ask to lower it, and everybody's page does.

import { Bucket } from "../seal/bounds.js";
import { HAND_LATE_MS, REACTION_BURST, REACTION_EVERY_MS } from "./limits.js";
import { believable } from "./plain.js";

/** @typedef {import("../types.js").Hand} Hand */
/** @typedef {import("../seal/types.js").Message} Message */

/** What can be shown over a tile; nothing else is. */
export const REACTIONS = Object.freeze(["👍", "❤️", "😂", "😮", "👏", "🎉"]);

export class Hands {
  /** spk to when it was raised, ms since 1970. @type {Map<string, number>} */ #up = new Map();
  /** spk to how often that person may react. @type {Map<string, Bucket>} */ #reactions = new Map();

  /** In the order in which they were raised. @returns {readonly Hand[]} */
  get shown() {
    return Object.freeze([...this.#up].sort(([, a], [, b]) => a - b).map(([person, at]) => Object.freeze({ person, at: new Date(at) })));
  }

  /** @param {string} person @returns {number | null} when */
  raisedAt(person) { return this.#up.get(person) ?? null; }

  /** @param {string} person @param {boolean} up @param {number} now @returns {boolean} whether that is a change */
  set(person, up, now) {
    if (up === this.#up.has(person)) return false;
    if (up) this.#up.set(person, now);
    else this.#up.delete(person);
    return true;
  }

  /**
   * Somebody raises or lowers their own.
   * @param {string} person @param {Message} message @param {number} now
   * @param {boolean} isFirst it may have been up since long before this page heard of that person
   * @returns {boolean} whether that is a change
   */
  take(person, { up, at }, now, isFirst) {
    if (typeof up !== "boolean" || !Number.isSafeInteger(at)) return false;
    return this.set(person, up, believable(/** @type {number} */ (at), now, isFirst ? 0 : now - HAND_LATE_MS));
  }

  /** A host lowers a hand, or all. @param {unknown} who spk, or "" for all @returns {boolean} */
  lower(who) {
    if (who === "") {
      const any = this.#up.size > 0;
      this.#up.clear();
      return any;
    }
    return typeof who === "string" && this.#up.delete(who);
  }

  /** @param {string} person @param {unknown} emoji @param {number} awake @returns {boolean} whether it is to be shown */
  mayReact(person, emoji, awake) {
    if (typeof emoji !== "string" || !REACTIONS.includes(emoji)) return false;
    const bucket = this.#reactions.get(person) ?? new Bucket(REACTION_EVERY_MS, REACTION_BURST);
    this.#reactions.set(person, bucket);
    return bucket.take(awake);
  }

  /** @param {string} person who is not here any more @returns {boolean} */
  gone(person) {
    this.#reactions.delete(person);
    return this.#up.delete(person);
  }
}
