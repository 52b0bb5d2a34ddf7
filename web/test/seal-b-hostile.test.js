// Section 11 against a server that drops, doubles, holds back, reorders, alters, reflects, replays and redirects, and
// that lies about who is there. It has every signal and no key. Each run is told by its seed.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { b64, hex, lv, u8, unb64, unlv } from "../sdk/seal/bytes.js";
import { makeCore } from "../sdk/seal/core.js";
import { EMPTY, random } from "../sdk/seal/kdf.js";
import { Instance } from "../sdk/seal/pair.js";
import { writeArg, writeOpen } from "../sdk/seal/wire.js";
import { Bench, TestPage, TestRoom } from "./seal-b-bench.js";

// Every AES-GCM key and iv that anything in this process seals with.
const raw = new WeakMap();
const used = new Map();
let sealed = 0;
const { subtle } = globalThis.crypto;
const [importKey, encrypt] = [subtle.importKey, subtle.encrypt];
Object.defineProperty(subtle, "importKey", {
  value: async (format, data, algorithm, ...rest) => {
    const key = await importKey.call(subtle, format, data, algorithm, ...rest);
    if (algorithm === "AES-GCM") raw.set(key, hex(new Uint8Array(data)));
    return key;
  },
});
Object.defineProperty(subtle, "encrypt", {
  value: (algorithm, key, data) => {
    sealed++;
    const pair = `${raw.get(key)} ${hex(algorithm.iv)}`;
    const text = hex(new Uint8Array(data));
    assert.ok(!used.has(pair) || used.get(pair) === text, "a key and iv sealed two texts");
    used.set(pair, text);
    return encrypt.call(subtle, algorithm, key, data);
  },
});

const dice = (seed) => {
  let state = (seed * 2_654_435_761) % 2_147_483_647 || 1;
  return (below) => (state = (state * 48_271) % 2_147_483_647) % below;
};

/** A room with `count` pages in the hands of a hostile server. */
async function hostileRoom(seed, count, wish = {}) {
  const roll = dice(seed);
  const room = await TestRoom.link(wish);
  const bench = new Bench();
  const pages = [];
  for (let i = 0; i < count; i++) pages.push(await TestPage.make(room, { name: `P${i}`, host: i === 0 }));
  const held = [];
  const bend = (signal) => {
    switch (roll(16)) {
      case 0: return [];
      case 1: return [signal, signal];
      case 2: held.push(signal); return [];
      case 3: held.push(signal); return held.splice(roll(held.length), 1);
      case 4: return [altered(signal, roll), signal];
      case 5: return [altered(signal, roll)];
      case 6: return [{ ...signal, from: signal.to, to: signal.from }, signal];
      case 7: return [bench.capture[roll(bench.capture.length)] ?? signal, signal];
      case 8: return [{ ...signal, to: pages[roll(count)].pid }, signal];
      case 9: return [{ ...signal, from: pages[roll(count)].pid }, signal];
      default: return [signal];
    }
  };
  bench.wire = bend;
  return { roll, room, bench, pages, bend };
}

const altered = (signal, roll) => {
  const at = roll(signal.body.length);
  return { ...signal, body: signal.body.slice(0, at) + "AZ9_{\":"[roll(7)] + signal.body.slice(at + 1) };
};

/** Messages from each to each, in the order in which they were given to `send`. */
class Letters {
  counts = new Map();
  write(from, to) {
    const key = `${from.name}>${to.name}`;
    const number = (this.counts.get(key) ?? 0) + 1;
    if (from.pairs.send(to.hid, { k: "letter", key, number })) this.counts.set(key, number);
  }
  check(pages, complete) {
    for (const to of pages) {
      const got = new Map();
      for (const { key, number } of to.messages) {
        const last = got.get(key) ?? 0;
        assert.ok(complete ? number === last + 1 : number > last, `${key}: ${number} after ${last}`);
        got.set(key, number);
      }
      if (!complete) continue;
      for (const [key, count] of this.counts) if (key.endsWith(`>${to.name}`)) assert.equal(got.get(key) ?? 0, count, key);
    }
  }
}

function checkCommon(pages) {
  const hids = new Set(pages.map(({ hid }) => hid));
  for (const page of pages) {
    assert.deepEqual(page.faults, []);
    assert.equal(page.of("note").some(({ colour }) => colour === "red"), false, "a server without keys never makes red");
    for (const { hid, first } of page.of("person")) {
      assert.ok(hids.has(hid));
      assert.equal(first.name, pages.find((one) => one.hid === hid).name);
    }
  }
}

