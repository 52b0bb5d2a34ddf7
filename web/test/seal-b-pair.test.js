// Section 4, one instance: what a hostile server can do to frames, and to the keys before them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { b64, lv, unb64 } from "../sdk/seal/bytes.js";
import { makeCore } from "../sdk/seal/core.js";
import { FRAME_TEXT_BYTES, pad, readFrame, unpad } from "../sdk/seal/frames.js";
import { EMPTY, random } from "../sdk/seal/kdf.js";
import { Instance } from "../sdk/seal/pair.js";
import { checkProof, makeProof } from "../sdk/seal/proof.js";
import { expand, squeeze } from "../sdk/seal/squeeze.js";

const room = lv("a room");

/** Two ends of one instance; `change` bends what R believes. */
async function pair(change = {}) {
  const [I, R] = [await makeCore(room, random(32)), await makeCore(room, random(32))];
  const transcript = { room, how: 0, arg: lv(random(12), "", ""), coreI: I.core, pnI: random(16), coreR: R.core, pnR: random(16), rightR: EMPTY, y: EMPTY };
  const kLink = random(32);
  const i = await Instance.derive("I", transcript, { epkPrivate: I.ephemeral.privateKey, epkOther: R.epk, kLink, psk: EMPTY }, I.pid, R.pid);
  const believed = { ...transcript, ...change.transcript };
  const secrets = { epkPrivate: R.ephemeral.privateKey, epkOther: I.epk, kLink, psk: EMPTY, ...change.secrets };
  const r = await Instance.derive("R", believed, secrets, change.pidOwn ?? R.pid, change.pidOther ?? I.pid);
  return { I, R, i, r, transcript };
}

const texts = (opened) => opened.map((one) => one.text ?? one.t);

test("frames arrive in the order of the calls, both ways, whatever their sizes", async () => {
  const { i, r } = await pair();
  const plain = ["a".repeat(30_000), "b", "c".repeat(3000), ""];
  const frames = await Promise.all(plain.map((one) => i.seal(one)));
  assert.deepEqual(frames.map(({ n }) => n), [1, 2, 3, 4]);
  assert.deepEqual(texts(await Promise.all(frames.map((frame) => r.open(frame)))), plain);
  assert.deepEqual(texts([await i.open(await r.seal("back"))]), ["back"]);
});

test("an altered frame is dropped and counted, and the true one still opens", async () => {
  const { i, r } = await pair();
  const frame = await i.seal("hello");
  for (let bit = 0; bit < 24; bit++) {
    const c = unb64(frame.c);
    c[bit * 11] ^= 1 << (bit % 8);
    assert.deepEqual(await r.open({ ...frame, c: b64(c) }), { t: "dropped" });
  }
  assert.equal(r.dropped, 24);
  for (const n of [2, 3, 2 ** 40]) assert.equal((await r.open({ ...frame, n })).t, "dropped", "another number is other additional data");
  assert.deepEqual(texts([await r.open(frame)]), ["hello"]);
});

test("a replayed frame, and one of a number that has passed, are dropped", async () => {
  const { i, r } = await pair();
  const [first, second] = [await i.seal("1"), await i.seal("2")];
  assert.deepEqual(texts([await r.open(first), await r.open(second), await r.open(first), await r.open(second)]), ["1", "2", "dropped", "dropped"]);
});

test("a gap, by a drop or a new order, is told as lost", async () => {
  const { i, r } = await pair();
  const [, second] = [await i.seal("1"), await i.seal("2")];
  assert.equal((await r.open(second)).t, "lost");
});

test("a reflected frame does not open: each direction has its own key and additional data", async () => {
  const { i, r } = await pair();
  assert.equal((await i.open(await i.seal("mirror"))).t, "dropped");
  assert.equal((await r.open(await r.seal("mirror"))).t, "dropped");
});

test("frames of another instance of the same two pages do not open", async () => {
  const one = await pair();
  const two = await pair();
  const frame = await one.i.seal("old meeting");
  assert.equal((await two.r.open({ ...frame, k: two.r.k })).t, "dropped");
});

for (const [what, change] of Object.entries({
  "another how": { transcript: { how: 2 } },
  "another arg": { transcript: { arg: lv("x", "", "") } },
  "another pn_I": { transcript: { pnI: random(16) } },
  "another pn_R": { transcript: { pnR: random(16) } },
  "another room": { transcript: { room: lv("another") } },
  "another right_R": { transcript: { rightR: random(64) } },
  "another y": { transcript: { y: random(32) } },
  "another K_link": { secrets: { kLink: random(32) } },
  "another psk": { secrets: { psk: random(32) } },
})) {
  test(`with ${what} nothing opens and conf is wrong`, async () => {
    const { i, r } = await pair(change);
    assert.equal((await r.open(await i.seal("x"))).t, "dropped");
    assert.equal(await r.confirms(await i.confirm()), false);
    assert.equal(await i.confirms(await r.confirm()), false);
  });
}

