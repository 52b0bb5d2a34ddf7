// @ts-check
/**
 * States: signed rules with a date, and the book of those that a page holds (section 2).
 *
 * A state proves itself: `readState` checks length, signature, canonical form, room and host. A `Rulebook` keeps
 * those of which none dominates and says what holds now. What stands in the rules is in `rules.js`, making new
 * ones in `issue.js`, storing and spreading them is the session's.
 */
import { b64, compare, lv, SealError, text, unb64, unlv, fromText } from "./bytes.js";
import { hash, sign, verify } from "./kdf.js";
import { compareClocks, integer, MAX_STATE_BYTES, object, parseJson, parseRules, sortedSet, strictest } from "./rules.js";

/** @typedef {import("./bytes.js").Bytes} Bytes */
/** @typedef {import("./rules.js").Rules} Rules */
/** A state as it travels, unchecked. @typedef {{json: string, sig: Uint8Array}} StateDoc */
/**
 * A state that was checked: `digest` = H(rules), `until` in unix seconds.
 * @typedef {{json: string, sig: Bytes, rulesText: string, rules: Rules, until: number, digest: Bytes}} State
 */
/**
 * What never changes in a room. `flags0` in link rooms; `mode` in named rooms, once a state was seen.
 * @typedef {{room: Uint8Array, hostPk: Uint8Array, flags0?: number, mode?: import("./rules.js").Mode}} Pins
 */

/** `flags0`, bit 0: there is a password from the start. */
export const FLAG_PASSWORD = 1;
/** `flags0`, bit 1: off the record. */
export const FLAG_OFF_RECORD = 2;
/** How far ahead `until` is set in ordinary rooms, and in kept ones. */
export const STATE_SECONDS = 24 * 3600;
export const KEPT_STATE_SECONDS = 30 * 24 * 3600;
/** @param {boolean} keeps whether the room stays when everybody has left @returns {number} seconds */
export const lifetimeOf = (keeps) => keeps ? KEPT_STATE_SECONDS : STATE_SECONDS;
/** How long past `until` new pairs are still made: clocks differ. */
export const UNTIL_TOLERANCE_SECONDS = 3600;
/** States by which a page lives at once, and states that it remembers. */
export const LIVED_STATES = 4;
export const HELD_STATES = 16;
/** Longest `docs` (section 4). */
export const MAX_DOCS_BYTES = 24 * 1024;

/**
 * @param {StateDoc} doc @param {Pins} pins @returns {Promise<State>}
 * @throws {SealError} `bad-state`: too long, not signed by this host, not canonical, of another room, host or mode
 */
export async function readState(doc, pins) {
  const bytes = text(doc.json);
  if (bytes.length > MAX_STATE_BYTES) throw new SealError("bad-state", "too long");
  if (!(await verify(pins.hostPk, doc.sig, lv("parlour/1 state", bytes)))) throw new SealError("bad-state", "signature");
  const { rulesText, rules, until } = parseState(doc.json);
  checkPins(doc.json, rules, pins);
  return { json: doc.json, sig: new Uint8Array(doc.sig), rulesText, rules, until, digest: await hash(text(rulesText)) };
}

/**
 * Signs rules, new ones or the present ones with a later `until`.
 * @param {CryptoKey} hostKey @param {Pins} pins @param {string} rulesText from `writeRules` @param {number} until unix seconds
 * @returns {Promise<State>}
 * @throws {SealError} `bad-state` if nobody would accept it, `state-too-large` above 8 KiB
 */
export async function signState(hostKey, pins, rulesText, until) {
  const json = JSON.stringify({ v: 1, room: b64(pins.room), rules: rulesText, until });
  if (json.length > MAX_STATE_BYTES) throw new SealError("state-too-large");
  return readState({ json, sig: await sign(hostKey, lv("parlour/1 state", json)) }, pins);
}

/**
 * Whether new pairs may be made by these rules.
 * @param {number} until @param {number} now unix seconds, by this device @returns {boolean}
 */
export function inForce(until, now) {
  return now <= until + UNTIL_TOLERANCE_SECONDS;
}

/**
 * States as `docs`: lv(state, sig, …). Of more than fit, those by which everybody lives come first.
 * @param {readonly State[]} states in the order of `Rulebook.states` @returns {Bytes} at most 24 KiB
 */
export function packDocs(states) {
  /** @type {(string | Bytes)[]} */
  const items = [];
  let size = 0;
  for (const { json, sig } of states) {
    size += json.length + sig.length + 8;
    if (size > MAX_DOCS_BYTES) break;
    items.push(json, sig);
  }
  return lv(...items);
}

/**
 * @param {Uint8Array} bytes @returns {StateDoc[]} unchecked, at most 16
 * @throws {SealError} `bad-bytes`
 */
export function unpackDocs(bytes) {
  if (bytes.length > MAX_DOCS_BYTES) throw new SealError("bad-bytes", "docs");
  const items = unlv(bytes);
  if (items.length % 2 !== 0 || items.length > 2 * HELD_STATES) throw new SealError("bad-bytes", "docs");
  /** @type {StateDoc[]} */
  const docs = [];
  for (let i = 0; i < items.length; i += 2) {
    docs.push({ json: fromText(/** @type {Bytes} */ (items[i])), sig: /** @type {Bytes} */ (items[i + 1]) });
  }
  return docs;
}

