// docs/vectors/ were made by e2e/oracle/ in Python; here the page's own code must come to the same bytes.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { keyNumber, openBlob, sealBlob } from "../sdk/seal/blob.js";
import { fileNumber, openPiece, pieceId, sealPiece } from "../sdk/seal/piece.js";
import { b64, compare, hex, lv, SealError, text, unb64, unhex } from "../sdk/seal/bytes.js";
import { makeCore, readCore, signHostIn, signJoin, verifyHostIn } from "../sdk/seal/core.js";
import { generator, scalarMult, sessionKey } from "../sdk/seal/cpace.js";
import { frameKey, openFrame, sealFrame } from "../sdk/seal/frames.js";
import { invitationId, invitationPsk, openInvitation, sealInvitation } from "../sdk/seal/invite.js";
import { aesKey, ed25519FromSeed, hash, hmac, kdf, sign, verify, x25519, x25519Private } from "../sdk/seal/kdf.js";
import { hostLink, invitationLink, readLink, roomLink } from "../sdk/seal/link.js";
import { finishPake, pakeContext, pakeSid, startPake } from "../sdk/seal/pake.js";
import { Instance, pairKeys, transcriptHash } from "../sdk/seal/pair.js";
import { opaqueString, stretch } from "../sdk/seal/password.js";
import { checkProof, makeProof } from "../sdk/seal/proof.js";
import { hostKeyOf, linkKeyOf, linkRoomOf, nameIdOf, namedRoomOf, openLink, roomIdOf, sealRoomBox, secretOf } from "../sdk/seal/room.js";
import { parseRules, writeRules } from "../sdk/seal/rules.js";
import { commitmentOf, readSas, sasOf, viewOf } from "../sdk/seal/sas.js";
import { readState, Rulebook, signState } from "../sdk/seal/state.js";

const load = (name) => JSON.parse(readFileSync(new URL(`../../docs/vectors/${name}.json`, import.meta.url), "utf8")).cases;
const publicOf = async (raw) => x25519(await x25519Private(raw), Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 9 : 0)));
const refuses = (work, code) => assert.rejects(async () => work(), (error) => error instanceof SealError && (code === undefined || error.code === code));

/** One test for each case; a case that no reader claims is a fault of this file. */
function each(file, readers) {
  load(file).forEach((given, index) => {
    test(`${file} ${index}: ${given.name}`, async () => {
      const reader = Object.entries(readers).find(([start]) => given.name.startsWith(start));
      assert.ok(reader, "nobody reads this case");
      await reader[1](given.in, given.out, given);
    });
  });
}

const items = (list) => list.map((item) => (Array.isArray(item) ? items(item) : unhex(item)));

each("0-notation", {
  lv: (i, o) => assert.equal(hex(lv(...items(i.items))), o.lv),
  "base64url of": (i, o) => {
    assert.equal(b64(unhex(i.bytes)), o.base64url_text);
    assert.equal(hex(unb64(o.base64url_text)), i.bytes);
  },
  "base64url refused": (i) => assert.throws(() => unb64(i.base64url_text), { code: "bad-bytes" }),
  KDF: async (i, o) => assert.equal(hex(await kdf(unhex(i.ikm), unhex(i.salt), i.label_text, unhex(i.ctx), i.n)), o.okm),
  HMAC: async (i, o) => assert.equal(hex(await hmac(unhex(i.key), unhex(i.data))), o.hmac),
  H: async (i, o) => assert.equal(hex(await hash(unhex(i.bytes))), o.h),
  X25519: async (i, o) => assert.equal(hex(await x25519(await x25519Private(unhex(i.private)), unhex(i.public))), o.shared),
  Ed25519: async (i, o) => {
    const pair = await ed25519FromSeed(unhex(i.seed));
    assert.equal(hex(pair.publicKey), o.public);
    assert.equal(hex(await sign(pair.privateKey, unhex(i.message))), o.signature);
    assert.ok(await verify(pair.publicKey, unhex(o.signature), unhex(i.message)));
  },
});

