// Section 2: what a page holds, what follows from it, and how a host goes on from there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { b64, text } from "../sdk/seal/bytes.js";
import { isTightening, newHostPage, nextPw, nextRules } from "../sdk/seal/issue.js";
import { hash, random } from "../sdk/seal/kdf.js";
import { createNamedRoom, createRoom, hostKeyOf } from "../sdk/seal/room.js";
import { compareClocks, DOORS, parseRules, strictest, writeRules } from "../sdk/seal/rules.js";
import { HELD_STATES, inForce, packDocs, readState, Rulebook, signState, unpackDocs } from "../sdk/seal/state.js";

const NOW = 1795276800;
const made = await createRoom({ now: NOW });
const pins = { room: made.room, hostPk: made.host.publicKey, flags0: made.flags0 };
const spk = () => b64(random(32));
const [HOST, ANA, BEN, CY, DAN] = [spk(), spk(), spk(), spk(), spk()];
const actor = (more = {}) => ({ page: made.page, self: HOST, met: [], ...more });
const bookOf = (...states) => {
  const book = new Rulebook(pins);
  book.add(states);
  return book;
};
/** The host goes on from what a book holds. */
const issue = (book, change, who = actor(), until = NOW + 86400) => signState(made.host.privateKey, book.pins, nextRules(book, who, change), until);

/** A small deterministic die, so that a failure can be repeated. */
function dice(seed) {
  let x = seed;
  return (sides) => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return Math.floor((x / 2 ** 32) * sides);
  };
}

const people = Array.from({ length: 6 }, spk).sort();

/** An unsigned state with rules thrown by `die`. */
async function thrown(die, clock) {
  const removed = people.filter(() => die(7) === 0);
  const rules = {
    ...made.state.rules,
    clock,
    door: DOORS[die(4)],
    cap: 2 + die(8),
    pw: die(2) * 65536 + die(3),
    link: { n: 1 + die(2), id: b64(new Uint8Array(12).fill(die(3))) },
    members: people.filter((one) => !removed.includes(one) && die(4) > 0),
    removed,
    ...(die(4) === 0 && { ends: NOW + die(9) }),
    ...(die(20) === 0 && { over: true }),
  };
  const rulesText = writeRules(rules);
  return { json: "", sig: new Uint8Array(64), rulesText, rules: parseRules(rulesText), until: NOW + die(5), digest: await hash(text(rulesText)) };
}

test("s2 property: any order and any repeats of the same states give the same rules", async () => {
  for (let seed = 1; seed <= 60; seed++) {
    const die = dice(seed);
    const count = 1 + die(9);
    const states = [];
    for (let i = 0; i < count; i++) {
      const clock = Object.fromEntries(["h00000001", "h00000002", "h00000003"].map((page) => [page, die(4)]).filter(([, n]) => n > 0));
      states.push(await thrown(die, Object.keys(clock).length > 0 ? clock : { h00000001: 1 }));
    }
    const all = new Rulebook(pins);
    all.add(states);
    const expected = [writeRules(all.rules), all.until, all.digests];
    for (let round = 0; round < 6; round++) {
      const order = [...states, ...states].map((state) => [die(2 ** 30), state]).sort(([a], [b]) => a - b);
      const book = new Rulebook(pins);
      while (order.length > 0) book.add(order.splice(0, 1 + die(3)).map(([, state]) => state));
      assert.deepEqual([writeRules(book.rules), book.until, book.digests], expected, `seed ${seed}, round ${round}`);
    }
  }
});

test("s2 property: what holds is at least as strict as each state that counts", async () => {
  for (let seed = 100; seed < 160; seed++) {
    const die = dice(seed);
    const book = new Rulebook(pins);
    const count = 1 + die(4);
    for (let i = 0; i < count; i++) book.add([await thrown(die, { [`h0000000${i}`]: 1 })]);
    assert.equal(book.states.length, count);
    for (const { rules } of book.states) {
      assert.ok(DOORS.indexOf(book.rules.door) >= DOORS.indexOf(rules.door));
      assert.ok(book.rules.cap <= rules.cap && book.rules.pw >= rules.pw && book.rules.link.n >= rules.link.n);
      assert.ok((book.rules.ends ?? Infinity) <= (rules.ends ?? Infinity));
      assert.ok(rules.removed.every((one) => book.rules.removed.includes(one)));
      assert.ok(book.rules.members.every((one) => rules.members.includes(one)));
      assert.ok(!rules.over || book.rules.over);
      assert.notEqual(compareClocks(book.rules, rules), "dominated");
    }
  }
});

