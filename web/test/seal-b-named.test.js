// s1.7: named rooms against a hostile server, without sockets. It may show whatever rules it likes, signed by a host key of
// its own, since nothing proves whose room a name is. What holds all the same: a typed password, and a host once met.

import assert from "node:assert/strict";
import { test } from "node:test";
import { b64, lv } from "../sdk/seal/bytes.js";
import { stretch } from "../sdk/seal/password.js";
import { writeRefuse } from "../sdk/seal/wire.js";
import { Bench, TestPage, TestRoom, names, quiet } from "./seal-b-bench.js";

const PASSWORD = "correct horse";

/** Somebody who typed a password and has met nobody. */
async function typist(room, typed = PASSWORD) {
  const { pw } = room.book.rules;
  const page = await TestPage.make(room, { name: "Ben", password: { pw, S: await stretch(typed, room.room, pw), sure: false } });
  page.knowledge.onlyPassword = true;
  page.pairs.tryPassword();
  return page;
}

/** The host, who set it. */
const setter = (room) => TestPage.make(room, { name: "Ana", host: true, password: { ...room.made.password, sure: true } });

test("with the right password they meet, by how 1 alone", async () => {
  const room = await TestRoom.named({ password: PASSWORD });
  const bench = new Bench();
  const [ana, ben] = [await setter(room), await typist(room)];
  await bench.seat(ana, ben);
  await bench.after(2);
  assert.deepEqual([names(ana), names(ben), ben.pairs.provenPw], [["Ben"], ["Ana"], room.book.rules.pw]);
  quiet(ana, ben);
});

test("stripped: rules without a password open nothing for who typed one, from either side", async () => {
  for (const order of ["first", "last"]) {
    const stripped = await TestRoom.named();
    const bench = new Bench();
    const eve = await TestPage.make(stripped, { name: "Eve", host: true });
    const ben = await typist(stripped);
    await bench.seat(...(order === "first" ? [ben, eve] : [eve, ben]));
    await bench.after(60);
    assert.deepEqual([names(ben), names(eve)], [[], []], order);
    assert.equal(bench.captured("open").some(({ from }) => from === ben.pid), false, "it opens to nobody");
    assert.equal(bench.captured("accept").some(({ from }) => from === ben.pid), false, "and accepts nobody");
    assert.equal(bench.captured("c").length, 0, "no frame, hence no name");
    quiet(ben, eve);
  }
});

test("stripped later: a second set of rules from the same false host, after the password was asked for", async () => {
  const false_ = await TestRoom.named({ password: "not known to Ben" });
  const bench = new Bench();
  const eve = await setter(false_);
  const ben = await typist(false_);
  await bench.seat(eve, ben);
  await bench.after(5);
  assert.ok(ben.noted("wrong-password"));
  const opened = await false_.issue({ pw: 0 });
  await eve.adopt([opened]);
  await ben.adopt([opened]);
  await bench.list();
  await bench.after(60);
  assert.deepEqual([names(ben), names(eve)], [[], []]);
  quiet(ben, eve);
});

test("a false host that guesses has one guess for each press", async () => {
  const room = await TestRoom.named({ password: "a guess" });
  const bench = new Bench();
  const [eve, mallory, ben] = [await setter(room), await setter(room), await typist(room)];
  await bench.seat(eve, mallory, ben);
  await bench.after(60);
  assert.deepEqual([names(ben), bench.captured("pake").length], [[], 1], "one tag was shown, to one page");
  quiet(ben);
});

test("members, knocks and invitations of the false host's rules are no way in either", async () => {
  for (const wish of [{ door: "knock" }, { door: "invite" }, { door: "locked" }, { door: "knock", members: "ben" }]) {
    const maker = await TestRoom.named();
    const core = (await TestPage.make(maker)).core;
    const rules = wish.members ? { door: "knock", members: [b64(core.spk)] } : wish;
    const room = await TestRoom.named(rules);
    const bench = new Bench();
    const eve = await TestPage.make(room, { name: "Eve", host: true });
    const ben = await TestPage.make(room, { name: "Ben", core });
    ben.knowledge.onlyPassword = true;
    await bench.seat(eve, ben);
    await bench.after(30);
    assert.deepEqual([names(ben), bench.captured("c").length], [[], 0], JSON.stringify(wish));
    quiet(ben);
  }
});