each("1-links", {
  "room,": async (i, o) => {
    const host = await hostKeyOf(unhex(i.host_seed));
    const R = await secretOf(host.publicKey, unhex(i.r), i.flags0);
    const roomId = await roomIdOf(R);
    const room = await linkRoomOf(host.publicKey);
    const box = await sealRoomBox(R, roomId, { hostPk: host.publicKey, r: unhex(i.r), flags0: i.flags0 }, unhex(i.salt));
    assert.deepEqual(
      [host.publicKey, room, R, roomId, await linkKeyOf(R, room), box].map(hex),
      [o.host_pk, o.room, o.R, o.room_id, o.k_link, o.room_box],
    );
    const opened = await openLink(R, unhex(o.room_box), unhex(o.box_sig));
    assert.deepEqual([hex(opened.hostPk), hex(opened.r), opened.flags0], [o.host_pk, i.r, i.flags0]);
    assert.deepEqual([await roomLink(R), await hostLink(host.seed, R)], [o.link_text, o.host_link_text]);
  },
  "box refused": (i) => refuses(() => openLink(unhex(i.R), unhex(i.room_box), unhex(i.box_sig)), "bad-box"),
  "named room": async (i, o) => assert.deepEqual([namedRoomOf(i.name_text), await nameIdOf(namedRoomOf(i.name_text))].map(hex), [o.room, o.room_id]),
  room: async (i, o) => {
    assert.equal(await roomLink(unhex(i.bytes)), o.link_text);
    assert.equal(hex((await readLink(o.link_text)).R), i.bytes);
  },
  invitation: async (i, o) => {
    assert.equal(await invitationLink(unhex(i.bytes)), o.link_text);
    assert.equal(hex((await readLink(o.link_text)).inv), i.bytes);
  },
  host: async (i, o) => {
    const bytes = unhex(i.bytes);
    assert.equal(await hostLink(bytes.subarray(0, 32), bytes.subarray(32)), o.link_text);
    const link = await readLink(o.link_text);
    assert.equal(hex(link.seed) + hex(link.R), i.bytes);
  },
  refused: (i) => refuses(() => readLink(i.link_text)),
});

each("2-states", {
  "": async (i, o) => {
    const pins = { room: unhex(i.room), hostPk: unhex(i.host_pk), ...("flags0" in i && { flags0: i.flags0 }) };
    const doc = { json: i.json_text, sig: unhex(i.sig) };
    if (o.refused) return refuses(() => readState(doc, pins), "bad-state");
    const state = await readState(doc, pins);
    assert.deepEqual([state.rulesText, state.until, hex(state.digest)], [o.rules_text, o.until, o.digest]);
  },
});

test("2-states: the page's host signs the same bytes", async () => {
  const [first] = load("2-states");
  const [box] = load("1-links").filter((one) => one.name.startsWith("room,"));
  const host = await hostKeyOf(unhex(box.in.host_seed));
  const pins = { room: unhex(first.in.room), hostPk: host.publicKey, flags0: first.in.flags0 };
  const state = await signState(host.privateKey, pins, first.out.rules_text, first.out.until);
  assert.deepEqual([state.json, hex(state.sig)], [first.in.json_text, first.in.sig]);
});

each("2-merge", {
  "": async (i, o) => {
    const states = await Promise.all(
      i.states.map(async ({ rules_text: rulesText, until }) => ({ json: "", sig: new Uint8Array(64), rulesText, rules: parseRules(rulesText), until, digest: await hash(text(rulesText)) })),
    );
    for (const order of [states, states.toReversed(), [...states.slice(1), ...states, ...states.slice(0, 1)]]) {
      const whole = new Rulebook({ room: new Uint8Array(33), hostPk: new Uint8Array(32) });
      whole.add(order);
      const single = new Rulebook(whole.pins);
      for (const state of order) single.add([state]);
      for (const book of [whole, single]) {
        assert.deepEqual(book.held.map((state) => hex(state.digest)), o.kept);
        assert.equal(writeRules(book.rules), o.rules_text);
        assert.equal(book.until, o.until);
      }
    }
  },
});

each("3-cores", {
  "core of": async (i, o) => {
    const ephemeral = { privateKey: await x25519Private(unhex(i.ephemeral)), publicKey: await publicOf(unhex(i.ephemeral)) };
    const person = await ed25519FromSeed(unhex(i.spk_seed));
    const own = await makeCore(unhex(i.room), unhex(i.fp), { person, ephemeral, rnd: unhex(i.rnd), caps: i.caps });
    assert.deepEqual([own.core, own.coreSig, own.hid, own.pid].map(hex), [o.core, o.core_sig, o.hid, o.pid]);
    const read = await readCore(unhex(i.room), own.core, own.coreSig, { pid: unhex(o.pid) });
    assert.deepEqual([hex(read.fp), hex(read.rnd), read.caps], [i.fp, i.rnd, i.caps]);
  },
  "host-in": async (i, o) => {
    const host = await hostKeyOf(unhex(i.host_seed));
    assert.equal(hex(await signHostIn(host.privateKey, unhex(i.room), unhex(i.hid))), o.right);
    assert.ok(await verifyHostIn(host.publicKey, unhex(o.right), unhex(i.room), unhex(i.hid)));
  },
  // Whether a join is good is asked by the server alone; here, that the page signs nothing that would pass for it.
  "join refused": async (i) => {
    const message = lv("parlour/1 join", unhex(i.room), unhex(i.session), unhex(i.core));
    assert.equal(await verify(unhex(i.core).slice(33, 65), unhex(i.join_sig), message), false);
  },
  join: async (i, o) => {
    const person = await ed25519FromSeed(unhex(i.spk_seed));
    const own = { core: unhex(i.core), person };
    assert.equal(hex(await signJoin(own, unhex(i.room), unhex(i.session))), o.join_sig);
  },
  refused: (i) => refuses(() => readCore(unhex(i.room), unhex(i.core), unhex(i.core_sig)), "bad-core"),
});

