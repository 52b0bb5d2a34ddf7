// Files that a room in standard mode keeps, from the public door: left in pieces, found by who comes later, taken back. The
// server of these tests keeps the pieces, and may do with them what it likes.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { network } from "./fakes/rtc.js";
import { enters, opens, server, starts, until } from "./fakes/meetings.js";
import { Device } from "./fakes/storage.js";
import { Files } from "../sdk/content/files.js";

const { mostKept, piecesOf, sensible } = await import("../sdk/content/stored.js");

const sees = (meeting, count) => until(`sees ${count}`, () => meeting.people.length === count && meeting.people.every(({ link }) => link === "connected"));
const isKept = (meeting) => until(`kept, not ${JSON.stringify(meeting.keeping)}`, () => meeting.keeping?.state === "kept");
const becomes = (meeting, state) => until(`${state}, is ${meeting.files[0]?.state}`, () => meeting.files[0]?.state === state);
const lies = (meeting, kept) => until(`${kept}, is ${meeting.files[0]?.kept}`, () => meeting.files[0]?.kept === kept);
const file = (size, name = "minutes.pdf") => new File([randomBytes(size)], name, { type: "application/pdf" });
const sha = async (blob) => createHash("sha256").update(Buffer.from(await blob.arrayBuffer())).digest("hex");
const room = () => [...server.rooms.values()][0];
const blobs = () => room().blobs;
const PIECE = 32764;
/** Full ones, by length. */
const pieces = () => [...blobs()].filter(([, { bytes }]) => bytes.length === 32800).map(([id]) => id);

const begins = (name = "Ana") => enters(name, "", { offRecord: false });

/** Ana, who heard nothing of it, and Ben who left a file of three pieces and a bit with the room, and went. */
async function afterBen(size = 3 * PIECE + 10) {
  network.isDeaf = true;
  const ana = await begins();
  const ben = await enters("Ben", ana.link);
  await sees(ana, 1);
  await isKept(ben);
  const sent = file(size);
  await ben.offerFile(sent, { keep: true });
  await lies(ben, "kept");
  await isKept(ben);
  await ben.leave();
  await sees(ana, 0);
  assert.equal(ana.files.length, 0);
  return { ana, sent };
}

test("a file that is kept comes although its author has left, after it was accepted, and is the same", async () => {
  const { ana, sent } = await afterBen();
  assert.equal(pieces().length, 3, "and a shorter one, and the record");
  assert.ok([...blobs().values()].every(({ bytes }) => !Buffer.from(bytes).includes("minutes")));
  const got = [];
  server.bends = (id, honest) => (got.push(id), honest);
  const cy = await enters("Cy", ana.link);
  const offer = await until("the file", () => cy.files[0]);
  assert.deepEqual([offer.file, offer.size, offer.name, offer.own, offer.kept, offer.state, offer.live], ["minutes.pdf", sent.size, "Ben", false, "kept", "offered", false]);
  assert.ok(!pieces().some((id) => got.includes(id)), "nothing of it was asked for");
  cy.acceptFile(offer.id);
  await becomes(cy, "ready");
  assert.equal(await sha(cy.fileContent(offer.id)), await sha(sent));
  assert.equal(cy.files[0].hash, await sha(sent));
  assert.equal(cy.keeping.missing, 0);
});

test("whoever offers decides: without the word, to one person, off the record and beyond the limit nothing goes to the room", async () => {
  const ana = await begins();
  const ben = await enters("Ben", ana.link);
  await sees(ana, 1);
  await isKept(ana);
  assert.equal(ana.keeping.fileBytes, 2 ** 19);
  await ana.offerFile(file(100));
  await ana.offerFile(file(100), { to: ben.me.id, keep: true });
  await ana.offerFile(file(2 ** 19 + 1), { keep: true });
  await until("three", () => ben.files.length === 3);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.deepEqual([ana.files.map(({ kept }) => kept), ben.files.map(({ kept }) => kept), blobs().size], [["none", "full", "full"], ["none", "none", "none"], 0]);
  ben.acceptFile(ben.files[2].id);
  await until("from page to page as before", () => ben.files[2].state === "ready");
  const off = await starts({ offRecord: true });
  await off.join({ name: "Dee" });
  await off.offerFile(file(10), { keep: true });
  assert.equal([...server.rooms.values()].at(-1).blobs.size, 0);
});

