// What a room consists of on paper: what a server is given about it. And passwords, which may be none.

import { ParlourError } from "./errors.js";
import { SealError, b64 } from "./seal/bytes.js";

/**
 * What the server is given. A named room has neither box nor link.
 * @param {import("./knowledge.js").Knowledge} knowledge @param {string} roomId @param {import("./seal/room.js").RoomLink | null} link
 * @returns {import("./protocol.js").RoomPapers}
 */
export function papers({ hostPk, states }, roomId, link) {
  return { room_id: roomId, host_pk: b64(hostPk), states, ...(link && { room_box: b64(link.roomBox), box_sig: b64(link.boxSig) }) };
}

/**
 * @template T
 * @param {() => Promise<T>} task @returns {Promise<T>}
 * @throws {ParlourError} `bad-password`
 */
export async function withPassword(task) {
  try {
    return await task();
  } catch (thrown) {
    if (thrown instanceof SealError && thrown.code === "bad-password") throw new ParlourError("bad-password", { cause: thrown });
    throw thrown;
  }
}
