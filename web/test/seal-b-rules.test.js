// Sections 2, 3 and 7 from outside: who may be here by the rules that stand, and what becomes of it when they change.

import assert from "node:assert/strict";
import { test } from "node:test";
import { b64 } from "../sdk/seal/bytes.js";
import { random } from "../sdk/seal/kdf.js";
import { makeLink } from "../sdk/seal/room.js";
import { packDocs } from "../sdk/seal/state.js";
import { writeRefuse } from "../sdk/seal/wire.js";
import { Bench, issue, names, NOW, quiet, TestPage, TestRoom, three } from "./seal-b-bench.js";

test("4: whoever lacks states merges them, and the open is repeated", async () => {
  const room = await TestRoom.link({ door: "knock" });
  const bench = new Bench();
  const [ana, ben] = [await TestPage.make(room, { name: "Ana", host: true }), await TestPage.make(room, { name: "Ben" })];
  await ana.adopt([await room.issue({ door: "open" }, [ana.spk])]);
  await bench.seat(ana, ben);
  await bench.after(6);
  const hows = bench.captured("open").map(({ body }) => Buffer.from(JSON.parse(body).open, "base64url")[4 + 117 + 4 + 64 + 4 + 16 + 4]);
  assert.deepEqual(hows, [3, 0], "the knock is stale, the door is open");
  assert.deepEqual([ana.persons.size, ben.persons.size], [1, 1]);
  assert.equal(ben.of("states").length, 1);
  assert.equal(ben.knowledge.book.rules.door, "open");
});

test("4: the one who answers lacks states: it is shown them and the open is repeated", async () => {
  const room = await TestRoom.link();
  const bench = new Bench();
  const [ana, ben] = [await TestPage.make(room, { name: "Ana", host: true }), await TestPage.make(room, { name: "Ben" })];
  // Ben was admitted, by a host device that Ana has not met.
  await ben.adopt([await room.issue({ door: "knock", admit: [ben.spk] }, [ana.spk])]);
  await bench.seat(ana, ben);
  await bench.after(6);
  assert.equal(ana.knowledge.book.rules.door, "knock");
  assert.deepEqual([ana.persons.size, ben.persons.size], [1, 1]);
});

test("2: a member who is there first and behind learns from the newcomer's docs in the same pair", async () => {
  const room = await TestRoom.link({ door: "open" });
  const bench = new Bench();
  const [ben, cy] = [await TestPage.make(room), await TestPage.make(room)];
  const next = await room.issue({ cap: 4 }, []);
  await cy.adopt([next]);
  await bench.seat(ben, cy);
  assert.equal(ben.knowledge.book.rules.cap, 4);
  assert.deepEqual([ben.persons.size, cy.persons.size], [1, 1]);
  assert.equal(bench.captured("refuse").length, 0);
});

test("11: a stranger whom the server lists first is nothing to a member, and a lobby entry to a host", async () => {
  const room = await TestRoom.link();
  const bench = new Bench();
  const [eve, ana, ben] = [await TestPage.make(room, { name: "Eve" }), await TestPage.make(room, { name: "Ana", host: true }), await TestPage.make(room, { name: "Ben" })];
  const shut = await room.issue({ door: "locked", admit: [ben.spk] }, [ana.spk]);
  await ana.adopt([shut]);
  await ben.adopt([shut]);
  await bench.seat(eve, ana, ben);
  await bench.after(60);
  assert.deepEqual([...ben.persons], [ana.hid]);
  assert.deepEqual([...ana.persons], [ben.hid]);
  assert.equal(eve.persons.size, 0);
  assert.equal(ben.of("waiting").some(({ what }) => what.k === "lobby"), false);
  const lobby = ana.of("waiting").filter(({ what }) => what.k === "lobby");
  assert.equal(lobby[0]?.what.spk, eve.spk);
  quiet(eve, ana, ben);
});

