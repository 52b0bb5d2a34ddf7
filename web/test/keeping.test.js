// Standard mode, from the public door: what people say is left with the server, sealed, and found by who comes later. The
// server of these tests keeps it, and may do with it what it likes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { network } from "./fakes/rtc.js";
import { enters, opens, server, starts, until } from "./fakes/meetings.js";
import { Blobs } from "../sdk/blobs.js";
import { Device } from "./fakes/storage.js";

const sees = (meeting, count) => until(`sees ${count}`, () => meeting.people.length === count && meeting.people.every(({ link }) => link === "connected"));
const texts = (meeting) => meeting.chat.map(({ name, text, kept }) => `${name}: ${text}${kept ? " (kept)" : ""}`);
const reads = (meeting, ...wanted) => until(`reads ${wanted} instead of ${texts(meeting)}`, () => texts(meeting).join("|") === wanted.join("|"));
const isKept = (meeting) => until(`kept, not ${JSON.stringify(meeting.keeping)}`, () => meeting.keeping?.state === "kept");
/** It has the key, and has read whatever it could. */
const hasLooked = async (meeting) => {
  await isKept(meeting);
  await new Promise((resolve) => setTimeout(resolve, 1500));
};
const room = () => [...server.rooms.values()][0];
const blobs = () => room().blobs;

const begins = (name = "Ana", options = {}) => enters(name, "", { offRecord: false, ...options });

/** Ana, who heard nothing of it, and Ben who said this and has left: only the server has it. */
async function afterBen(...said) {
  network.isDeaf = true;
  const ana = await begins();
  const ben = await enters("Ben", ana.link);
  await sees(ana, 1);
  for (const text of said) ben.say(text);
  await isKept(ben);
  await ben.leave();
  await sees(ana, 0);
  assert.equal(ana.chat.length, 0);
  return ana;
}

test("off the record: no request for blobs, no key, nothing kept", async () => {
  const ana = await begins("Ana", { offRecord: true });
  const ben = await enters("Ben", ana.link);
  await sees(ana, 1);
  ben.say("not to be kept");
  await until("heard", () => ana.chat.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 2500));
  assert.deepEqual([ana.keeping, ben.keeping, blobs().size, server.places.size], [null, null, 0, 0]);
});

test("what somebody said who has left is read by who comes later; the server has bytes of a few lengths", async () => {
  const ana = await afterBen("first", "second");
  assert.equal(blobs().size, 1);
  const [{ bytes }] = [...blobs().values()];
  assert.ok([288, 544, 1056].includes(bytes.length), `${bytes.length} bytes`);
  assert.ok(!Buffer.from(bytes).includes("second"));
  const cy = await enters("Cy", ana.link);
  await reads(cy, "Ben: first (kept)", "Ben: second (kept)");
  assert.deepEqual(cy.chat.map(({ live, told }) => [live, told]), [[false, []], [false, []]]);
  assert.equal(cy.keeping.missing, 0);
});

test("what a member tells as well is told by that member", async () => {
  const ana = await begins();
  const ben = await enters("Ben", ana.link);
  await sees(ana, 1);
  ben.say("first");
  await until("Ana has heard it", () => ana.chat.length === 1);
  await isKept(ben);
  await ben.leave();
  const cy = await enters("Cy", ana.link);
  await until("from both", () => cy.chat[0]?.told.join() === "Ana" && cy.keeping.state === "kept");
  assert.deepEqual(texts(cy), ["Ben: first"]);
});

test("a poll's result is kept with its author's record", async () => {
  const ana = await begins();
  const ben = await enters("Ben", ana.link);
  await sees(ana, 1);
  const id = ben.ask({ question: "When?", choices: ["Now", "Later"] });
  await until("Ana sees it", () => ana.polls.length === 1);
  ana.vote(id, [0]);
  await until("Ben counts", () => ben.polls[0].choices[0].votes === 1);
  ben.closePoll(id);
  await until("closed", () => !ana.polls[0].open);
  await new Promise((resolve) => setTimeout(resolve, 700));
  await isKept(ben);
  await ben.leave();
  const cy = await enters("Cy", ana.link);
  await until("the poll", () => cy.polls.length === 1);
  assert.deepEqual([cy.polls[0].question, cy.polls[0].choices.map(({ votes }) => votes), cy.polls[0].open], ["When?", [1, 0], false]);
});

