// What is different where a name leads to a room (seal.md 1.7): nothing proves whose room it is. So a page takes one host's
// claim and stays with it, and a typed password is shown by CPace alone or not at all.

import { ParlourError } from "./errors.js";
import { SealError } from "./seal/bytes.js";
import { namedPath, roomName } from "./seal/link.js";

/** @typedef {import("./protocol.js").HostClaim} HostClaim */
/** @typedef {import("./knowledge.js").Knowledge} Knowledge */

/** Where a format wants the secret of a link (host link, box of an invitation), a named room has zeros. */
export const NO_SECRET = new Uint8Array(16);

/**
 * The claims of a name that may be believed, best first. Whoever met a host here stays with that host; else own rooms
 * come first, then those with more people, then the older ones. A claim with a room_box is about a link.
 * @param {readonly HostClaim[]} claims oldest first @param {string} pin host_pk, or empty @param {ReadonlySet<string>} own host_pk of this device
 * @returns {HostClaim[]}
 */
export function believable(claims, pin, own) {
  const named = claims.filter(({ room_box, host_pk }) => room_box === undefined && (pin === "" || host_pk === pin));
  return named.sort((a, b) => Number(own.has(b.host_pk)) - Number(own.has(a.host_pk)) || b.seats - a.seats);
}

/**
 * The first one in makes the room and is its host (seal.md 1.7), unless somebody was quicker.
 * @param {import("./entrance.js").Entrance} entrance that knows no room yet @param {{password: string, offRecord: boolean}} wish
 * @throws {ParlourError} `other-kind`: what somebody made keeps what this person chose not to have kept, or the other way round;
 *   it is known now, and may be looked at before the next try
 */
export async function makeOrFind(entrance, { password, offRecord }) {
  try {
    await entrance.make({ cap: 8, door: "open", password, offRecord });
  } catch (thrown) {
    if (!(thrown instanceof ParlourError) || thrown.code !== "room-exists") throw thrown;
    if ((await entrance.look()) === null) throw new ParlourError("no-such-room");
    if (entrance.known?.shown?.offRecord !== offRecord) throw new ParlourError("other-kind");
  }
}

/**
 * Whether the password that was typed can open anything here. It is never left out in silence: then it would protect
 * nobody from a server, or whoever was quicker with the name, that says that there is none.
 * @param {Knowledge} knowledge
 * @throws {ParlourError} `door-closed`, `not-invited`, `locked`, `name-without-password`
 */
export function checkTyped({ onlyPassword, rules }) {
  if (!onlyPassword || !rules) return;
  if (rules.door === "knock") throw new ParlourError("door-closed");
  if (rules.door === "invite") throw new ParlourError("not-invited");
  if (rules.door === "locked") throw new ParlourError("locked");
  if (rules.pw === 0) throw new ParlourError("name-without-password");
}

/**
 * What stands behind the origin and its slash. `#p` tells the page of whoever follows it to ask for the password.
 * @param {string} name @param {{password?: boolean, secret?: string}} [more] `secret`: `#1i…` or `#1h…`
 * @returns {string} such as `r/choir#p`
 */
export function namedLink(name, { password = false, secret = "" } = {}) {
  return namedPath(name, password && secret === "").slice(1) + secret;
}

/**
 * A name as it stands in addresses.
 * @param {string} typed @returns {string}
 * @throws {ParlourError} `bad-name`
 */
export function tidyRoomName(typed) {
  try {
    return roomName(typed);
  } catch (thrown) {
    if (thrown instanceof SealError) throw new ParlourError("bad-name", { cause: thrown });
    throw thrown;
  }
}
