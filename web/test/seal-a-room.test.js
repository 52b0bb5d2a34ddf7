// Sections 1 and 3: making and opening rooms, cores, invitations; what each of them refuses.

import assert from "node:assert/strict";
import { test } from "node:test";
import { b64, concat, hex, lv } from "../sdk/seal/bytes.js";
import { hidOf, makeCore, readCore, signHostIn, verifyHostIn } from "../sdk/seal/core.js";
import { invitationId, newInvitation, openInvitation, sealInvitation, MAX_LABEL_BYTES } from "../sdk/seal/invite.js";
import { aesOpen, aesSeal, ed25519FromSeed, ed25519Generate, IV_ZERO, kdf, random, x25519, x25519Generate } from "../sdk/seal/kdf.js";
import { createNamedRoom, createRoom, hostKeyOf, makeLink, openLink, openRoomBox, sealRoomBox, secretOf } from "../sdk/seal/room.js";
import { stretch } from "../sdk/seal/password.js";
import { readState } from "../sdk/seal/state.js";

const NOW = 1795276800;
const made = await createRoom({ now: NOW });
const flip = (bytes, at) => bytes.with(at, bytes[at] ^ 1);

test("s1.1 a room is off the record, for eight, with an open door, unless it says otherwise", async () => {
  const { rules, until } = made.state;
  assert.deepEqual([rules.mode, rules.cap, rules.door, rules.pw, rules.link.id], ["off", 8, "open", 0, b64(made.link.roomId)]);
  assert.equal(until, NOW + 86400);
  assert.equal(made.flags0, 2);
  const other = await createRoom({ now: NOW, offRecord: false, cap: 4, door: "knock", password: "open sesame", lifetime: 60 });
  assert.equal(other.flags0, 1);
  assert.deepEqual([other.state.rules.mode, other.state.rules.cap, other.state.rules.door, other.state.until], ["standard", 4, "knock", NOW + 60]);
  assert.equal(Math.floor(other.state.rules.pw / 65536), 1);
  assert.deepEqual(other.password, { pw: other.state.rules.pw, S: await stretch("open sesame", other.room, other.state.rules.pw) });
});

test("s1.2 two rooms share nothing", async () => {
  const other = await createRoom({ now: NOW });
  for (const part of ["R", "r", "roomId", "kLink", "roomBox"]) assert.notEqual(hex(other.link[part]), hex(made.link[part]), part);
  assert.notEqual(hex(other.room), hex(made.room));
});

test("s1.4 whoever has R opens the box and knows the host without the server's word", async () => {
  const opened = await openLink(made.link.R, made.link.roomBox, made.link.boxSig);
  assert.deepEqual(opened.link, made.link);
  assert.deepEqual([hex(opened.hostPk), hex(opened.room), opened.flags0], [hex(made.host.publicKey), hex(made.room), 2]);
  const state = await readState(made.state, { room: opened.room, hostPk: opened.hostPk, flags0: opened.flags0 });
  assert.deepEqual(state, made.state);
});

test("s1.4 every changed bit of a box or its signature, another R and another length are refused", async () => {
  const { R, roomBox, boxSig } = made.link;
  for (let at = 0; at < roomBox.length; at++) await assert.rejects(openLink(R, flip(roomBox, at), boxSig), { code: "bad-box" }, `byte ${at}`);
  for (const at of [0, 31, 32, 63]) await assert.rejects(openLink(R, roomBox, flip(boxSig, at)), { code: "bad-box" });
  await assert.rejects(openLink(random(16), roomBox, boxSig), { code: "bad-box" });
  for (const bent of [new Uint8Array(0), roomBox.subarray(1), concat(roomBox, Uint8Array.of(0))]) await assert.rejects(openLink(R, bent, boxSig), { code: "bad-box" });
});

test("s1.4 a squatter who knows R and room_id, but not the host's seed, is found out", async () => {
  const { R, roomId } = made.link;
  const squatter = await hostKeyOf(random(32));
  const box = await sealRoomBox(R, roomId, { hostPk: squatter.publicKey, r: made.link.r, flags0: 2 });
  await assert.rejects(openRoomBox(R, roomId, box), { code: "bad-box" });
  const lowered = await sealRoomBox(R, roomId, { hostPk: made.host.publicKey, r: made.link.r, flags0: 0 });
  await assert.rejects(openRoomBox(R, roomId, lowered), { code: "bad-box" });
  const unknown = await secretOf(made.host.publicKey, made.link.r, 6);
  const future = await sealRoomBox(unknown, roomId, { hostPk: made.host.publicKey, r: made.link.r, flags0: 6 });
  await assert.rejects(openRoomBox(unknown, roomId, future), { code: "bad-box" });
});

test("s2 a new link is the same room under another room_id and K_link", async () => {
  const link = await makeLink(made.host, made.flags0);
  const opened = await openLink(link.R, link.roomBox, link.boxSig);
  assert.equal(hex(opened.room), hex(made.room));
  assert.notEqual(hex(link.roomId), hex(made.link.roomId));
  assert.notEqual(hex(link.kLink), hex(made.link.kLink));
});

test("s1.7 a named room has rules without a link", async () => {
  const named = await createNamedRoom("book-club", { now: NOW, seed: made.host.seed });
  assert.equal(hex(named.room), `02${hex(new TextEncoder().encode("book-club"))}`);
  assert.equal(named.state.rules.link, undefined);
  await assert.rejects(createNamedRoom("Book", { now: NOW }), RangeError);
});

