// Doors from the public side: knocks, removal, links, passwords, codes, the end; with the real seal over a server and a
// WebRTC that pretend. Each person has a device of their own, on which a page can be loaded again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { server, until } from "./fakes/meetings.js";
import { guest, host, namesOf, opens, rest, sees } from "./fakes/people.js";
import { made } from "./fakes/rtc.js";
import { Device } from "./fakes/storage.js";

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

test("a new link and a new password: who has the old one and was not in stays out", async () => {
  const ana = await host({ password: "sesame" });
  const old = ana.link;
  const ben = await guest(old, "Ben", { password: "sesame" });
  await Promise.all([sees(ana, "Ben"), sees(ben, "Ana")]);
  await ana.setPassword("another");
  await until("Ben knows", () => ben.log.at(-1)?.code === "password");
  const cy = await opens(old);
  await assert.rejects(cy.join({ name: "Cy", password: "sesame" }), { code: "wrong-password" });
  await ana.newLink();
  await until("Ben has the new link", () => ben.link !== old && ben.link === ana.link);
  const dan = await opens(old);
  await assert.rejects(dan.join({ name: "Dan", password: "another" }), { code: "link-replaced" });
  assert.deepEqual([namesOf(ana), namesOf(ben)], ["Ben", "Ana"]);
  const eve = await guest(ana.link, "Eve", { password: "another" });
  await Promise.all([sees(eve, "Ana", "Ben"), sees(ana, "Ben", "Eve"), sees(ben, "Ana", "Eve")]);
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
