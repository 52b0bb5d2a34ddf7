/**
 * The hostile server against the room: boxes that are junk, states that are hidden, old, forged, withheld or signed by
 * two devices at once, people who are hidden, "gone", removed or come back, and words that only states may say.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { call } from "../hostile/call.mjs";
import { keptBy } from "../hostile/kept.mjs";
import { Member, Stranger, until } from "../hostile/member.mjs";
import { LIMIT, Rig } from "../hostile/rig.mjs";
import { travelling } from "../hostile/room.mjs";
import { b64, createRoom, random, Rulebook, signState, unb64, unlv } from "../hostile/sdk.mjs";
import { expectRemark, remarks, watch } from "../hostile/witness.mjs";
import { expectMedia } from "../lib/media.mjs";
import { atScreen, expectTile, expectTiles, tilesOf } from "../lib/meeting.mjs";
import { sleep } from "../lib/process.mjs";
import { bound } from "../lib/patience.mjs";

/** @typedef {import("../hostile/carrier.mjs").View} View */
/** @typedef {import("../lib/page.mjs").Page} Page */

/** @type {Rig} */
let rig;
before(async () => {
  rig = await Rig.make();
});
after(() => rig?.clear());

/** Bends what the server answers to "look". @param {(hosts: any[]) => any[]} bend */
function claims(bend) {
  rig.hostile.down = (frame) => [frame.t === "room" ? { ...frame, d: { hosts: bend(frame.d.hosts) } } : frame];
}

/** @param {Page} page @param {RegExp} text @param {number} [timeout] */
function reads(page, text, timeout = 8000) {
  return page.waitFor((source) => new RegExp(source, "i").test(document.body.innerText), timeout, `the words ${text}`, text.source);
}

/** Somebody with the link and the first rules asks at a page's door. @param {import("../hostile/room.mjs").Room} room @param {string} pid */
async function ask(room, pid) {
  const guest = await Stranger.join(rig.hostile, room);
  guest.open(pid);
  const answer = await until(() => guest.heard.find(({ body }) => "accept" in body || "refuse" in body)?.body, 6000, "an answer");
  guest.leave();
  if ("accept" in answer) return { accepted: true, code: "", rules: [] };
  const [, code, docs] = unlv(unb64(answer.refuse), 3);
  const texts = unlv(docs).filter((/** @type {unknown} */ _, /** @type {number} */ i) => i % 2 === 0).map((/** @type {Uint8Array} */ text) => JSON.parse(JSON.parse(new TextDecoder().decode(text)).rules));
  return { accepted: false, code: new TextDecoder().decode(code), rules: texts };
}

/** Spk of whoever took this seat. @param {string} pid */
function spkOf(pid) {
  const joins = rig.hostile.pages.find((page) => page.pid === pid)?.core;
  return b64(unb64(joins ?? assert.fail("no such page")).slice(33, 65));
}

/** @param {any[]} states that the pages of these pids are told of by the server, and nobody else */
function tellOnly(states, /** @type {string[]} */ ...pids) {
  rig.hostile.lie = (view, page) => (pids.includes(page.pid) ? { ...view, states: states.map(travelling) } : view);
  // Nor does the real server hear of them, which would tell everybody.
  rig.hostile.up = (frame) => (frame.t === "state" ? [] : [frame]);
  rig.hostile.retell();
}

test("11 junk room_boxes and squatters: passed over; without the true one the room is not open", { timeout: LIMIT }, async () => {
  const { ana, hostile } = rig;
  const room = await rig.room();
  const other = await createRoom({ now: Math.floor(Date.now() / 1000) });
  const junk = (/** @type {any} */ good) => [
    { ...good, room_box: b64(random(97)) },
    { ...good, host_pk: b64(other.host.publicKey), room_box: b64(other.link.roomBox), box_sig: b64(other.link.boxSig), states: [travelling(other.state)] },
    { ...good, box_sig: b64(random(64)) },
  ];
  claims(([good]) => junk(good));
  await rig.anaBefore(room);
  await reads(ana, /no such room yet|not opened this room/);
  assert.ok(!hostile.heard.slice(-20).some(({ t, d }) => t === "join" && d.room_id === room.papers.room_id), "she did not even try to join");
  claims(([good]) => [...junk(good), good]);
  const pid = await rig.anaIn(room);
  assert.ok(pid);
  await rig.calm();
});

