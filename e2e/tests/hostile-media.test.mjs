/**
 * A hostile member, with the server's help, against guard, gate and proof: bent descriptions, fingerprints of somebody
 * else, a DTLS end that cannot prove itself or proves itself too late. Nothing is shown and nothing sent before the
 * proof, and a contradiction is said in red. What Firefox forgives is tried on Firefox in hostile-firefox.test.mjs.
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { after, before, test } from "node:test";
import { call, carryBetween } from "../hostile/call.mjs";
import { leap, takeClock } from "../hostile/clock.mjs";
import { bent, goodOffer } from "../hostile/descriptions.mjs";
import { FarEnd } from "../hostile/far-end.mjs";
import { reads } from "../hostile/host.mjs";
import { Member, until } from "../hostile/member.mjs";
import { LIMIT, Rig } from "../hostile/rig.mjs";
import { random, unb64 } from "../hostile/sdk.mjs";
import { connections, expectRemark, remarks } from "../hostile/witness.mjs";
import { expectTile, expectTiles, tilesOf } from "../lib/meeting.mjs";
import { sleep } from "../lib/process.mjs";

/** A connection waits so long for its proof (seal.md 10), ms. */
const PROOF_MS = 15_000;
/** What was said is acknowledged within so long (seal.md 4), ms. */
const ACK_MS = 1000;

/** @type {Rig} */
let rig;
before(async () => {
  rig = await Rig.make();
});
after(() => rig?.clear());

/** The remark for a contradiction with this person. @param {string} name */
const announced = (name) => new RegExp(`^This connection is not the one ${name} announced\\. It was closed\\.$`);

/** Red is said of `name`, nobody of that name is shown, everything with them is closed; then Ana puts the remark away. @param {string} name */
async function expectContradiction(name) {
  const { ana } = rig;
  await expectRemark(ana, "red", announced(name));
  assert.ok(!(await tilesOf(ana)).some(({ label }) => label.startsWith(name)), `${name} has no tile`);
  const open = (await connections(ana)).filter(({ state }) => state !== "closed");
  assert.deepEqual(open, [], `nothing is left of the connection with ${name}`);
  await ana.click("Dismiss");
}

test("11 bent descriptions of a member: each is refused and closed, red", { timeout: 3 * LIMIT }, async (t) => {
  const { hostile, ana } = rig;
  const room = await rig.room();
  const pid = await rig.anaIn(room);
  await t.test("a good one is answered", { timeout: LIMIT }, async () => {
    for (const browser of /** @type {const} */ (["chromium", "firefox"])) {
      const fp = random(32);
      const eve = await Member.join(hostile, room, { fp });
      const hid = await eve.meets(pid);
      eve.send(hid, { k: "desc", gen: 1, description: { type: "offer", n: 1, sdp: goodOffer(fp, browser) } });
      await until(() => eve.messages(hid).find(({ k }) => k === "desc"), 8000, "an answer");
      eve.send(hid, { k: "bye" });
      await sleep(200);
      eve.leave();
    }
    await rig.calm();
  });
  for (const [name, bend] of bent) {
    await t.test(name, { timeout: LIMIT }, async () => {
      const fp = random(32);
      const eve = await Member.join(hostile, room, { name, fp });
      const hid = await eve.meets(pid);
      const sdp = bend(goodOffer(fp));
      assert.notEqual(sdp, goodOffer(fp));
      eve.send(hid, { k: "desc", gen: 1, description: { type: "offer", n: 1, sdp } });
      await expectContradiction(name);
      eve.leave();
    });
  }
  await rig.sound();
  assert.deepEqual(ana.errors, []);
});

