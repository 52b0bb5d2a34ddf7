// Doors from the public side: knocks, removal, links, passwords, codes, hosts; with the real seal over a server and a
// WebRTC that pretend. Each person has a device of their own, on which a page can be loaded again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { forgetDevice } from "../sdk/keep.js";
import { made } from "./fakes/rtc.js";
import { Device } from "./fakes/storage.js";
import { opens as opensOn, server, starts as startsOn, until } from "./fakes/meetings.js";

const rest = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const starts = (options, device = new Device()) => startsOn(options, device);
const opens = (link, device = new Device()) => opensOn(link, device);
const namesOf = ({ people }) => people.map(({ name }) => name).sort().join();
const sees = (meeting, ...names) => until(`sees ${names}`, () => namesOf(meeting) === names.join() && meeting.people.every(({ link }) => link === "connected"));

async function host(options, name = "Ana", device = new Device()) {
  const ana = await starts(options, device);
  await ana.join({ name });
  return ana;
}

async function guest(link, name, options = {}, device = new Device()) {
  const meeting = await opens(link, device);
  await meeting.join({ name, ...options });
  return meeting;
}

test("knock: the host reads name and message, lets in, and says who did it", async () => {
  const ana = await host({ door: "knock" });
  const ben = await opens(ana.link);
  await ben.look();
  assert.deepEqual(ben.rules, { door: "knock", password: false, keepsPassword: false, cap: 8, offRecord: true, ends: null, keptUntil: null });
  const joined = ben.join({ name: "Ben", message: "it is me" });
  const [knock] = await until("a knock", () => ana.knocks.length > 0 && ana.knocks);
  assert.deepEqual({ ...knock, id: "" }, { id: "", name: "Ben", message: "it is me", how: "knock", via: "", held: false });
  await until("heard", () => ben.waiting?.what === "knocking");
  assert.deepEqual([ben.state, ben.people.length, ana.people.length, made.length], ["knocking", 0, 0, 0], "no connection before admission");
  await ana.hold(knock.id, "one minute");
  await until("held", () => ben.waiting?.what === "held" && ben.waiting.text === "one minute");
  assert.equal(ana.knocks[0]?.held, true);
  await ana.admit(knock.id);
  await joined;
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  assert.deepEqual([ben.state, ben.waiting, ana.knocks, ana.people[0]?.verified, ana.people[0]?.admitted?.by], ["in", null, [], "host", "Ana"]);
  assert.deepEqual(ana.log.map(({ text }) => text), ["You let Ben in."]);
});

test("a guest who is no host cannot do what hosts do", async () => {
  const ana = await host();
  const ben = await guest(ana.link, "Ben");
  await sees(ben, "Ana");
  for (const act of [() => ben.setDoor("locked"), () => ben.newLink(), () => ben.end(), () => ben.remove(ana.me.id), () => ben.setPassword("x"), () => ben.hostLink(), () => ben.admit("x")]) {
    await assert.rejects(act(), { code: "not-host" });
  }
  assert.equal(ben.rules?.door, "open");
});

test("refused: may knock again; refused for good: may not", async () => {
  const ana = await host({ door: "knock" });
  const device = new Device();
  const ben = await opens(ana.link, device);
  const first = assert.rejects(ben.join({ name: "Ben" }), { code: "refused" });
  await ana.refuse((await until("a knock", () => ana.knocks[0])).id);
  await first;
  assert.deepEqual([ben.state, ana.knocks], ["ready", []]);
  const second = assert.rejects(ben.join({ name: "Ben" }), { code: "refused-for-good" });
  await ana.refuse((await until("a knock again", () => ana.knocks[0])).id, { forGood: true });
  await second;
  assert.equal(ben.state, "ended");
});

test("nobody is there to open: no-host, and whoever gives up is gone from the lobby", async () => {
  const ana = await host({ door: "knock" });
  const ben = await opens(ana.link);
  const joined = ben.join({ name: "Ben" });
  const given = assert.rejects(joined, { code: "gave-up" });
  await until("a knock", () => ana.knocks.length === 1);
  await ben.leave();
  await given;
  await until("gone", () => ana.knocks.length === 0);
  assert.equal(ben.state, "left");
});