test("11 hides the state, or serves one that is forged, of another key, or has run out", { timeout: LIMIT }, async () => {
  const { ana } = rig;
  const room = await rig.room();
  const forger = await createRoom({ now: Math.floor(Date.now() / 1000) });
  const text = room.states[0]?.json ?? "";
  const forged = { json: text.replace("open", "knock"), sig: room.states[0]?.sig };
  for (const states of [[], [forged], [travelling(forger.state)], [{ json: text, sig: b64(random(64)) }]]) {
    claims(([good]) => [{ ...good, states }]);
    await rig.anaBefore(room);
    await reads(ana, /no such room yet|not opened this room/);
  }
  const old = await signState(room.made.host.privateKey, room.book.pins, room.made.state.rulesText, Math.floor(Date.now() / 1000) - 7200);
  claims(([good]) => [{ ...good, states: [travelling(old)] }]);
  await rig.anaBefore(room);
  await reads(ana, /run out|time is up/);
  claims((hosts) => hosts);
  const pid = await rig.anaIn(room);
  await rig.comes("Ben", room);
  await rig.crowd.meets("Ben", ["Ana"]);
  // In the middle of the call: a state that removes Ben, signed by the server itself.
  const mine = new Rulebook({ ...room.book.pins, hostPk: forger.host.publicKey });
  mine.add([room.made.state]);
  rig.hostile.lie = (view) => ({ ...view, states: [forged, travelling(forger.state)].map(({ json, sig }) => ({ json, sig: sig ?? "" })) });
  rig.hostile.retell();
  await sleep(1000);
  assert.equal((await tilesOf(ana)).length, 1);
  assert.equal((await ask(room, pid)).accepted, true, "her door is as open as before");
  await rig.calm();
});

test("11 lowers the door after a reload: what was stored counts, and newcomers hear of it", { timeout: LIMIT }, async () => {
  const { ana } = rig;
  const room = await rig.room();
  const first = await rig.anaIn(room);
  assert.equal((await ask(room, first)).accepted, true);
  const locked = await room.issue({ door: "locked" }, { met: [spkOf(first)] });
  tellOnly([locked], first);
  await until(async () => !(await ask(room, first)).accepted, 6000, "her door is locked");
  // The page loads again; the server knows of the first, open rules only.
  rig.hostile.lie = (view) => view;
  const again = await rig.anaIn(room);
  assert.notEqual(again, first);
  const answer = await ask(room, again);
  assert.deepEqual([answer.accepted, answer.code], [false, "stale"]);
  assert.ok(answer.rules.some((/** @type {{door: string}} */ { door }) => door === "locked"), "with the true rules");
  // A guest who believed the server learns them, and is not let in by them.
  const late = await Member.join(rig.hostile, room, { name: "Late", states: [room.made.state] });
  await until(() => late.knowledge.book.rules.door === "locked", 6000, "the newcomer has learnt");
  assert.ok(!late.outputs.some(({ t }) => t === "person"));
  assert.deepEqual(await tilesOf(ana), []);
  await rig.calm();
});