test("6 the gate: media that comes before the proof is neither shown nor answered, and with the proof it is", { timeout: LIMIT }, async () => {
  const { ana } = rig;
  const room = await rig.room();
  const pid = await rig.anaIn(room);
  const { member, end, hid } = await call(rig, room, pid, { send: true });
  const open = async () => (await connections(ana)).find(({ state }) => state !== "closed");
  await until(async () => Number((await open())?.received) > 10, 8000, "Eve's media does arrive");
  await sleep(1500);
  const before = await open();
  assert.ok(before && before.state === "connected");
  assert.deepEqual([before.attached, before.sent], [0, 0], "Ana attaches nothing, sends nothing");
  assert.equal((await end.media()).received, 0);
  assert.deepEqual(await tilesOf(ana), []);
  assert.equal((await end.heard()).length, 1, "nothing but Ana's own proof came on channel 0");
  await rig.calm();
  await end.say([...(await member.pairs.makeProof(hid, 1))]);
  await expectTile(ana, /^Eve/, "Eve's tile, once she proved herself");
  await ana.waitFor(() => document.querySelectorAll("[data-person] video").length === 1, 5000, "her picture");
  await until(async () => (await end.media()).received > 10, 8000, "Ana's media");
  await rig.calm();
  await end.close();
});

/** What a far end says first, and what it should have said. @type {[string, (member: Member, hid: string, end: FarEnd) => Promise<string | number[]>][]} */
const wrongFirst = [
  ["Random", async (member, hid) => [...(await member.pairs.makeProof(hid, 1)).slice(0, 40), ...random(32)]],
  ["Reflecting", async (_member, _hid, end) => [...Buffer.from((await until(() => end.heard().then(([first]) => first ?? ""), 5000, "Ana's proof")), "hex")]],
  ["Other-gen", async (member, hid) => [...(await member.pairs.makeProof(hid, 2))]],
  ["Short", async () => [1, 2, 3]],
  ["Texting", async () => '{"m":1,"a":0,"d":{"k":"self","name":"Ana"}}'],
  ["Huge", async () => [...random(2000)]],
];

test("11 ends DTLS without the pair's keys: the proof is wrong, red", { timeout: 3 * LIMIT }, async (t) => {
  const room = await rig.room();
  const pid = await rig.anaIn(room);
  for (const [name, first] of wrongFirst) {
    await t.test(`its first word: ${name}`, { timeout: LIMIT }, async () => {
      const { member, end, hid } = await call(rig, room, pid, { name });
      await end.say(await first(member, hid, end));
      await expectContradiction(name);
      // No retry: the same page is not answered any more.
      const accepts = () => rig.hostile.capture.filter(({ from, to, body }) => from === pid && to === member.pid && "accept" in JSON.parse(body)).length;
      const was = accepts();
      member.outputs.filter(({ t }) => t === "signal").slice(0, 2).forEach(({ to, body }) => rig.hostile.signal({ from: member.pid, to, body }));
      await sleep(300);
      assert.equal(accepts(), was);
      member.leave();
      await end.close();
    });
  }
  await rig.sound();
});

test("11 an extra data channel, and a new transport after the proof: closed, red", { timeout: LIMIT }, async () => {
  const { ana } = rig;
  const room = await rig.room();
  const pid = await rig.anaIn(room);
  const second = await call(rig, room, pid, { name: "Second", second: true });
  await expectContradiction("Second");
  second.member.leave();
  await second.end.close();
  const later = await call(rig, room, pid, { name: "Later" });
  await later.end.say([...(await later.member.pairs.makeProof(later.hid, 1))]);
  await expectTiles(ana, 1);
  const sdp = goodOffer(later.fp).replace(/a=group:BUNDLE[^\r]*\r\n/, "");
  later.member.send(later.hid, { k: "desc", gen: 1, description: { type: "offer", n: 2, sdp } });
  await expectContradiction("Later");
  await expectTiles(ana, 0, 2000);
  await rig.sound();
  await later.end.close();
});