test("whoever was here has it from the room when its author leaves in the middle of it", async () => {
  const ana = await begins();
  const ben = await enters("Ben", ana.link);
  await sees(ana, 1);
  await isKept(ana);
  const sent = file(400_000);
  await ana.offerFile(sent, { keep: true });
  await until("Ben knows", () => ben.files[0]?.kept === "kept");
  ben.acceptFile(ben.files[0].id);
  await until("some of it", () => (network.channelBytes.get(2) ?? 0) > 0);
  network.isDeaf = true;
  const before = [];
  server.bends = (id, honest) => (before.push(id), honest);
  await ana.leave();
  await becomes(ben, "ready");
  assert.equal(await sha(ben.fileContent(ben.files[0].id)), await sha(sent));
});

const shown = (meeting) => meeting.files.map(({ file: name, state }) => `${name} ${state}`).join("|");

for (const [what, bends, state] of /** @type {const} */ ([
  ["drops a piece", (id, honest, ids) => (id === ids[1] ? undefined : honest), "incomplete"],
  ["swaps two pieces", (id, honest, ids, held) => (id === ids[0] ? held(ids[1]) : id === ids[1] ? held(ids[0]) : honest), "damaged"],
  ["sends one piece twice", (id, honest, ids, held) => (id === ids[1] ? held(ids[0]) : honest), "damaged"],
  ["cuts a piece", (id, honest, ids) => (id === ids[2] ? honest.subarray(0, -1) : honest), "damaged"],
  ["changes a bit", (id, honest, ids) => (id === ids[0] ? honest.map((byte, index) => (index === 99 ? byte ^ 1 : byte)) : honest), "damaged"],
  ["sends a record in the place of a piece", (id, honest, ids, held) => (id === ids[0] ? held([...blobs().keys()].find((one) => !ids.includes(one))) : honest), "damaged"],
  ["sends without an end", (id, honest, ids) => (id === ids[0] ? new Uint8Array(70_000) : honest), "damaged"],
])) {
  test(`a server that ${what}: the file is ${state}, and never another one`, async () => {
    const { ana, sent } = await afterBen();
    const ids = pieces();
    const cy = await enters("Cy", ana.link);
    const { id: wanted } = await until("the file", () => cy.files[0]);
    const held = (id) => blobs().get(id).bytes;
    server.bends = (id, honest) => (id === "" || !honest ? honest : bends(id, honest, ids, held));
    cy.acceptFile(wanted);
    await until(`${state}, not ${shown(cy)}`, () => cy.files[0].state === state);
    assert.throws(() => cy.fileContent(wanted), { code: "no-such-file" });
    if (state !== "incomplete") return;
    server.bends = (_id, honest) => honest;
    cy.acceptFile(wanted);
    await becomes(cy, "ready");
    assert.equal(await sha(cy.fileContent(wanted)), await sha(sent));
  });
}

test("cancelled, and accepted again", async () => {
  const { ana, sent } = await afterBen();
  const cy = await enters("Cy", ana.link);
  const { id } = await until("the file", () => cy.files[0]);
  cy.acceptFile(id);
  cy.dropFile(id);
  assert.equal(cy.files[0].state, "declined");
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual([cy.files[0].state, cy.files[0].done], ["declined", 0]);
  cy.acceptFile(id);
  await becomes(cy, "ready");
  assert.equal(await sha(cy.fileContent(id)), await sha(sent));
});

test("taken back: its pieces are gone, who is here sees it, and who comes later never does", async () => {
  const ana = await begins();
  const ben = await enters("Ben", ana.link);
  await sees(ana, 1);
  await isKept(ben);
  const id = await ben.offerFile(file(100_000), { keep: true });
  await until("Ana knows", () => ana.files[0]?.kept === "kept");
  await isKept(ben);
  ben.dropFile(id);
  await becomes(ana, "withdrawn");
  assert.throws(() => ana.acceptFile(id), { code: "no-such-file" });
  await until("the pieces are gone", () => blobs().size === 1);
  await until("the record is written anew", () => ben.keeping.state === "kept");
  await ben.leave();
  const cy = await enters("Cy", ana.link);
  await isKept(cy);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.deepEqual([cy.files, cy.keeping.missing], [[], 0]);
});