test("11 removed: gone at once whatever the server lists; back as another page, with the old link, as somebody else: refused", { timeout: LIMIT }, async () => {
  const { ana, crowd, hostile } = rig;
  const room = await rig.room();
  const pid = await rig.anaIn(room);
  const ben = await rig.comes("Ben", room);
  const dan = await Member.join(hostile, room, { name: "Dan" });
  await crowd.meets("Ben", ["Ana"]);
  const hid = await dan.meets(pid);
  const state = await room.issue({ door: "knock", remove: [spkOf(ben), dan.spk] }, { met: [spkOf(pid)] });
  tellOnly([state], pid);
  await expectTiles(ana, 0, 3000);
  await until(async () => (await crowd.sees("Ben")).state === "ended", 5000, "Ben heard of it from Ana, by the state");
  assert.equal((await crowd.sees("Ben")).error, "removed");
  await until(() => dan.outputs.some((output) => output.t === "gone" && output.hid === hid), 5000, "and so did Dan");
  dan.leave();
  // The server, in league with them, lists them all again and shows them the rules of before.
  const old = [room.made.state];
  const returning = [
    await Member.join(hostile, room, { name: "Dan", person: dan.core.person, states: old }),
    await Member.join(hostile, room, { name: "Dan's friend", states: old, place: "first" }),
  ];
  await sleep(2500);
  for (const one of returning) assert.ok(!one.outputs.some((output) => output.t === "person" && output.pid === pid), `${one.name} did not meet Ana`);
  assert.equal(hostile.capture.some(({ from, to, body }) => from === pid && returning.some((one) => one.pid === to) && "accept" in JSON.parse(body)), false);
  assert.deepEqual(await tilesOf(ana), []);
  await rig.calm();
});

test("11 two host devices at once, and a lock withheld: the strictest of all, spread without the server", { timeout: LIMIT }, async () => {
  const { ana, crowd } = rig;
  const room = await rig.room();
  const pids = [await rig.anaIn(room), await rig.comes("Ben", room), await rig.comes("Cy", room, { media: false })];
  await crowd.meets("Ben", ["Ana", "Cy"]);
  await crowd.meets("Cy", ["Ana", "Ben"]);
  const [spkAna = "", spkBen = "", spkCy = ""] = pids.map(spkOf);
  const base = new Rulebook(room.book.pins);
  base.add([room.made.state]);
  const knock = await room.issue({ door: "knock" }, { met: [spkAna, spkBen, spkCy], from: base });
  const without = await room.issue({ remove: [spkCy] }, { met: [spkAna, spkBen], from: base, page: "h00000002" });
  // One device's word is told to Ana alone, the other's to Ben alone.
  const { hostile } = rig;
  hostile.up = (frame) => (frame.t === "state" ? [] : [frame]);
  hostile.lie = (view, page) => ({ ...view, states: page.pid === pids[0] ? [travelling(knock)] : page.pid === pids[1] ? [travelling(without)] : view.states });
  hostile.retell();
  await expectTiles(ana, 1, 6000);
  await crowd.meets("Ben", ["Ana"], 6000);
  await until(async () => (await crowd.sees("Cy")).state === "ended", 6000, "Cy has heard");
  for (const pid of pids.slice(0, 2)) {
    const answer = await until(async () => {
      const now = await ask(room, pid);
      return now.rules.length === 2 ? now : null;
    }, 6000, "both of them hold both states");
    assert.equal(answer.accepted, false, "the door is shut at both");
  }
  await expectMedia(ana, { people: 1, road: /./, sound: false });
  await rig.calm();
});

test('11 "left" for a live member: the call goes on, both ways', { timeout: LIMIT }, async () => {
  const { ana, crowd, hostile } = rig;
  const room = await rig.room();
  const pid = await rig.anaIn(room);
  const ben = await rig.comes("Ben", room);
  await crowd.meets("Ben", ["Ana"]);
  hostile.lie = (view, page) => ({ ...view, seats: view.seats.filter((seat) => seat.pid === page.pid) });
  hostile.retell();
  await sleep(1500);
  await expectMedia(ana, { people: 1, road: /./, sound: false });
  await crowd.rename("Ben", "Benedict");
  await expectTile(ana, /^Benedict/, "what he says still comes");
  assert.equal((await crowd.sees("Ben")).people.length, 1);
  // Nor do signals in his name, made up or old, end it.
  for (const body of ['{"refuse":"AAAA"}', ...hostile.capture.filter(({ from }) => from === ben).map((signal) => signal.body)]) hostile.signal({ from: ben, to: pid, body });
  await sleep(500);
  await expectMedia(ana, { people: 1, road: /./, sound: false });
  await rig.calm();
});

