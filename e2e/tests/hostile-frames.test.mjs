/**
 * The hostile server against signals: bent, repeated and reflected ones, an old meeting, "left" and the same open again,
 * strangers on the list, cores that are nobody's, floods. Ana sits before the real app, Ben is honest.
 */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Member, Stranger, until } from "../hostile/member.mjs";
import { LIMIT, Rig } from "../hostile/rig.mjs";
import { b64, concat, EMPTY, hidOf, lv, makeCore, random, sign, unb64, unlv, x25519Generate } from "../hostile/sdk.mjs";
import { connections, dropped, expectGateAndKeys, remarks } from "../hostile/witness.mjs";
import { expectMedia } from "../lib/media.mjs";
import { atScreen, expectTiles, tilesOf } from "../lib/meeting.mjs";
import { deadline } from "../lib/patience.mjs";
import { sleep } from "../lib/process.mjs";

/** @typedef {import("../hostile/server.mjs").Signal} Signal */

/** @type {Rig} */
let rig;
before(async () => {
  rig = await Rig.make();
});
after(() => rig?.clear());

/** Whether it is the second frame of its instance: the first that says something to a person. @param {Signal} signal */
const isSecond = ({ body }) => body.startsWith('{"k"') && JSON.parse(body).n === 2;

/** @param {Signal} signal @returns {Signal} with one letter of the ciphertext changed */
function altered(signal) {
  const frame = JSON.parse(signal.body);
  const at = frame.c.length >> 1;
  return { ...signal, body: JSON.stringify({ ...frame, c: `${frame.c.slice(0, at)}${frame.c[at] === "A" ? "B" : "A"}${frame.c.slice(at + 1)}` }) };
}

/** A wire that does something once to the second frame of each direction. @param {(signal: Signal) => Signal[]} bend */
function once(bend) {
  const done = new Set();
  return (/** @type {Signal} */ signal) => {
    if (!isSecond(signal) || done.has(signal.from)) return [signal];
    done.add(signal.from);
    return bend(signal);
  };
}

/** @returns {(signal: Signal) => Signal[]} the second frame of each direction comes after the third */
function reordering() {
  /** @type {Map<string, Signal>} */
  const held = new Map();
  const late = once((signal) => (held.set(signal.from, signal), []));
  return (signal) => {
    const waiting = held.get(signal.from);
    held.delete(signal.from);
    return waiting ? [signal, waiting] : late(signal);
  };
}

/** What the server does, and what Ana's or Ben's seal must have counted. @type {[string, () => (signal: Signal) => Signal[], string[]][]} */
const bends = [
  ["altered", () => once((signal) => [altered(signal)]), ["droppedFrames", "gaps"]],
  ["dropped", () => once(() => []), ["gaps"]],
  ["reordered", reordering, ["gaps"]],
  ["replayed", () => {
    /** @type {Signal[]} */
    const tape = [];
    return (signal) => (tape.push(signal), [...tape.filter(({ from, to }) => from === signal.from && to === signal.to), signal]);
  }, ["droppedFrames"]],
  ["reflected", () => (signal) => [{ ...signal, from: signal.to, to: signal.from }, signal], ["droppedFrames"]],
];

test("11 frames bent: counted, opened again, and the call comes about", { timeout: 3 * LIMIT }, async (t) => {
  const room = await rig.room();
  await rig.anaIn(room);
  for (const [how, make, counts] of bends) {
    await t.test(`frames ${how}`, { timeout: LIMIT }, async () => {
      const { hostile, ana, crowd } = rig;
      const was = await dropped(ana);
      hostile.capture = [];
      hostile.wire = make();
      await rig.comes("Ben", room);
      await crowd.meets("Ben", ["Ana"], 20_000);
      await expectTiles(ana, 1);
      await expectMedia(ana, { people: 1, road: /./, timeout: 12_000, sound: false });
      const [atAna, atBen] = [await dropped(ana), await crowd.stats("Ben")];
      const seen = counts.map((count) => (atAna[count] ?? 0) - (was[count] ?? 0) + (atBen[count] ?? 0));
      assert.ok(seen.every((count) => count > 0), `${counts} were counted: ${seen}`);
      hostile.wire = null;
      await rig.calm();
      await rig.leaves("Ben");
      await expectTiles(ana, 0, 5000);
    });
  }
});

