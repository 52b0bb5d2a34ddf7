// Files from page to page: accepted first, with progress, cancelled, resumed, checked. A pretended WebRTC, the real rest.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { made, network } from "./fakes/rtc.js";
import { opens, starts, until } from "./fakes/meetings.js";

const { BUFFERED_HIGH, CHUNK_BYTES, FILE_BYTES } = await import("../sdk/content/limits.js");

async function meet(...names) {
  const meetings = [];
  for (const name of names) {
    const meeting = await (meetings[0] ? opens(meetings[0].link) : starts());
    meetings.push(meeting);
    await meeting.join({ name });
  }
  for (const meeting of meetings) await until("all connected", () => meeting.people.length === names.length - 1 && meeting.people.every(({ link }) => link === "connected"));
  return meetings;
}

const file = (size, name = "minutes.pdf", type = "application/pdf") => new File([randomBytes(size)], name, { type });
const sha = async (blob) => createHash("sha256").update(Buffer.from(await blob.arrayBuffer())).digest("hex");
const only = (meeting) => until("the offer", () => meeting.files[0]);
const becomes = (meeting, state) => until(`${state}, is ${meeting.files[0]?.state}`, () => meeting.files[0]?.state === state);

test("a file comes when it is accepted, not before, and is the same", async () => {
  const [ana, ben] = await meet("Ana", "Ben");
  const sent = file(300_000);
  const id = await ana.offerFile(sent);
  const offer = await only(ben);
  assert.deepEqual([offer.id, offer.file, offer.size, offer.type, offer.name, offer.own, offer.state], [id, "minutes.pdf", 300_000, "application/pdf", "Ana", false, "offered"]);
  assert.equal(offer.hash, await sha(sent));
  assert.throws(() => ben.fileContent(id), { code: "no-such-file" });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(network.channelBytes.get(2), undefined, "no byte of it has left");
  ben.acceptFile(id);
  await becomes(ben, "ready");
  const came = ben.fileContent(id);
  assert.deepEqual([came.size, await sha(came), came.type], [300_000, await sha(sent), "application/octet-stream"]);
  await until("Ana knows", () => ana.files[0].receivers[0].state === "done");
  ben.dropFile(id);
  assert.equal(ben.files.length, 0);
});

test("the browser's buffer is never filled beyond a piece above its mark, and progress is told", async () => {
  const [ana, ben] = await meet("Ana", "Ben");
  const id = await ana.offerFile(file(6_000_000));
  await only(ben);
  const { chat } = ben;
  const seen = new Set();
  ben.addEventListener("change", () => seen.add(ben.files[0]?.done));
  ben.acceptFile(id);
  await becomes(ben, "ready");
  const highest = Math.max(...made.flatMap((pc) => [...pc.channels.values()].filter((channel) => channel.id >= 2).map((channel) => channel.highest)));
  assert.ok(highest > 0 && highest <= BUFFERED_HIGH + CHUNK_BYTES + 4, String(highest));
  assert.equal(ben.files[0].done, 6_000_000);
  assert.equal(ben.chat, chat, "what has not changed is the same list");
});

test("both ways at once, several at once, each on its channel; the others wait", async () => {
  const [ana, ben] = await meet("Ana", "Ben");
  const toBen = await Promise.all(Array.from({ length: 5 }, (_, i) => ana.offerFile(file(400_000 + i, `a${i}`))));
  const toAna = await ben.offerFile(file(500_000, "b"));
  await until("offers", () => ben.files.length === 6 && ana.files.length === 6);
  for (const id of toBen) ben.acceptFile(id);
  ana.acceptFile(toAna);
  assert.deepEqual(ben.files.filter(({ own }) => !own).map(({ state }) => state).sort(), ["receiving", "receiving", "receiving", "wanted", "wanted"]);
  await until("all there", () => [...ana.files, ...ben.files].filter(({ own }) => !own).every(({ state }) => state === "ready"));
  for (const meeting of [ana, ben]) for (const { id, hash, own } of meeting.files) if (!own) assert.equal(await sha(meeting.fileContent(id)), hash);
});