test("s2 property: whatever a book holds, the next state replaces all of it, the reserve too", async () => {
  for (let seed = 200; seed < 220; seed++) {
    const die = dice(seed);
    const book = new Rulebook(pins);
    const count = 1 + die(HELD_STATES);
    for (let i = 0; i < count; i++) {
      const state = await thrown(die, { [`h000000${String(i).padStart(2, "0")}`]: 1 + die(3) });
      if (!state.rules.over) book.add([state]);
    }
    if (book.rules === undefined) continue;
    const next = await issue(book, {});
    assert.equal(book.add([next]), true);
    assert.deepEqual(book.held, [next]);
    const before = strictest(book.states.map((state) => state.rules));
    assert.equal(writeRules(before), next.rulesText);
  }
});

test("s2 a state dominated by one that is held is ignored, so nobody goes back", async () => {
  const book = bookOf(made.state);
  const locked = await issue(book, { door: "locked" });
  assert.equal(book.add([locked]), true);
  assert.equal(book.add([made.state]), false);
  assert.equal(book.rules.door, "locked");
  const opened = await issue(book, { door: "open" });
  assert.equal(book.add([opened]), true);
  assert.equal(book.rules.door, "open");
});

test("s2 two host pages that did not hear of each other: the strictest holds, then one state dominates both", async () => {
  const other = actor({ page: newHostPage() });
  const start = bookOf(await issue(bookOf(made.state), { admit: [ANA, BEN] }));
  const here = await issue(start, { remove: [ANA], cap: 4 }, actor({ met: [BEN, CY] }));
  const there = await issue(start, { door: "knock", admit: [DAN] }, other);
  const book = bookOf(there, here);
  assert.deepEqual([book.rules.door, book.rules.cap, book.rules.removed, book.rules.members], ["knock", 4, [ANA], [BEN, HOST].sort()]);
  assert.equal(book.digests.length, 2);
  const merged = await issue(book, {}, other);
  book.add([merged]);
  assert.deepEqual(book.held, [merged]);
  assert.deepEqual(merged.rules.members, [BEN, HOST].sort());
});

test("s2 equal rules: the later until counts, past it no new pairs after an hour", async () => {
  const book = bookOf(made.state);
  const renewed = await signState(made.host.privateKey, pins, made.state.rulesText, made.state.until + 3600);
  assert.equal(book.add([renewed]), false);
  assert.equal(book.add([made.state]), false);
  assert.equal(book.until, made.state.until + 3600);
  assert.ok(inForce(book.until, book.until + 3600));
  assert.ok(!inForce(book.until, book.until + 3601));
});

test("s2 over is final", async () => {
  const book = bookOf(made.state);
  const over = await issue(book, { over: true });
  const later = await issue(bookOf(await issue(bookOf(made.state), { cap: 7 })), { cap: 6 }, actor());
  book.add([over, later]);
  assert.equal(book.rules.over, true);
  assert.throws(() => nextRules(book, actor(), { door: "open" }), { code: "over" });
});

test("s2 of states of another room, another host, another mode or unsigned, nothing is adopted", async () => {
  const stranger = await createRoom({ now: NOW });
  const standard = await createRoom({ now: NOW, seed: made.host.seed, offRecord: false });
  const bent = { json: made.state.json.replace('"cap\\":8', '"cap\\":9'), sig: made.state.sig };
  const book = new Rulebook(pins);
  assert.notEqual(bent.json, made.state.json);
  assert.deepEqual(await book.adopt([stranger.state, standard.state, bent, { json: "", sig: new Uint8Array(0) }]), { changed: false, refused: 4 });
  assert.equal(book.rules, undefined);
  assert.deepEqual(await book.adopt([made.state, bent]), { changed: true, refused: 1 });
});

test("s1.7 a named room's mode is what its first state says", async () => {
  const [off, standard] = [await createNamedRoom("a", { now: NOW, seed: made.host.seed }), await createNamedRoom("a", { now: NOW, seed: made.host.seed, offRecord: false })];
  const book = new Rulebook({ room: off.room, hostPk: made.host.publicKey });
  assert.equal((await book.adopt([off.state])).changed, true);
  assert.equal((await book.adopt([standard.state])).changed, false);
  assert.equal(book.rules.mode, "off");
  await assert.rejects(readState(standard.state, book.pins), { code: "bad-state" });
});

test("s2 tightening lists the host's page, the members before and everybody met, and nobody who was removed", async () => {
  const before = await issue(bookOf(made.state), { admit: [ANA] });
  const who = actor({ met: [BEN, CY] });
  for (const change of [{ door: "knock" }, { pw: nextPw(0) }, { link: b64(random(12)) }, { remove: [DAN] }]) {
    assert.ok(isTightening(before.rules, change));
    assert.deepEqual((await issue(bookOf(before), change, who)).rules.members, [HOST, ANA, BEN, CY].sort());
  }
  for (const change of [{ cap: 3 }, { door: "open" }, { pw: 0 }, { ends: NOW + 9 }, {}]) {
    assert.ok(!isTightening(before.rules, change));
    assert.deepEqual((await issue(bookOf(before), change, who)).rules.members, [ANA]);
  }
  const removal = await issue(bookOf(before), { remove: [BEN], link: b64(random(12)) }, who);
  assert.deepEqual(removal.rules.members, [HOST, ANA, CY].sort());
  assert.deepEqual(removal.rules.removed, [BEN]);
  assert.equal(removal.rules.link.n, 2);
});

