// @ts-check
/**
 * Rules: what may happen in a room, as one canonical JSON text (section 2).
 *
 * Reads and writes the text byte for byte, orders rules by their version vectors, and finds the strictest of
 * several. Pure and synchronous, so that a host page can issue inside one storage transaction. Signatures,
 * `until` and hashes belong to `state.js`; the host's acts to `issue.js`; who has a right to a pair to `pairs.js`.
 */
import { SealError, unb64 } from "./bytes.js";

/** From the widest to the narrowest. @typedef {"open" | "knock" | "invite" | "locked"} Door */
/** `off`: off the record. @typedef {"off" | "standard"} Mode */
/**
 * `clock`: per host page (`h` + 8 hex digits) how many rules it issued; `host`: host_pk; `cap`: people; `pw`: 0 or
 * generation × 65536 + 16 random bits; `link`: the room_id whose K_link opens an open door, in link rooms only;
 * `members`, `removed`: spk; `ends`: unix seconds. Bytes are base64url.
 * @typedef {{clock: Record<string, number>, host: string, mode: Mode, door: Door, cap: number, pw: number,
 *   link?: {n: number, id: string}, members: string[], removed: string[], ends?: number, over?: true}} Rules
 */

/** Doors in the order of strictness. @type {readonly Door[]} */
export const DOORS = ["open", "knock", "invite", "locked"];
/** How many host pages a clock may name, and how many people `members`. */
export const MAX_LISTED = 64;
/** Longest state (section 2); rules are shorter. */
export const MAX_STATE_BYTES = 8192;

const RULES_KEYS = ["clock", "host", "mode", "door", "cap", "pw", "link", "members", "removed", "ends", "over"];

/**
 * @param {string} json @returns {Rules} its text form is `json` again
 * @throws {SealError} `bad-state` for any other text than the canonical one
 */
export function parseRules(json) {
  const rules = checkRules(parseJson(json));
  if (writeRules(rules) !== json) throw new SealError("bad-state", "not canonical");
  return rules;
}

/**
 * The canonical text: keys in the fixed order, clock and lists sorted (by their ASCII letters), no white space.
 * @param {Rules} rules @returns {string}
 */
