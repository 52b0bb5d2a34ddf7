// Section 7 from outside: passwords (how 1) and invitations (how 4).

import assert from "node:assert/strict";
import { test } from "node:test";
import { b64, unb64, unlv } from "../sdk/seal/bytes.js";
import { random } from "../sdk/seal/kdf.js";
import { Bench, TestPage, TestRoom } from "./seal-b-bench.js";

/** A room with a password in force and the pages named, the first one its host; all hold S but who has `typed` it only. */
async function passwordRoom(names, options = {}) {
  const room = await TestRoom[options.named ? "named" : "link"]({ ...(options.wish ?? {}) });
  const pw = 65_536 + 4711;
  const S = random(32);
  const state = await room.issue({ pw }, []);
  const bench = new Bench();
  const pages = [];
  for (const [index, name] of names.entries()) {
    const password = { pw, S, sure: index === 0 };
    pages.push(await TestPage.make(room, { name, host: index === 0, password }));
  }
  return { room, bench, pages, pw, S, state };
}

/** Takes a seat and presses Join. */
async function join(bench, page) {
  page.pairs.tryPassword();
  await bench.seat(page);
  await bench.deliver();
}

test("7: with the right password: one press, one tag, then whoever that member vouches for", async () => {
  const { bench, pages: [ana, ben, cy] } = await passwordRoom(["Ana", "Ben", "Cy"]);
  await bench.seat(ana);
  await join(bench, ben);
  assert.deepEqual([ana.persons.size, ben.persons.size], [1, 1]);
  assert.equal(bench.captured("pake").length, 1);
  assert.equal(bench.captured("reply").length, 1);
  await bench.after(12);
  await join(bench, cy);
  assert.deepEqual([...cy.persons], [ana.hid], "nobody else before a beat vouches for them");
  await bench.after(3);
  assert.deepEqual([...cy.persons].sort(), [ana.hid, ben.hid].sort());
  assert.deepEqual(bench.captured("pake").map(({ from, to }) => [from, to]), [[ben.pid, ana.pid], [cy.pid, ana.pid], [cy.pid, ben.pid]]);
  assert.equal(ana.noted("wrong-passwords"), false);
  for (const page of [ana, ben, cy]) assert.deepEqual(page.faults, []);
});

test("7: without a press nothing is opened, and in named rooms it is the same", async () => {
  const { bench, pages: [ana, ben] } = await passwordRoom(["Ana", "Ben"], { named: true });
  await bench.seat(ana, ben);
  await bench.after(60);
  assert.equal(bench.captured("open").length, 0);
  ben.pairs.tryPassword();
  await bench.after(1);
  assert.deepEqual([ana.persons.size, ben.persons.size], [1, 1]);
});

test("7: a wrong password is counted by all members, told to the guest, and gets nobody in", async () => {
  const { bench, pages: [ana, ben, eve], pw } = await passwordRoom(["Ana", "Ben", "Eve"]);
  await bench.seat(ana);
  await join(bench, ben);
  eve.knowledge.password = { pw, S: random(32), sure: false };
  await bench.after(11);
  await join(bench, eve);
  await bench.after(20);
  assert.equal(eve.persons.size, 0);
  assert.equal(bench.captured("pake").filter(({ from }) => from === eve.pid).length, 1, "one tag for one press");
  assert.equal(eve.of("note").filter(({ code }) => code === "wrong-password").length, 1);
  assert.deepEqual(ana.of("note").filter(({ code }) => code === "wrong-passwords").map(({ colour, count }) => [colour, count]), [["grey", 1]]);
  assert.deepEqual(ben.of("note").filter(({ code }) => code === "wrong-passwords").map(({ count }) => count), [1]);
  assert.deepEqual([ana.pairs.guesses.count, ben.pairs.guesses.count], [1, 1]);
  assert.equal(JSON.stringify(eve.outputs).includes("\"Ana\""), false);
});

