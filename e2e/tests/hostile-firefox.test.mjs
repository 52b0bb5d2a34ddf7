/**
 * What Firefox forgives, tried on Firefox: several fingerprint lines, no BUNDLE group, `a=identity`; and that its gate
 * holds as well. The rest of the hostile tests sits before Chromium.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { call } from "../hostile/call.mjs";
import { bent, goodOffer } from "../hostile/descriptions.mjs";
import { Member, until } from "../hostile/member.mjs";
import { LIMIT, Rig } from "../hostile/rig.mjs";
import { random } from "../hostile/sdk.mjs";
import { connections, expectRemark } from "../hostile/witness.mjs";
import { expectTile, tilesOf } from "../lib/meeting.mjs";
import { sleep } from "../lib/process.mjs";

/** @type {Rig} */
let rig;
before(async () => {
  rig = await Rig.make({ victim: "firefox" });
});
after(() => rig?.clear());

const forgiven = ["good then bad", "bad then good", "bad for one section", "unbundled", "identity"];

test("11 descriptions that Firefox would take: refused and closed, red, and no host is asked for an identity", { timeout: LIMIT }, async () => {
  const { hostile, ana } = rig;
  const room = await rig.room();
  const pid = await rig.anaIn(room);
  for (const [name, bend] of bent.filter(([name]) => forgiven.includes(name))) {
    const fp = random(32);
    const eve = await Member.join(hostile, room, { name, fp });
    const hid = await eve.meets(pid);
    eve.send(hid, { k: "desc", gen: 1, description: { type: "offer", n: 1, sdp: bend(goodOffer(fp, "firefox")) } });
    await expectRemark(ana, "red", new RegExp(`^This connection is not the one ${name} announced\\. It was closed\\.$`));
    await ana.click("Dismiss");
    eve.leave();
  }
  assert.deepEqual((await connections(ana)).filter(({ state }) => state !== "closed"), []);
  assert.deepEqual(await tilesOf(ana), []);
  assert.deepEqual(ana.hosts, ["127.0.0.1:8080"]);
  await rig.sound();
});

test("6 the gate in Firefox: nothing shown, nothing sent before the proof; both with it", { timeout: LIMIT }, async () => {
  const { ana } = rig;
  const room = await rig.room();
  const pid = await rig.anaIn(room);
  const { member, end, hid } = await call(rig, room, pid, { send: true });
  await until(async () => (await end.media()).sent > 20, 8000, "Eve does send");
  await sleep(1500);
  const [before] = (await connections(ana)).filter(({ state }) => state !== "closed");
  assert.deepEqual([before?.state, before?.attached, before?.sent], ["connected", 0, 0]);
  assert.equal((await end.media()).received, 0);
  assert.deepEqual(await tilesOf(ana), []);
  await end.say([...(await member.pairs.makeProof(hid, 1))]);
  await expectTile(ana, /^Eve/, "Eve's tile, once she proved herself");
  await until(async () => (await end.media()).received > 10, 8000, "Ana's media");
  await rig.calm();
  await end.close();
});
