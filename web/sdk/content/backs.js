// Which messages their authors took back, so that no history of somebody who had not heard of it brings them back. Pure.
//
// Only what came over the author's own pair is put in here: a member cannot take back another's words, and a server none.

import { makeWay } from "../seal/bounds.js";
import { HISTORY_MESSAGES } from "./limits.js";

/** Of so many people; of each as many as a chat can hold. The oldest make way. */
const PEOPLE = 64;

export class Backs {
  /** Ids by person (spk). @type {Map<string, Set<string>>} */ #byPerson = new Map();

  /** @param {string} by spk @param {string} id that person's own name for it */
  add(by, id) {
    const ids = this.#byPerson.get(by) ?? new Set();
    this.#byPerson.delete(by);
    this.#byPerson.set(by, ids.add(id));
    makeWay(ids, HISTORY_MESSAGES);
    makeWay(this.#byPerson, PEOPLE);
  }

  /** @param {string} by @param {string} id @returns {boolean} */
  has(by, id) {
    return this.#byPerson.get(by)?.has(id) === true;
  }

  /** @param {string} by @returns {string[]} oldest first */
  of(by) {
    return [...(this.#byPerson.get(by) ?? [])];
  }
}