for (let seed = 1; seed <= 12; seed++) {
  test(`11: bent signals lose, double and forge nothing (seed ${seed})`, async () => {
    const { roll, bench, pages } = await hostileRoom(seed, 3);
    const letters = new Letters();
    await bench.seat(...pages);
    for (let step = 0; step < 40; step++) {
      letters.write(pages[roll(3)], pages[roll(3)]);
      await bench.after(roll(3));
    }
    checkCommon(pages);
    bench.wire = (signal) => [signal];
    await bench.list();
    await bench.after(60);
    for (const page of pages) assert.equal(page.persons.size, 2, `${page.name} ${JSON.stringify(page.pairs.stats)}`);
    for (const from of pages) for (const to of pages) if (from !== to) letters.write(from, to);
    await bench.after(20);
    letters.check(pages, true);
    checkCommon(pages);
  });
}

for (let seed = 101; seed <= 108; seed++) {
  test(`11: nor do lies about who is there, with rules that change (seed ${seed})`, async () => {
    const { roll, room, bench, pages } = await hostileRoom(seed, 4, { door: "open" });
    const letters = new Letters();
    const everybody = pages.map(({ spk }) => spk);
    await bench.seat(...pages);
    for (let step = 0; step < 40; step++) {
      letters.write(pages[roll(4)], pages[roll(4)]);
      const page = pages[roll(4)];
      const seats = pages.filter(() => roll(4) > 0).sort(() => roll(3) - 1).map(({ pid }) => ({ pid, ...(roll(5) === 0 && { away: true }) }));
      if (roll(3) === 0) page.pairs.handleView({ seats, porch: [], me: page.pid, seated: seats.some(({ pid }) => pid === page.pid) });
      if (roll(8) === 0) await pages[0].adopt([await room.issue({ door: ["open", "knock", "locked"][roll(3)] }, everybody)]);
      await bench.after(roll(3));
    }
    letters.check(pages, false);
    checkCommon(pages);
    bench.wire = (signal) => [signal];
    await pages[0].adopt([await room.issue({ door: "knock" }, everybody)]);
    for (const page of pages) await page.adopt(pages[0].knowledge.book.held);
    await bench.list();
    await bench.after(90);
    for (const page of pages) assert.equal(page.persons.size, 3, `${page.name} ${JSON.stringify(page.pairs.stats)}`);
    letters.check(pages, false);
    checkCommon(pages);
  });
}

test("11: \"B left\", then B's open again, makes A reuse no key", async () => {
  const room = await TestRoom.link();
  const bench = new Bench();
  const [ana, ben] = [await TestPage.make(room, { host: true }), await TestPage.make(room)];
  await bench.seat(ana, ben);
  const [open] = bench.captured("open");
  const frames = bench.captured("c");
  for (let round = 0; round < 6; round++) {
    ana.pairs.handleView({ seats: [{ pid: ana.pid }], porch: [], me: ana.pid, seated: true });
    ana.pairs.handleView(bench.viewFor(ana));
    bench.inject(open);
    for (const frame of frames) bench.inject(frame);
    await bench.after(3);
  }
  const answers = bench.capture.filter(({ from, to, body }) => from === ana.pid && to === ben.pid && "accept" in JSON.parse(body));
  assert.ok(answers.length > 1, "Ana had forgotten Ben and did answer");
  const pnR = answers.map(({ body }) => b64(unlv(unb64(JSON.parse(body).accept), 6)[3]));
  assert.equal(new Set(pnR).size, pnR.length, "each with a pn of its own");
});

test("11: an old meeting's open, accept and frames make nobody appear", async () => {
  const room = await TestRoom.link();
  const bench = new Bench();
  const [ana, ben] = [await TestPage.make(room, { name: "Ana", host: true }), await TestPage.make(room, { name: "Ben" })];
  await bench.seat(ana, ben);
  const tape = [...bench.capture];
  // Next day: Ana's page is a new one, the server plays Ben.
  const next = new Bench();
  const ana2 = await TestPage.make(room, { name: "Ana", host: true, person: ana.core.person });
  next.seats = [{ pid: ben.pid, pairs: { handleView() {}, handleTick() {}, async settled() {}, handleSignal() {} }, sent: [], channelOut: [] }, ana2];
  await next.list();
  for (let round = 0; round < 3; round++) {
    for (const signal of tape) ana2.pairs.handleSignal(ben.pid, signal.body);
    await next.after(25);
  }
  assert.equal(ana2.persons.size, 0);
  assert.equal(ana2.of("note").some(({ colour }) => colour === "red"), false);
  assert.deepEqual(ana2.faults, []);
});