test("who has met somebody by the password is an ordinary member afterwards", async () => {
  const room = await TestRoom.named({ password: PASSWORD });
  const bench = new Bench();
  const [ana, ben] = [await setter(room), await typist(room)];
  await bench.seat(ana, ben);
  await bench.after(2);
  ben.knowledge.onlyPassword = false; // the driver stores the states and pins their host
  const opened = await room.issue({ pw: 0 }, [ana.spk, ben.spk]);
  await ana.adopt([opened]);
  await bench.deliver();
  const cy = await TestPage.make(room, { name: "Cy" });
  await bench.seat(cy);
  await bench.after(5);
  assert.deepEqual(names(ben).sort(), ["Ana", "Cy"]);
  quiet(ana, ben, cy);
});

/** Two rooms of one name, and a server that shows all their people to one another. */
async function twoRooms() {
  const [one, two] = [await TestRoom.named(), await TestRoom.named()];
  assert.deepEqual(one.room, two.room);
  const bench = new Bench();
  const people = [
    await TestPage.make(one, { name: "Ana", host: true }),
    await TestPage.make(one, { name: "Ben" }),
    await TestPage.make(two, { name: "Eve", host: true }),
    await TestPage.make(two, { name: "Mallory" }),
  ];
  await bench.seat(...people);
  await bench.after(30);
  return { one, two, bench, people };
}

test("two hosts under one name: said, closed, and nothing merged", async () => {
  const { one, two, people } = await twoRooms();
  const [ana, ben, eve, mallory] = people;
  const here = (page) => [...page.persons].map((hid) => people.find((other) => other.hid === hid).name).sort();
  assert.deepEqual(people.map(here), [["Ben"], ["Ana"], ["Mallory"], ["Eve"]]);
  for (const page of people) assert.ok(page.noted("two-hosts"), page.name);
  for (const page of [ana, ben]) assert.deepEqual(page.knowledge.book.held.map(({ json }) => json), one.book.held.map(({ json }) => json));
  for (const page of [eve, mallory]) assert.deepEqual(page.knowledge.book.held.map(({ json }) => json), two.book.held.map(({ json }) => json));
  quiet(...people);
});

test("a refuse with another host's rules, made up by the server, ends nothing that is proven", async () => {
  const [room, other] = [await TestRoom.named(), await TestRoom.named()];
  const bench = new Bench();
  const [ana, ben] = [await TestPage.make(room, { name: "Ana", host: true }), await TestPage.make(room, { name: "Ben" })];
  await bench.seat(ana, ben);
  const [{ body }] = bench.captured("open");
  const open = Buffer.from(JSON.parse(body).open, "base64url");
  // lv(core, core_sig, pn, …): 4 + 117, 4 + 64, 4 + 16.
  const pn = new Uint8Array(open.subarray(4 + 117 + 4 + 64 + 4, 4 + 117 + 4 + 64 + 4 + 16));
  const docs = lv(...other.book.held.flatMap(({ json, sig }) => [json, sig]));
  for (const [from, to] of [[ana, ben], [ben, ana]]) bench.inject({ from: from.pid, to: to.pid, body: writeRefuse({ pn, code: "stale", docs }) });
  await bench.deliver();
  await bench.after(20);
  assert.ok(ana.noted("two-hosts") || ben.noted("two-hosts"), "it was heard");
  assert.deepEqual([ana.persons.size, ben.persons.size, ana.of("gone").length, ben.of("gone").length], [1, 1, 0, 0]);
  quiet(ana, ben);
});

test("a core for one name is nobody's under another", async () => {
  const tea = await TestRoom.named();
  const bench = new Bench();
  const ana = await TestPage.make(tea, { name: "Ana", host: true });
  const elsewhere = await TestRoom.link();
  const eve = await TestPage.make(tea, { name: "Eve", core: (await TestPage.make(elsewhere)).core });
  await bench.seat(ana, eve);
  await bench.after(10);
  assert.deepEqual([names(ana), bench.captured("accept").length], [[], 0]);
});
