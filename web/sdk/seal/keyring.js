// @ts-check
/**
 * The content keys of one room in standard mode (section 9): which there are, and which one is written with.
 *
 * Every key is read with that a member ever gave. Written is only with one that was given since the rules last shut somebody
 * out, and that was made for those rules: whoever was shut out may hold every key of before, and no host gives them
 * another. Giving them over channel 0 and storing them is keeping.js's.
 */
import { b64, equal } from "./bytes.js";
import { CONTENT_KEY_BYTES, keyNumber } from "./blob.js";
import { isTightening } from "./issue.js";
import { random } from "./kdf.js";

/** @typedef {import("./blob.js").ContentKey} ContentKey */
/** `writes`: the giver writes with it. @typedef {ContentKey & {writes: boolean}} Given */

/** As it is stored, with the rules that were looked at last. @typedef {{keys: Given[], needs: number | null, rules: import("./rules.js").Rules | null, states: number}} KeptKeys */

/** Keys that are held, and of them with one number: a member could make up any number of both. */
const KEYS = 64;
const KEYS_OF_A_NUMBER = 4;

export class Keyring {
  /** Oldest first. @type {Given[]} */ #keys = [];
  /** For which rules the key has to be that is written with; null: this page has seen nobody shut out. @type {number | null} */ #needs = null;
  /** The rules that were looked at last, and how many states they were the strictest of. @type {import("./rules.js").Rules | null} */ #rules = null;
  #states = 0;
  #digest = "";

  /** Rules may have changed. @param {import("./state.js").Rulebook} book */
  follow(book) {
    const [state] = book.states;
    const { rules } = book;
    if (!state || !rules || book.digests.join() === this.#digest) return;
    const [before, states] = [this.#rules, this.#states];
    [this.#rules, this.#states, this.#digest] = [structuredClone(rules), book.states.length, book.digests.join()];
    // Of several states there is none that all would name: nothing is written until a host has made one of them.
    if (book.states.length > 1) this.#shut(null);
    else if (states > 1 || (before && shutsOut(before, rules))) this.#shut(keyNumber(state.digest));
  }

  /** The key of a room that was just made. @param {import("./state.js").Rulebook} book */
  first(book) {
    this.follow(book);
    const j = Keyring.numberOf(book);
    if (j !== null) this.take(j, random(CONTENT_KEY_BYTES), true);
  }

  /** Of the rules that stand alone, for a key to be made for them; null while several stand. @param {import("./state.js").Rulebook} book @returns {number | null} */
  static numberOf(book) {
    const [state, ...others] = book.states;
    return state && others.length === 0 ? keyNumber(state.digest) : null;
  }

  /** What is written with; null: there is none, nothing may be written. @returns {ContentKey | null} */
  get current() {
    return this.#states > 1 ? null : (this.#keys.findLast(({ writes }) => writes) ?? null);
  }

  /** Keys by which a blob may have been sealed whose id has this number. @param {number} j @returns {readonly ContentKey[]} */
  of(j) {
    return this.#keys.filter((key) => key.j === j);
  }

  /** What others are given, and what is stored. @returns {readonly Readonly<Given>[]} */
  get all() { return this.#keys; }

  /** @returns {KeptKeys} */
  get kept() {
    return { keys: this.#keys.map((key) => ({ ...key })), needs: this.#needs, rules: structuredClone(this.#rules), states: this.#states };
  }

  /** What an earlier load of this page knew; before anything else. @param {KeptKeys} kept */
  recall({ keys, needs, rules, states }) {
    this.#keys = keys.map((key) => ({ ...key }));
    [this.#needs, this.#rules, this.#states] = [needs, structuredClone(rules), states];
  }

  /**
   * A key that was made here, or that a member gave.
   * @param {number} j @param {Uint8Array} key @param {boolean} writes whether whoever gives it writes with it
   * @returns {boolean} whether it changed anything
   */
  take(j, key, writes) {
    if (key.length !== CONTENT_KEY_BYTES) return false;
    const mayWrite = writes && (this.#needs === null ? this.#states <= 1 : this.#needs === j);
    const known = this.#keys.find((one) => one.j === j && equal(one.key, key));
    if (known) {
      if (!mayWrite || known.writes) return false;
      known.writes = true;
      return true;
    }
    if (this.of(j).length >= KEYS_OF_A_NUMBER) return false;
    if (this.#keys.length >= KEYS) {
      const spare = this.#keys.findIndex((one) => !one.writes);
      if (spare < 0) return false;
      this.#keys.splice(spare, 1);
    }
    this.#keys.push({ j, key: new Uint8Array(key), writes: mayWrite });
    return true;
  }

  /**
   * Somebody was shut out: nothing is written with a key that was held before, whatever its number: rules can be guessed, and
   * whoever is shut out may have sent a key for them ahead.
   * @param {number | null} needs null: none will do yet
   */
  #shut(needs) {
    this.#needs = needs;
    for (const key of this.#keys) key.writes = false;
  }
}

/** Whether these rules let in less than those of before. @param {import("./rules.js").Rules} before @param {import("./rules.js").Rules} after @returns {boolean} */
function shutsOut(before, after) {
  const { door, pw, link } = after;
  const remove = after.removed.filter((spk) => !before.removed.includes(spk));
  return isTightening(before, { door, pw, remove, ...(link && link.id !== before.link?.id && { link: link.id }) });
}

/** What a page says of a key over channel 0. @param {Readonly<Given>} given @returns {import("./types.js").Message} */
export function writeKey({ j, key, writes }) {
  return { k: "content-key", j, key: b64(key), writes };
}
