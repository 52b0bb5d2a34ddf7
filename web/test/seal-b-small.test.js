// The small machines of sections 0, 4, 6 and 7: rights by table, ways in, awake time, mail, beats, guesses, bounds.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Awake } from "../sdk/seal/awake.js";
import { Beats, readBeat } from "../sdk/seal/beat.js";
import { Bucket, Recent } from "../sdk/seal/bounds.js";
import { b64, unb64 } from "../sdk/seal/bytes.js";
import { Guesses, Presses, readGuesses } from "../sdk/seal/guesses.js";
import { random } from "../sdk/seal/kdf.js";
import { Mail } from "../sdk/seal/mail.js";
import { right } from "../sdk/seal/rights.js";
import { chooseWay, linkOf, mayWait } from "../sdk/seal/ways.js";

const LINK = "AAAAAAAAAAAAAAAA";
const OLD = "BBBBBBBBBBBBBBBB";
const rulesOf = (more) => ({ clock: { h00000001: 1 }, host: "H", mode: "off", door: "open", cap: 8, pw: 0, link: { n: 2, id: LINK }, members: ["ana"], removed: ["dan"], ...more });
const door = (how, roomId = LINK, pw = 0) => ({ how, roomId, pw });
const PW = 65_537;

/** rules, claim, expected right */
const table = [
  ["host-in stands above all but the end", { door: "locked" }, { spk: "x", host: true }, "host"],
  ["a removed person who shows host-in is a host", {}, { spk: "dan", host: true }, "host"],
  ["nobody is in a room that is over", { over: true }, { spk: "ana", host: true }, null],
  ["listed", { door: "locked" }, { spk: "ana" }, "member"],
  ["listed, with a password in force", { pw: PW }, { spk: "ana" }, "member"],
  ["removed, with every proof", {}, { spk: "dan", proofs: [door(0), door(1, LINK, PW)] }, null],
  ["removed and listed: removed", { members: ["dan"] }, { spk: "dan" }, null],
  ["through the open door", {}, { spk: "x", proofs: [door(0)] }, "door"],
  ["through the open door, by the old link", {}, { spk: "x", proofs: [door(0, OLD)] }, null],
  ["nothing shown", {}, { spk: "x" }, null],
  ["the door has closed to knock", { door: "knock" }, { spk: "x", proofs: [door(0)] }, null],
  ["the door has closed to invite", { door: "invite" }, { spk: "x", proofs: [door(0), door(1, LINK, PW)] }, null],
  ["locked", { door: "locked" }, { spk: "x", proofs: [door(0)] }, null],
  ["a password came: how 0 is not enough", { pw: PW }, { spk: "x", proofs: [door(0)] }, null],
  ["the password in force", { pw: PW }, { spk: "x", proofs: [door(1, LINK, PW)] }, "door"],
  ["the password before", { pw: PW + 65_536 }, { spk: "x", proofs: [door(1, LINK, PW)] }, null],
  ["the same counter, another number", { pw: PW + 1 }, { spk: "x", proofs: [door(1, LINK, PW)] }, null],
  ["the password in force, by the old link", { pw: PW }, { spk: "x", proofs: [door(1, OLD, PW)] }, null],
  ["no password any more: any generation counts as how 0", {}, { spk: "x", proofs: [door(1, LINK, 99)] }, "door"],
  ["one of several proofs", { pw: PW }, { spk: "x", proofs: [door(0), door(1, OLD, PW), door(1, LINK, PW)] }, "door"],
];
for (const [name, more, claim, expected] of table) {
  test(`right: ${name}`, () => assert.equal(right(rulesOf(more), false, { host: false, proofs: [], ...claim }), expected));
}
test("right: in a named room no link is in force, and a link's proof is none", () => {
  const { link, ...rules } = rulesOf({});
  assert.ok(link);
  assert.equal(right(rules, true, { spk: "x", host: false, proofs: [door(0, "")] }), "door");
  assert.equal(right(rules, true, { spk: "x", host: false, proofs: [door(0, LINK)] }), null);
  assert.equal(right(rules, false, { spk: "x", host: false, proofs: [door(0, "")] }), null);
});

