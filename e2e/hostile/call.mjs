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
 * @param {{name?: string, send?: boolean, second?: boolean} & NonNullable<Parameters<typeof Member.join>[2]>} [options] see FarEnd.make, Member.join
 * @returns {Promise<Caller>}
 */
export async function call(rig, room, pid, { name = "Eve", send = false, second = false, ...options } = {}) {
  const { end, fp } = await FarEnd.make(rig.crowd.page, { send, second });
  const member = await Member.join(rig.hostile, room, { name, fp, ...options });
  const hid = await member.meets(pid);
  await negotiate({ member, end, hid, fp });
  if (!second) await end.open(); // with a second channel the page may have closed everything before
  return { member, end, hid, fp };
}

/**
 * The same, proven: somebody with a tile, who then talks over channel 0.
 * @param {Rig} rig @param {import("./room.mjs").Room} room @param {string} pid @param {Parameters<typeof call>[3]} [options] @returns {Promise<Caller>}
 */
export async function callProven(rig, room, pid, options) {
  const caller = await call(rig, room, pid, options);
  await caller.member.takeChannel(caller.hid, caller.end);
  return caller;
}

/**
 * A second connection of a caller, to another page.
 * @param {Rig} rig @param {Caller} caller @param {string} pid @returns {Promise<Caller>}
 */
export async function callAnother(rig, { member, end: like, fp }, pid) {
  const { end } = await FarEnd.make(rig.crowd.page, { like });
  const another = { member, end, hid: await member.meets(pid), fp };
  await negotiate(another);
  await end.open();
  await member.takeChannel(another.hid, end);
  return another;
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
  timer.unref(); // a test that failed does not come to its end
  return () => clearInterval(timer);
}