test("locked: nobody new; whoever is in stays and can load the page again", async () => {
  const ana = await host();
  const device = new Device();
  const ben = await guest(ana.link, "Ben", {}, device);
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  await ana.setDoor("locked");
  await until("Ben knows", () => ben.rules?.door === "locked");
  assert.deepEqual([ben.log.at(-1)?.text, ana.log.at(-1)?.text], ["The host locked the door.", "You locked the door."]);
  const cy = await opens(ana.link);
  await assert.rejects(cy.join({ name: "Cy" }), { code: "locked" });
  assert.equal(cy.state, "ready");
  const again = await guest(ana.link, "Ben", {}, device);
  await Promise.all([sees(ana, "Ben"), sees(again, "Ana")]);
  assert.equal(again.me.id, ben.me.id);
});

test("a door that closes while somebody knocks says so", async () => {
  const ana = await host({ door: "knock" });
  const ben = await opens(ana.link);
  const shut = assert.rejects(ben.join({ name: "Ben" }), ({ code }) => code === "locked" || code === "refused");
  await until("a knock", () => ana.knocks.length === 1);
  await ana.setDoor("locked");
  await shut;
  await until("the lobby is empty", () => ana.knocks.length === 0);
});

test("a door that opens lets in who knocks", async () => {
  const ana = await host({ door: "knock" });
  const ben = await opens(ana.link);
  const joined = ben.join({ name: "Ben" });
  await until("a knock", () => ana.knocks.length === 1);
  await ana.setDoor("open");
  await joined;
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  assert.deepEqual(ana.knocks, []);
});

test("removal from an open room: out at once, a new link for the others, the old one opens nothing", async () => {
  const ana = await host();
  const old = ana.link;
  const devices = [new Device(), new Device()];
  const ben = await guest(old, "Ben", {}, devices[0]);
  const cy = await guest(old, "Cy", {}, devices[1]);
  await Promise.all([sees(ana, "Ben", "Cy"), sees(ben, "Ana", "Cy"), sees(cy, "Ana", "Ben")]);
  const removal = ana.remove(cy.me.id);
  await until("Cy is out for Ana", () => namesOf(ana) === "Ben", 1000);
  await until("Cy knows", () => cy.state === "ended");
  assert.equal(cy.error?.code, "removed");
  await removal;
  await until("Cy is out for Ben", () => namesOf(ben) === "Ana");
  await until("Ben has the new link", () => ben.link !== old && ben.link === ana.link);
  assert.deepEqual(ana.log.map(({ text }) => text), ["You removed Cy.", "You made a new link. The old one lets nobody new in."]);
  const again = await opens(old, devices[1]);
  await assert.rejects(again.join({ name: "Cy" }), { code: "removed" });
  const another = await opens(old);
  await assert.rejects(another.join({ name: "Cy" }), { code: "link-replaced" });
  const dan = await guest(ana.link, "Dan");
  await Promise.all([sees(dan, "Ana", "Ben"), sees(ben, "Ana", "Dan")]);
  const back = await guest(old, "Ben", {}, devices[0]);
  await sees(back, "Ana", "Dan");
  assert.equal(back.link, ana.link, "who is listed may come by the old link");
});

test("a host cannot be removed, and who is not there neither", async () => {
  const ana = await host();
  const ben = await guest(ana.link, "Ben");
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  await ana.makeHost(ben.me.id);
  await until("Ben is host", () => ben.me.host && ana.people[0]?.host);
  await assert.rejects(ana.remove(ben.me.id), { code: "host-stays" });
  await ben.setDoor("locked");
  await until("both hosts act", () => ana.rules?.door === "locked");
});