/**
 * Of `states`, those that count, greatest H(rules) first: none dominated, no rules twice (the later `until`
 * stays), at most 16. What ended a room is dominated by nothing but another end.
 * @param {readonly State[]} states @returns {State[]}
 */
export function maximal(states) {
  /** @type {Map<string, State>} */
  const latest = new Map();
  for (const state of states) {
    const other = latest.get(state.rulesText);
    if (other === undefined || state.until > other.until) latest.set(state.rulesText, state);
  }
  const all = [...latest.values()];
  return all
    .filter((state) => !all.some((other) => supersedes(other.rules, state.rules)))
    .sort((a, b) => compare(b.digest, a.digest))
    .slice(0, HELD_STATES);
}

/** @param {Rules} a @param {Rules} b @returns {boolean} */
function supersedes(a, b) {
  return compareClocks(a, b) === "dominates" && (a.over === true || b.over !== true);
}

/** What a page holds of one room, and what follows from it. Bounded: 16 states of at most 8 KiB. */
export class Rulebook {
  /** @type {Pins} */ #pins;
  /** @type {State[]} */ #held = [];
  /** @type {Rules | undefined} */ #rules;

  /** @param {Pins} pins */
  constructor(pins) {
    this.#pins = { ...pins };
  }

  /**
   * Takes in what somebody sent; what does not prove itself is left out.
   * @param {readonly StateDoc[]} docs
   * @returns {Promise<{changed: boolean, refused: number}>} changed: other rules hold now, judge every pair again
   */
  async adopt(docs) {
    /** @type {State[]} */
    const states = [];
    let refused = 0;
    for (const doc of docs) {
      try {
        states.push(await readState(doc, this.#pins));
      } catch (error) {
        if (!(error instanceof SealError)) throw error;
        refused++;
      }
    }
    return { changed: this.add(states), refused };
  }

  /**
   * Takes in states that `readState` or `signState` returned for the same pins. Synchronous, so that two
   * adoptions cannot overtake each other.
   * @param {readonly State[]} states @returns {boolean} whether other rules hold now
   */
  add(states) {
    const mode = this.#pins.mode ?? states[0]?.rules.mode;
    const fitting = states.filter((state) => state.rules.mode === mode);
    if (fitting.length > 0) this.#pins.mode = mode;
    const before = this.#rules && JSON.stringify(this.#rules);
    this.#held = maximal([...this.#held, ...fitting]);
    const lived = this.states;
    if (lived.length === 0) return false;
    const alsoRemoved = this.#held.flatMap((state) => state.rules.removed);
    this.#rules = strictest(lived.map((state) => state.rules), alsoRemoved);
    if (this.#held.some((state) => state.rules.over)) this.#rules.over = true;
    return JSON.stringify(this.#rules) !== before;
  }

  /** The states by which this page lives, greatest H(rules) first, at most four. @returns {State[]} */
  get states() {
    return this.#held.slice(0, LIVED_STATES);
  }

  /** Everything worth storing: `states` and those in reserve. @returns {readonly State[]} */
  get held() {
    return this.#held;
  }

  /** What holds now; undefined before the first state. @returns {Rules | undefined} */
  get rules() {
    return this.#rules;
  }

  /** Until when new pairs are made: any host's fresh word will do. @returns {number} unix seconds, 0 without states */
  get until() {
    return Math.max(0, ...this.states.map((state) => state.until));
  }

  /** `rules` of the beat: H(rules) of each, sorted. @returns {string[]} */
  get digests() {
    return sortedSet(this.states.map((state) => b64(state.digest)));
  }

  /** What never changes here. @returns {Readonly<Pins>} */
  get pins() {
    return this.#pins;
  }
}

/** @param {string} json @returns {{rulesText: string, rules: Rules, until: number}} */
function parseState(json) {
  const state = object(parseJson(json));
  integer(state.until, 0, Number.MAX_SAFE_INTEGER);
  if (state.v !== 1 || typeof state.room !== "string" || typeof state.rules !== "string") {
    throw new SealError("bad-state", "form");
  }
  const { room, rules: rulesText, until } = state;
  if (JSON.stringify({ v: 1, room, rules: rulesText, until }) !== json) throw new SealError("bad-state", "not canonical");
  return { rulesText, rules: parseRules(rulesText), until: /** @type {number} */ (until) };
}

/** @param {string} json @param {Rules} rules @param {Pins} pins */
function checkPins(json, rules, pins) {
  // The form was checked: `room` is the first value after "v".
  const room = unb64(JSON.parse(json).room);
  if (compare(room, pins.room) !== 0) throw new SealError("bad-state", "another room");
  if (rules.host !== b64(pins.hostPk)) throw new SealError("bad-state", "another host");
  if ((room[0] === 1) !== (rules.link !== undefined)) throw new SealError("bad-state", "link");
  if (pins.mode !== undefined && rules.mode !== pins.mode) throw new SealError("bad-state", "mode");
  if (pins.flags0 === undefined) return;
  if ((rules.mode === "off") !== ((pins.flags0 & FLAG_OFF_RECORD) !== 0)) throw new SealError("bad-state", "mode");
  if ((pins.flags0 & FLAG_PASSWORD) !== 0 && rules.pw === 0) throw new SealError("bad-state", "pw");
}
