/**
 * A real DTLS connection between a victim's page and a member who has a far end: everything up to channel 0, by the
 * book. What is then said, proven or not proven on it is the test's business.
 */

import { sleep } from "../lib/process.mjs";
import { FarEnd } from "./far-end.mjs";
import { Member, until } from "./member.mjs";
import { guardDescription } from "./sdk.mjs";

/** @typedef {import("./rig.mjs").Rig} Rig */
/** @typedef {{member: Member, end: FarEnd, hid: string, fp: Uint8Array}} Caller */

/**
 * A guest of `room` who has connected to the page `pid` and has said nothing on channel 0.
 * @param {Rig} rig @param {import("./room.mjs").Room} room @param {string} pid
 * @param {{name?: string, send?: boolean, second?: boolean}} [options] see FarEnd.make
 * @returns {Promise<Caller>}
 */
export async function call(rig, room, pid, { name = "Eve", ...options } = {}) {
  const { end, fp } = await FarEnd.make(rig.crowd.page, options);
  const member = await Member.join(rig.hostile, room, { name, fp });
  const hid = await member.meets(pid);
  await negotiate({ member, end, hid, fp });
  if (!options.second) await end.open(); // with a second channel the page may have closed everything before
  return { member, end, hid, fp };
}

/** @param {Caller} caller */
export async function negotiate({ member, end, hid, fp }) {
  const { sdp, candidates } = await end.offer();
  member.send(hid, { k: "desc", gen: 1, description: { type: "offer", n: 1, sdp: guardDescription(sdp, fp).sdp } });
  member.send(hid, { k: "candidates", gen: 1, list: candidates });
  const answer = await until(() => member.messages(hid).find(({ k }) => k === "desc"), 8000, `an answer for ${member.name}`);
  await end.answer(answer.description.sdp);
  // Candidates come for a while; those of the first moments do.
  for (let round = 0; round < 3; round++) {
    for (const { list } of member.messages(hid).filter(({ k }) => k === "candidates")) await end.add(list);
    await sleep(150);
  }
}

/**
 * Two members of the attacker carry everything that two honest pages say to them to the respective other one.
 * @param {Member} a @param {string} hidA the page that `a` met @param {Member} b @param {string} hidB
 * @returns {() => void} ends it
 */
export function carryBetween(a, hidA, b, hidB) {
  const done = new Set();
  const timer = setInterval(() => {
    for (const [from, hidFrom, to, hidTo] of /** @type {const} */ ([[a, hidA, b, hidB], [b, hidB, a, hidA]])) {
      for (const message of from.messages(hidFrom)) {
        if (done.has(message) || !["desc", "candidates"].includes(message.k)) continue;
        done.add(message);
        to.send(hidTo, message);
      }
    }
  }, 40);
  return () => clearInterval(timer);
}
