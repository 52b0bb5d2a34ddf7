// Named rooms from the public side (seal.md 1.7): the first one in is host, others come by the name; whose room it is
// nothing proves, so a page stays with the host it met, and a typed password is never left out in silence.

import assert from "node:assert/strict";
import { test } from "node:test";
import { made } from "./fakes/rtc.js";
import { Device } from "./fakes/storage.js";
import { Meeting, leaveAll, opens as opensOn, origin, readLink, server, starts, until } from "./fakes/meetings.js";

const opens = (link, device = new Device()) => opensOn(link, device);
const namesOf = ({ people }) => people.map(({ name }) => name).sort().join();
const sees = (meeting, ...names) => until(`sees ${names}`, () => namesOf(meeting) === names.join() && meeting.people.every(({ link }) => link === "connected"));
const said = (type) => server.said.filter(({ t }) => t === type).map(({ d }) => d);

async function goes(link, name, options = {}, device = new Device()) {
  const meeting = await opens(link, device);
  await device.use(() => meeting.join({ name, ...options }));
  return meeting;
}

/** Everybody is gone as in a crash, the server with them: what was kept on these devices is still there. */
async function crash(...devices) {
  const putBack = devices.map((device) => device.freeze());
  await leaveAll();
  for (const back of putBack) back();
  server.forget();
}

test("the first one in is host, the second one a guest; the address needs no secret", async () => {
  const ana = await opens("r/choir");
  await ana.look();
  assert.deepEqual([ana.state, ana.vacant, ana.count, ana.name, ana.link, ana.rules], ["ready", true, 0, "choir", "r/choir", null]);
  assert.deepEqual(said("create"), [], "nothing is made before somebody goes in");
  await ana.join({ name: "Ana" });
  assert.deepEqual([ana.me.host, ana.vacant, ana.rules?.door], [true, false, "open"]);
  const ben = await opens("https://meet.example/r/Choir");
  await ben.look();
  assert.deepEqual([ben.vacant, ben.count, ben.link], [false, 1, "r/choir"]);
  await ben.join({ name: "Ben" });
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  assert.deepEqual([ben.me.host, ben.people[0]?.host], [false, true]);
  const [{ room_box, box_sig, room_id }] = said("create");
  assert.deepEqual([room_box, box_sig, Buffer.from(room_id, "base64url").length], [undefined, undefined, 12]);
  await assert.rejects(ana.newLink(), { code: "no-link" });
});

test("whoever makes it by going in chooses whether it keeps, and everybody else sees that before", async () => {
  const ana = await goes("r/choir", "Ana", { offRecord: false });
  assert.equal(ana.rules?.offRecord, false);
  await until("kept", () => ana.keeping?.state === "kept");
  const ben = await opens("r/choir");
  await ben.look();
  assert.deepEqual([ben.vacant, ben.rules?.offRecord], [false, false]);
  assert.equal((await goes("r/quire", "Cy")).rules?.offRecord, true, "off the record unless somebody says otherwise");
});

test("somebody was quicker and chose the other kind: nobody goes in who has not read it", async () => {
  const [ana, ben] = [await opens("r/choir"), await opens("r/choir")];
  await Promise.all([ana.look(), ben.look()]);
  await ana.join({ name: "Ana", offRecord: false });
  await assert.rejects(ben.join({ name: "Ben" }), { code: "other-kind" });
  assert.deepEqual([ben.state, ben.vacant, ben.rules?.offRecord, ana.count], ["ready", false, false, 1]);
  await ben.join({ name: "Ben" });
  await sees(ana, "Ben");
});

test("a server that keeps nothing: a name can still be met under, off the record", async () => {
  server.keeps = false;
  const ana = await opens("r/choir");
  await assert.rejects(ana.join({ name: "Ana", offRecord: false }), { code: "keeps-nothing" });
  assert.ok(ana.vacant);
  await ana.join({ name: "Ana" });
});