test("11 an old meeting played again: nothing appears, nothing is made", { timeout: LIMIT }, async () => {
  const { hostile, ana, crowd } = rig;
  const room = await rig.room();
  await rig.anaIn(room);
  const ben = await rig.comes("Ben", room);
  await crowd.meets("Ben", ["Ana"]);
  const tape = hostile.capture.filter(({ from }) => from === ben);
  assert.ok(tape.some(({ body }) => "open" in JSON.parse(body)) && tape.some(({ body }) => "c" in JSON.parse(body)), "there is something to play");
  await rig.leaves("Ben");
  const pid = await rig.anaIn(room);
  for (let round = 0; round < 4; round++) {
    // Behind Ana at first, so that she only answers; then before her, so that she opens to him as well.
    hostile.guests.set(ben, { pid: ben, place: round < 2 ? "last" : "first", seenBy: () => true, handleSignal: () => {}, handleView: () => {} });
    hostile.retell();
    for (const { body } of tape) hostile.signal({ from: ben, to: pid, body });
    await sleep(600);
  }
  assert.ok(hostile.capture.some(({ from, to, body }) => from === pid && to === ben && "accept" in JSON.parse(body)), "the open was answered: it was a good one once");
  assert.deepEqual(await tilesOf(ana), []);
  assert.deepEqual(await connections(ana), []);
  await rig.calm();
});

test('11 "Ben left" and his open again: Ana seals nothing twice with one key and number', { timeout: LIMIT }, async () => {
  const { hostile, ana } = rig;
  const room = await rig.room();
  const pid = await rig.anaIn(room);
  // Nothing but opens, accepts and first frames: channel 0 must not come about, or "left" would have no power.
  hostile.wire = (signal) => (signal.body.startsWith('{"k"') && JSON.parse(signal.body).n > 1 ? [] : [signal]);
  const ben = await rig.comes("Ben", room);
  const saidFirst = () => hostile.capture.filter(({ from }) => from === ben).filter(({ body }) => !body.startsWith('{"k"') || JSON.parse(body).n === 1);
  await until(() => saidFirst().some(({ body }) => body.startsWith('{"k"')), 8000, "Ben's first frame");
  const said = saidFirst();
  for (let round = 0; round < 6; round++) {
    hostile.lie = (view) => ({ ...view, seats: view.seats.filter((seat) => seat.pid !== ben) });
    hostile.retell();
    await sleep(100);
    hostile.lie = (view) => view;
    hostile.retell();
    for (const { body } of said) hostile.signal({ from: ben, to: pid, body });
    await sleep(250);
  }
  const accepts = () => hostile.capture.filter(({ from, to, body }) => from === pid && to === ben && "accept" in JSON.parse(body));
  await until(() => accepts().length >= 4, 8000, "Ana had forgotten Ben and answered again");
  const pns = accepts().map(({ body }) => b64(unlv(unb64(JSON.parse(body).accept), 6)[3]));
  assert.equal(new Set(pns).size, pns.length, "each time with a number of her own");
  const { sealed } = await expectGateAndKeys(ana);
  assert.ok(sealed >= pns.length);
  await rig.calm();
});