each("4-pair", {
  how: async (i, o) => {
    const names = { room: i.room, arg: i.arg, coreI: i.core_i, pnI: i.pn_i, coreR: i.core_r, pnR: i.pn_r, rightR: i.right_r, y: i.y };
    const transcript = { how: i.how, ...Object.fromEntries(Object.entries(names).map(([name, value]) => [name, unhex(value)])) };
    const T = await transcriptHash(transcript);
    assert.equal(hex(T), o.T);
    const [privateI, privateR] = await Promise.all([x25519Private(unhex(i.ephemeral_i)), x25519Private(unhex(i.ephemeral_r))]);
    const [epkI, epkR] = [unhex(i.core_i).slice(1, 33), unhex(i.core_r).slice(1, 33)];
    const shared = { kLink: unhex(i.k_link), psk: unhex(i.psk) };
    for (const secrets of [{ epkPrivate: privateI, epkOther: epkR, ...shared }, { epkPrivate: privateR, epkOther: epkI, ...shared }]) {
      const keys = await pairKeys(T, secrets);
      assert.deepEqual([keys.sealI, keys.sealR, keys.confI, keys.confR].map(hex), [o.seal_I, o.seal_R, o.conf_I, o.conf_R]);
    }
    const [pidI, pidR] = await Promise.all([i.core_i, i.core_r].map(async (core) => (await hash(lv("parlour/1 id", unhex(i.room), unhex(core)))).slice(0, 8)));
    const ana = await Instance.derive("I", transcript, { epkPrivate: privateI, epkOther: epkR, ...shared }, pidI, pidR);
    const ben = await Instance.derive("R", transcript, { epkPrivate: privateR, epkOther: epkI, ...shared }, pidR, pidI);
    assert.deepEqual([hex(await ana.confirm()), hex(await ben.confirm())], [o.conf_mac_I, o.conf_mac_R]);
    for (const frame of o.frames) {
      assert.deepEqual(await ana.seal(frame.plain_text), { k: frame.k_text, n: frame.n, c: frame.c_text });
      assert.deepEqual(await ben.open({ k: frame.k_text, n: frame.n, c: frame.c_text }), { t: "text", text: frame.plain_text });
    }
    const way = { T, from: pidI, to: pidR };
    const key = await aesKey(unhex(o.seal_I));
    assert.deepEqual(await sealFrame(key, way, 1, o.frames[0].plain_text), { k: frameKey(T), n: 1, c: o.frames[0].c_text });
    await refuses(() => openFrame(key, { T, from: pidR, to: pidI }, { k: frameKey(T), n: 1, c: o.frames[0].c_text }), "not-opened");
  },
});

each("6-proof", {
  gen: async (i, o) => {
    const [T, conf, fpX, fpOther] = [i.T, i.conf, i.fp_x, i.fp_other].map(unhex);
    assert.equal(hex(await makeProof({ T, confOwn: conf, confOther: new Uint8Array(32) }, i.gen, fpX, fpOther)), o.proof);
    const candidates = [{ T, confOwn: new Uint8Array(32), confOther: conf }];
    assert.equal(await checkProof(candidates, i.gen, fpOther, fpX, unhex(o.proof)), "good");
    assert.equal(await checkProof(candidates, i.gen, fpX, fpOther, unhex(o.proof)), "wrong");
  },
});