test("taken back after the page was loaded again", async () => {
  const device = new Device();
  const ana = await starts({ offRecord: false }, device);
  await device.use(() => ana.join({ name: "Ana" }));
  await isKept(ana);
  const sent = file(50_000);
  const id = await ana.offerFile(sent, { keep: true });
  await lies(ana, "kept");
  await isKept(ana);
  network.cut();
  const load = async () => {
    const again = await opens(ana.link, device);
    await device.use(() => again.join({ name: "Ana" }));
    return again;
  };
  const again = await load();
  await lies(again, "kept");
  assert.deepEqual([again.files[0].own, again.files[0].earlier, again.files[0].id], [true, true, id]);
  again.acceptFile(id);
  await becomes(again, "ready");
  const third = await load();
  await lies(third, "kept");
  third.dropFile(id);
  await until("pieces and the record of before are gone", () => blobs().size === 1);
  const fourth = await load();
  await isKept(fourth);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.deepEqual([fourth.files, fourth.keeping.missing], [[], 0]);
});

test("a room that is full, before or in the middle: said, offered as before, nothing stays of it", async () => {
  const ana = await begins();
  const ben = await enters("Ben", ana.link);
  await sees(ana, 1);
  await isKept(ana);
  for (let i = 0; i < 4; i++) {
    await ana.offerFile(file(5 * PIECE, `f${i}`), { keep: true });
    await until("decided", () => ana.files[i].kept !== "storing");
  }
  assert.deepEqual(ana.files.map(({ kept }) => kept), ["kept", "kept", "kept", "kept"]);
  await ana.offerFile(file(5 * PIECE, "over three quarters"), { keep: true });
  await until("decided", () => ana.files[4].kept === "full");
  assert.equal(pieces().length, 20);
  for (const { id } of ana.files) ana.dropFile(id);
  await until("empty", () => pieces().length === 0);
  server.refuse.set("put", { code: "blobs-full" });
  await ana.offerFile(file(PIECE, "refused"), { keep: true });
  await until("full", () => ana.files.at(-1).kept === "full");
  await until("Ben may still have it", () => ben.files.some(({ file: name, state }) => name === "refused" && state === "offered"));
});

test("a server that forgot all is given it again, by its author while that page is here", async () => {
  const ana = await begins();
  await isKept(ana);
  await ana.offerFile(file(2 * PIECE), { keep: true });
  await lies(ana, "kept");
  await isKept(ana);
  server.cut();
  server.forget();
  server.back();
  await until("the room is back", () => room() && room().seats.length === 1 && ana.state === "in");
  await until("and what was kept", () => pieces().length === 2 && blobs().size === 3);
});

test("who leaves before all of it is there takes it back", async () => {
  const ana = await begins();
  const ben = await enters("Ben", ana.link);
  await sees(ana, 1);
  await isKept(ben);
  server.refuse.set("put", { code: "too-slow", from: blobs().size + 4 });
  await ben.offerFile(file(8 * PIECE), { keep: true });
  await until("some of it", () => pieces().length > 1);
  await ben.leave();
  assert.equal(pieces().length, 0);
});