test("two hosts at once: the strictest holds, then one set of rules", async () => {
  const ana = await host();
  const ben = await guest(ana.link, "Ben");
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  await ana.makeHost(ben.me.id);
  await until("Ben is host", () => ben.me.host && ana.people[0]?.host);
  await Promise.all([ana.setDoor("knock"), ben.setDoor("locked")]);
  await until("the strictest", () => ana.rules?.door === "locked" && ben.rules?.door === "locked");
  const cy = await opens(ana.link);
  await assert.rejects(cy.join({ name: "Cy" }), { code: "locked" });
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
});

test("the host's end is over for all, proven by the rules, and the host key goes", async () => {
  const device = new Device();
  const ana = await host({}, "Ana", device);
  const ben = await guest(ana.link, "Ben");
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  await ana.end();
  await until("over for Ben", () => ben.state === "ended");
  assert.deepEqual([ben.error?.code, ana.state, ana.error?.code], ["room-over", "ended", "room-over"]);
  await until("nothing is kept", () => device.size === 0);
});

test("password: the right one comes in, a wrong one is counted, none is asked for", async () => {
  const ana = await host({ password: "correct horse" });
  const ben = await opens(ana.link);
  await ben.look();
  assert.equal(ben.rules?.password, true);
  await assert.rejects(ben.join({ name: "Ben" }), { code: "needs-password" });
  await assert.rejects(ben.join({ name: "Ben", password: "wrong" }), { code: "wrong-password" });
  assert.equal(ben.state, "ready");
  await until("counted", () => ana.wrongPasswords === 1 && ana.notes.some(({ text }) => text === "A wrong password was tried at the door."));
  await rest(2100);
  await ben.join({ name: "Ben", password: "correct horse" });
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  const cy = await guest(ana.link, "Cy", { password: "correct horse" });
  await Promise.all([sees(cy, "Ana", "Ben"), sees(ben, "Ana", "Cy")]);
});

test("after five wrong passwords a friend reads that nobody looks at them, and comes in when somebody inside allows it", async () => {
  const ana = await host({ password: "right" });
  for (let i = 0; i < 5; i++) {
    const mallory = await opens(ana.link);
    await assert.rejects(mallory.join({ name: "Mallory", password: `wrong ${i}` }), { code: "wrong-password" });
  }
  await until("five are counted", () => ana.wrongPasswords === 5);
  const ben = await opens(ana.link);
  const joined = ben.join({ name: "Ben", password: "right" });
  await until("busy is said", () => ben.waiting?.what === "busy");
  ana.allowTries();
  await joined;
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
});

test("a password where there is none is said", async () => {
  const ana = await host();
  const ben = await opens(ana.link);
  await assert.rejects(ben.join({ name: "Ben", password: "x" }), { code: "no-password" });
  await ben.join({ name: "Ben" });
  await sees(ben, "Ana");
});

test("a room that was made with a password keeps one, and says so; its host may set another", async () => {
  const ana = await host({ password: "sesame" });
  assert.equal(ana.rules?.keepsPassword, true);
  await assert.rejects(ana.setPassword(""), { code: "password-stays" });
  await ana.setPassword("another");
  const ben = await guest(ana.link, "Ben", { password: "another" });
  assert.deepEqual([ben.rules?.password, ben.rules?.keepsPassword], [true, true]);
});

test("a password set during the meeting: who is in stays and can come back unasked, who is new types it", async () => {
  const ana = await host();
  const device = new Device();
  const ben = await guest(ana.link, "Ben", {}, device);
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  await ana.setPassword("sesame");
  await until("Ben knows", () => ben.rules?.password);
  await sees(ben, "Ana");
  const cy = await opens(ana.link);
  await assert.rejects(cy.join({ name: "Cy" }), { code: "needs-password" });
  await cy.join({ name: "Cy", password: "sesame" });
  await Promise.all([sees(cy, "Ana", "Ben"), sees(ana, "Ben", "Cy")]);
  await rest(300);
  const again = await guest(ana.link, "Ben", {}, device);
  await sees(again, "Ana", "Cy");
  await ana.setPassword("");
  await until("gone", () => again.rules?.password === false);
  const dan = await guest(ana.link, "Dan");
  await sees(dan, "Ana", "Ben", "Cy");
});