test("7: a knock is heard by the host alone, may be held, is renewed, and admission makes a person of it", async () => {
  const room = await TestRoom.link({ door: "knock" });
  const bench = new Bench();
  const [ana, ben, gil] = [await TestPage.make(room, { name: "Ana", host: true }), await TestPage.make(room, { name: "Ben" }), await TestPage.make(room, { name: "Gil" })];
  await issue(bench, room, ana, { admit: [ana.spk, ben.spk] });
  await ben.adopt(ana.knowledge.book.held);
  await bench.seat(ana, ben);
  await bench.atPorch(gil);
  const [entry] = ana.of("waiting").filter(({ what }) => what.k === "lobby");
  assert.deepEqual([entry.pid, entry.what.hid, entry.what.spk, entry.what.name, entry.what.message], [gil.pid, gil.hid, gil.spk, "Gil", "hello"]);
  assert.equal(ben.of("waiting").some(({ what }) => what.k === "lobby"), false);
  assert.equal(gil.of("waiting").some(({ pid, what }) => pid === ana.pid && what.k === "knocking"), true);
  assert.equal(gil.persons.size, 0);
  assert.equal(JSON.stringify(gil.outputs).includes("\"Ana\""), false, "no name before admission");
  ana.pairs.hold(gil.hid, "in a minute");
  await bench.deliver();
  assert.deepEqual(gil.of("waiting").at(-1).what, { k: "held", text: "in a minute" });
  await bench.after(120);
  assert.equal(ana.of("waiting").some(({ pid, what }) => pid === gil.pid && what.k === "left"), false, "the lease is renewed");
  await issue(bench, room, ana, { admit: [gil.spk] });
  assert.deepEqual(names(gil), ["Ana", "Ben"], "once admitted, to all seats");
  assert.deepEqual(ana.of("person").at(-1).first.name, "Gil");
  await bench.seat(gil);
  assert.deepEqual([...gil.persons].sort(), [ana.hid, ben.hid].sort());
  assert.equal(ben.persons.has(gil.hid), true);
  quiet(ana, ben, gil);
});

test("7: somebody just seated opens to those behind it too", async () => {
  const room = await TestRoom.link();
  const bench = new Bench();
  const [ana, ben] = [await TestPage.make(room, { host: true }), await TestPage.make(room)];
  await bench.atPorch(ben);
  bench.porch = [];
  bench.seats = [ben, ana];
  // Ana's page does not open (it is held back), so Ben has to.
  ben.pairs.handleView(bench.viewFor(ben));
  await bench.deliver();
  assert.deepEqual([ana.persons.size, ben.persons.size], [1, 1]);
});

test("7: a refused knock stays refused until the rules change; a silent one is forgotten", async () => {
  const room = await TestRoom.link({ door: "knock" });
  const bench = new Bench();
  const [ana, gil, hal] = [await TestPage.make(room, { name: "Ana", host: true }), await TestPage.make(room, { name: "Gil" }), await TestPage.make(room, { name: "Hal" })];
  await bench.seat(ana);
  await bench.atPorch(gil, hal);
  ana.pairs.refuse(gil.hid);
  await bench.deliver();
  assert.deepEqual(gil.of("waiting").at(-1).what, { k: "not-admitted" });
  const opens = bench.captured("open").filter(({ from }) => from === gil.pid).length;
  await bench.after(60);
  assert.equal(bench.captured("open").filter(({ from }) => from === gil.pid).length, opens);
  bench.wire = (signal) => (signal.from === hal.pid ? [] : [signal]);
  await bench.after(60);
  assert.equal(ana.of("waiting").some(({ pid, what }) => pid === hal.pid && what.k === "left"), true);
  bench.wire = (signal) => [signal];
  await issue(bench, room, ana, { door: "open" });
  await gil.adopt(ana.knowledge.book.held);
  await bench.after(30);
  assert.equal(ana.persons.has(gil.hid), true);
});

test("7: a door that opens lets those who knocked walk through", async () => {
  const room = await TestRoom.link({ door: "knock" });
  const bench = new Bench();
  const [ana, gil] = [await TestPage.make(room, { name: "Ana", host: true }), await TestPage.make(room, { name: "Gil" })];
  await bench.seat(ana);
  await bench.atPorch(gil);
  assert.equal(ana.persons.size, 0);
  await issue(bench, room, ana, { door: "open" });
  await bench.after(5);
  assert.deepEqual([ana.persons.size, gil.persons.size], [1, 1]);
  assert.deepEqual(names(ana), ["Gil"]);
});