test("a page writes one blob, and takes the one before back", async () => {
  const ana = await begins();
  for (const text of ["one", "two"]) {
    ana.say(text);
    const before = [...blobs().keys()].join();
    await until("another", () => blobs().size > 0 && [...blobs().keys()].join() !== before);
    await isKept(ana);
    await until("one alone", () => blobs().size === 1);
  }
});

test("the last words are kept by leaving", async () => {
  const ana = await begins();
  const ben = await enters("Ben", ana.link);
  await sees(ana, 1);
  await isKept(ben);
  ben.say("goodbye");
  await ben.leave();
  assert.equal(blobs().size, 1, "before the seat was given back");
});

test("a server that forgot all is given it again", async () => {
  const ana = await begins();
  ana.say("remember");
  await isKept(ana);
  server.cut();
  server.forget();
  server.back();
  await until("the room is back", () => room() && room().seats.length === 1 && ana.state === "in");
  await until("and what was kept", () => blobs().size === 1);
});

test("a host alone who loads the page again reads what was kept, by the key that this device has", async () => {
  const device = new Device();
  const ana = await starts({ offRecord: false }, device);
  await device.use(() => ana.join({ name: "Ana" }));
  ana.say("note to myself");
  await isKept(ana);
  network.cut();
  const again = await opens(ana.link, device);
  await device.use(() => again.join({ name: "Ana" }));
  await reads(again, "Ana: note to myself (kept)");
});

test("taken back: its author's record is written without it, and who comes later never sees it", async () => {
  const ana = await begins();
  const ben = await enters("Ben", ana.link);
  await sees(ana, 1);
  ben.say("the wrong window");
  ben.say("Hello");
  await until("Ana has heard it", () => ana.chat.length === 2);
  await isKept(ben);
  const before = [...blobs().values()][0].bytes;
  ben.takeBack(ben.chat[0].id);
  await until("written anew", () => blobs().size === 1 && [...blobs().values()][0].bytes !== before);
  await isKept(ben);
  await ben.leave();
  await sees(ana, 0);
  const cy = await enters("Cy", ana.link);
  await until("the rest of it", () => cy.chat.length === 1 && cy.keeping.state === "kept");
  assert.deepEqual([texts(cy), cy.keeping.missing], [["Ben: Hello"], 0]);
});

test("taken back after the page was loaded again: the record of the page before is written without it", async () => {
  const device = new Device();
  const ana = await starts({ offRecord: false }, device);
  await device.use(() => ana.join({ name: "Ana" }));
  ana.say("the wrong window");
  ana.say("note to myself");
  await isKept(ana);
  network.cut();
  const load = async () => {
    const again = await opens(ana.link, device);
    await device.use(() => again.join({ name: "Ana" }));
    return again;
  };
  const again = await load();
  await reads(again, "Ana: the wrong window (kept)", "Ana: note to myself (kept)");
  const [before] = blobs().keys();
  again.takeBack(again.chat[0].id);
  await until("written anew, and the one before gone", () => blobs().size === 1 && !blobs().has(before));
  const third = await load();
  await reads(third, "Ana: note to myself (kept)");
  assert.equal(third.keeping.missing, 0);
});

test("a server that keeps nothing: no such room is made", async () => {
  server.keeps = false;
  await assert.rejects(starts({ offRecord: false }), { code: "keeps-nothing" });
  assert.equal(server.rooms.size, 0);
});

test("a server that stops keeping says so, and people hear of it", async () => {
  const ana = await begins();
  server.refuse.set("put", { code: "blobs-full" });
  ana.say("too much");
  await until("full", () => ana.keeping.state === "full" && ana.notes.some(({ code }) => code === "kept-full"));
});

test("removed: the new key is not theirs, the old one seals nothing any more", async () => {
  const ana = await begins();
  const ben = await enters("Ben", ana.link);
  const cy = await enters("Cy", ana.link);
  await sees(ana, 2);
  await sees(cy, 2);
  cy.say("before");
  await isKept(cy);
  const [before] = [...blobs().keys()];
  const j = (id) => Buffer.from(id, "base64url").readUInt32BE();
  await ana.remove(ben.me.id);
  await sees(ana, 1);
  await until("Ben is out", () => ben.state === "ended");
  cy.say("after");
  await until("sealed anew", () => blobs().size === 1 && ![...blobs().keys()].includes(before));
  const [after] = [...blobs().keys()];
  assert.notEqual(j(after), j(before), "for other rules");
  const dan = await enters("Dan", ana.link);
  await until("Dan reads both", () => dan.chat.length === 2 && dan.keeping.state === "kept");
});