test("the server forgets a room with a password: calls go on, and those inside give each other their seats back", async () => {
  const ana = await host({ password: "sesame" });
  const ben = await guest(ana.link, "Ben", { password: "sesame" });
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  let fewest = 1;
  for (const meeting of [ana, ben]) meeting.addEventListener("change", () => (fewest = Math.min(fewest, meeting.people.length)));
  server.cut();
  server.forget();
  server.back();
  await until("both are in again", () => ana.state === "in" && ben.state === "in" && ana.count === 2 && ben.count === 2, 12_000);
  assert.deepEqual([fewest, made.length], [1, 2]);
});

test("the server is away: one act follows another, everybody lives by them, and the server hears of the last when it is back", async () => {
  const ana = await host();
  const ben = await guest(ana.link, "Ben");
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  server.cut();
  await until("away", () => ana.state === "reconnecting" && ben.state === "reconnecting");
  const began = Date.now();
  for (const door of /** @type {const} */ (["locked", "open", "knock"])) {
    await ana.setDoor(door);
    await until(`Ben lives by ${door}`, () => ben.rules?.door === door, 2000);
  }
  assert.ok(Date.now() - began < 6000, "no act waits for the server");
  server.back();
  await until("back", () => ana.state === "in" && ben.state === "in");
  const cy = await opens(ana.link);
  await until("the server knows", async () => (await cy.look(), cy.rules?.door === "knock"));
});

test("the host loads the page again in a locked room and in one with a password", async () => {
  for (const options of [{ door: "locked" }, { password: "sesame" }]) {
    const device = new Device();
    const ana = await host(options, "Ana", device);
    const again = await opens(ana.link, device);
    await again.join({ name: "Ana" });
    assert.deepEqual([again.state, again.me.host, again.me.id], ["in", true, ana.me.id]);
    await again.setDoor("knock");
    assert.equal(again.rules?.door, "knock");
  }
});

test("a code is the same on both sides, covers both, and is ticked by name", async () => {
  const ana = await host();
  const ben = await guest(ana.link, "Ben");
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  ana.startCode();
  await until("ready", () => ana.code.state === "ready" && ben.code.state === "ready");
  assert.deepEqual([ana.code.emoji, ana.code.numbers], [ben.code.emoji, ben.code.numbers]);
  assert.deepEqual([ana.code.emoji.length, ana.code.numbers.length, ana.code.covers, ana.code.missing], [6, 3, [ben.me.id], []]);
  ana.tick(ben.me.id, true);
  assert.deepEqual([ana.people[0]?.ticked, ana.people[0]?.verified], [true, "ticked"]);
  ben.setName("Benno");
  await until("another name is another matter", () => ana.people[0]?.name === "Benno");
  assert.deepEqual([ana.people[0]?.ticked, ana.people[0]?.verified], [false, "link"]);
  const cy = await guest(ana.link, "Cy");
  await sees(ana, "Benno", "Cy");
  assert.deepEqual([ana.code.state, ana.code.missing], ["ready", [cy.me.id]], "a newcomer destroys no code");
});