test("s2 of more than 64 the longest unseen leave first; who is admitted stays", async () => {
  const met = Array.from({ length: 70 }, spk);
  const tight = await issue(bookOf(await issue(bookOf(made.state), { admit: [ANA] })), { door: "knock" }, actor({ met }));
  assert.deepEqual(tight.rules.members, [HOST, ...met.slice(0, 63)].sort());
  const grown = await issue(bookOf(tight), { admit: [BEN] }, actor({ met }));
  assert.equal(grown.rules.members.length, 64);
  assert.ok(grown.rules.members.includes(BEN));
  assert.ok(met.slice(0, 62).every((one) => grown.rules.members.includes(one)));
});

test("s2 a host cannot be removed; who was removed stays so until admitted or forgotten", async () => {
  const book = bookOf(made.state);
  assert.throws(() => nextRules(book, actor(), { remove: [HOST] }), { code: "host-stays" });
  assert.throws(() => nextRules(book, actor({ hosts: [CY] }), { remove: [CY] }), { code: "host-stays" });
  const removed = await issue(book, { remove: [ANA, BEN], door: "knock" });
  const again = await issue(bookOf(removed), { door: "locked" }, actor({ met: [ANA, CY] }));
  assert.deepEqual([again.rules.removed, again.rules.members], [[ANA, BEN].sort(), [HOST, CY].sort()]);
  const back = await issue(bookOf(again), { admit: [ANA] }, actor({ forget: [BEN] }));
  assert.deepEqual([back.rules.removed, back.rules.members], [[], [HOST, CY, ANA].sort()]);
});

test("s2 no number ever means two passwords", () => {
  const seen = new Set();
  let pw = 0;
  for (let i = 1; i <= 50; i++) {
    pw = nextPw(pw);
    assert.equal(Math.floor(pw / 65536), i);
    seen.add(pw % 65536);
  }
  assert.ok(seen.size > 40, "16 random bits each");
  assert.throws(() => nextPw(2 ** 32 - 1), { code: "pw-full" });
});

test("s2 flags0 bit 0: a room made with a password cannot be signed without one", async () => {
  const guarded = await createRoom({ now: NOW, password: "x" });
  const book = new Rulebook({ room: guarded.room, hostPk: guarded.host.publicKey, flags0: guarded.flags0 });
  book.add([guarded.state]);
  const rules = nextRules(book, actor({ page: guarded.page }), { pw: 0 });
  await assert.rejects(signState(guarded.host.privateKey, book.pins, rules, NOW), { code: "bad-state" });
});

test("s2 a host signs nothing that nobody would take", async () => {
  const many = Array.from({ length: 170 }, spk);
  const book = bookOf(made.state);
  await assert.rejects(issue(book, { remove: many }), { code: "state-too-large" });
  await assert.rejects(issue(book, { cap: 0 }), { code: "bad-state" });
  await assert.rejects(signState((await hostKeyOf(random(32))).privateKey, pins, made.state.rulesText, NOW), { code: "bad-state" });
  const pages = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`h${String(i).padStart(8, "0")}`, 1]));
  const full = await signState(made.host.privateKey, pins, writeRules({ ...made.state.rules, clock: pages }), NOW);
  assert.throws(() => nextRules(bookOf(full), actor({ page: "hffffffff" }), {}), { code: "clock-full" });
  assert.equal((await issue(bookOf(full), {}, actor({ page: "h00000007" }))).rules.clock.h00000007, 2);
});

test("s4 docs prove themselves, and nothing else passes for them", async () => {
  const other = await issue(bookOf(made.state), { cap: 5 }, actor({ page: newHostPage() }));
  const docs = packDocs([made.state, other]);
  const book = new Rulebook(pins);
  assert.deepEqual(await book.adopt(unpackDocs(docs)), { changed: true, refused: 0 });
  for (const bent of [docs.subarray(0, -1), docs.subarray(4), new Uint8Array(24 * 1024 + 1), packDocs([made.state]).subarray(0, made.state.json.length + 4)]) {
    assert.throws(() => unpackDocs(bent), { code: "bad-bytes" });
  }
  const large = { ...made.state, json: "x".repeat(8192) };
  assert.equal(unpackDocs(packDocs([large, large, large])).length, 2);
});