/** Somebody with the link who speaks the protocol by hand: opens to `page` and answers its accept. */
async function insider(bench, room, page, core, how = 0) {
  const eve = core ?? (await makeCore(room.room, random(32)));
  const pid = b64(eve.pid);
  const heard = [];
  bench.seats.push({ pid, pairs: { handleView() {}, handleTick() {}, async settled() {}, handleSignal: (from, body) => heard.push(JSON.parse(body)) }, sent: [], channelOut: [] });
  const [link] = room.links;
  const pn = random(16);
  const arg = writeArg(link.roomId, EMPTY, EMPTY);
  page.pairs.handleSignal(pid, writeOpen({ core: eve.core, coreSig: eve.coreSig, pn, how, arg }));
  await bench.deliver();
  const accept = heard.find((one) => one.accept);
  if (!accept) return { pid, heard, instance: null, eve };
  const [, coreR, , pnR, rightR, y] = unlv(unb64(accept.accept), 6);
  const transcript = { room: room.room, how, arg, coreI: eve.core, pnI: pn, coreR, pnR, rightR, y };
  const instance = await Instance.derive("I", transcript, { epkPrivate: eve.ephemeral.privateKey, epkOther: page.core.epk, kLink: link.kLink, psk: EMPTY }, eve.pid, page.core.pid);
  return { pid, heard, instance, eve };
}

test("10: a wrong conf is a contradiction: red, closed, not tried again", async () => {
  const room = await TestRoom.link();
  const bench = new Bench();
  const ana = await TestPage.make(room, { host: true });
  await bench.seat(ana);
  const { pid, heard, instance, eve } = await insider(bench, room, ana);
  const firstFrame = heard.find((one) => one.c);
  assert.equal((await instance.open(firstFrame)).t, "text");
  const bad = JSON.stringify({ conf: b64(random(32)), docs: "", box: "AAAAAAAA", from: 1, of: "", got: 0, first: { gen: 0, name: "Eve" } });
  ana.pairs.handleSignal(pid, JSON.stringify(await instance.seal(bad)));
  await bench.after(60);
  assert.deepEqual(ana.of("note").filter(({ colour }) => colour === "red").map(({ code, hid }) => [code, hid]), [["mismatch", b64(eve.hid)]]);
  assert.equal(ana.persons.size, 0);
  const accepts = heard.filter((one) => one.accept).length;
  ana.pairs.handleSignal(pid, writeOpen({ core: eve.core, coreSig: eve.coreSig, pn: random(16), how: 0, arg: writeArg(room.links[0].roomId, EMPTY, EMPTY) }));
  await bench.after(5);
  assert.equal(heard.filter((one) => one.accept).length, accepts);
});

test("4: to a knock R's first frame tells conf and docs only, even to somebody who is listed", async () => {
  const room = await TestRoom.link({ door: "knock" });
  const bench = new Bench();
  const ana = await TestPage.make(room, { name: "Ana", host: true });
  await bench.seat(ana);
  const heard = [];
  for (const how of [3, 2]) {
    const gil = await makeCore(room.room, random(32));
    await ana.adopt([await room.issue({ admit: [b64(gil.spk)] }, [ana.spk])]);
    const { instance, heard: signals } = await insider(bench, room, ana, gil, how);
    heard.push(Object.keys(JSON.parse((await instance.open(signals.filter((one) => one.c).at(-1))).text)).sort());
  }
  assert.deepEqual(heard, [["box", "conf", "docs", "from", "got", "of"], ["box", "conf", "docs", "first", "from", "got", "of", "wrong"]]);
});

test("4: junk in a first frame, or in messages of a person, does no harm", async () => {
  const room = await TestRoom.link();
  const junk = ["", "7", "null", "[]", "{}", "{\"conf\":7}", JSON.stringify({ conf: "AA" })];
  for (const plain of junk) {
    const bench = new Bench();
    const ana = await TestPage.make(room, { host: true });
    await bench.seat(ana);
    const { pid, instance } = await insider(bench, room, ana);
    ana.pairs.handleSignal(pid, JSON.stringify(await instance.seal(plain)));
    await bench.after(1);
    assert.deepEqual([ana.persons.size, ana.faults.length, ana.of("note").length], [0, 0, 0], plain);
  }
  const bench = new Bench();
  const ana = await TestPage.make(room, { host: true });
  await bench.seat(ana);
  const { pid, instance } = await insider(bench, room, ana);
  const say = async (value) => ana.pairs.handleSignal(pid, JSON.stringify(await instance.seal(typeof value === "string" ? value : JSON.stringify(value))));
  await say({ conf: b64(await instance.confirm()), docs: "%", box: "AAAAAAAA", from: 1, of: "", got: 0, first: { gen: 1, name: "Eve", more: "x".repeat(500) } });
  await bench.deliver();
  assert.equal(ana.persons.size, 1);
  let m = 1;
  const bodies = [{ k: "states", docs: 7 }, { k: "states", docs: b64(lv("x", random(64))) }, { k: "states", docs: b64(random(100)) }, { k: "rest" }, { k: "rest", first: 7 }, { k: "beat" }, { k: "beat", rules: 7, pages: [] },
    { k: "wrong", pw: -1 }, { k: "cut", spk: 7 }, { k: "knock", name: 7 }, { k: "hold" }, { k: "refused" }, { k: "desc", z: "AAAA" }, { k: "desc" }, { k: "__proto__" }];
  for (const d of bodies) await say({ m: m++, a: 0, d });
  for (const text of ["x", "{\"a\":99999}", "{\"m\":2}", JSON.stringify({ m: 99, a: 0, d: { k: "early" } })]) await say(text);
  await say({ m: m++, a: 0, d: { k: "chat", text: "still here" } });
  await bench.after(3);
  assert.deepEqual(ana.faults, []);
  assert.deepEqual(ana.messages.filter(({ k }) => k === "chat"), [{ k: "chat", text: "still here" }]);
  assert.equal(ana.persons.size, 1);
});