test("a room of that name is there: it cannot be made, only joined", async () => {
  await goes("r/choir", "Ana");
  await assert.rejects(Meeting.create({ server: origin, name: "Choir" }), { code: "room-exists" });
  await assert.rejects(Meeting.create({ server: origin, name: "chör" }), { code: "bad-name" });
  await assert.rejects(Meeting.open({ server: origin, fragment: "https://meet.example/r/a%2Fb" }), { code: "bad-name" });
  assert.deepEqual(await readLink("https://meet.example/r/choir#p"), { kind: "named" });
});

test("who looked while it was vacant and is not the first comes in as a guest", async () => {
  const [ana, ben] = [await opens("r/choir"), await opens("r/choir")];
  await Promise.all([ana.look(), ben.look()]);
  assert.ok(ana.vacant && ben.vacant);
  await ana.join({ name: "Ana" });
  await ben.join({ name: "Ben" });
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  assert.deepEqual([ana.me.host, ben.me.host], [true, false]);
});

test("the first one's password is the room's, stands in the link as #p, and is asked for there", async () => {
  const ana = await goes("r/choir", "Ana", { password: "correct horse" });
  assert.deepEqual([ana.link, ana.rules?.password], ["r/choir#p", true]);
  const ben = await opens(ana.link);
  await assert.rejects(ben.join({ name: "Ben" }), { code: "needs-password" });
  await assert.rejects(ben.join({ name: "Ben", password: "wrong" }), { code: "wrong-password" });
  await until("counted", () => ana.wrongPasswords === 1);
  await ben.join({ name: "Ben", password: "correct horse" });
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
});

test("#p: nobody makes the room without a password, and nobody says that it has none", async () => {
  const ana = await opens("r/choir#p");
  await ana.look();
  assert.ok(ana.vacant);
  await assert.rejects(ana.join({ name: "Ana" }), { code: "needs-password" });
  await goes("r/choir", "Eve");
  const ben = await opens("r/choir#p");
  for (let press = 0; press < 2; press++) await assert.rejects(ben.join({ name: "Ben" }), { code: "password-promised" });
  await assert.rejects(ben.join({ name: "Ben", password: "x" }), { code: "name-without-password" });
  assert.equal(ben.link, "r/choir#p", "what the server says takes nothing out of the link");
});

test("a typed password is not left out where the room has none: it is said, and nobody is met", async () => {
  const eve = await goes("r/choir", "Eve");
  const ben = await opens("r/choir");
  await assert.rejects(ben.join({ name: "Ben", password: "correct horse" }), { code: "name-without-password" });
  assert.deepEqual([ben.state, ben.people.length, eve.people.length, made.length], ["ready", 0, 0, 0]);
  assert.deepEqual(said("join").length, 1, "nor is the server told to seat this page");
  await ben.join({ name: "Ben" });
  await sees(eve, "Ben");
});

test("a password that is taken away while somebody comes in by it lets nobody in without it", async () => {
  const ana = await goes("r/choir", "Ana", { password: "correct horse" });
  const ben = await opens("r/choir");
  await ben.look();
  const outcome = ben.join({ name: "Ben", password: "correct horses" }).then(() => "", ({ code }) => code);
  await ana.setPassword("");
  // Seated by the server before the new rules came, or refused: in no case does anybody hear from anybody.
  if ((await outcome) === "") await until("it ends", () => ben.state === "ended" && ben.error?.code === "name-without-password");
  assert.deepEqual([ben.people.length, ana.people.length, made.length], [0, 0, 0]);
});

test("a closed door is said to who typed a password, and opens to a knock", async () => {
  const ana = await goes("r/choir", "Ana", { password: "correct horse" });
  await ana.setDoor("knock");
  const ben = await opens("r/choir#p");
  await assert.rejects(ben.join({ name: "Ben", password: "correct horse" }), { code: "door-closed" });
  const knocking = await opens("r/choir#p");
  await assert.rejects(knocking.join({ name: "Ben" }), { code: "door-closed" }, "said once");
  const joined = knocking.join({ name: "Ben", message: "it is me" });
  const [knock] = await until("a knock", () => ana.knocks.length > 0 && ana.knocks);
  await ana.admit(knock.id);
  await joined;
  await Promise.all([sees(ana, "Ben"), sees(knocking, "Ana")]);
  await ana.setDoor("locked");
  await assert.rejects((await opens("r/choir")).join({ name: "Cy", password: "correct horse" }), { code: "locked" });
});