test("s3 a core tells its keys, its page and its seat", async () => {
  const fp = random(32);
  const own = await makeCore(made.room, fp);
  const read = await readCore(made.room, own.core, own.coreSig, { pid: own.pid });
  assert.deepEqual([read.epk, read.spk, read.fp, read.hid].map(hex), [own.ephemeral.publicKey, own.person.publicKey, fp, await hidOf(made.room, own.core)].map(hex));
  assert.equal(hex(read.pid), hex(read.hid).slice(0, 16));
  assert.equal(own.person.privateKey.extractable, false);
  assert.equal(own.ephemeral.privateKey.extractable, false);
});

test("s3 a reload is the same person and another page", async () => {
  const before = await makeCore(made.room, random(32));
  const after = await makeCore(made.room, random(32), { person: before.person });
  assert.equal(hex(after.spk), hex(before.spk));
  for (const part of ["epk", "fp", "rnd", "hid"]) assert.notEqual(hex(after[part]), hex(before[part]), part);
});

test("s3 refused: a bad signature, another room, every changed byte", async () => {
  const one = await makeCore(made.room, random(32));
  for (let at = 0; at < one.core.length; at++) await assert.rejects(readCore(made.room, flip(one.core, at), one.coreSig), { code: "bad-core" }, `byte ${at}`);
  await assert.rejects(readCore(made.room, one.core, flip(one.coreSig, 5)), { code: "bad-core" });
  await assert.rejects(readCore(made.room, one.core, new Uint8Array(0)), { code: "bad-core" });
  await assert.rejects(readCore(made.room.with(0, 2), one.core, one.coreSig), { code: "bad-core" });
});

test("s3 refused: my own epk, spk, fp or rnd, each for itself; a pid that is not the hid's; a removed person", async () => {
  const [ephemeral, person, fp, rnd] = [await x25519Generate(), await ed25519Generate(), random(32), random(16)];
  const own = await makeCore(made.room, fp, { ephemeral, person, rnd });
  const reflections = [
    await makeCore(made.room, random(32), { ephemeral }),
    await makeCore(made.room, random(32), { person }),
    await makeCore(made.room, fp),
    await makeCore(made.room, random(32), { rnd }),
  ];
  for (const other of [own, ...reflections]) await assert.rejects(readCore(made.room, other.core, other.coreSig, { own }), { code: "own-core" });
  const stranger = await makeCore(made.room, random(32));
  assert.equal((await readCore(made.room, stranger.core, stranger.coreSig, { own })).caps, 0);
  await assert.rejects(readCore(made.room, stranger.core, stranger.coreSig, { pid: own.pid }), { code: "bad-pid" });
  const removed = (spk) => b64(spk) === b64(stranger.spk);
  await assert.rejects(readCore(made.room, stranger.core, stranger.coreSig, { removed }), { code: "removed" });
  await readCore(made.room, stranger.core, stranger.coreSig, { removed, isHost: true });
});

test("s4 host-in is of the host key, for one page of one room", async () => {
  const { host, room } = made;
  const hid = random(32);
  const right = await signHostIn(host.privateKey, room, hid);
  assert.equal(await verifyHostIn(host.publicKey, right, room, hid), true);
  assert.equal(await verifyHostIn(host.publicKey, right, room, flip(hid, 0)), false);
  assert.equal(await verifyHostIn(host.publicKey, right, room.with(1, room[1] ^ 1), hid), false);
  assert.equal(await verifyHostIn((await hostKeyOf(random(32))).publicKey, right, room, hid), false);
  assert.equal(await verifyHostIn(host.publicKey, new Uint8Array(0), room, hid), false);
});

test("s7 an invitation opens for inv alone, and never says more than R and a label", async () => {
  const inv = newInvitation();
  const box = await sealInvitation(inv, made.link.R, "Ana’s guest");
  assert.deepEqual(await openInvitation(inv, box), { R: made.link.R, label: "Ana’s guest" });
  await assert.rejects(openInvitation(newInvitation(), box), { code: "bad-invitation" });
  for (const bent of [new Uint8Array(0), box.subarray(1), flip(box, 3), flip(box, box.length - 1)]) await assert.rejects(openInvitation(inv, bent), { code: "bad-invitation" });
  const key = await kdf(inv, new Uint8Array(16), "inv-box", "", 32);
  const aad = lv("parlour/1 inv", await invitationId(inv));
  for (const inside of [lv(random(15), "x"), lv(random(16)), lv(random(16), "x", "y"), random(9), lv(random(16), Uint8Array.of(0xff))]) {
    await assert.rejects(openInvitation(inv, concat(new Uint8Array(16), await aesSeal(key, IV_ZERO, aad, inside))), { code: "bad-invitation" });
  }
  await assert.rejects(sealInvitation(inv, made.link.R, "x".repeat(MAX_LABEL_BYTES + 1)), RangeError);
});

test("primitives: a low-order point, a wrong tag and a short seed each have one name", async () => {
  const { privateKey } = await x25519Generate();
  for (const point of [new Uint8Array(32), Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0)), new Uint8Array(31)]) {
    await assert.rejects(x25519(privateKey, point), { code: "bad-key" });
  }
  const key = random(32);
  const sealed = await aesSeal(key, IV_ZERO, new Uint8Array(0), random(9));
  await assert.rejects(aesOpen(key, IV_ZERO, Uint8Array.of(1), sealed), { code: "not-opened" });
  await assert.rejects(ed25519FromSeed(random(31)), RangeError);
});