const knowing = (rules, more = {}) => ({
  room: new Uint8Array(33), named: false, hostPk: new Uint8Array(32), now: () => 1000,
  book: { rules: rulesOf(rules), until: 2000 }, links: [{ roomId: unb64(OLD), kLink: new Uint8Array(32) }, { roomId: unb64(LINK), kLink: new Uint8Array(32).fill(1) }],
  ...more,
});
const stranger = { spk: "x", host: false };
const ways = [
  ["open door", {}, {}, stranger, 0, LINK],
  ["open door, also for hosts and members", {}, {}, { spk: "ana", host: true }, 0, LINK],
  ["open door, old link only", {}, { links: [{ roomId: unb64(OLD), kLink: new Uint8Array(32) }] }, stranger, undefined],
  ["open door, old link only, member", {}, { links: [{ roomId: unb64(OLD), kLink: new Uint8Array(32) }] }, { spk: "ana", host: false }, 2, OLD],
  ["password in hand", { pw: PW }, { password: { pw: PW, S: new Uint8Array(32), sure: true } }, stranger, 1, LINK],
  ["password before in hand", { pw: PW }, { password: { pw: 5, S: new Uint8Array(32), sure: true } }, stranger, undefined],
  ["password missing, member", { pw: PW }, {}, { spk: "ana", host: false }, 2, LINK],
  ["door knock, member", { door: "knock" }, {}, { spk: "ana", host: false }, 2, LINK],
  ["door knock, host", { door: "locked" }, {}, { spk: "x", host: true }, 2, LINK],
  ["door knock", { door: "knock" }, {}, stranger, 3, LINK],
  ["door knock, invited", { door: "knock" }, { invitation: { invId: new Uint8Array(12), ipsk: new Uint8Array(32) } }, stranger, 4, LINK],
  ["door invite, invited", { door: "invite" }, { invitation: { invId: new Uint8Array(12), ipsk: new Uint8Array(32) } }, stranger, 4, LINK],
  ["door locked, invited", { door: "locked" }, { invitation: { invId: new Uint8Array(12), ipsk: new Uint8Array(32) } }, stranger, undefined],
  ["door invite", { door: "invite" }, {}, stranger, undefined],
  ["removed", {}, {}, { spk: "dan", host: false }, undefined],
  ["over", { over: true }, {}, { spk: "ana", host: true }, undefined],
  ["rules run out", {}, { now: () => 2000 + 3601 }, stranger, undefined],
  ["rules run out, within the tolerance", {}, { now: () => 2000 + 3600 }, stranger, 0, LINK],
];
for (const [name, rules, more, me, how, link] of ways) {
  test(`way in: ${name}`, () => {
    const way = chooseWay(knowing(rules, more), me, 0);
    assert.equal(way?.how, how);
    if (link) assert.equal(b64(way.link.roomId), link);
  });
}
test("way in: members try their links from the one in force to the oldest, and again", () => {
  const room = knowing({ door: "locked" });
  const ids = [0, 1, 2].map((tried) => b64(chooseWay(room, { spk: "ana", host: false }, tried).link.roomId));
  assert.deepEqual(ids, [LINK, OLD, LINK]);
});
test("who waits: knocks by the link in force while the door is knock, invitations unless locked", () => {
  assert.equal(mayWait(knowing({ door: "knock" }), 3, unb64(LINK)), true);
  assert.equal(mayWait(knowing({ door: "knock" }), 3, unb64(OLD)), false);
  assert.equal(mayWait(knowing({ door: "knock" }), 2, unb64(LINK)), false);
  for (const closed of ["open", "invite", "locked"]) assert.equal(mayWait(knowing({ door: closed }), 3, unb64(LINK)), false);
  assert.deepEqual(["open", "knock", "invite", "locked"].map((one) => mayWait(knowing({ door: one }), 4, unb64(OLD))), [true, true, true, false]);
  assert.equal(mayWait(knowing({ door: "knock", over: true }), 3, unb64(LINK)), false);
  assert.equal(linkOf(knowing({}), random(12)), undefined);
  assert.equal(linkOf(knowing({}, { named: true }), random(12)), undefined);
  assert.equal(linkOf(knowing({}, { named: true }), new Uint8Array(0)).kLink.length, 0);
});

test("awake time: ticks count, sleep counts as nothing and gives 5 s of grace", () => {
  const awake = new Awake();
  assert.equal(awake.tick(1000), 0);
  assert.equal(awake.tick(1500), 500);
  assert.equal(awake.tick(3500), 2500, "a late tick is still awake");
  assert.equal(awake.tick(900_000), 2500, "slept");
  let now = 900_000;
  for (let i = 0; i < 10; i++) assert.equal(awake.tick((now += 500)), 2500, "grace");
  assert.equal(awake.tick((now += 500)), 3000);
  assert.equal(awake.tick(now - 10_000), 3000, "never back");
  assert.equal(awake.ms, 3000);
});

