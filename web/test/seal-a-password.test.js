// Section 7: passwords between two pages: who agrees, who does not, and what each side may conclude.

import assert from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../sdk/seal/bytes.js";
import { makeCore } from "../sdk/seal/core.js";
import { elligator2, lvCat } from "../sdk/seal/cpace.js";
import { random } from "../sdk/seal/kdf.js";
import { finishPake, startPake, tagHolds } from "../sdk/seal/pake.js";
import { opaqueString, stretch } from "../sdk/seal/password.js";

const room = random(33);
const [n, g] = [await makeCore(room, random(32)), await makeCore(room, random(32))];
const setting = { room, pw: 65536, S: random(32), pnN: random(16), pnG: random(16), coreN: n.core, coreG: g.core, hidN: n.hid, hidG: g.hid };
const kLink = random(32);

/** Both sides of a run; each may see the setting, and the pair, in its own way. */
async function run(ofN = {}, ofG = {}) {
  const [settingN, settingG] = [{ ...setting, ...ofN.setting }, { ...setting, ...ofG.setting }];
  const [halfN, halfG] = [await startPake(settingN), await startPake(settingG)];
  const atN = await finishPake("N", settingN, halfN, halfG.share, { ephemeral: n.ephemeral.privateKey, otherEpk: g.epk, kLink, ...ofN.pair });
  const atG = await finishPake("G", settingG, halfG, halfN.share, { ephemeral: g.ephemeral.privateKey, otherEpk: n.epk, kLink, ...ofG.pair });
  return { atN, atG };
}

test("s7 the same password: both tags hold, one psk, and never the same twice", async () => {
  const first = await run();
  assert.ok(tagHolds(first.atG.tagN, first.atN.tagN) && tagHolds(first.atN.tagG, first.atG.tagG));
  assert.equal(hex(first.atN.psk), hex(first.atG.psk));
  assert.notEqual(hex(first.atN.tagN), hex(first.atN.tagG));
  assert.notEqual(hex((await run()).atN.psk), hex(first.atN.psk));
});

test("s7 anything that the two see differently makes a wrong tag", async () => {
  const differences = {
    password: { setting: { S: random(32) } },
    generation: { setting: { pw: 65537 } },
    room: { setting: { room: random(33) } },
    pnN: { setting: { pnN: random(16) } },
    pnG: { setting: { pnG: random(16) } },
    "hid of N": { setting: { hidN: random(32) } },
    "core of N": { setting: { coreN: n.core.with(116, 1) } },
    "hid of G": { setting: { hidG: random(32) } },
    link: { pair: { kLink: random(32) } },
    "no link": { pair: { kLink: new Uint8Array(0) } },
    "own key": { pair: { ephemeral: (await makeCore(room, random(32))).ephemeral.privateKey } },
  };
  for (const [name, difference] of Object.entries(differences)) {
    const { atN, atG } = await run(difference);
    assert.ok(!tagHolds(atG.tagN, atN.tagN), name);
    assert.ok(!tagHolds(atN.tagG, atG.tagG), name);
    assert.notEqual(hex(atN.psk), hex(atG.psk), name);
  }
});

test("s7 a share of low order is a failed run and no wrong password", async () => {
  const half = await startPake(setting);
  const pair = { ephemeral: n.ephemeral.privateKey, otherEpk: g.epk, kLink };
  await assert.rejects(finishPake("N", setting, half, new Uint8Array(32), pair), { code: "bad-key" });
  await assert.rejects(finishPake("N", setting, half, half.share, { ...pair, otherEpk: new Uint8Array(32) }), { code: "bad-key" });
});

test("s7 a reflected share and tag prove nothing", async () => {
  const half = await startPake(setting);
  const alone = await finishPake("N", setting, half, half.share, { ephemeral: n.ephemeral.privateKey, otherEpk: g.epk, kLink });
  assert.ok(!tagHolds(alone.tagG, alone.tagN));
});

test("draft A.1: lengths are LEB128", () => {
  assert.deepEqual([...lvCat("a", new Uint8Array(0))], [1, 97, 0]);
  assert.deepEqual([...lvCat(new Uint8Array(127)).subarray(0, 2)], [127, 0]);
  assert.deepEqual([...lvCat(new Uint8Array(128)).subarray(0, 2)], [128, 1]);
  assert.deepEqual([...lvCat(new Uint8Array(20000)).subarray(0, 3)], [160, 156, 1]);
});

test("draft A.5: the map lands on the curve, not on its twist, and r and −r on one point", () => {
  const P = 2n ** 255n - 19n;
  const number = (bytes) => bytes.reduceRight((value, byte) => value * 256n + BigInt(byte), 0n);
  const bytesOf = (value) => Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
  const power = (base, exponent) => (exponent === 0n ? 1n : (power((base * base) % P, exponent / 2n) * (exponent % 2n ? base : 1n)) % P);
  for (const r of [new Uint8Array(32), bytesOf(1n), bytesOf(P), bytesOf(P + 1n), ...Array.from({ length: 20 }, () => random(32))]) {
    const u = number(elligator2(r));
    assert.ok(u < P);
    const right = (u * u * u + 486662n * u * u + u) % P;
    assert.ok(right === 0n || power(right, (P - 1n) / 2n) === 1n, hex(r));
    const minus = (P - ((number(r) % 2n ** 255n) % P)) % P;
    assert.equal(hex(elligator2(bytesOf(minus))), hex(elligator2(r)));
  }
});

test("s7 what is typed on one keyboard is the password of another", async () => {
  assert.equal(opaqueString("e\u0301\u00a0x"), "é x");
  assert.equal(opaqueString("Case Stays "), "Case Stays ");
  assert.throws(() => opaqueString("x".repeat(1025)), { code: "bad-password" });
  assert.throws(() => opaqueString("x\ud800"), { code: "bad-password" });
  assert.equal(hex(await stretch("e\u0301", room, 65536)), hex(await stretch("é", room, 65536)));
  assert.notEqual(hex(await stretch("é", room, 65536)), hex(await stretch("é", room, 131072)));
});
