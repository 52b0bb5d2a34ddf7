/**
 * Named rooms (seal.md 1.7) at a server that may show whatever rules it likes, since nothing proves whose room a name is: the
 * password stripped from it, before somebody comes and while; another host in the place of the one that was met.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { reads } from "../hostile/host.mjs";
import { Member } from "../hostile/member.mjs";
import { LIMIT, Rig } from "../hostile/rig.mjs";
import { Room, travelling } from "../hostile/room.mjs";
import { b64 } from "../hostile/sdk.mjs";
import { watch } from "../hostile/witness.mjs";
import { atScreen } from "../lib/meeting.mjs";

/** @type {Rig} */
let rig;
before(async () => {
  rig = await Rig.make();
});
after(() => rig?.clear());

/**
 * Ana opens an address with a name and presses the button.
 * @param {string} path @param {string} [password]
 */
async function anaAsks(path, password) {
  await rig.ana.open(`${rig.hostile.origin}/${path}`);
  await watch(rig.ana);
  await atScreen(rig.ana, "preview");
  await rig.ana.waitFor(() => /in the room|Nobody is in/.test(document.querySelector(".preview-head [role=status]")?.textContent ?? ""), 8000, "the server's answer");
  await rig.ana.fill("Your name optional", "Ana");
  if (password !== undefined) await rig.ana.fill((await rig.ana.has("Password", "textbox")) ? "Password" : "Password optional", password);
  await rig.ana.click("Join");
}

/** Nobody met her, and she made no connection. @param {Member} eve */
async function expectNobody(eve) {
  assert.deepEqual(eve.outputs.filter(({ t }) => t === "person"), [], "nobody's name was heard");
  assert.equal(await rig.ana.evaluate(() => /** @type {any} */ (window).__pcs.length), 0, "no connection");
  await rig.calm();
}

test("11 strips the password from a named room: what was typed, or promised by the link, opens nothing", { timeout: 2 * LIMIT }, async (t) => {
  const { hostile, ana } = rig;
  const stripped = await rig.named("choir");
  const eve = await Member.join(hostile, stripped, { host: true });

  await t.test("typed", async () => {
    hostile.heard = [];
    await anaAsks("r/choir", "correct horse");
    await reads(ana, /This room has no password\. If you were told one, somebody else may have opened a room of this name/);
    assert.deepEqual(hostile.heard.filter(({ t: kind }) => kind === "join" || kind === "signal"), [], "she did not even ask for a seat");
    await expectNobody(eve);
  });

  await t.test("promised by the link", async () => {
    hostile.heard = [];
    await anaAsks("r/choir#p");
    await reads(ana, /says that this room has a password, and the room has none/);
    assert.deepEqual(hostile.heard.filter(({ t: kind }) => kind === "join" || kind === "signal"), [], "she did not even ask for a seat");
    await expectNobody(eve);
  });

  await t.test("taken away while she comes in", async () => {
    const asking = await rig.named("quire", { password: "not Ana's" });
    const opened = await asking.issue({ pw: 0 });
    const mallory = await Member.join(hostile, asking, { host: true });
    hostile.lie = (view) => ({ ...view, states: [travelling(opened)] });
    await anaAsks("r/quire", "correct horse");
    await reads(ana, /This room has no password/);
    await expectNobody(mallory);
  });
});

test("11 another host under a name: who has met one goes to that one, whatever the server shows", { timeout: 2 * LIMIT }, async () => {
  const { hostile, ana } = rig;
  hostile.honest();
  await rig.comesBy("Ben", "r/quartet");
  await anaAsks("r/quartet");
  await atScreen(ana, "call", 15_000);
  await rig.crowd.meets("Ben", ["Ana"]);

  const false_ = await Room.nowhere("quartet");
  const claim = { host_pk: b64(false_.made.host.publicKey), states: false_.states, seats: 7 };
  let bent = 0;
  hostile.down = (frame) => {
    if (frame.t !== "room") return [frame];
    bent += 1;
    return [{ ...frame, d: { hosts: [claim] } }];
  };
  hostile.heard = [];
  // The room that she knows is what she gives the server, whatever it shows: nobody in it that she is told of.
  await ana.open(`${hostile.origin}/r/quartet`);
  await reads(ana, /Nobody is in the room yet/);
  assert.ok(hostile.heard.some(({ t }) => t === "restore"));
  assert.ok(bent > 0);
  assert.deepEqual(hostile.heard.filter(({ t }) => t === "join" || t === "signal"), [], "nobody there has seen her");

  hostile.honest();
  await anaAsks("r/quartet");
  await atScreen(ana, "call", 15_000);
  await rig.crowd.meets("Ben", ["Ana"]);
  await rig.calm();
});