test("mail: numbered, acknowledged, sent again in order, doubled never", () => {
  const [a, b] = [new Mail(), new Mail()];
  const got = [];
  const hear = (texts, now = 0) => texts.forEach((text) => { const message = b.take(text, now); if (message) got.push(message.k); });
  assert.deepEqual(["x", "y", "z"].map((k) => a.put({ k })), [1, 2, 3]);
  hear(a.texts(0).slice(0, 2));
  hear(a.texts(0));
  assert.deepEqual(got, ["x", "y", "z"], "the change of path repeats all and doubles none");
  assert.equal(b.acknowledgement(999), null);
  a.take(b.acknowledgement(1000), 0);
  assert.deepEqual(a.texts(0), []);
  assert.equal(b.acknowledgement(5000), null, "told once");
  a.put({ k: "v" });
  a.put({ k: "w" });
  hear(a.texts(0, 5), 0);
  assert.deepEqual(got.slice(3), [], "one that comes before its time is not taken");
  hear(a.texts(0));
  assert.deepEqual(got.slice(3), ["v", "w"]);
});

test("mail: after a loss both go on from what the first frames say", () => {
  const [a, b] = [new Mail(), new Mail()];
  a.meet(b.state);
  b.meet(a.state);
  for (let i = 0; i < 5; i++) a.put({ k: "lost" });
  a.clear();
  assert.deepEqual([a.state.from, a.state.got], [6, 0]);
  b.meet(a.state);
  a.put({ k: "next" });
  assert.equal(b.take(a.texts(0)[0], 0).k, "next");
  a.meet(b.state);
  assert.deepEqual(a.texts(0), [], "acknowledged by a first frame");
  const anew = new Mail();
  anew.meet(b.state);
  b.meet(anew.state);
  anew.put({ k: "forgot everything" });
  assert.equal(b.take(anew.texts(0)[0], 0).k, "forgot everything");
  const { box } = a.state;
  for (const bad of [{ box, from: 0, got: 0 }, { box: 7, from: 1, got: 0 }, { box, from: "1", got: 0 }, { box, from: 1.5, got: 0 }, { box, from: 1, got: -1 }, {}, { box, from: 1, of: b.state.box, got: 1 }]) {
    assert.throws(() => b.meet(bad), { code: "bad-message" });
  }
});

test("mail: nothing acknowledged for 15 s raises a doubt", () => {
  const mail = new Mail();
  mail.put({ k: "x" });
  assert.equal(mail.isUnanswered(99_000), false, "no path has carried it");
  mail.texts(1000);
  mail.put({ k: "y" });
  mail.texts(9000, 2);
  assert.deepEqual([15_999, 16_000].map((now) => mail.isUnanswered(now)), [false, true]);
  mail.take('{"a":1}', 16_000);
  assert.deepEqual([30_999, 31_000].map((now) => mail.isUnanswered(now)), [false, true]);
  mail.take('{"a":2}', 31_000);
  assert.equal(mail.isUnanswered(99_000), false);
});

test("mail: bounds and junk", () => {
  const mail = new Mail();
  assert.equal(mail.put({ k: "x", text: "x".repeat(30_000) }), 0);
  let count = 0;
  while (mail.put({ k: "x" })) count++;
  assert.equal(count, 1024);
  for (const junk of ["", "[]", "7", "null", '{"m":-1,"d":{"k":"x"}}', '{"m":1}', '{"m":1,"d":7}', '{"m":1,"d":{}}', '{"m":1.5,"d":{"k":"x"}}', '{"a":"1"}', '{"a":5000}']) {
    assert.throws(() => mail.take(junk, 0), { code: "bad-message" }, junk);
  }
});

test("bounds: one in 2 s, burst 4; the last so many", () => {
  const bucket = new Bucket(2000, 4);
  assert.deepEqual([0, 0, 0, 0, 0].map((now) => bucket.take(now)), [true, true, true, true, false]);
  assert.deepEqual([1999, 2000, 2001, 3999, 4000].map((now) => bucket.take(now)), [false, true, false, false, true]);
  assert.deepEqual([60_000, 60_000, 60_000, 60_000, 60_000].map((now) => bucket.take(now)), [true, true, true, true, false]);
  const recent = new Recent(2);
  for (const item of ["a", "b", "c"]) recent.add(item);
  assert.deepEqual(["a", "b", "c"].map((item) => recent.has(item)), [false, true, true]);
});