test("4: judged again: who is neither listed nor let in by the door is dropped by everybody, and a host is told", async () => {
  const { room, bench, ana, ben, cy } = await three();
  const state = await room.issue({ door: "knock", admit: [ana.spk, ben.spk] }, [ana.spk, ben.spk]);
  // Ben hears it first: Ana's other device issued it.
  await ben.adopt([state]);
  await bench.deliver();
  assert.deepEqual(ben.of("gone").map(({ hid, why }) => [hid, why]), [[cy.hid, "no-right"]]);
  assert.equal(ana.of("gone").some(({ hid }) => hid === cy.hid), true);
  assert.equal(ana.of("waiting").some(({ what }) => what.k === "cut" && what.spk === cy.spk), true);
  assert.deepEqual(cy.of("gone").map(({ why }) => why), ["cut-off", "cut-off"]);
  assert.equal(ana.persons.has(ben.hid), true);
});

test("11: a removed guest is out for good: same person, reload, old link, late member", async () => {
  const { room, bench, ana, ben, cy } = await three();
  const link = await makeLink(room.host, room.made.flags0);
  for (const page of [ana, ben]) page.knowledge.links = [room.links[0], link];
  await issue(bench, room, ana, { remove: [cy.spk], link: b64(link.roomId) }, [ana.spk, ben.spk, cy.spk]);
  assert.deepEqual([...ana.persons], [ben.hid]);
  assert.deepEqual([...ben.persons], [ana.hid]);
  assert.equal(cy.noted("removed"), true);
  // A reload with the person's key, and a new identity with the old link.
  const back = await TestPage.make(room, { person: cy.core.person, states: [room.made.state] });
  const again = await TestPage.make(room, { name: "Not Cy", states: [room.made.state] });
  await bench.unlist(cy);
  await bench.seat(back, again);
  // A member who was asleep and holds the old rules must not help them.
  await bench.after(60);
  assert.deepEqual([...ana.persons], [ben.hid]);
  assert.deepEqual([...ben.persons], [ana.hid]);
  assert.deepEqual([back.persons.size, again.persons.size], [1, 0].map(() => 0), "they meet nobody, not even each other once they know");
  quiet(ana, ben, cy, back, again);
});

test("2: a member without the new link is reached by an old one", async () => {
  const { room, bench, ana, ben, cy } = await three();
  const link = await makeLink(room.host, room.made.flags0);
  ana.knowledge.links = [room.links[0], link];
  const met = [ana.spk, ben.spk, cy.spk];
  await issue(bench, room, ana, { link: b64(link.roomId), door: "open" }, met);
  assert.deepEqual([ana, ben, cy].map(({ persons }) => persons.size), [2, 2, 2]);
  // Ben's page reloads: it holds the old link only, and is listed.
  const ben2 = await TestPage.make(room, { name: "Ben", person: ben.core.person });
  await bench.unlist(ben);
  await bench.seat(ben2);
  await bench.after(10);
  assert.equal(ben2.persons.has(ana.hid), true);
  assert.equal(ben2.persons.has(cy.hid), true);
});

test("3: a reload is the same person: after its proof the old page goes, and is refused for good", async () => {
  const { room, bench, ana, ben } = await three();
  await bench.connect(ana, ben);
  const ben2 = await TestPage.make(room, { name: "Ben", person: ben.core.person });
  await bench.seat(ben2);
  assert.deepEqual(ana.of("gone"), [], "not before the proof");
  assert.equal(ana.persons.has(ben2.hid), true);
  await bench.connect(ana, ben2);
  assert.deepEqual(ana.of("gone").map(({ hid, why }) => [hid, why]), [[ben.hid, "replaced"]]);
  assert.equal(ana.of("person").at(-1).spk, ben.spk);
  const opens = bench.captured("open").filter(({ from, to }) => from === ben.pid && to === ana.pid);
  const code = (signal) => Buffer.from(JSON.parse(signal.body).refuse, "base64url").subarray(24, 32).toString();
  ana.pairs.handleSignal(ben.pid, opens[0].body);
  await bench.deliver();
  assert.equal(bench.captured("refuse").length, 0, "an answered open is not answered again");
  // The old page, still alive somewhere, opens anew.
  bench.wire = (signal) => [signal];
  const page = await TestPage.make(room, { core: ben.core });
  bench.seats = bench.seats.map((one) => (one === ben ? page : one));
  await bench.list();
  await bench.after(3);
  assert.equal(bench.captured("refuse").some((signal) => signal.to === ben.pid && code(signal) === "replaced"), true);
  assert.equal(page.noted("replaced"), true);
});

