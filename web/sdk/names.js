// What people called themselves, whoever was met: for the log, and for those who are gone. Bounded; the one heard of least lately
// makes way.

import { tidyName } from "./roster.js";
import { makeWay } from "./seal/bounds.js";

const NAMES = 256;

export class Names {
  /** @type {Map<string, string>} */ #names = new Map();

  /** @param {string} spk @returns {string} empty if unknown */
  of(spk) { return this.#names.get(spk) ?? ""; }

  /** @param {string} spk @param {string} name as it came */
  hear(spk, name) {
    this.#names.delete(spk);
    this.#names.set(spk, tidyName(name));
    makeWay(this.#names, NAMES);
  }
}