test("an invitation lets in without a question, as often as it says, and tells whose it is", async () => {
  const ana = await host({ door: "knock" });
  const { id, link } = await ana.invite({ label: "Ben from work" });
  assert.match(link, /^#1i[0-9a-z]{28}$/);
  assert.deepEqual(ana.invitations, [{ id, label: "Ben from work", uses: 1, used: 0 }]);
  const ben = await opens(link);
  await ben.look();
  assert.deepEqual([ben.state, ben.rules, server.said.some(({ t }) => t === "redeem")], ["ready", null, false], "a link scanner burns nothing");
  await ben.join({ name: "Ben" });
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  assert.deepEqual([ben.link, ana.invitations[0]?.used, ana.knocks], [ana.link, 1, []]);
  assert.deepEqual(ana.log.map(({ code }) => code).sort(), ["admitted", "invited"]);
  await until("taken back after use", () => server.invitations.size === 0);
  const late = await opens(link);
  await assert.rejects(late.join({ name: "Eve" }), { code: "invitation-used" });
});

test("an invitation that the server hands out again admits nobody: used up, or revoked", async () => {
  const ana = await host({ door: "invite" });
  const once = await ana.invite({ label: "once" });
  const boxes = new Map(server.invitations);
  const ben = await guest(once.link, "Ben");
  await sees(ana, "Ben");
  const revoked = await ana.invite({ label: "never" });
  for (const [id, box] of server.invitations) boxes.set(id, box);
  await ana.revoke(revoked.id);
  server.invitations = boxes;
  const eve = await opens(once.link);
  await assert.rejects(eve.join({ name: "Eve" }), { code: "invitation-used" });
  assert.equal(ana.log.at(-1)?.code, "invitation-used");
  const note = ana.notes.find(({ code }) => code === "invitation-used");
  assert.match(note?.text ?? "", /^Once’s invitation was used once too often\./);
  const mallory = await opens(revoked.link);
  await assert.rejects(mallory.join({ name: "Mallory" }), { code: "invitation-used" });
  assert.deepEqual([namesOf(ana), ana.knocks, mallory.people], ["Ben", [], []]);
  assert.equal(ben.people.length, 1);
});

test("hosts share invitations; whoever is removed takes theirs along", async () => {
  const ana = await host({ door: "invite" });
  const phone = await opens(await ana.hostLink());
  await phone.join({ name: "phone" });
  await Promise.all([sees(ana, "phone"), sees(phone, "Ana")]);
  const { link } = await ana.invite({ label: "two", uses: 2 });
  await until("the phone has it", () => phone.invitations.length === 1);
  const ben = await guest(link, "Ben");
  await Promise.all([sees(ana, "Ben", "phone"), sees(phone, "Ana", "Ben")]);
  await ana.remove(ben.me.id);
  await until("revoked everywhere", () => ana.invitations.length === 0 && phone.invitations.length === 0 && server.invitations.size === 0);
});

test("a host link makes another device host", async () => {
  const ana = await host({ door: "locked" });
  const secret = await ana.hostLink();
  assert.match(secret, /^#1h[0-9a-z]{79}$/);
  const phone = await opens(secret);
  await phone.join({ name: "Ana's phone" });
  await Promise.all([sees(ana, "Ana's phone"), sees(phone, "Ana")]);
  assert.deepEqual([phone.me.host, phone.link, ana.people[0]?.host], [true, ana.link, true]);
  await phone.setDoor("knock");
  await until("a host like any", () => ana.rules?.door === "knock");
});

test("rules are signed for another day, and the device stays host for as long", async () => {
  const device = new Device();
  const before = Date.now;
  let ahead = 0;
  Date.now = () => before() + ahead;
  try {
    const ana = await starts({}, device);
    const until0 = [...device.stores.get("hosts").records.values()][0].until;
    ahead = 2 * 3600 * 1000;
    await ana.join({ name: "Ana" });
    await until("renewed", () => [...device.stores.get("hosts").records.values()][0].until >= until0 + 7000);
    await until("told", () => JSON.parse([...server.rooms.values()][0].states[0].json).until >= until0 + 7000);
  } finally {
    Date.now = before;
  }
});

test("forget leaves nothing on this device", async () => {
  const device = new Device();
  const ana = await host({}, "Ana", device);
  assert.ok(device.size > 0);
  await ana.forget();
  assert.deepEqual([ana.state, device.size], ["left", 0]);
});

test("a device forgets every room at once, the key of a host included, while a page that is in goes on", async () => {
  const device = new Device();
  const ana = await host({}, "Ana", device);
  await guest(ana.link, "Ben", {}, device);
  const cy = await host({}, "Cy", device);
  assert.ok(device.size >= 4);
  assert.equal(await device.use(forgetDevice), true);
  assert.equal(device.size, 0);
  assert.deepEqual([cy.state, cy.me.host], ["in", true]);
  const again = await opens(ana.link, device);
  await device.use(() => again.look());
  assert.equal(again.me.host, false);
});

test("who is made host in mid-stay invites and revokes at once", async () => {
  const ana = await host({ door: "knock" });
  const phone = await opens(await ana.hostLink());
  await phone.join({ name: "phone" });
  const { link } = await phone.invite({ label: "Ben" });
  const ben = await guest(link, "Ben");
  await Promise.all([sees(ana, "Ben", "phone"), sees(ben, "Ana", "phone")]);
  await ana.makeHost(ben.me.id);
  await until("Ben is host", () => ben.me.host);
  const made = await ben.invite({ label: "Cy" });
  assert.ok(server.invitations.has(made.id));
  const cy = await guest(made.link, "Cy");
  await sees(cy, "Ana", "Ben", "phone");
  const other = await ben.invite({ label: "Dan" });
  await ben.revoke(other.id);
  await until("revoked at the server", () => !server.invitations.has(other.id));
  assert.equal(server.said.filter(({ t }) => t === "host").length, 1, "shown once");
});

test("who was made host while the server was away shows it with the next invitation", async () => {
  const ana = await host();
  const ben = await guest(ana.link, "Ben");
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  server.refuse.set("host", { code: "rate", retry_ms: 1000 });
  await ana.makeHost(ben.me.id);
  await until("Ben is host", () => ben.me.host);
  await assert.rejects(ben.invite({ label: "Cy" }), { code: "rate" });
  server.refuse.clear();
  const { id } = await ben.invite({ label: "Cy" });
  assert.ok(server.invitations.has(id));
});

test("a join is signed for the session in which it is said", async () => {
  const ana = await host();
  const ben = await guest(ana.link, "Ben");
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  server.cut();
  server.forget();
  server.back();
  await until("both are in again", () => server.joins.length >= 4 && ana.state === "in" && ben.state === "in" && ana.count === 2 && ben.count === 2, 12_000);
  assert.ok(server.joins.length >= 4 && server.joins.every(({ isSigned }) => isSigned));
  assert.equal(new Set(server.joins.map(({ sig }) => sig)).size, server.joins.length);
});

test("ticks and admissions outlive a reload; another name is amber; leaving forgets them", async () => {
  const device = new Device();
  const ana = await host({ door: "knock" }, "Ana", device);
  const { link } = await ana.invite({ label: "the choir" });
  const ben = await guest(link, "Ben");
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  const cy = await opens(ana.link);
  const joined = cy.join({ name: "Cy" });
  await ana.admit((await until("a knock", () => ana.knocks[0])).id);
  await joined;
  await Promise.all([sees(ana, "Ben", "Cy"), sees(ben, "Ana", "Cy")]);
  ana.tick(ben.me.id, true);
  ana.tick(cy.me.id, true);
  const marks = (meeting) => meeting.people.map(({ name, ticked, renamed, admitted, verified }) => [name, ticked, renamed, admitted?.by, admitted?.via, admitted?.at.getTime(), verified]).sort();
  const before = marks(ana);
  assert.deepEqual(before.map(([name, ticked, , by, via]) => [name, ticked, by, via]), [["Ben", true, "Ana", "the choir"], ["Cy", true, "Ana", ""]]);
  await until("Ben was told", () => ben.people.find(({ name }) => name === "Cy")?.admitted?.by === "Ana");

  const again = await guest(ana.link, "Ana", {}, device);
  await sees(again, "Ben", "Cy");
  assert.deepEqual(marks(again), before, "the same persons, the same marks");
  ben.setName("Benno");
  await until("renamed", () => again.people.some(({ name }) => name === "Benno"));
  const { ticked, renamed, verified } = again.people.find(({ name }) => name === "Benno");
  assert.deepEqual([ticked, renamed, verified], [false, true, "host"]);
  again.tick(ben.me.id, true);
  assert.deepEqual(again.people.filter(({ renamed: other }) => other), []);

  await again.leave();
  const later = await guest(ana.link, "Ana", {}, device);
  await until("both are seen", () => ["Benno", "Cy"].every((name) => later.people.some((person) => person.name === name)));
  assert.notEqual(later.me.id, ana.me.id);
  assert.deepEqual(later.people.filter((person) => person.ticked || person.renamed), []);
});

test("somebody is just coming in: closing waits, then asks, by name where it is known; anyway cuts off", async () => {
  const ana = await host();
  const device = new Device();
  const ben = await guest(ana.link, "Ben", {}, device);
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  // A seat whose page says nothing: nobody knows who it is.
  const room = [...server.rooms.values()][0];
  room.seats.push({ pid: "AAAAAAAAAAA", spk: "", via: "", socket: {}, say() {} });
  room.tell();
  await until("listed", () => ana.count === 3);
  const began = Date.now();
  await assert.rejects(ana.setDoor("locked"), (error) => error.code === "unmet" && error.who.length === 1 && error.who[0] === "" && /cut off/.test(error.text));
  assert.ok(Date.now() - began >= 4500, "it waited first");
  assert.equal(ana.rules?.door, "open");
  for (const act of [() => ana.newLink(), () => ana.setPassword("sesame"), () => ana.remove(ben.me.id)]) {
    const late = assert.rejects(act(), { code: "unmet" });
    await until("asked", () => true);
    await late;
  }
  assert.deepEqual([ana.rules?.password, ana.people.length], [false, 1], "nothing was done");
  await ana.setDoor("locked", { anyway: true });
  assert.equal(ana.rules?.door, "locked");
  assert.ok(ana.log.some(({ text }) => text === "Somebody was cut off while coming in."));
  // Now that the door is closed, whoever has a seat by right is listed: nothing to ask.
  await ana.setDoor("invite");
  assert.equal(ana.rules?.door, "invite");
});

test("whoever arrives while a closing waits is in, and nobody is asked", async () => {
  const ana = await host();
  const room = [...server.rooms.values()][0];
  const ghost = { pid: "AAAAAAAAAAA", spk: "", via: "", socket: {}, say() {} };
  room.seats.push(ghost);
  room.tell();
  await until("listed", () => ana.count === 2);
  const closing = ana.setDoor("locked");
  await rest(300);
  room.seats = room.seats.filter((one) => one !== ghost);
  room.tell();
  await closing;
  assert.equal(ana.rules?.door, "locked");
});

test("a browser that keeps nothing says so, and gives the host link before anything else", async () => {
  const refusing = { open() { throw new DOMException("", "SecurityError"); } };
  const without = async (task) => {
    const before = globalThis.indexedDB;
    globalThis.indexedDB = /** @type {any} */ (refusing);
    try {
      return await task();
    } finally {
      globalThis.indexedDB = before;
    }
  };
  const ana = await without(() => starts({}, { use: (task) => task() }));
  assert.deepEqual([ana.state, ana.durable], ["ready", false]);
  const link = await ana.hostLink();
  await ana.join({ name: "Ana" });
  const phone = await opens(link);
  assert.equal(phone.durable, true);
  await phone.join({ name: "phone" });
  await sees(phone, "Ana");
  assert.equal(phone.me.host, true);
  await assert.rejects((await opens(ana.link)).hostLink(), { code: "no-such-room" });
});

test("a device that is full is as one that keeps nothing, from then on", async () => {
  const device = new Device();
  const ana = await starts({}, device);
  assert.equal(ana.durable, true);
  for (const store of device.stores.values()) store.put = () => { throw new DOMException("", "QuotaExceededError"); };
  await ana.join({ name: "Ana" });
  assert.deepEqual([ana.state, ana.durable], ["in", false]);
  await ana.setDoor("knock");
  assert.equal(ana.rules?.door, "knock", "it goes on in memory");
});