test("11 strangers listed first, with and without an open: no name, no connection, no key in common", { timeout: LIMIT }, async () => {
  const { hostile, ana } = rig;
  const room = await rig.room();
  const [link] = room.links;
  const zoe = await Stranger.join(hostile, room, { place: "first" });
  hostile.guests.set("AAAAAAAAAAA", { pid: "AAAAAAAAAAA", place: "first", seenBy: () => true, handleSignal: () => {}, handleView: () => {} });
  const pid = await rig.anaIn(room);
  // Ana opens to whoever is listed before her: Zoe accepts, with everything but the link's key.
  const open = await until(() => zoe.got("open")[0], 6000, "Ana opens to her");
  const asAnswerer = await zoe.accept(pid, open.open, EMPTY);
  zoe.say(pid, JSON.stringify(await asAnswerer.seal(JSON.stringify({ conf: b64(await asAnswerer.confirm()), docs: "", box: "AAAAAAAA", from: 1, of: "", got: 0, first: { gen: 0, name: "Zoe" } }))));
  // And she opens herself, by every way there is without a link: at the door, as a member, as a host, knocking.
  const yan = await Stranger.join(hostile, room);
  const attempts = [yan.open(pid), yan.open(pid, { how: 2 }), yan.open(pid, { how: 2, right: random(64) }), yan.open(pid, { how: 3 })];
  const accept = await until(() => yan.got("accept")[0], 6000, "the open at the door is accepted: it says nothing yet");
  const instance = await yan.derive(pid, attempts[0] ?? assert.fail(), accept.accept, EMPTY);
  for (const frame of yan.got("c")) assert.equal((await instance.open(frame)).t, "dropped", "what Ana says to her, she cannot read");
  yan.say(pid, JSON.stringify(await instance.seal("{}")));
  await until(async () => {
    const counts = await dropped(ana);
    // Dropped: it did not open. Stray: Yan's next open had replaced the instance that it was for.
    return (counts["droppedFrames"] ?? 0) + (counts["strayFrames"] ?? 0) >= 2;
  }, 8000, "what the two of them sealed did not open");
  await sleep(1500);
  assert.deepEqual(await tilesOf(ana), []);
  assert.deepEqual(await connections(ana), [], "no RTCPeerConnection, so no TURN either");
  assert.ok(!(await remarks(ana)).some(({ text }) => /zoe/i.test(text)));
  // With the link's key the same hands are a guest: it is the key that was missing.
  const eve = await Stranger.join(hostile, room);
  const made = eve.open(pid);
  const { accept: good } = await until(() => eve.got("accept")[0], 6000, "an accept");
  const answered = await eve.derive(pid, made, good, link.kLink);
  assert.equal((await answered.open(await until(() => eve.got("c")[0], 6000, "a first frame"))).t, "text");
  await rig.calm();
});

test("11 cores that are nobody's: low order, unsigned, Ana's own parts, another seat, a swapped fingerprint", { timeout: LIMIT }, async () => {
  const { hostile, ana, crowd } = rig;
  const room = await rig.room();
  const pid = await rig.anaIn(room);
  const ben = await rig.comes("Ben", room);
  await crowd.meets("Ben", ["Ana"]);
  const [, anaCore, anaSig] = unlv(unb64(JSON.parse(hostile.capture.find(({ from, body }) => from === pid && "accept" in JSON.parse(body))?.body ?? "{}").accept), 6);
  const [benCore, benSig] = unlv(unb64(JSON.parse(hostile.capture.find(({ from, body }) => from === ben && "open" in JSON.parse(body))?.body ?? "{}").open), 5);
  const good = await makeCore(room.room, random(32));
  const low = { publicKey: new Uint8Array(32), privateKey: (await x25519Generate()).privateKey };
  const withParts = async (/** @type {Uint8Array} */ core) => ({ ...good, core, coreSig: await sign(good.person.privateKey, lv("parlour/1 core", room.room, core)) });
  const patched = (/** @type {number} */ from, /** @type {number} */ to, /** @type {Uint8Array} */ source) => concat(good.core.slice(0, from), source.slice(from, to), good.core.slice(to));
  /** @type {[string, any, string?][]} */
  const cores = [
    ["a low-order epk", await makeCore(room.room, random(32), { ephemeral: low })],
    ["a signature that is none", { ...good, coreSig: random(64) }],
    ["a core of another room", await makeCore(lv("elsewhere"), random(32))],
    ["Ana's own core", { ...good, core: anaCore, coreSig: anaSig }, b64((await makeCore(room.room, random(32))).pid)],
    ["Ana's epk in it", await withParts(patched(1, 33, anaCore))],
    ["Ana's fingerprint in it", await withParts(patched(65, 97, anaCore))],
    ["Ben's core at another seat", { ...good, core: benCore, coreSig: benSig }, b64(random(8))],
    ["Ben's spk, signed by another", await withParts(patched(33, 65, benCore))],
    ["Ben's core with another fingerprint", { ...good, core: concat(benCore.slice(0, 65), random(32), benCore.slice(97)), coreSig: benSig }],
  ];
  /** @type {[string, Stranger][]} */
  const strangers = [];
  for (const [what, core, seat] of cores) {
    // The seat that belongs to these very bytes, so that nothing but the flaw itself can be why.
    const fitting = seat ?? b64((await hidOf(room.room, core.core)).slice(0, 8));
    const stranger = await Stranger.join(hostile, room, { core, pid: fitting });
    stranger.open(pid);
    strangers.push([what, stranger]);
  }
  // A good one is answered by the same hands; Ana takes one after another, so the others were looked at before.
  const honest = await Stranger.join(hostile, room);
  honest.open(pid);
  await until(() => honest.got("accept")[0], 8000, "the good one is accepted");
  for (const [what, stranger] of strangers) {
    assert.deepEqual(stranger.got("accept"), [], what);
    stranger.leave();
  }
  honest.leave();
  assert.deepEqual((await tilesOf(ana)).length, 1, "Ben is still there, and nobody else");
  assert.equal((await crowd.sees("Ben")).people.length, 1);
  // In transit: the server swaps the one fingerprint that it can see.
  await rig.leaves("Ben");
  hostile.wire = (signal) => {
    const said = JSON.parse(signal.body);
    const kind = ["open", "accept"].find((one) => one in said);
    if (!kind) return [signal];
    const bytes = unb64(said[kind]);
    const start = kind === "open" ? 4 : 4 + 16 + 4;
    bytes.set(random(32), start + 65);
    return [{ ...signal, body: JSON.stringify({ [kind]: b64(bytes) }) }];
  };
  const made = (await connections(ana)).length;
  await rig.comes("Ben", room);
  await sleep(2000);
  assert.deepEqual(await tilesOf(ana), []);
  assert.deepEqual((await crowd.sees("Ben")).people, []);
  assert.equal((await connections(ana)).length, made, "no connection was even begun");
  await rig.calm();
});