each("7-password", {
  S: async (i, o) => assert.equal(hex(await stretch(i.password_text, unhex(i.room), i.pw)), o.S),
  "OpaqueString refused": (i) => assert.throws(() => opaqueString(i.typed_text), { code: "bad-password" }),
  OpaqueString: (i, o) => assert.equal(opaqueString(i.typed_text), o.opaque_text),
  invitation: async (i, o) => {
    const inv = unhex(i.inv);
    const box = await sealInvitation(inv, unhex(i.R), i.label_text, unhex(i.salt));
    assert.deepEqual([await invitationId(inv), await invitationPsk(inv, unhex(i.room)), box].map(hex), [o.inv_id, o.ipsk, o.box]);
    const opened = await openInvitation(inv, unhex(o.box));
    assert.deepEqual([hex(opened.R), opened.label], [i.R, i.label_text]);
  },
  pake: async (i, o) => {
    const [room, S, pnN, pnG, coreN, coreG, kLink] = [i.room, i.S, i.pn_n, i.pn_g, i.core_n, i.core_g, i.k_link].map(unhex);
    const [hidN, hidG] = await Promise.all([coreN, coreG].map((core) => hash(lv("parlour/1 id", room, core))));
    const setting = { room, pw: i.pw, S, pnN, pnG, coreN, coreG, hidN, hidG };
    assert.deepEqual([hex(await pakeSid(setting)), hex(pakeContext(setting))], [o.sid, o.ci]);
    assert.equal(hex(await generator(S, pakeContext(setting), await pakeSid(setting))), o.g);
    const n = await startPake(setting, unhex(i.scalar_n));
    const g = await startPake(setting, unhex(i.scalar_g));
    assert.deepEqual([hex(n.share), hex(g.share)], [o.y_n, o.y_g]);
    const atN = await finishPake("N", setting, n, g.share, { ephemeral: await x25519Private(unhex(i.ephemeral_n)), otherEpk: coreG.slice(1, 33), kLink });
    const atG = await finishPake("G", setting, g, n.share, { ephemeral: await x25519Private(unhex(i.ephemeral_g)), otherEpk: coreN.slice(1, 33), kLink });
    for (const side of [atN, atG]) assert.deepEqual([side.tagN, side.tagG, side.psk].map(hex), [o.tag_n, o.tag_g, o.psk]);
  },
});

each("7-cpace", {
  "B.1.1 to": async (i, o) => {
    const [prs, ci, sid, ya, yb, adA, adB] = [i.prs, i.ci, i.sid, i.ya, i.yb, i.ad_a, i.ad_b].map(unhex);
    const g = await generator(prs, ci, sid);
    const [shareA, shareB] = [await scalarMult(ya, g), await scalarMult(yb, g)];
    const [k, same] = [await scalarMult(ya, shareB), await scalarMult(yb, shareA)];
    const isk = await sessionKey(sid, k, shareA, adA, shareB, adB);
    assert.deepEqual([g, shareA, shareB, k, same, isk].map(hex), [o.g, o.share_a, o.share_b, o.k, o.k, o.isk]);
  },
  "B.1.10: must abort": async (i) => {
    for (const point of i.points) await refuses(() => scalarMult(unhex(i.scalar), unhex(point)), "bad-key");
  },
  "B.1.10: bit 255": async (i, o) => {
    const products = await Promise.all(i.points.map((point) => scalarMult(unhex(i.scalar), unhex(point))));
    assert.deepEqual(products.map(hex), o.products);
  },
});

each("9-blob", {
  "blob of": async (i, o) => {
    const [j, key, room, id] = [keyNumber(unhex(i.digest)), unhex(i.key), unhex(i.room), unhex(i.blob_id)];
    assert.equal(j, o.j);
    assert.equal(hex(await sealBlob({ j, key }, room, id, unhex(i.text), unhex(i.salt))), o.blob);
    assert.equal(hex(await openBlob({ j, key }, room, id, unhex(o.blob))), i.text);
  },
  refused: (i) => refuses(() => openBlob({ j: i.j, key: unhex(i.key) }, unhex(i.room), unhex(i.blob_id), unhex(i.blob))),
});

each("9-piece", {
  piece: async (i, o) => {
    const [key, room] = [unhex(i.key), unhex(i.room)];
    assert.deepEqual([await fileNumber(key), hex(await pieceId(key, i.index))], [o.number, o.blob_id]);
    assert.equal(hex(await sealPiece(key, room, i.index, unhex(i.data), unhex(i.salt))), o.blob);
    assert.equal(hex(await openPiece(key, room, i.index, unhex(o.blob))), i.data);
  },
  refused: (i) => refuses(() => openPiece(unhex(i.key), unhex(i.room), i.index, unhex(i.blob))),
});

each("8-code", {
  readings: (i, o) => assert.deepEqual(readSas(unhex(i.sas)), { emoji: o.emoji, numbers: o.numbers }),
  "": async (i, o) => {
    const ordered = i.hids.map((hid, index) => ({ hid: unhex(hid), n: unhex(i.ns[index]) })).sort((a, b) => compare(a.hid, b.hid));
    const place = { room: unhex(i.room), hostPk: unhex(i.host_pk), mode: i.mode_text };
    const view = await viewOf(place, unhex(i.run), ordered.map(({ hid }) => hid));
    assert.equal(hex(view), o.view);
    assert.deepEqual(await Promise.all(i.hids.map(async (hid, index) => hex(await commitmentOf(view, unhex(hid), unhex(i.ns[index]))))), o.commits);
    assert.deepEqual(await sasOf(view, ordered.map(({ n }) => n)), { emoji: o.emoji, numbers: o.numbers });
  },
});