test("conf is of a direction: one's own does not confirm, the other's does", async () => {
  const { i, r } = await pair();
  assert.equal(await i.confirms(await i.confirm()), false);
  assert.equal(await i.confirms(await r.confirm()), true);
  assert.equal(await r.confirms(await i.confirm()), true);
});

test("a pid that is not the hid's ends up in the additional data: nothing opens", async () => {
  const { i, r } = await pair({ pidOther: random(8) });
  assert.equal((await r.open(await i.seal("x"))).t, "dropped");
});

test("low-order and zero epk are bad-key", async () => {
  const low = ["00".repeat(32), `01${"00".repeat(31)}`, "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157", `ec${"ff".repeat(30)}7f`, `ed${"ff".repeat(30)}7f`, `ee${"ff".repeat(30)}7f`];
  for (const hex of low) {
    const epkOther = Uint8Array.from(hex.match(/../g), (pair_) => Number.parseInt(pair_, 16));
    await assert.rejects(pair({ secrets: { epkOther } }), { code: "bad-key" });
  }
});

test("after wipe nothing is sealed or opened", async () => {
  const { i, r } = await pair();
  const frame = await i.seal("x");
  i.wipe();
  r.wipe();
  assert.equal(await i.seal("y"), null);
  assert.equal((await r.open(frame)).t, "dropped");
});

test("padding: sizes tell buckets only, and only one padding is read", () => {
  assert.equal(pad(new Uint8Array(0)).length, 256);
  assert.equal(pad(new Uint8Array(252)).length, 256);
  assert.equal(pad(new Uint8Array(253)).length, 512);
  assert.equal(pad(new Uint8Array(FRAME_TEXT_BYTES)).length, 32_768);
  assert.throws(() => pad(new Uint8Array(FRAME_TEXT_BYTES + 1)), RangeError);
  const padded = pad(random(100));
  assert.equal(unpad(padded).length, 100);
  const dirty = padded.slice();
  dirty[255] = 1;
  const longer = new Uint8Array(512);
  longer.set(padded);
  const over = padded.slice();
  over.set([0, 0, 1, 0]);
  for (const bad of [dirty, longer, over, padded.slice(0, 255), new Uint8Array(0), new Uint8Array(3), new Uint8Array(256).fill(255)]) {
    assert.throws(() => unpad(bad), { code: "bad-frame" });
  }
});

test("what is no frame is refused", () => {
  for (const bad of [{}, { k: 1, n: 1, c: "" }, { k: "AAAAAAAAAAA", n: 0, c: "" }, { k: "AAAAAAAAAAA", n: 1.5, c: "" }, { k: "AAAAAAAAAAA", n: 1 }, { k: "AAAAAAAAAA", n: 1, c: "" }, { k: "AAAAAAAAAAA", n: 2 ** 60, c: "" }]) {
    assert.throws(() => readFrame(bad), { code: "bad-frame" });
  }
});

test("proof: good for exactly this gen and these fingerprints, of the newest instance or the one before", async () => {
  const { i, r, I, R } = await pair();
  const before = await pair();
  const proof = await makeProof(i.confirmation, 3, I.fp, R.fp);
  const check = (candidates, gen, own, other, given = proof) => checkProof(candidates, gen, own, other, given);
  assert.equal(await check([r.confirmation], 3, R.fp, I.fp), "good");
  assert.equal(await check([before.r.confirmation, r.confirmation], 3, R.fp, I.fp), "good");
  assert.equal(await check([r.confirmation], 4, R.fp, I.fp), "wrong");
  assert.equal(await check([r.confirmation], 3, I.fp, R.fp), "wrong");
  assert.equal(await check([r.confirmation], 3, R.fp, random(32)), "wrong");
  assert.equal(await check([before.r.confirmation], 3, R.fp, I.fp), "later");
  assert.equal(await check([i.confirmation], 3, R.fp, I.fp), "wrong", "reflected");
  for (const junk of [new Uint8Array(0), random(72), lv(i.T), lv(i.T, random(31)), lv(random(31), random(32))]) {
    assert.equal(await check([r.confirmation], 3, R.fp, I.fp, junk), "wrong");
  }
});

test("descriptions come out of the squeeze as they went in, and a bomb does not", async () => {
  const sdp = "a=rtpmap:96 VP8/90000\r\n".repeat(200);
  const small = await squeeze(sdp);
  assert.ok(small.length < 400);
  assert.equal(await expand(small), sdp);
  const bomb = await squeeze("0".repeat(5_000_000));
  assert.ok(bomb.length < 10_000);
  for (const bad of [bomb, "", "AAAA", "*", 7, undefined, small.slice(0, -4)]) await assert.rejects(expand(bad), { code: "bad-message" });
});