test("7: after five wrong ones members are busy, until somebody presses or ten minutes pass", async () => {
  const { bench, pages: [ana, ben, eve], pw } = await passwordRoom(["Ana", "Ben", "Eve"]);
  await bench.seat(ana);
  eve.knowledge.password = { pw, S: random(32), sure: false };
  for (let i = 0; i < 6; i++) {
    if (i === 0) await join(bench, eve);
    else eve.pairs.tryPassword();
    await bench.after(40);
  }
  assert.equal(bench.captured("pake").length, 5);
  assert.equal(ana.pairs.guesses.count, 5);
  assert.equal(eve.pairs.tryPassword(), false, "six presses in ten minutes");
  await join(bench, ben);
  await bench.after(30);
  assert.equal(ben.persons.size, 0, "busy");
  await bench.unlist(eve);
  ana.pairs.allowTries();
  ben.pairs.tryPassword();
  await bench.after(60);
  assert.deepEqual([...ben.persons], [ana.hid]);
  assert.equal(ben.pairs.guesses.count, 5, "the count stands in the first frame");
});

test("7: a run between two who proved S before is never busy, so members always find each other again", async () => {
  const { bench, pages: [ana, ben, eve], pw } = await passwordRoom(["Ana", "Ben", "Eve"]);
  await bench.seat(ana);
  await join(bench, ben);
  eve.knowledge.password = { pw, S: random(32), sure: false };
  for (let i = 0; i < 6; i++) {
    if (i === 0) await join(bench, eve);
    else eve.pairs.tryPassword();
    await bench.after(40);
  }
  assert.equal(ana.pairs.guesses.count, 5);
  let drop = 1;
  bench.wire = (signal) => (signal.from === ana.pid && signal.to === ben.pid && "c" in JSON.parse(signal.body) && drop-- > 0 ? [] : [signal]);
  for (const text of ["1", "2"]) ana.pairs.send(ben.hid, { k: "chat", text });
  await bench.after(20);
  assert.deepEqual(ben.messages.map(({ text }) => text), ["1", "2"]);
});

test("7: a server that plays members gets one guess per press, from one of them", async () => {
  const { bench, room, pages: [, ben], pw } = await passwordRoom(["Ana", "Ben"]);
  // Three made-up members who guess: each holds another S.
  const fakes = [];
  for (let i = 0; i < 3; i++) fakes.push(await TestPage.make(room, { name: "Fake", password: { pw, S: random(32), sure: true } }));
  await bench.seat(...fakes);
  await join(bench, ben);
  await bench.after(60);
  assert.equal(bench.captured("pake").filter(({ from }) => from === ben.pid).length, 1);
  assert.equal(ben.persons.size, 0);
  assert.equal(ben.noted("wrong-password"), true);
  // The first does not answer: the next one in the list gets the same press, after 3 s.
  const quiet = new Bench();
  const gil = await TestPage.make(room, { name: "Gil", password: { pw, S: random(32), sure: false } });
  quiet.wire = (signal) => (signal.to === fakes[0].pid ? [] : [signal]);
  await quiet.seat(...fakes);
  await join(quiet, gil);
  await quiet.after(2.5);
  assert.equal(quiet.captured("pake").length, 0);
  await quiet.after(2);
  assert.deepEqual(quiet.captured("pake").map(({ to }) => to), [fakes[1].pid]);
});

test("7: nobody answers how 1 who has only typed a password", async () => {
  const { bench, pages: [, ben, cy] } = await passwordRoom(["Ana", "Ben", "Cy"]);
  await bench.seat(ben);
  await join(bench, cy);
  await bench.after(30);
  assert.equal(bench.captured("accept").length, 0);
  assert.equal(cy.persons.size, 0);
});

test("7: bent shares and tags end a run and open nothing; the link is needed too", async () => {
  for (const bend of ["pake", "reply", "accept"]) {
    const { bench, pages: [ana, ben] } = await passwordRoom(["Ana", "Ben"]);
    bench.wire = (signal) => {
      const value = JSON.parse(signal.body);
      if (!(bend in value)) return [signal];
      const bytes = unb64(value[bend]);
      bytes[bytes.length - 1] ^= 1;
      return [{ ...signal, body: JSON.stringify({ [bend]: b64(bytes) }) }];
    };
    await bench.seat(ana);
    await join(bench, ben);
    await bench.after(20);
    assert.deepEqual([ana.persons.size, ben.persons.size], [0, 0], bend);
    assert.deepEqual([...ana.faults, ...ben.faults], []);
    assert.equal([...ana.of("note"), ...ben.of("note")].some(({ colour }) => colour === "red"), false);
  }
  const { bench, room, pages: [ana], pw, S } = await passwordRoom(["Ana"]);
  const eve = await TestPage.make(room, { password: { pw, S, sure: false }, links: [{ ...room.links[0], kLink: random(32) }] });
  /** @type {Set<string>} */
  const said = new Set();
  bench.wire = (signal) => (Object.keys(JSON.parse(signal.body)).forEach((key) => said.add(key)), [signal]);
  await bench.seat(ana);
  await join(bench, eve);
  await bench.after(20);
  assert.equal(eve.persons.size, 0);
  // Not even whether the password was right can be learnt without the link.
  assert.deepEqual([said.has("pake"), said.has("reply")], [true, false]);
});