test("11 a flood of opens and junk: bounded answers, and the call beside it goes on", { timeout: LIMIT }, async () => {
  const { hostile, ana, crowd } = rig;
  const room = await rig.room();
  const pid = await rig.anaIn(room);
  await rig.comes("Ben", room);
  await crowd.meets("Ben", ["Ana"]);
  const strangers = await Promise.all(Array.from({ length: 40 }, () => Stranger.join(hostile, room)));
  const began = Date.now();
  const isTooLong = deadline(12_000);
  for (let round = 0; round < 5; round++) {
    for (const stranger of strangers) {
      for (let i = 0; i < 6; i++) stranger.open(pid);
      for (const junk of ["", "null", "{}", '{"open":"AAAA"}', '{"accept":""}', '{"c":7}', "x".repeat(2000)]) stranger.say(pid, junk);
    }
    await sleep(300);
  }
  await ana.evaluate(() => 1);
  assert.ok(!isTooLong(), "the page still answers");
  const accepts = strangers.reduce((sum, stranger) => sum + stranger.got("accept").length, 0);
  // Eight may wait, as there are chairs. Each who waits may take its own place again: four times at once, then once in two seconds.
  const waiting = strangers.filter((stranger) => stranger.got("accept").length > 0).length;
  assert.ok(waiting >= 1 && waiting <= 8, `${waiting} strangers got a place`);
  const seconds = (Date.now() - began) / 1000;
  const most = waiting * (4 + Math.ceil(seconds / 2));
  assert.ok(accepts <= most, `few of 1200 opens were accepted: ${accepts} in ${seconds} s, at most ${most}`);
  await expectMedia(ana, { people: 1, road: /./, timeout: 10_000, sound: false });
  assert.equal((await tilesOf(ana)).length, 1);
  await atScreen(ana, "call");
  await rig.calm();
});

test("8, 4: who only listens, or says no first frame, has no connection and no tile", { timeout: LIMIT }, async () => {
  const { hostile, ana } = rig;
  const room = await rig.room();
  const pid = await rig.anaIn(room);
  const mute = await Stranger.join(hostile, room);
  mute.open(pid);
  // A member by the book who never connects: a person to the seal, nobody on the screen.
  const eve = await Member.join(hostile, room);
  await eve.meets(pid);
  await sleep(2000);
  assert.deepEqual(await tilesOf(ana), []);
  const made = await connections(ana);
  assert.ok(made.length <= 1, "one connection at most, to the one with a first frame");
  assert.ok(made.every(({ attached, sent }) => attached === 0 && sent === 0), "nothing is attached to it, nothing was sent");
  await rig.calm();
});
