// Sections 2, 4, 6 and 7 from outside: pages, rules and a server that is honest unless a test says otherwise.

import assert from "node:assert/strict";
import { test } from "node:test";
import { b64 } from "../sdk/seal/bytes.js";
import { makeCore } from "../sdk/seal/core.js";
import { random } from "../sdk/seal/kdf.js";
import { makeLink } from "../sdk/seal/room.js";
import { Bench, NOW, TestPage, TestRoom } from "./seal-b-bench.js";

const names = (page) => page.of("person").map(({ first }) => first.name);
const quiet = (...pages) => pages.forEach((page) => assert.deepEqual(page.faults, []));

/** Ana (host), Ben and Cy in one room, all persons of one another. */
async function three(wish = {}) {
  const room = await TestRoom.link(wish);
  const bench = new Bench();
  const [ana, ben, cy] = [await TestPage.make(room, { name: "Ana", host: true }), await TestPage.make(room, { name: "Ben" }), await TestPage.make(room, { name: "Cy" })];
  await bench.seat(ana, ben, cy);
  return { room, bench, ana, ben, cy };
}

/** The host's page issues; everybody who is reached hears. */
async function issue(bench, room, host, change, met) {
  const state = await room.issue(change, met ?? [host.spk]);
  await host.adopt([state]);
  await bench.deliver();
  return state;
}

test("4: everybody opens to whom the list has before them, once, and becomes a person on both sides", async () => {
  const { bench, ana, ben, cy } = await three();
  assert.deepEqual([ana, ben, cy].map((page) => page.persons.size), [2, 2, 2]);
  assert.deepEqual(names(cy), ["Ana", "Ben"]);
  assert.deepEqual(bench.captured("open").map(({ from, to }) => [from, to]), [[ben.pid, ana.pid], [cy.pid, ana.pid], [cy.pid, ben.pid]]);
  assert.deepEqual(bench.captured("accept").length, 3);
  assert.deepEqual(ben.of("person").map(({ host }) => host), [true, false]);
  assert.equal(ben.of("person")[0].spk, ana.spk);
  assert.deepEqual(ana.of("person")[0].first, { gen: 0, name: "Ben" });
  quiet(ana, ben, cy);
});

test("4: in a named room nothing but the door stands between", async () => {
  const room = await TestRoom.named();
  const bench = new Bench();
  const [ana, ben] = [await TestPage.make(room, { host: true }), await TestPage.make(room)];
  await bench.seat(ana, ben);
  assert.deepEqual([ana.persons.size, ben.persons.size], [1, 1]);
});

test("4: without the link nobody gets in by an open door, and nothing is said to them", async () => {
  const { room, bench, ana, ben, cy } = await three();
  const { link } = await TestRoom.link().then(({ made }) => made);
  const eve = await TestPage.make(room, { name: "Eve", links: [{ ...link, roomId: room.links[0].roomId }] });
  await bench.seat(eve);
  await bench.after(90);
  assert.equal(eve.persons.size, 0);
  for (const page of [ana, ben, cy]) assert.equal(page.persons.size, 2);
  assert.equal(eve.of("note").some(({ colour }) => colour === "red"), false, "a wrong link looks like silence");
  quiet(ana, ben, cy, eve);
});

test("6: messages take frames, then channel 0, then frames, in order, once", async () => {
  const { bench, ana, ben } = await three();
  const say = (text) => assert.equal(ana.pairs.send(ben.hid, { k: "chat", text }), true);
  say("1");
  await bench.deliver();
  say("2");
  assert.deepEqual(await bench.connect(ana, ben), ["good", "good"]);
  const framesBefore = bench.captured("c").filter(({ from, to }) => from === ana.pid && to === ben.pid).length;
  say("3");
  await bench.deliver();
  assert.equal(bench.captured("c").filter(({ from, to }) => from === ana.pid && to === ben.pid).length, framesBefore);
  say("4");
  await ana.pairs.settled();
  ana.channelOut.length = 0;
  ana.pairs.handleChannelState(ben.hid, false);
  ben.pairs.handleChannelState(ana.hid, false);
  say("5");
  await bench.deliver();
  assert.deepEqual(ben.messages.map(({ text }) => text), ["1", "2", "3", "4", "5"]);
  assert.equal(ana.pairs.send("nobody", { k: "chat" }), false);
  assert.equal(ana.pairs.send(ben.hid, { k: "states" }), false, "the seal's own kinds are not for drivers");
  assert.equal(ana.pairs.send(ben.hid, { k: "chat", text: "x".repeat(40_000) }), false);
  quiet(ana, ben);
});