test("loaded again: the same person, the same host, no password asked", async () => {
  const [one, two] = [new Device(), new Device()];
  const ana = await goes("r/choir", "Ana", { password: "correct horse" }, one);
  const ben = await goes("r/choir#p", "Ben", { password: "correct horse" }, two);
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  const again = await goes("r/choir#p", "Ben", {}, two);
  await Promise.all([sees(ana, "Ben"), sees(again, "Ana")]);
  assert.equal(again.me.id, ben.me.id);
  const host = await goes("r/choir#p", "Ana", {}, one);
  await until("both again", () => namesOf(again) === "Ana" && again.people[0]?.host);
  assert.deepEqual([host.me.host, host.me.id], [true, ana.me.id]);
});

test("another host's room under this name: not for who has met the first one; forgetting opens it", async () => {
  const device = new Device();
  const ana = await goes("r/choir", "Ana");
  const ben = await goes("r/choir", "Ben", {}, device);
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  await crash(device);
  const eve = await goes("r/choir", "Eve");
  server.ended.add(said("create")[0].host_pk);
  const third = await opens("r/choir", device);
  await assert.rejects(device.use(() => third.look()), { code: "room-over" });
  assert.equal(eve.people.length, 0, "nothing is merged");
  await device.use(() => third.forget());
  const fresh = await goes("r/choir", "Ben", {}, device);
  await Promise.all([sees(eve, "Ben"), sees(fresh, "Eve")]);
  assert.notEqual(fresh.me.id, ben.me.id);
});

test("rules that ran out are no way back to the host one knows: two-hosts", async () => {
  const device = new Device();
  const ana = await goes("r/choir", "Ana");
  const ben = await goes("r/choir", "Ben", {}, device);
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  await crash(device);
  const eve = await goes("r/choir", "Eve");
  const again = await opens("r/choir", device);
  const now = Date.now;
  Date.now = () => now() + 26 * 3600_000;
  for (const record of device.stores.get("people").records.values()) record.used = Date.now();
  try {
    await assert.rejects(device.use(() => again.look()), { code: "two-hosts" });
  } finally {
    Date.now = now;
  }
  assert.deepEqual([again.state, eve.people.length, said("restore").length], ["failed", 0, 0]);
  await device.use(() => again.forget());
  const fresh = await goes("r/choir", "Ben", {}, device);
  await sees(fresh, "Eve");
});

test("who knows a host goes to that host's room, however many people another one has under this name", async () => {
  const device = new Device();
  const ana = await goes("r/choir", "Ana", {}, device);
  const ben = await goes("r/choir", "Ben");
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  await crash(device);
  const eve = await goes("r/choir", "Eve");
  const mallory = await goes("r/choir", "Mallory");
  await sees(mallory, "Eve");
  const again = await goes("r/choir", "Ana", {}, device);
  assert.deepEqual([again.me.host, again.count, again.people.length, eve.count], [true, 1, 0, 2]);
  const newcomer = await opens("r/choir");
  await newcomer.look();
  assert.equal(newcomer.count, 2, "whoever knows nobody goes where more people are");
});

test("whoever was inside gives a restarted server the room back, whatever was made there meanwhile", async () => {
  const device = new Device();
  const ana = await goes("r/choir", "Ana", {}, device);
  const ben = await goes("r/choir", "Ben");
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  server.cut();
  server.forget();
  server.back();
  await until("both are back", () => server.rooms.size === 1 && [...server.rooms.values()][0].seats.length === 2, 15_000);
  assert.equal(said("restore").length >= 1, true);
  const cy = await goes("r/choir", "Cy");
  await Promise.all([sees(ana, "Ben", "Cy"), sees(cy, "Ana", "Ben")]);
});