export function writeRules(rules) {
  const { clock, host, mode, door, cap, pw, link, members, removed, ends, over } = rules;
  const sortedClock = Object.fromEntries(Object.entries(clock).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({
    clock: sortedClock,
    host,
    mode,
    door,
    cap,
    pw,
    ...(link && { link: { n: link.n, id: link.id } }),
    members: sortedSet(members),
    removed: sortedSet(removed),
    ...(ends !== undefined && { ends }),
    ...(over && { over }),
  });
}

/**
 * How clock `a` stands to clock `b`; a page that is not named counts 0.
 * @param {Rules} a @param {Rules} b @returns {"same" | "dominates" | "dominated" | "apart"}
 */
export function compareClocks(a, b) {
  let more = false;
  let less = false;
  for (const page of new Set([...Object.keys(a.clock), ...Object.keys(b.clock)])) {
    const difference = (a.clock[page] ?? 0) - (b.clock[page] ?? 0);
    if (difference > 0) more = true;
    if (difference < 0) less = true;
  }
  if (more && less) return "apart";
  return more ? "dominates" : less ? "dominated" : "same";
}

/**
 * The strictest of rules of one room: the same whatever the order and however often each is given.
 * @param {readonly Rules[]} all at least one, all of one host and mode
 * @param {readonly string[]} [alsoRemoved] people removed by rules that are no longer among `all`
 * @returns {Rules} its clock dominates or equals every one of `all`
 */
export function strictest(all, alsoRemoved = []) {
  const [first, ...others] = all;
  if (first === undefined) throw new RangeError("rules of nothing");
  const merged = structuredClone(first);
  for (const other of others) tighten(merged, other);
  merged.removed = sortedSet([...merged.removed, ...alsoRemoved]);
  const removed = new Set(merged.removed);
  merged.members = sortedSet(merged.members).filter((spk) => !removed.has(spk));
  return merged;
}

/** @param {Rules} into @param {Rules} other */
function tighten(into, other) {
  for (const [page, count] of Object.entries(other.clock)) into.clock[page] = Math.max(into.clock[page] ?? 0, count);
  if (DOORS.indexOf(other.door) > DOORS.indexOf(into.door)) into.door = other.door;
  into.cap = Math.min(into.cap, other.cap);
  into.pw = Math.max(into.pw, other.pw);
  if (other.link && (!into.link || laterLink(other.link, into.link))) into.link = { ...other.link };
  const listed = new Set(other.members);
  into.members = into.members.filter((spk) => listed.has(spk));
  into.removed = [...into.removed, ...other.removed];
  if (other.ends !== undefined) into.ends = Math.min(into.ends ?? other.ends, other.ends);
  if (other.over) into.over = true;
}

/** @param {{n: number, id: string}} a @param {{n: number, id: string}} b @returns {boolean} whether (n, id) of a is greater */
function laterLink(a, b) {
  return a.n === b.n ? a.id > b.id : a.n > b.n;
}

/** Without doubles, in ASCII order. @param {readonly string[]} list @returns {string[]} */
export function sortedSet(list) {
  return [...new Set(list)].sort();
}

/** @param {string} json @returns {unknown} */
export function parseJson(json) {
  try {
    return JSON.parse(json);
  } catch {
    throw new SealError("bad-state", "not JSON");
  }
}

/** @param {unknown} value @returns {Rules} */
function checkRules(value) {
  const rules = object(value);
  for (const key of Object.keys(rules)) if (!RULES_KEYS.includes(key)) throw new SealError("bad-state", "unknown key");
  key32(rules.host);
  if (rules.mode !== "off" && rules.mode !== "standard") throw new SealError("bad-state", "mode");
  if (!DOORS.some((door) => door === rules.door)) throw new SealError("bad-state", "door");
  integer(rules.cap, 1, MAX_LISTED);
  integer(rules.pw, 0, 2 ** 32 - 1);
  if ("ends" in rules) integer(rules.ends, 0, Number.MAX_SAFE_INTEGER);
  if ("over" in rules && rules.over !== true) throw new SealError("bad-state", "over");
  checkClock(object(rules.clock));
  if ("link" in rules) checkLink(object(rules.link));
  const members = keys(rules.members, MAX_LISTED);
  const removed = new Set(keys(rules.removed, Number.POSITIVE_INFINITY));
  if (members.some((spk) => removed.has(spk))) throw new SealError("bad-state", "member and removed");
  return /** @type {Rules} */ (/** @type {unknown} */ (rules));
}

/** @param {Record<string, unknown>} clock */
function checkClock(clock) {
  const pages = Object.entries(clock);
  if (pages.length < 1 || pages.length > MAX_LISTED) throw new SealError("bad-state", "clock");
  for (const [page, count] of pages) {
    if (!/^h[0-9a-f]{8}$/.test(page)) throw new SealError("bad-state", "clock");
    integer(count, 1, Number.MAX_SAFE_INTEGER);
  }
}

/** @param {Record<string, unknown>} link */
function checkLink(link) {
  integer(link.n, 1, Number.MAX_SAFE_INTEGER);
  bytes(link.id, 12);
}

/** @param {unknown} value @returns {Record<string, unknown>} */
export function object(value) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new SealError("bad-state", "no object");
  return /** @type {Record<string, unknown>} */ (value);
}

/** @param {unknown} value @param {number} least @param {number} most */
export function integer(value, least, most) {
  const whole = typeof value === "number" && Number.isSafeInteger(value);
  if (!whole || value < least || value > most) throw new SealError("bad-state", "integer");
}

/** @param {unknown} value @param {number} most @returns {string[]} */
function keys(value, most) {
  if (!Array.isArray(value) || value.length > most) throw new SealError("bad-state", "list");
  for (const item of value) key32(item);
  return value;
}

/** @param {unknown} value */
function key32(value) {
  bytes(value, 32);
}

/** @param {unknown} value @param {number} length */
function bytes(value, length) {
  try {
    unb64(value, length);
  } catch {
    throw new SealError("bad-state", "bytes");
  }
}
