// @ts-check
/**
 * The host's acts: from the rules that hold to the next ones (section 2).
 *
 * Pure and synchronous: a host page reads all states, merges, counts up and stores in one storage transaction,
 * and signs and sends afterwards. Who was met, and which links and passwords exist, the session tells.
 */
import { hex, SealError } from "./bytes.js";
import { random } from "./kdf.js";
import { DOORS, MAX_LISTED, sortedSet, strictest, writeRules } from "./rules.js";

/** @typedef {import("./rules.js").Rules} Rules */
/**
 * What changes; nothing at all merges what is held. `pw`: from `nextPw`, or 0; `link`: a new room_id, base64url;
 * `admit`, `remove`: spk; `ends`: unix seconds, null takes the end away; `cap`: people.
 * @typedef {{door?: import("./rules.js").Door, cap?: number, pw?: number, link?: string, admit?: readonly string[],
 *   remove?: readonly string[], ends?: number | null, over?: true}} Change
 */
/**
 * Who acts. `page`: this host page's clock id; `self`: its spk; `met`: everybody met here in 24 h who has not said
 * bye, latest first; `hosts`: spk of hosts, who cannot be removed; `forget`: spk removed two `until` ago.
 * @typedef {{page: string, self: string, met: readonly string[], hosts?: readonly string[],
 *   forget?: readonly string[]}} Actor
 */

/** A new clock id: for each host page that has storage once, else once per page life. @returns {string} */
export function newHostPage() {
  return `h${hex(random(4))}`;
}

/**
 * The rules that follow those of `book`; they dominate everything that it holds.
 * @param {import("./state.js").Rulebook} book with at least one state; within a storage transaction, one filled by
 *   `add` from what is stored there
 * @param {Actor} actor @param {Change} change @returns {string} the text for `signState`
 * @throws {SealError} `over` if the room has ended, `host-stays` for the removal of a host, `clock-full` if 64 other
 *   pages have issued rules here
 */
export function nextRules(book, actor, change) {
  const before = book.rules;
  if (before === undefined) throw new RangeError("rules after nothing");
  if (before.over) throw new SealError("over");
  const remove = new Set(change.remove);
  if (remove.has(actor.self) || actor.hosts?.some((spk) => remove.has(spk))) throw new SealError("host-stays");
  const next = structuredClone(before);
  next.clock = strictest(book.held.map((state) => state.rules)).clock;
  countUp(next, actor.page);
  if (change.door !== undefined) next.door = change.door;
  if (change.cap !== undefined) next.cap = change.cap;
  if (change.pw !== undefined) next.pw = change.pw;
  if (change.link !== undefined && before.link) next.link = { n: before.link.n + 1, id: change.link };
  if (change.ends === null) delete next.ends;
  else if (change.ends !== undefined) next.ends = change.ends;
  if (change.over) next.over = true;
  next.removed = removedAfter(before, actor, change);
  next.members = membersAfter(before, actor, change, new Set(next.removed));
  return writeRules(next);
}

/**
 * Whether a change closes the room to somebody, so that `members` must be listed anew.
 * @param {Rules} before @param {Change} change @returns {boolean}
 */
export function isTightening(before, change) {
  const door = change.door !== undefined && DOORS.indexOf(change.door) > DOORS.indexOf(before.door);
  const password = change.pw !== undefined && change.pw !== 0 && change.pw !== before.pw;
  return door || password || change.link !== undefined || (change.remove?.length ?? 0) > 0;
}

/**
 * The number of a new password.
 * @param {number} highest the highest `pw` ever held in this room, 0 if none @returns {number} u32
 * @throws {SealError} `pw-full` after 65535 passwords
 */
export function nextPw(highest) {
  const counter = Math.floor(highest / 65536) + 1;
  if (counter > 65535) throw new SealError("pw-full");
  const [high = 0, low = 0] = random(2);
  return counter * 65536 + high * 256 + low;
}

/** @param {Rules} rules @param {string} page */
function countUp(rules, page) {
  const known = Object.hasOwn(rules.clock, page);
  if (!known && Object.keys(rules.clock).length >= MAX_LISTED) throw new SealError("clock-full");
  rules.clock[page] = (rules.clock[page] ?? 0) + 1;
}

/** @param {Rules} before @param {Actor} actor @param {Change} change @returns {string[]} */
function removedAfter(before, actor, change) {
  const pardoned = new Set([...(change.admit ?? []), ...(actor.forget ?? [])]);
  return sortedSet([...before.removed.filter((spk) => !pardoned.has(spk)), ...(change.remove ?? [])]);
}

/**
 * Of more than 64, those go who were not met lately, then those met longest ago; the person just admitted stays.
 * @param {Rules} before @param {Actor} actor @param {Change} change @param {Set<string>} removed @returns {string[]}
 */
function membersAfter(before, actor, change, removed) {
  const admitted = change.admit ?? [];
  if (!isTightening(before, change)) {
    const recent = actor.met.filter((spk) => before.members.includes(spk));
    return firstMembers([...admitted, ...recent, ...before.members], removed);
  }
  return firstMembers([actor.self, ...admitted, ...actor.met, ...before.members], removed);
}

/** @param {readonly string[]} candidates most wanted first @param {Set<string>} removed @returns {string[]} */
function firstMembers(candidates, removed) {
  const wanted = [...new Set(candidates)].filter((spk) => !removed.has(spk));
  return sortedSet(wanted.slice(0, MAX_LISTED));
}