test("4: a core with a low-order epk, or signed by nobody, is not answered", async () => {
  const room = await TestRoom.link();
  const bench = new Bench();
  const ana = await TestPage.make(room, { host: true });
  await bench.seat(ana);
  const low = new Uint8Array(32);
  const zero = await makeCore(room.room, random(32), { ephemeral: { publicKey: low, privateKey: ana.core.ephemeral.privateKey } });
  assert.equal((await insider(bench, room, ana, zero)).instance, null);
  const forged = await makeCore(room.room, random(32));
  assert.equal((await insider(bench, room, ana, { ...forged, coreSig: random(64) })).instance, null);
  const elsewhere = await makeCore(lv("another room"), random(32));
  assert.equal((await insider(bench, room, ana, elsewhere)).instance, null);
  for (const part of ["epk", "spk", "fp", "rnd"]) {
    const given = { epk: { ephemeral: ana.core.ephemeral }, spk: { person: ana.core.person }, rnd: { rnd: ana.core.rnd }, fp: {} }[part];
    const mine = await makeCore(room.room, part === "fp" ? ana.core.fp : random(32), given);
    assert.equal((await insider(bench, room, ana, mine)).instance, null, `my own ${part}`);
  }
  assert.deepEqual(ana.faults, []);
  assert.equal(bench.captured("accept").length, 0);
});

test("4: signals that are none are counted and nothing else", async () => {
  const room = await TestRoom.link();
  const bench = new Bench();
  const [ana, ben] = [await TestPage.make(room, { host: true }), await TestPage.make(room)];
  await bench.seat(ana, ben);
  const junk = ["", "x", "null", "[]", "7", "{}", '{"open":7}', '{"open":""}', `{"open":"${b64(random(300))}"}`, '{"accept":"AAAA"}', '{"refuse":"AAAA"}', '{"pake":"AAAA"}', '{"reply":"AAAA"}',
    '{"c":7}', '{"k":"AAAAAAAAAAA","n":1,"c":"%"}', "x".repeat(60_000), `{"open":"${b64(lv(random(117), random(64), random(16), u8(9), lv("", "", "")))}"}`,
    `{"refuse":"${b64(lv(random(16), "nonsense", ""))}"}`, `{"refuse":"${b64(lv(random(16), "stale", random(25_000)))}"}`];
  for (const body of junk) ana.pairs.handleSignal(ben.pid, body);
  for (let i = 0; i < 600; i++) ana.pairs.handleSignal(ben.pid, "{}");
  await ana.pairs.settled();
  assert.ok(ana.pairs.stats.tooMany > 0, "one sender's signals wait in a bounded line");
  assert.deepEqual(ana.faults, []);
  assert.equal(ana.persons.size, 1);
});

test("4: pending opens are bounded; the rest hears busy", async () => {
  const room = await TestRoom.link({ cap: 2 });
  const bench = new Bench();
  const ana = await TestPage.make(room, { host: true });
  await bench.seat(ana);
  const answers = [];
  for (let i = 0; i < 6; i++) {
    const { heard } = await insider(bench, room, ana);
    answers.push(heard[0].accept ? "accept" : Buffer.from(heard[0].refuse, "base64url").subarray(24, 28).toString());
  }
  assert.deepEqual(answers, ["accept", "accept", "busy", "busy", "busy", "busy"], "strangers may fill half of 2 × cap");
  await bench.after(31);
  assert.ok((await insider(bench, room, ana)).instance, "they are forgotten after 30 s");
});

test("4: opens that come all at once find no more places than those that come one by one", async () => {
  const room = await TestRoom.link({ cap: 2 });
  const bench = new Bench();
  const ana = await TestPage.make(room, { host: true });
  await bench.seat(ana);
  const cores = await Promise.all(Array.from({ length: 6 }, () => makeCore(room.room, random(32))));
  const all = await Promise.all(cores.map((core) => insider(bench, room, ana, core)));
  assert.equal(all.filter(({ heard }) => heard[0].accept).length, 2);
});

after(() => assert.ok(sealed > 2000 && used.size > 2000, `only ${sealed} texts were sealed`));