test("7: a low-order share fails the run and is no wrong password", async () => {
  const { bench, pages: [ana, ben] } = await passwordRoom(["Ana", "Ben"]);
  bench.wire = (signal) => {
    const value = JSON.parse(signal.body);
    if (!value.pake) return [signal];
    const bytes = unb64(value.pake);
    const [, share] = unlv(bytes, 3);
    bytes.set(new Uint8Array(share.length), 4 + 16 + 4);
    return [{ ...signal, body: JSON.stringify({ pake: b64(bytes) }) }];
  };
  await bench.seat(ana);
  await join(bench, ben);
  await bench.after(20);
  assert.equal(ana.pairs.guesses.count, 0);
  assert.deepEqual(ana.faults, []);
  assert.equal(ben.persons.size, 0);
});

test("2: a new password: who proved the old one is out unless listed, and the old one is useless", async () => {
  const { room, bench, pages: [ana, ben, eve], pw, S } = await passwordRoom(["Ana", "Ben", "Eve"]);
  await bench.seat(ana);
  await join(bench, ben);
  await bench.after(11);
  const next = { pw: pw + 65_536, S: random(32), sure: true };
  ana.knowledge.password = next;
  await ana.adopt([await room.issue({ pw: next.pw }, [ana.spk, ben.spk])]);
  await bench.after(2);
  assert.deepEqual([...ana.persons], [ben.hid], "listed: notices nothing");
  eve.knowledge.password = { pw, S, sure: false };
  await join(bench, eve);
  await bench.after(40);
  assert.equal(eve.persons.size, 0);
  assert.equal(eve.knowledge.book.rules.pw, next.pw);
});

test("7: an invitation: the host sees whose it was, by its own table, and admission makes a person of the guest", async () => {
  const room = await TestRoom.link({ door: "invite" });
  const bench = new Bench();
  const [invId, ipsk] = [random(12), random(32)];
  const rows = new Map([[b64(invId), { ipsk, label: "Ana's, for Gil" }]]);
  const ana = await TestPage.make(room, { name: "Ana", host: true, rows });
  const ben = await TestPage.make(room, { name: "Ben" });
  await ana.adopt([await room.issue({ admit: [ben.spk] }, [ana.spk])]);
  await ben.adopt(ana.knowledge.book.held);
  const gil = await TestPage.make(room, { name: "Gil", invitation: { invId, ipsk } });
  const eve = await TestPage.make(room, { name: "Eve", invitation: { invId, ipsk: random(32) } });
  const hal = await TestPage.make(room, { name: "Hal", invitation: { invId: random(12), ipsk } });
  await bench.seat(ana, ben);
  await bench.atPorch(gil, eve, hal);
  await bench.after(5);
  const lobby = ana.of("waiting").filter(({ what }) => what.k === "lobby").map(({ what }) => what);
  assert.deepEqual(lobby.map(({ spk, name, invitation }) => [spk, name, invitation]), [[gil.spk, "Gil", { id: b64(invId), label: "Ana's, for Gil" }]]);
  assert.equal(gil.persons.size, 0);
  await ana.adopt([await room.issue({ admit: [gil.spk] }, [ana.spk])]);
  await bench.after(5);
  assert.deepEqual([...gil.persons].sort(), [ana.hid, ben.hid].sort());
  assert.deepEqual([eve.persons.size, hal.persons.size], [0, 0]);
  rows.clear();
  const late = await TestPage.make(room, { name: "Late", invitation: { invId, ipsk } });
  await bench.atPorch(late);
  await bench.after(5);
  assert.equal(ana.of("waiting").filter(({ what }) => what.k === "lobby" && what.spk === late.spk).length, 0, "revoked: the row is gone");
});