/** Whatever the server does, what is read was written so. */
for (const [what, bends, isRead] of /** @type {const} */ ([
  ["is honest", (_id, honest) => honest, true],
  ["drops a blob", (id, honest) => (id === "" ? [] : honest), false],
  ["says that it is gone", (id, honest) => (id === "" ? honest : undefined), false],
  ["cuts it short", (id, honest) => (id === "" ? honest : honest?.subarray(0, -1)), false],
  ["changes a bit", (id, honest) => (id === "" ? honest : honest?.map((byte, index) => (index === 40 ? byte ^ 1 : byte))), false],
  ["shows it under another id", (id, honest, at) => (id === "" ? honest?.map((one) => one.slice(0, 6) + "A".repeat(16)) : [...at.blobs.values()][0]?.bytes), false],
  ["adds some that it invented", (id, honest) => (id === "" ? [...honest, "A".repeat(22)] : (honest ?? new Uint8Array(600))), true],
])) {
  test(`a server that ${what}: what is read was written so`, async () => {
    const ana = await afterBen("the truth");
    server.bends = bends;
    const cy = await enters("Cy", ana.link);
    await hasLooked(cy);
    assert.deepEqual(texts(cy), isRead ? ["Ben: the truth (kept)"] : []);
  });
}

test("an older record in the place of the newer: it is missing, and that is said", async () => {
  network.isDeaf = true;
  const ana = await begins();
  const ben = await enters("Ben", ana.link);
  await sees(ana, 1);
  ben.say("one");
  await isKept(ben);
  const [old] = [...blobs()].map(([id, { bytes }]) => [id, bytes]);
  ben.say("two");
  await until("the second record", () => blobs().size === 1 && ![...blobs().keys()].includes(old[0]));
  await isKept(ben);
  await ben.leave();
  await sees(ana, 0);
  const [newer] = [...blobs()].filter(([, { by }]) => by === ben.me.id).map(([id]) => id);
  server.bends = (id, honest) => (id === "" ? honest.map((one) => (one === newer ? old[0] : one)) : id === old[0] ? old[1] : honest);
  const dan = await enters("Dan", ana.link);
  await until("it is said", () => dan.keeping.missing === 1 && dan.notes.some(({ code }) => code === "kept-missing"));
  assert.ok(!dan.chat.some(({ name, kept }) => name === "Ben" && kept), "nothing from the old one");
});

test("what was held back is missed although nobody has read it: those who are here know how far it was", async () => {
  const ana = await afterBen("the truth");
  server.bends = (id, honest) => (id === "" ? [] : honest);
  const cy = await enters("Cy", ana.link);
  await until("it is said", () => cy.keeping.missing === 1 && cy.notes.some(({ code }) => code === "kept-missing"));
  server.bends = (_id, honest) => honest;
  const dan = await enters("Dan", ana.link);
  await reads(dan, "Ben: the truth (kept)");
  assert.equal(dan.keeping.missing, 0);
});

test("another room's blob opens nowhere else", async () => {
  const ana = await afterBen("here");
  const [stolen] = [...blobs().values()];
  const eve = await begins("Eve");
  const there = [...server.rooms.values()].at(-1);
  eve.say("there");
  await isKept(eve);
  const [id] = [...there.blobs.keys()];
  server.bends = (one, honest, at) => (at === there && one === id ? stolen.bytes : honest);
  const fay = await enters("Fay", eve.link);
  await hasLooked(fay);
  assert.deepEqual([texts(fay), texts(ana)], [[], []]);
});

test("a server that sends without an end is not listened to: a blob, a list, a refusal", async () => {
  const before = globalThis.fetch;
  const blobs = new Blobs("http://127.0.0.1:8080", { token: "", bytes: 2 ** 30, room_bytes: 2 ** 30, blobs: 64, keep_s: 60 });
  for (const [status, ask] of /** @type {const} */ ([[200, () => blobs.get("AAAA")], [200, () => blobs.list()], [507, () => blobs.get("AAAA")]])) {
    let sent = 0;
    let isCancelled = false;
    const body = new ReadableStream({
      pull(controller) {
        sent += 2 ** 16;
        controller.enqueue(new Uint8Array(2 ** 16));
      },
      cancel() { isCancelled = true; },
    });
    globalThis.fetch = async () => new Response(body, { status });
    try {
      await assert.rejects(ask(), ({ code }) => code === "protocol" || code === "no-blobs");
    } finally {
      globalThis.fetch = before;
    }
    assert.ok(isCancelled && sent < 5 * 2 ** 20, `${sent} bytes were taken`);
  }
});
