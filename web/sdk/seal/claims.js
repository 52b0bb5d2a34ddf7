// @ts-check
/**
 * Claims: who an open or accept says that it comes from, checked as far as signatures reach (sections 3 and 4).
 * A valid claim is no proof: any server can repeat one. The first frame proves that its keys are at hand.
 */
import { b64, SealError } from "./bytes.js";
import { readCore, verifyHostIn } from "./core.js";

/** @typedef {import("./machine.js").Machine} Machine */
/** @typedef {import("./machine.js").Page} Page */

/**
 * @param {Machine} machine @param {Page} page of the seat from which it came
 * @param {Uint8Array} core @param {Uint8Array} coreSig @param {Uint8Array} right host-in, or empty
 * @returns {Promise<import("./machine.js").Claimed | "bad" | "removed" | "replaced" | "not-host">}
 *   `bad`: deserves no answer
 */
export async function readClaimed(machine, page, core, coreSig, right) {
  const { room } = machine.room;
  /** @type {import("./core.js").Core} */
  let read;
  try {
    read = await readCore(room, core, coreSig, { own: machine.me, pid: page.pidBytes });
  } catch (error) {
    if (error instanceof SealError) return "bad";
    throw error;
  }
  const hid = b64(read.hid);
  const refused = machine.refused.get(hid);
  if (refused !== undefined) return refused === "replaced" ? "replaced" : "bad";
  // Two cores with one pid are one in 2⁶⁴ guesses: whoever is here stays.
  if (page.standing !== "none" && page.hid !== hid) return "bad";
  const host = right.length > 0;
  if (host && !(await verifyHostIn(machine.room.hostPk, right, room, read.hid))) return "not-host";
  if (!host && machine.room.book.rules?.removed.includes(b64(read.spk))) return "removed";
  return { core: read, host };
}