test("4: descriptions travel squeezed", async () => {
  const { bench, ana, ben } = await three();
  const description = { type: "offer", sdp: "a=rtpmap:96 VP8/90000\r\n".repeat(400) };
  assert.equal(ana.pairs.send(ben.hid, { k: "desc", gen: 1, description }), true);
  await bench.deliver();
  assert.deepEqual(ben.messages, [{ k: "desc", gen: 1, description }]);
  const sizes = bench.captured("c").filter(({ from, to }) => from === ana.pid && to === ben.pid).map(({ body }) => body.length);
  assert.ok(Math.max(...sizes.slice(-1)) < 1500, `${sizes}`);
});

test("6: a bye ends the pair on both sides, and nothing is opened to that page again", async () => {
  const { bench, ana, ben } = await three();
  ben.pairs.send(ana.hid, { k: "bye" });
  await bench.deliver();
  assert.deepEqual(ana.of("gone").map(({ hid, why }) => [hid, why]), [[ben.hid, "bye"]]);
  assert.deepEqual(ben.of("gone").map(({ why }) => why), ["bye"]);
  const opens = bench.captured("open").length;
  await bench.list();
  await bench.after(60);
  assert.equal(bench.captured("open").length, opens);
  assert.equal(ana.persons.size, 1);
});

test("6: a bye arrives although the connection closes in the same task", async () => {
  const { bench, ana, ben } = await three();
  await bench.connect(ana, ben);
  ben.pairs.send(ana.hid, { k: "bye" });
  await ben.pairs.settled();
  ben.channelOut.length = 0;
  await bench.deliver();
  assert.deepEqual(ana.of("gone").map(({ why }) => why), ["bye"]);
});

test("6: \"left\" for somebody who is connected moves nothing; without a connection it does", async () => {
  const { bench, ana, ben, cy } = await three();
  await bench.connect(ana, ben);
  await bench.unlist(ben);
  assert.deepEqual([...ana.persons].sort(), [ben.hid, cy.hid].sort());
  assert.deepEqual([...cy.persons], [ana.hid]);
  assert.deepEqual(cy.of("gone").map(({ why }) => why), ["left"]);
  ana.pairs.handleChannelState(ben.hid, false);
  await ana.pairs.settled();
  assert.deepEqual(ana.of("gone").map(({ hid, why }) => [hid, why]), [[ben.hid, "left"]]);
});

test("4: a gap ends the instance; whoever finds it opens again; nothing is lost or doubled", async () => {
  const { bench, ana, ben } = await three();
  let drop = 1;
  bench.wire = (signal) => (signal.from === ana.pid && signal.to === ben.pid && "c" in JSON.parse(signal.body) && drop-- > 0 ? [] : [signal]);
  for (const text of ["1", "2", "3"]) ana.pairs.send(ben.hid, { k: "chat", text });
  await bench.after(5);
  assert.deepEqual(ben.messages.map(({ text }) => text), ["1", "2", "3"]);
  assert.equal(ben.pairs.stats.gaps, 1);
  assert.deepEqual(bench.captured("open").map(({ from }) => from).slice(3), [ben.pid]);
  const again = ana.of("person").filter(({ hid }) => hid === ben.hid).map((output) => output.again);
  assert.deepEqual(again, [false, true]);
  assert.equal(ana.of("gone").length + ben.of("gone").length, 0);
});

test("4: the last message before silence arrives too: the next beat shows the gap", async () => {
  const { bench, ana, ben } = await three();
  let drop = 1;
  bench.wire = (signal) => (signal.from === ana.pid && signal.to === ben.pid && "c" in JSON.parse(signal.body) && drop-- > 0 ? [] : [signal]);
  ana.pairs.send(ben.hid, { k: "chat", text: "the last" });
  await bench.after(16);
  assert.deepEqual(ben.messages.map(({ text }) => text), ["the last"]);
});