test("11 hides a member from one: after a minute, amber", { timeout: LIMIT }, async () => {
  const { ana, crowd, hostile } = rig;
  const room = await rig.room();
  await rig.anaBefore(room);
  // Six times as fast: the page's clock and its tick together, so that no gap looks like sleep.
  await ana.evaluate(() => {
    const [now, began] = [performance.now.bind(performance), performance.now()];
    performance.now = () => began + (now() - began) * 6;
    const every = window.setInterval.bind(window);
    window.setInterval = /** @type {any} */ ((/** @type {TimerHandler} */ handler, /** @type {number} */ ms) => every(handler, ms === 500 ? 83 : ms));
  });
  const pid = await rig.anaJoins();
  await rig.comes("Ben", room);
  await crowd.meets("Ben", ["Ana"]);
  await Member.join(hostile, room, { name: "Cy", seenBy: (who) => who !== pid });
  await expectRemark(ana, "amber", /^Ben sees somebody, you do not \(yet\)\.$/, 20_000);
  assert.deepEqual((await tilesOf(ana)).map(({ label }) => label.split(",")[0]), ["Ben"]);
  await rig.calm();
});

test("11 the name of somebody who is here: a second person, not the first one", { timeout: LIMIT }, async () => {
  const { ana, crowd } = rig;
  const room = await rig.room();
  const pid = await rig.anaIn(room);
  await rig.comes("Ben", room);
  await crowd.meets("Ben", ["Ana"]);
  const [before] = await tilesOf(ana);
  const { member, end, hid } = await call(rig, room, pid, { name: "Ben" });
  await end.say([...(await member.pairs.makeProof(hid, 1))]);
  await expectTiles(ana, 2);
  const people = (await tilesOf(ana)).map(({ person }) => person);
  assert.ok(people.includes(before?.person ?? "") && people.includes(member.spk), "two keys, two tiles");
  await rig.calm();
  await end.close();
});

test("6, 12 the server's word that all is over, or that Ana was removed, ends no call and takes no key", { timeout: LIMIT }, async () => {
  const { ana, crowd, hostile } = rig;
  await rig.room();
  // Ana is the host this time, by the app itself.
  await ana.open(`${hostile.origin}/`);
  await ana.click("Start a room");
  await atScreen(ana, "preview");
  await watch(ana);
  const pid = await rig.anaJoins();
  const fragment = await ana.evaluate(() => location.hash);
  await rig.comesBy("Ben", fragment);
  await crowd.meets("Ben", ["Ana"]);
  const hosts = async () => (await keptBy(ana, "hosts")).length;
  const was = await hosts();
  assert.ok(was >= 1);
  for (const code of ["over", "removed", "expired"]) hostile.tell(pid, { t: "bye", d: { action: "stop", code, text: "" } });
  await sleep(1500);
  assert.equal(await hosts(), was, "the host key is still there");
  await expectMedia(ana, { people: 1, road: /./, sound: false });
  assert.ok(!(await remarks(ana)).some(({ text }) => /host removed you/.test(text)));
  await rig.calm();
});

test("what the server has heard and carried holds no description, address or name", { timeout: bound(5000) }, () => {
  const all = JSON.stringify([rig.hostile.heard, rig.hostile.capture]);
  assert.ok(rig.hostile.heard.length > 50);
  for (const secret of ["fingerprint:", "candidate:", "a=mid", "ice-ufrag", '"Ana"', "Benedict"]) assert.ok(!all.includes(secret), secret);
});