test("who crashes before all of it is there takes it back when the page is loaded again; what is whole stays", async () => {
  const device = new Device();
  const begun = () => [...(device.stores.get("people")?.records.values() ?? [])].flatMap((record) => record.begun ?? []);
  const ana = await starts({ offRecord: false }, device);
  await device.use(() => ana.join({ name: "Ana" }));
  await isKept(ana);
  await ana.offerFile(file(2 * PIECE), { keep: true });
  await lies(ana, "kept");
  await isKept(ana);
  assert.deepEqual([pieces().length, begun()], [2, []]);
  server.refuse.set("put", { code: "too-slow", from: blobs().size + 4 });
  await ana.offerFile(file(8 * PIECE, "never whole"), { keep: true });
  await until("some of it", () => pieces().length === 6);
  assert.deepEqual(begun().map(({ size }) => size), [8 * PIECE]);
  // Nothing that the first page still says changes anything: it has crashed.
  server.refuse.set("put", { code: "too-slow", from: 0 });
  network.cut();
  const again = await opens(ana.link, device);
  await device.use(() => again.join({ name: "Ana" }));
  await until("taken back", () => pieces().length === 2);
  await until("and forgotten", () => begun().length === 0);
  await lies(again, "kept");
  assert.deepEqual(again.files.map(({ size }) => size), [2 * PIECE]);
});

test("what a record says of another's file is one's word against its author's: the author's stands", () => {
  const b64 = (seed, length) => Buffer.alloc(length, seed).toString("base64url");
  const [me, ben, id, now] = [b64(1, 32), b64(2, 32), b64(3, 16), 1_800_000_000_000];
  const user = { send() {}, channel: () => null, isReady: () => false, storing: () => null, onChange() {}, onProgress() {} };
  const kept = (hash, w = "w") => ({ w, by: ben, name: "Ben", files: [{ id, file: "a.pdf", size: 10, type: "", hash, at: now, key: b64(9, 32), piece: 100 }] });
  const said = (hash) => ({ k: "file", id, name: "a.pdf", size: 10, type: "", hash, at: now });
  const first = new Files(me, user);
  assert.ok(first.takeKept(kept(b64(7, 32)), now));
  assert.ok(first.take("h", ben, "Ben", said(b64(8, 32)), now), "the author takes the place of what the room told");
  assert.deepEqual(first.shown.map(({ kept: lying, hash }) => [lying, hash.slice(0, 2)]), [["none", "08"]]);
  assert.equal(first.takeKept(kept(b64(7, 32)), now), false, "and it is not told otherwise any more");
  assert.equal(first.keep(me, { k: "file-kept", id, kept: { key: b64(9, 32), piece: 5 } }), false, "another's file");
  assert.equal(first.keep(ben, { k: "file-kept", id, kept: { key: "x", piece: 5 } }), false);
  assert.ok(first.keep(ben, { k: "file-kept", id, kept: { key: b64(9, 32), piece: 5 } }));
  const named = new Files(me, user);
  named.takeKept({ ...kept(b64(7, 32)), files: [{ ...kept(b64(7, 32)).files[0], file: "another name.pdf" }] }, now);
  named.take("h", ben, "Ben", said(b64(7, 32)), now);
  assert.deepEqual(named.shown.map(({ file: name, kept: lying }) => [name, lying]), [["a.pdf", "kept"]], "the author says what it is called");
  const second = new Files(me, user);
  second.takeKept(kept(b64(7, 32)), now);
  assert.equal(second.takeKept({ ...kept(b64(7, 32), "other"), files: [] }, now), false, "another's record takes nothing away");
  assert.ok(second.takeKept({ ...kept(b64(7, 32)), files: [] }, now));
  assert.equal(second.shown[0].state, "withdrawn");
});

test("bounds: no more pieces than a list names, no file beyond its part of the room", () => {
  const key = Buffer.alloc(32).toString("base64url");
  assert.equal(sensible(128 * 2 ** 20, { key, piece: 1 }), null);
  assert.deepEqual(sensible(10, { key, piece: 1 }), { key, piece: 1 });
  assert.equal(sensible(10, undefined), null);
  assert.deepEqual([piecesOf(0, 5), piecesOf(5, 5), piecesOf(6, 5)], [0, 1, 2]);
  assert.equal(mostKept({ room_bytes: 16 * 2 ** 20, blobs: 256 }, 524284), 8 * 2 ** 20);
  assert.equal(mostKept({ room_bytes: 2 ** 40, blobs: 2 ** 20 }, 524284), 128 * 2 ** 20);
  assert.equal(mostKept({ room_bytes: 16 * 2 ** 20, blobs: 4 }, 524284), 2 * 524284);
  assert.equal(mostKept({ room_bytes: 100, blobs: 256 }, -1), 0);
});