test("4: both open at once: the one from the smaller pid stands", async () => {
  const room = await TestRoom.link();
  const bench = new Bench();
  const pages = [await TestPage.make(room, { host: true }), await TestPage.make(room)].sort((a, b) => Buffer.compare(Buffer.from(a.core.pid), Buffer.from(b.core.pid)));
  bench.seats = [...pages];
  // To each the server shows the other one first.
  pages[0].pairs.handleView({ ...bench.viewFor(pages[0]), seats: [{ pid: pages[1].pid }, { pid: pages[0].pid }] });
  pages[1].pairs.handleView({ ...bench.viewFor(pages[1]), seats: [{ pid: pages[0].pid }, { pid: pages[1].pid }] });
  await bench.deliver();
  assert.equal(bench.captured("open").length, 2);
  assert.deepEqual(bench.captured("accept").map(({ from }) => from), [pages[1].pid]);
  assert.deepEqual(pages.map((page) => page.of("person").length), [1, 1]);
});

test("4: both open at once and the smaller pid's is refused: then the other's stands", async () => {
  const room = await TestRoom.link({ door: "knock" });
  const bench = new Bench();
  for (let tries = 0; ; tries++) {
    assert.ok(tries < 64);
    const [host, guest] = [await TestPage.make(room, { host: true }), await TestPage.make(room, { name: "Gil" })];
    if (Buffer.compare(Buffer.from(guest.core.pid), Buffer.from(host.core.pid)) > 0) continue;
    // The guest knocks with a link that has been replaced, the host opens to whom it finds before it.
    const link = await makeLink(room.host, room.made.flags0);
    const next = await room.issue({ link: b64(link.roomId) }, [host.spk]);
    host.knowledge.links = [room.links[0], link];
    host.knowledge.book.add([next]);
    bench.seats = [guest, host];
    guest.pairs.handleView({ ...bench.viewFor(guest), seats: [{ pid: host.pid }, { pid: guest.pid }] });
    host.pairs.handleView(bench.viewFor(host));
    await bench.deliver();
    assert.deepEqual(bench.captured("refuse").map(({ from }) => from).slice(0, 1), [host.pid]);
    quiet(host, guest);
    return;
  }
});

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

test("4: a pid that is not the hid's is not answered", async () => {
  const { room, bench, ana } = await three();
  const [eve, tom] = [await TestPage.make(room), await TestPage.make(room)];
  bench.seats.push(eve, tom);
  const sent = [];
  eve.pairs.handleView({ ...bench.viewFor(eve), seats: [{ pid: ana.pid }, { pid: eve.pid }] });
  await eve.pairs.settled();
  for (const signal of eve.sent.splice(0)) bench.inject({ ...signal, from: tom.pid }), sent.push(signal);
  assert.equal(sent.length, 1);
  await bench.deliver();
  assert.equal(bench.captured("accept").some(({ to }) => to === tom.pid || to === eve.pid), false);
});

test("4: opens are answered one in 2 s, burst 4, and a copied one never twice", async () => {
  const { room, bench, ana } = await three();
  const eve = await TestPage.make(room);
  bench.seats.push(eve);
  const accepts = () => bench.captured("accept").filter(({ to }) => to === eve.pid).length;
  const opens = [];
  for (let i = 0; i < 8; i++) {
    const again = await TestPage.make(room, { core: eve.core });
    again.pairs.handleView({ seats: [{ pid: ana.pid }, { pid: eve.pid }], porch: [], me: eve.pid, seated: true });
    await again.pairs.settled();
    opens.push(again.sent[0]);
  }
  for (const open of opens) for (let i = 0; i < 3; i++) bench.inject(open);
  await bench.deliver();
  assert.equal(accepts(), 4);
  await bench.after(2);
  for (const open of opens.slice(4)) bench.inject(open);
  await bench.deliver();
  assert.equal(accepts(), 5);
  quiet(ana);
});

test("4: three refusals by one page, and nothing is opened there before rules change", async () => {
  const { room, bench, ana } = await three();
  // Same states, and still a refusal: Gil has a link that Ana does not hold.
  const link = await makeLink(room.host, room.made.flags0);
  const gil = await TestPage.make(room, { name: "Gil", links: [link], person: undefined });
  const state = await room.issue({ door: "locked", admit: [gil.spk] }, [ana.spk]);
  await gil.adopt([state]);
  await ana.adopt([state]);
  bench.seats = [ana, gil];
  await bench.list();
  await bench.after(120);
  const opens = () => bench.captured("open").filter(({ from }) => from === gil.pid).length;
  assert.equal(opens(), 3);
  gil.knowledge.links = [link, room.links[0]];
  gil.pairs.handleRules();
  await bench.after(10);
  assert.equal(gil.persons.has(ana.hid), true);
});