const id = (letter) => letter.repeat(43);
test("beats: a page that one lists and the other does not, for 60 s, both quiet for 20 s: said once, and taken back", () => {
  const beats = new Beats();
  const [me, ben, cy] = ["m", "b", "c"].map(id);
  const say = (now) => beats.findings(me, () => false, now).map(({ code, hid, about }) => `${code} ${hid[0]} ${about?.[0] ?? ""}`.trim());
  beats.own({ rules: [], pages: [ben] }, 0);
  beats.heard(ben, { rules: [], pages: [me, cy].sort() }, 1000);
  assert.deepEqual(say(1000), []);
  assert.deepEqual(say(60_999), []);
  assert.deepEqual(say(61_000), ["sees-more b c"]);
  assert.deepEqual(say(62_000), []);
  beats.own({ rules: [], pages: [ben, cy].sort() }, 63_000);
  assert.deepEqual(say(63_000), ["same-again b c"]);
  beats.heard(cy, { rules: [], pages: [me, ben].sort() }, 63_000);
  beats.heard(ben, { rules: [], pages: [me] }, 64_000);
  say(64_000);
  beats.heard(ben, { rules: [], pages: [] }, 115_000);
  assert.deepEqual(say(124_000), [], "not quiet");
  assert.deepEqual(say(135_000), ["sees-less b c"]);
});

test("beats: rules that a page has not confirmed in 30 s, and has", () => {
  const beats = new Beats();
  const [me, ben] = [id("m"), id("b")];
  beats.own({ rules: [id("r")], pages: [ben] }, 0);
  assert.equal(beats.heard(ben, { rules: [id("r")], pages: [me] }, 10), false);
  assert.deepEqual(beats.findings(me, () => false, 29_000), []);
  beats.own({ rules: [id("s")], pages: [ben] }, 29_000);
  assert.equal(beats.heard(ben, { rules: [id("r")], pages: [me] }, 29_500), true);
  assert.deepEqual(beats.findings(me, () => false, 58_000), []);
  assert.deepEqual(beats.findings(me, () => false, 59_000), [{ code: "rules-unheard", hid: ben }]);
  beats.heard(ben, { rules: [id("s")], pages: [me] }, 59_500);
  assert.deepEqual(beats.findings(me, () => false, 59_500), [{ code: "rules-heard", hid: ben }]);
  for (const junk of [{}, { rules: "x", pages: [] }, { rules: [], pages: ["short"] }, { rules: [], pages: Array(65).fill(id("a")) }, { rules: [1], pages: [] }]) assert.equal(readBeat(junk), null);
});

test("guesses: five, then a pause or a press, twelve in all without a press", () => {
  const guesses = new Guesses();
  guesses.generation(PW);
  for (let i = 0; i < 5; i++) {
    assert.equal(guesses.busy(0), false);
    guesses.wrong(0);
  }
  assert.equal(guesses.busy(1000), true);
  assert.equal(guesses.busy(599_999), true);
  assert.equal(guesses.busy(600_000), false);
  for (let i = 0; i < 5; i++) guesses.wrong(600_000);
  assert.equal(guesses.busy(600_001), true);
  assert.equal(guesses.busy(1_200_000), false);
  guesses.wrong(1_200_000);
  guesses.wrong(1_200_000);
  assert.equal(guesses.busy(9_000_000), true, "twelve");
  guesses.allowMore();
  assert.equal(guesses.busy(9_000_000), false);
  guesses.generation(PW + 65_536);
  assert.equal(guesses.state.count, 0);
});

test("guesses: what others counted counts; the greater holds; two at once are two", () => {
  const [a, b] = [new Guesses(), new Guesses()];
  for (const one of [a, b]) one.generation(PW);
  a.wrong(0);
  b.wrong(0);
  const [ofA, ofB] = [a.state, b.state];
  assert.equal(a.hear(ofB, true, 0), true);
  assert.equal(b.hear(ofA, true, 0), true);
  assert.deepEqual([a.state.count, b.state.count], [2, 2]);
  const late = new Guesses();
  late.generation(PW);
  assert.equal(late.hear(a.state, false, 0), true);
  assert.equal(late.hear(a.state, false, 0), false);
  assert.equal(late.state.count, 2);
  assert.equal(late.hear({ ...a.state, pw: 1, count: 99 }, false, 0), false, "another generation");
  for (const junk of [null, 7, {}, { pw: -1, count: 0, allowed: 5, ever: 12 }, { pw: 1, count: 1e9, allowed: 5, ever: 12 }, { pw: 1, count: "1", allowed: 5, ever: 12 }]) assert.equal(readGuesses(junk), null);
});

test("presses: six in ten minutes", () => {
  const presses = new Presses();
  assert.deepEqual(Array.from({ length: 7 }, () => presses.take(0)).map(Number).join(""), "1111110");
  assert.equal(presses.take(599_999), false);
  assert.equal(presses.take(600_000), true);
});