test("a connection that is lost in the middle: it goes on where it was", async () => {
  const [ana, ben] = await meet("Ana", "Ben");
  const sent = file(8_000_000);
  const id = await ana.offerFile(sent);
  await only(ben);
  ben.acceptFile(id);
  await until("some of it", () => (network.channelBytes.get(2) ?? 0) > 2_000_000);
  network.cut();
  for (const pc of [...made]) pc.close();
  network.heal();
  await becomes(ben, "ready");
  assert.equal(await sha(ben.fileContent(id)), await sha(sent));
  const bytes = network.channelBytes.get(2) ?? 0;
  assert.ok(bytes < 12_000_000, `${bytes} bytes travelled for 8 000 000: it did not begin anew`);
});

test("declined, cancelled by the receiver, taken back by the sender", async () => {
  const [ana, ben] = await meet("Ana", "Ben");
  const state = () => ana.files[0].receivers[0]?.state;
  const id = await ana.offerFile(file(8_000_000));
  await only(ben);
  ben.dropFile(id);
  await until("Ana hears no", () => state() === "declined");
  ben.acceptFile(id);
  await until("some of it", () => (network.channelBytes.get(2) ?? 0) > 500_000);
  ben.dropFile(id);
  assert.equal(ben.files[0].state, "declined");
  await until("Ana stops", () => state() === "declined");
  ben.acceptFile(id);
  await until("again", () => state() === "sending");
  ana.dropFile(id);
  await becomes(ben, "withdrawn");
  assert.throws(() => ben.acceptFile(id), { code: "no-such-file" });
  const before = network.channelBytes.get(2);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.ok(network.channelBytes.get(2) - before <= 2 * (CHUNK_BYTES + 4), "the pump stands still");
});

test("to one person: the others never hear of it; to all: newcomers do", async () => {
  const [ana, ben, cy] = await meet("Ana", "Ben", "Cy");
  await ana.offerFile(file(10, "for Ben"), { to: ben.me.id });
  await ana.offerFile(file(10, "for all"));
  await until("Ben has both", () => ben.files.length === 2);
  await until("Cy has one", () => cy.files.length === 1);
  assert.equal(cy.files[0].file, "for all");
  const dan = await opens(ana.link);
  await dan.join({ name: "Dan" });
  await until("Dan has one", () => dan.files.length === 1);
  assert.equal(dan.files[0].file, "for all");
});

test("the sender leaves: what had not come fails, what came stays", async () => {
  const [ana, ben] = await meet("Ana", "Ben");
  const small = await ana.offerFile(file(100, "small"));
  const large = await ana.offerFile(file(9_000_000, "large"));
  await until("both", () => ben.files.length === 2);
  ben.acceptFile(small);
  await until("the small one", () => ben.files.some(({ state }) => state === "ready"));
  ben.acceptFile(large);
  await ana.leave();
  await until("failed", () => ben.files.find(({ file: name }) => name === "large")?.state === "failed");
  assert.equal(ben.fileContent(small).size, 100);
});

test("empty files and too large ones", async () => {
  const [ana, ben] = await meet("Ana", "Ben");
  const id = await ana.offerFile(file(0));
  await only(ben);
  ben.acceptFile(id);
  await becomes(ben, "ready");
  assert.equal(ben.fileContent(id).size, 0);
  await until("Ana knows", () => ana.files[0].receivers[0].state === "done");
  await assert.rejects(ana.offerFile(/** @type {any} */ ({ size: FILE_BYTES + 1, name: "big" })), { code: "file-too-large" });
  await assert.rejects(ana.offerFile(/** @type {any} */ ({ size: 5, name: "gone", arrayBuffer: async () => { throw new Error("NotFound"); } })), { code: "file-unreadable" });
});