test("the last one out ends it, and the name is free: the same device makes a new room under it", async () => {
  const device = new Device();
  const ana = await goes("r/choir", "Ana", {}, device);
  await device.use(() => ana.leave());
  assert.equal(device.size, 0, "nothing of it is kept");
  const again = await goes("r/choir", "Ana", {}, device);
  assert.deepEqual([again.me.host, again.state], [true, "in"]);
  assert.equal(new Set(said("create").map(({ host_pk }) => host_pk)).size, 2);
});

test("removed from an open named room: out, and the door asks from now on", async () => {
  const device = new Device();
  const ana = await goes("r/choir", "Ana");
  const ben = await goes("r/choir", "Ben", {}, device);
  const cy = await goes("r/choir", "Cy");
  await Promise.all([sees(ana, "Ben", "Cy"), sees(cy, "Ana", "Ben")]);
  await ana.remove(ben.me.id);
  await until("Ben is out", () => ben.state === "ended");
  assert.deepEqual([ben.error?.code, ana.rules?.door], ["removed", "knock"]);
  await Promise.all([sees(ana, "Cy"), sees(cy, "Ana")]);
  const knocking = await opens("r/choir");
  void knocking.join({ name: "Ben again" }).catch(() => {});
  await until("as somebody new he knocks", () => ana.knocks.length === 1);
});

test("removed with a new password: who is in stays, the old password is useless", async () => {
  const ana = await goes("r/choir", "Ana", { password: "first" });
  const ben = await goes("r/choir", "Ben", { password: "first" });
  const cy = await goes("r/choir", "Cy", { password: "first" });
  await Promise.all([sees(ana, "Ben", "Cy"), sees(cy, "Ana", "Ben")]);
  await ana.remove(ben.me.id, { password: "second" });
  await until("Ben is out", () => ben.state === "ended");
  await Promise.all([sees(ana, "Cy"), sees(cy, "Ana")]);
  const again = await opens("r/choir");
  await assert.rejects(again.join({ name: "Ben", password: "first" }), { code: "wrong-password" });
  await goes("r/choir", "Dan", { password: "second" });
  await sees(ana, "Cy", "Dan");
});

test("an invitation and a host link stand behind the name", async () => {
  const ana = await goes("r/choir", "Ana");
  await ana.setDoor("invite");
  const { link } = await ana.invite({ label: "Ben" });
  assert.match(link, /^r\/choir#1i[0-9a-z]{28}$/);
  const ben = await goes(link, "Ben");
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  assert.deepEqual([ben.link, ana.invitations[0]?.used], ["r/choir", 1]);
  await assert.rejects((await opens(link)).join({ name: "Cy" }), ({ code }) => code === "invitation-used");
  const second = await ana.hostLink();
  assert.match(second, /^r\/choir#1h[0-9a-z]{79}$/);
  const phone = await goes(second, "Ana’s phone");
  await Promise.all([sees(ana, "Ana’s phone", "Ben"), sees(phone, "Ana", "Ben")]);
  assert.deepEqual([phone.me.host, phone.link, ben.people.filter(({ host }) => host).length], [true, "r/choir", 2]);
});

test("the code is the same for both, and differs between rooms of the same people", async () => {
  const ana = await goes("r/choir", "Ana");
  const ben = await goes("r/choir", "Ben");
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  ben.startCode();
  await until("a code", () => ana.code.state === "ready" && ben.code.state === "ready");
  assert.deepEqual([ana.code.numbers, ana.code.emoji], [ben.code.numbers, ben.code.emoji]);
});

test("a server that has a room for the link of a name, with a box, is not believed", async () => {
  const eve = await starts();
  const [papers] = said("create");
  const ana = await opens("r/choir");
  await ana.look();
  const { room_id } = said("look")[0];
  server.rooms.set(room_id, server.rooms.get(papers.room_id));
  server.rooms.get(room_id).claims.set(room_id, papers);
  await ana.look();
  assert.ok(ana.vacant);
});