test("3: my own core, epk or person in another's place is refused", async () => {
  const { bench, ana } = await three();
  const [, open] = bench.captured("open");
  const before = bench.captured("accept").length;
  const mine = bench.captured("open").find(({ from }) => from !== ana.pid);
  bench.inject({ from: ana.pid, to: mine.from, body: mine.body });
  bench.inject({ from: "no pid", to: ana.pid, body: open.body });
  bench.inject({ from: b64(random(8)), to: ana.pid, body: open.body });
  await bench.deliver();
  assert.equal(bench.captured("accept").length, before);
  assert.equal(bench.captured("refuse").length, 0);
});

test("2: rules that have run out make no new pairs and end none", async () => {
  let now = NOW;
  const room = await TestRoom.link();
  const bench = new Bench();
  const clock = () => now;
  const [ana, ben, cy] = [await TestPage.make(room, { host: true, now: clock }), await TestPage.make(room, { now: clock }), await TestPage.make(room)];
  await bench.seat(ana, ben);
  now = NOW + 86_400 + 3601;
  await bench.seat(cy);
  await bench.after(30);
  assert.deepEqual([ana.persons.size, ben.persons.size, cy.persons.size], [1, 1, 0]);
  const state = await room.issue({}, [ana.spk], room.made.page, now + 86_400);
  for (const page of [ana, cy]) await page.adopt([state]);
  await bench.after(30);
  assert.equal(cy.persons.size, 2, "a renewed state, as the server shows it, was enough");
});

test("2: the end of the room ends every pair", async () => {
  const { room, bench, ana, ben, cy } = await three();
  await issue(bench, room, ana, { over: true });
  assert.deepEqual([ana, ben, cy].map((page) => page.persons.size), [0, 0, 0]);
  assert.equal(cy.noted("over"), true);
  assert.deepEqual(cy.of("gone").map(({ why }) => why), ["over", "over"]);
});

test("2: new rules reach everybody once, over whatever path, and are put out for the server", async () => {
  const { room, bench, ana, ben, cy } = await three();
  await bench.connect(ana, ben);
  await issue(bench, room, ana, { cap: 3 });
  for (const page of [ben, cy]) {
    assert.equal(page.of("states").length, 1);
    assert.equal(page.knowledge.book.rules.cap, 3);
  }
  await bench.after(40);
  assert.equal(ana.noted("rules-unheard"), false);
});

test("11: a lock withheld from one member shows at the host", async () => {
  const { room, bench, ana, ben, cy } = await three();
  await bench.after(11);
  bench.wire = (signal) => (signal.to === cy.pid ? [] : [signal]);
  await issue(bench, room, ana, { cap: 3 });
  await bench.after(45);
  const notes = ana.of("note").filter(({ code }) => code === "rules-unheard");
  assert.deepEqual(notes.map(({ colour, hid }) => [colour, hid]), [["amber", cy.hid]]);
  assert.equal(ben.noted("rules-unheard"), false, "only the host's page says so");
  bench.wire = (signal) => [signal];
  await bench.after(30);
  assert.equal(ana.noted("rules-heard"), true);
  assert.equal(cy.knowledge.book.rules.cap, 3);
});

test("11: a member hidden from another shows as amber, and in an honest room nothing does", async () => {
  const { bench, ana, ben, cy } = await three();
  for (const [one, other] of [[ana, ben], [ana, cy], [ben, cy]]) await bench.connect(one, other);
  await bench.after(100);
  for (const page of [ana, ben, cy]) assert.deepEqual(page.of("note"), []);
  const room = await TestRoom.link();
  const split = new Bench();
  const [a, b, c] = [await TestPage.make(room, { host: true }), await TestPage.make(room), await TestPage.make(room)];
  split.wire = (signal) => ([b.pid, c.pid].includes(signal.from) && [b.pid, c.pid].includes(signal.to) ? [] : [signal]);
  await split.seat(a, b, c);
  await split.after(90);
  const found = b.of("note").filter(({ code }) => code === "sees-more");
  assert.deepEqual(found.map(({ colour, hid, about }) => [colour, hid, about]), [["amber", a.hid, c.hid]]);
});

test("4: a page that is given the seed shows host-in to everybody who is here", async () => {
  const { room, bench, ana, ben, cy } = await three();
  assert.deepEqual(cy.of("person").map(({ host }) => host), [true, false]);
  ben.knowledge.hostKey = room.host.privateKey;
  ben.pairs.handleRules();
  await bench.after(4);
  for (const page of [ana, cy]) {
    const last = page.of("person").filter(({ hid }) => hid === ben.hid).at(-1);
    assert.deepEqual([last.host, last.again], [true, true]);
  }
  assert.equal(ana.of("gone").length, 0);
});