test("11 claims Ben's fingerprint, and carries Ana's and Ben's DTLS to each other (RFC 8844): neither is shown the other as Eve", { timeout: LIMIT }, async () => {
  const { hostile, ana, crowd } = rig;
  const room = await rig.room();
  await rig.anaBefore(room);
  await takeClock(ana);
  const anaPid = await rig.anaJoins();
  // Ana and Ben do not hear of each other; each is alone with one half of Eve.
  hostile.lie = (view, page) => ({ ...view, seats: view.seats.filter(({ pid }) => pid === page.pid || hostile.guests.has(pid)) });
  const benPid = await rig.comes("Ben", room);
  const cores = hostile.heard.filter(({ t }) => t === "join").map(({ d }) => unb64(d.core));
  const [fpAna, fpBen] = [cores.at(-2)?.slice(65, 97), cores.at(-1)?.slice(65, 97)];
  const toAna = await Member.join(hostile, room, { name: "Eve", fp: fpBen, place: "first", seenBy: (pid) => pid === anaPid });
  const toBen = await Member.join(hostile, room, { name: "Eve", fp: fpAna, place: "last", seenBy: (pid) => pid === benPid });
  const hidAna = await toAna.meets(anaPid);
  const hidBen = await toBen.meets(benPid);
  const stop = carryBetween(toAna, hidAna, toBen, hidBen);
  const connected = () => ana.waitFor(
    () => /** @type {RTCPeerConnection[]} */ (/** @type {any} */ (window).__pcs).some((pc) => pc.connectionState === "connected"),
    12_000,
    "DTLS stands between Ana and Ben, who take each other for Eve",
  );
  await connected();
  await sleep(2000);
  for (const page of [ana, crowd.page]) {
    const made = (await connections(page)).filter(({ state }) => state === "connected");
    assert.equal(made.length, 1);
    assert.deepEqual(made.map(({ attached, sent }) => [attached, sent]), [[0, 0]], `${page.name} sends nothing`);
  }
  assert.deepEqual(await tilesOf(ana), []);
  assert.deepEqual((await crowd.sees("Ben")).people, []);
  await rig.calm();
  // It may be that the right proof is only late: three connections of fifteen seconds each, and then it is said.
  for (let generation = 1; generation <= 3; generation++) {
    await connected();
    // In two parts: what is said to Eve meanwhile is acknowledged within ACK_MS and a tick of her own clock. Fifteen seconds of
    // Ana's without that would make Ana meet her anew, and count from the beginning.
    await leap(ana, PROOF_MS / 2 + 500);
    await sleep(2 * ACK_MS);
    await leap(ana, PROOF_MS / 2 + 500);
  }
  await reads(ana, /Could not finish checking the connection with Eve/);
  await rig.calm();
  stop();
  // Left alone with the truth they meet at once.
  toAna.leave();
  toBen.leave();
  hostile.lie = (view) => view;
  hostile.retell();
  await crowd.meets("Ben", ["Ana"]);
  await expectTiles(ana, 1);
});

test("11 claims Ben's fingerprint with a certificate of one's own: no DTLS, nobody shown", { timeout: LIMIT }, async () => {
  const { hostile, ana, crowd } = rig;
  const room = await rig.room();
  const pid = await rig.anaIn(room);
  await rig.comes("Ben", room);
  await crowd.meets("Ben", ["Ana"]);
  const fp = hostile.heard.filter(({ t }) => t === "join").map(({ d }) => unb64(d.core)).at(-1)?.slice(65, 97) ?? assert.fail();
  const { end, fp: own } = await FarEnd.make(crowd.page);
  const eve = await Member.join(hostile, room, { fp });
  const hid = await eve.meets(pid);
  const { sdp, candidates } = await end.offer();
  const hexOf = (/** @type {Uint8Array} */ bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(":");
  eve.send(hid, { k: "desc", gen: 1, description: { type: "offer", n: 1, sdp: sdp.replaceAll(/a=candidate[^\r]*\r\n/g, "").replaceAll(hexOf(own), hexOf(fp)) } });
  eve.send(hid, { k: "candidates", gen: 1, list: candidates });
  const answer = await until(() => eve.messages(hid).find(({ k }) => k === "desc"), 8000, "an answer");
  await end.answer(answer.description.sdp);
  await sleep(700);
  for (const { list } of eve.messages(hid).filter(({ k }) => k === "candidates")) await end.add(list);
  await sleep(2300);
  assert.notEqual((await end.media()).channel, "open");
  assert.deepEqual((await tilesOf(ana)).map(({ label }) => label.split(",")[0]), ["Ben"]);
  assert.deepEqual((await remarks(ana)).filter(({ colour }) => colour === "red"), []);
  await rig.calm();
  await end.close();
});
