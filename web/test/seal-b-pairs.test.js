// Sections 4 and 6 from outside: opens, instances, messages, proofs, presence. The server is honest unless a test says
// otherwise; rules and rights are in seal-b-rules.test.js.

import assert from "node:assert/strict";
import { test } from "node:test";
import { b64 } from "../sdk/seal/bytes.js";
import { makeCore } from "../sdk/seal/core.js";
import { random } from "../sdk/seal/kdf.js";
import { makeLink } from "../sdk/seal/room.js";
import { Bench, issue, names, quiet, TestPage, TestRoom, three } from "./seal-b-bench.js";

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

test("6: a text that channel 0 swallowed is sent again, with what came after it", async () => {
  const { bench, ana, ben } = await three();
  await bench.connect(ana, ben);
  ana.pairs.send(ben.hid, { k: "chat", text: "1" });
  await ana.pairs.settled();
  ana.channelOut.length = 0;
  ana.pairs.send(ben.hid, { k: "chat", text: "2" });
  await bench.deliver();
  assert.deepEqual(ben.messages, []);
  await bench.after(30);
  assert.deepEqual(ben.messages.map(({ text }) => text), ["1", "2"]);
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