test("1: in a named room, states of another host key are said in words and merged into nothing", async () => {
  const bench = new Bench();
  const [one, other] = [await TestRoom.named(), await TestRoom.named()];
  const [ana, ben] = [await TestPage.make(one, { host: true }), await TestPage.make(other, { host: true })];
  await bench.seat(ana, ben);
  await bench.after(30);
  assert.equal(ben.of("note").some(({ code, colour }) => code === "two-hosts" && colour === "amber"), true);
  assert.deepEqual([ana.persons.size, ben.persons.size], [0, 0]);
  assert.equal(ben.knowledge.book.held.length, 1);
  assert.equal([...ana.of("note"), ...ben.of("note")].some(({ colour }) => colour === "red"), false);
});

test("3: a removed person is not even accepted, and one removed while knocking gets no lobby entry", async () => {
  const room = await TestRoom.link({ door: "knock" });
  const bench = new Bench();
  const [ana, gil, dan] = [await TestPage.make(room, { name: "Ana", host: true }), await TestPage.make(room, { name: "Gil" }), await TestPage.make(room, { name: "Dan" })];
  await ana.adopt([await room.issue({ remove: [dan.spk] }, [ana.spk])]);
  await bench.seat(ana);
  const held = [];
  bench.wire = (signal) => (signal.from === gil.pid && "c" in JSON.parse(signal.body) ? (held.push(signal), []) : [signal]);
  await bench.atPorch(gil, dan);
  assert.equal(bench.captured("accept").some(({ to }) => to === dan.pid), false);
  assert.equal(dan.noted("removed"), true);
  assert.equal(held.length, 1);
  await ana.adopt([await room.issue({ remove: [gil.spk] }, [ana.spk])]);
  bench.wire = (signal) => [signal];
  bench.inject(held[0]);
  await bench.after(5);
  assert.equal(ana.of("waiting").some(({ what }) => what.k === "lobby"), false);
  assert.equal(gil.noted("removed"), true);
  quiet(ana, gil, dan);
});

test("2: each state goes once to each page", async () => {
  const { room, bench, ana, ben } = await three();
  await bench.connect(ana, ben);
  const told = [];
  const handle = ben.pairs.handleChannel.bind(ben.pairs);
  ben.pairs.handleChannel = (hid, text) => {
    if (text.includes('"k":"states"')) told.push(text);
    handle(hid, text);
  };
  await issue(bench, room, ana, { cap: 5 });
  ana.pairs.handleRules();
  await bench.after(25);
  assert.equal(told.length, 1);
});

test("4: a refuse that answers nothing teaches nothing", async () => {
  const { room, bench, ana, ben } = await three();
  const docs = packDocs([await room.issue({ cap: 5 }, [])]);
  bench.inject({ from: ben.pid, to: ana.pid, body: writeRefuse({ pn: random(16), code: "stale", docs }) });
  await bench.deliver();
  assert.deepEqual(ana.of("states"), []);
  assert.equal(ana.knowledge.book.rules.cap, 8);
});

test("3: a page that was replaced while its new instance was on the way does not come back", async () => {
  const { room, bench, ana, ben } = await three();
  await bench.connect(ana, ben);
  const ben2 = await TestPage.make(room, { name: "Ben", person: ben.core.person });
  await bench.seat(ben2);
  const held = [];
  bench.wire = (signal) => (signal.from === ben.pid && signal.to === ana.pid && "c" in JSON.parse(signal.body) ? (held.push(signal), []) : [signal]);
  // The old page opens anew, as after a gap, and its first frame is late.
  ben.pairs.handleChannelState(ana.hid, false);
  ben.knowledge.hostKey = room.host.privateKey;
  ben.pairs.handleRules();
  await bench.after(4);
  assert.ok(bench.captured("accept").filter(({ from, to }) => from === ana.pid && to === ben.pid).length > 1);
  await bench.connect(ana, ben2);
  assert.equal(ana.persons.has(ben.hid), false);
  for (const signal of held) bench.inject(signal);
  await bench.after(2);
  assert.equal(ana.persons.has(ben.hid), false);
  assert.equal(ana.of("person").filter(({ hid }) => hid === ben.hid).length, 1);
});
