// What the page says about a room to who is before it: of which kind it is, who can come in, and what that means.

import { t } from "./language.js";

/** @typedef {import("./expected.js").Door} Door */
/** @typedef {import("./expected.js").Rules} Rules */

/** The door's four ways, in the order of strictness. @type {readonly Door[]} */
export const doors = Object.freeze(["open", "knock", "invite", "locked"]);

/** Of which kind a room is, in a sentence. @param {Pick<Rules, "offRecord"> | null} rules @returns {string} */
export function kindSentence(rules) {
  return rules === null ? "" : t(rules.offRecord ? "kind.off" : "kind.standard");
}

/**
 * Who can come in, in a sentence.
 * @param {Pick<Rules, "door" | "password"> | null} rules
 * @param {boolean} [named] reached by a name
 * @returns {string}
 */
export function doorSentence(rules, named = false) {
  if (!rules) return "";
  const { door, password } = rules;
  if (door === "open" && password) return t(named ? "door.open.password.named" : "door.open.password");
  if (door === "open" || door === "knock") return t(named ? `door.${door}.named` : `door.${door}`);
  return t(`door.${door}`);
}

/**
 * Under the password field of a named room.
 * @param {boolean} vacant
 * @returns {string}
 */
export function namedPasswordHint(vacant) {
  return t(vacant ? "preview.password.first" : "preview.password.told");
}

/**
 * Who is in, before one goes in.
 * @param {string} name
 * @returns {string}
 */
export function vacantSentence(name) {
  return t("preview.vacant", { room: name });
}

/**
 * What stands before the name field about the door, for somebody who is outside; empty where there is nothing to know.
 * @param {Door | undefined} door
 * @returns {string}
 */
export function outsideSentence(door) {
  return door === undefined || door === "open" ? "" : t(`outside.${door}`);
}

/**
 * What a browser that refuses storage means for the person in front of it.
 * @param {boolean} host
 * @param {boolean} closed the door is, or is about to be
 * @returns {string}
 */
export function keepsNothing(host, closed) {
  if (host) return t(closed ? "keeps.host.closed" : "keeps.host");
  return t(closed ? "keeps.closed" : "keeps.open");
}