test("10: no answer: three opens, then rest until the list changes, a minute at most", async () => {
  const { room, bench, ana } = await three();
  const gil = await TestPage.make(room, { name: "Gil" });
  bench.wire = (signal) => (signal.from === gil.pid ? [] : [signal]);
  bench.seats = [ana, gil];
  await bench.list();
  const opens = () => bench.captured("open").filter(({ from }) => from === gil.pid).length;
  await bench.after(119);
  assert.equal(opens(), 3);
  await bench.after(2);
  assert.equal(opens(), 4);
  assert.equal(gil.of("note").filter(({ code, colour }) => code === "connect-slow" && colour === "grey").length, 1);
  bench.wire = (signal) => [signal];
  await bench.list();
  await bench.after(25);
  assert.equal(gil.persons.has(ana.hid), true);
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

test("6: a host who is listed and was met, but is not connected for 90 s, is said to be missing", async () => {
  const { bench, ana, ben } = await three();
  await bench.connect(ana, ben);
  await bench.after(100);
  assert.equal(ben.noted("no-host"), false);
  ben.pairs.handleChannelState(ana.hid, false);
  await bench.after(89);
  assert.equal(ben.noted("no-host"), false);
  await bench.after(3);
  assert.equal(ben.noted("no-host"), true);
  await bench.connect(ana, ben, 2);
  await bench.after(1);
  assert.equal(ben.noted("host-again"), true);
});

test("6: a wrong proof is red, closes the pair and is not tried again; an early one waits", async () => {
  const { bench, ana, ben } = await three();
  const proof = await ana.pairs.makeProof(ben.hid, 1);
  assert.equal(await ben.pairs.checkProof(ana.hid, 1, proof), "good");
  const other = await makeCore(random(33), random(32));
  const unknown = proof.slice();
  unknown[10] ^= 1;
  assert.equal(await ben.pairs.checkProof(ana.hid, 1, unknown), "later");
  assert.equal(await ben.pairs.checkProof(b64(other.hid), 1, proof), "later");
  assert.equal(await ben.pairs.checkProof(ana.hid, 2, proof), "wrong");
  await bench.after(30);
  assert.deepEqual(ben.of("gone").map(({ why }) => why), ["mismatch"]);
  assert.deepEqual(ben.of("note").filter(({ colour }) => colour === "red").map(({ code, hid }) => [code, hid]), [["mismatch", ana.hid]]);
  assert.equal(ben.persons.has(ana.hid), false);
});

test("6: the proof may name the instance before the newest", async () => {
  const { bench, ana, ben } = await three();
  const early = await ana.pairs.makeProof(ben.hid, 1);
  let drop = 1;
  bench.wire = (signal) => (signal.from === ana.pid && signal.to === ben.pid && "c" in JSON.parse(signal.body) && drop-- > 0 ? [] : [signal]);
  ana.pairs.send(ben.hid, { k: "chat", text: "1" });
  ana.pairs.send(ben.hid, { k: "chat", text: "2" });
  await bench.after(30);
  assert.equal(ben.pairs.stats.gaps, 1);
  assert.equal(await ben.pairs.checkProof(ana.hid, 1, early), "good");
  assert.notDeepEqual(await ana.pairs.makeProof(ben.hid, 1), early);
});

test("sleep: a page that slept opens and expires nothing while what waited is delivered", async () => {
  const { bench, ana, ben } = await three();
  const before = bench.capture.length;
  ben.pairs.handleTick(bench.awake);
  await bench.deliver();
  assert.ok(bench.capture.length - before < 6);
  assert.equal(ana.persons.size, 2);
});

test("stop: nothing is put out afterwards", async () => {
  const { bench, ana, ben } = await three();
  const count = ana.outputs.length;
  ana.pairs.stop();
  ana.pairs.handleTick(99_000);
  ben.pairs.send(ana.hid, { k: "chat" });
  await bench.deliver();
  assert.equal(ana.outputs.length, count);
});
