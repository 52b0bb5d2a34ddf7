// @ts-check
/**
 * Ways in: with which `how`, and by which link, this page opens, and whom a host lets wait (section 4, table; 7).
 * Whether somebody may then stay is decided by `rights.js` alone.
 */
import { b64, equal, u32 } from "./bytes.js";
import { EMPTY } from "./kdf.js";
import { inForce } from "./state.js";

/** @typedef {import("./types.js").RoomKnowledge} RoomKnowledge */
/** @typedef {import("./types.js").LinkKey} LinkKey */
/** @typedef {import("./pair.js").How} How */
/** `x` as in the table; `psk` null: to be made by the PAKE. @typedef {{how: How, link: LinkKey, x: Uint8Array, psk: Uint8Array | null}} WayIn */

/** In a named room nothing is derived from a link. @type {LinkKey} */
const NO_LINK = { roomId: EMPTY, kLink: EMPTY };

/**
 * How this page opens to another by the rules that it holds.
 * @param {RoomKnowledge} room
 * @param {{spk: string, host: boolean}} me
 * @param {number} tried how many of the links in hand were unknown to the other page
 * @returns {WayIn | null} null: no way in (removed, door shut, no rules, rules run out)
 */
export function chooseWay(room, me, tried) {
  const { rules } = room.book;
  if (rules === undefined || rules.over || !isFresh(room)) return null;
  if (!me.host && rules.removed.includes(me.spk)) return null;
  const current = linkInForce(room);
  if (rules.door === "open" && current) {
    if (rules.pw === 0 && !room.onlyPassword) return { how: 0, link: current, x: EMPTY, psk: EMPTY };
    if (rules.pw !== 0 && room.password?.pw === rules.pw) return { how: 1, link: current, x: u32(rules.pw), psk: null };
  }
  if (room.onlyPassword) return null;
  const links = linksInOrder(room, current);
  const link = links[tried % Math.max(1, links.length)];
  if (link === undefined) return null;
  if (me.host || rules.members.includes(me.spk)) return { how: 2, link, x: EMPTY, psk: EMPTY };
  if (room.invitation && rules.door !== "locked") {
    return { how: 4, link, x: room.invitation.invId, psk: room.invitation.ipsk };
  }
  if (rules.door === "knock" && current) return { how: 3, link: current, x: EMPTY, psk: EMPTY };
  return null;
}

/**
 * Whether a host page lets somebody without a right wait inside a pair.
 * @param {RoomKnowledge} room @param {How} how @param {Uint8Array} roomId as opened
 * @returns {boolean}
 */
export function mayWait(room, how, roomId) {
  const { rules } = room.book;
  if (rules === undefined || rules.over) return false;
  if (how === 4) return rules.door !== "locked";
  if (how !== 3 || rules.door !== "knock") return false;
  const current = linkInForce(room);
  return current !== undefined && equal(current.roomId, roomId);
}

/** Whether new pairs are made: the rules have not run out by this device's clock. @param {RoomKnowledge} room @returns {boolean} */
export function isFresh(room) {
  return inForce(room.book.until, room.now());
}

/**
 * @param {RoomKnowledge} room @param {Uint8Array} roomId as opened; empty in named rooms
 * @returns {LinkKey | undefined}
 */
export function linkOf(room, roomId) {
  if (room.named) return roomId.length === 0 ? NO_LINK : undefined;
  return room.links.find((link) => equal(link.roomId, roomId));
}

/** The link that opens an open door, if this page holds it. @param {RoomKnowledge} room @returns {LinkKey | undefined} */
function linkInForce(room) {
  if (room.named) return NO_LINK;
  const id = room.book.rules?.link?.id;
  return room.links.find((link) => b64(link.roomId) === id);
}

/** @param {RoomKnowledge} room @param {LinkKey | undefined} current @returns {LinkKey[]} the one in force first, then the newest */
function linksInOrder(room, current) {
  if (room.named) return [NO_LINK];
  const others = room.links.filter((link) => link !== current).reverse();
  return current ? [current, ...others] : others;
}
