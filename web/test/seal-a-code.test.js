// Section 8: the code as pages exchange it, with honest, slow, absent and hostile pages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { b64, compare, unb64 } from "../sdk/seal/bytes.js";
import { CodeMachine, FREE_RUNS, RUN_EVERY_MS, RUN_SILENCE_MS } from "../sdk/seal/code.js";
import { EMOJI } from "../sdk/seal/emoji.js";
import { random } from "../sdk/seal/kdf.js";
import { emojiOf, readSas, viewOf } from "../sdk/seal/sas.js";

const room = random(33);
const hostPk = random(32);
const runOf = (n) => new Uint8Array(16).fill(n);

/** Pages that are all proven to each other, and the messages between them. */
class Bench {
  constructor(count, mode = "off") {
    this.now = 1_000_000;
    this.pages = Array.from({ length: count }, () => random(32))
      .sort(compare)
      .map((hid) => ({ hid: b64(hid), machine: new CodeMachine({ room, hostPk, mode, hid }), codes: [], broken: [], presses: 0 }));
    /** @type {{from: number, to: number, message: any}[]} */
    this.wire = [];
  }

  async take(page, outputs) {
    for (const output of await outputs) {
      const from = this.pages.indexOf(page);
      if (output.t === "send") for (const to of output.to) this.wire.push({ from, to: this.pages.findIndex((one) => one.hid === to), message: output.message });
      if (output.t === "code") page.codes.push(output);
      if (output.t === "broken") page.broken.push(output.why);
      if (output.t === "press") page.presses++;
    }
  }

  start(page, how = {}, others = this.pages.filter((one) => one !== page)) {
    return this.take(page, page.machine.start(this.now, others.map(({ hid }) => hid), how));
  }

  /** Delivers everything, pairs in an order chosen by `pick`, each pair in its own order. */
  async deliver(pick = () => 0, drop = () => false) {
    while (this.wire.length > 0) {
      const firsts = this.wire.filter((one, i) => this.wire.findIndex((other) => other.from === one.from && other.to === one.to) === i);
      const next = firsts[pick(firsts.length)];
      this.wire.splice(this.wire.indexOf(next), 1);
      if (drop(next)) continue;
      const page = this.pages[next.to];
      await this.take(page, page.machine.handleMessage(this.now, this.pages[next.from].hid, next.message, () => true));
    }
  }

  async after(ms) {
    this.now += ms;
    for (const page of this.pages) await this.take(page, page.machine.handleTimeout(this.now));
  }
}

const sameCode = (pages, times = 1) => {
  for (const page of pages) {
    assert.equal(page.codes.length, times);
    assert.deepEqual(page.codes.at(-1).sas, pages[0].codes.at(-1).sas);
    assert.deepEqual(page.broken, []);
  }
};

test("s8 everybody on the list reads the same code, in whatever order the messages come", async () => {
  for (const count of [2, 3, 5, 8]) {
    for (let seed = 0; seed < 6; seed++) {
      const bench = new Bench(count);
      let x = seed * 7919 + count;
      await bench.start(bench.pages[seed % count]);
      await bench.deliver((n) => (x = (x * 48271) % 2147483647) % n);
      sameCode(bench.pages);
      assert.deepEqual(bench.pages[0].codes[0].covers, bench.pages.map(({ hid }) => hid));
      assert.ok(bench.pages.every(({ machine }) => machine.revealedRuns === 1));
    }
  }
});

test("s8 another room, host key or mode is another code: the commits do not meet", async () => {
  const bench = new Bench(2);
  bench.pages[1].machine = new CodeMachine({ room, hostPk, mode: "standard", hid: Buffer.from(bench.pages[1].hid, "base64url") });
  await bench.start(bench.pages[0]);
  await bench.deliver();
  assert.ok(bench.pages.every(({ codes, machine }) => codes.length === 0 && machine.revealedRuns === 0));
});

test("s8.1 several begin at once: the smaller run stands, the others are not counted", async () => {
  for (let seed = 0; seed < 8; seed++) {
    const bench = new Bench(4);
    let x = seed + 1;
    await bench.start(bench.pages[0], { run: runOf(7) });
    await bench.start(bench.pages[2], { run: runOf(3) });
    await bench.start(bench.pages[3], { run: runOf(5) });
    const revealed = new Set();
    await bench.deliver(
      (n) => (x = (x * 48271) % 2147483647) % n,
      ({ message }) => message.k === "code-reveal" && revealed.add(message.view) === undefined,
    );
    sameCode(bench.pages);
    assert.ok(bench.pages.every(({ machine }) => machine.revealedRuns === 1));
    const hids = bench.pages.map(({ hid }) => unb64(hid));
    assert.deepEqual([...revealed], [b64(await viewOf({ room, hostPk, mode: "off" }, runOf(3), hids))]);
  }
});

test("s8.1 no part is taken in a list that is unsorted, unproven, without me, without the sender, or too long", async () => {
  const bench = new Bench(3);
  const [me, other, third] = bench.pages;
  const list = bench.pages.map(({ hid }) => hid);
  const bad = [
    { list: list.toReversed() },
    { list: [list[1], list[2]] },
    { list: [list[0], list[2]] },
    { list: [list[0], list[0], list[1]] },
    { list: [list[0]] },
    { list: "x" },
    { list: [list[0], 7] },
    { list: [list[0], `${list[1]}=`] },
    { list, run: b64(random(15)) },
    { list: Array.from({ length: 65 }, () => list[0]) },
  ];
  for (const fields of bad) {
    const message = { k: "code-run", run: b64(runOf(1)), list, ...fields };
    assert.deepEqual(await me.machine.handleMessage(bench.now, other.hid, message, () => true), [], JSON.stringify(fields));
  }
  const unproven = (hid) => hid !== third.hid;
  assert.deepEqual(await me.machine.handleMessage(bench.now, other.hid, { k: "code-run", run: b64(runOf(1)), list }, unproven), []);
  const joined = await me.machine.handleMessage(bench.now, other.hid, { k: "code-run", run: b64(runOf(1)), list }, () => true);
  assert.deepEqual(joined.map(({ message }) => message.k), ["code-commit"]);
});

test("s8.3 nobody reveals before every commit is here", async () => {
  const bench = new Bench(3);
  const reveals = [];
  await bench.start(bench.pages[0]);
  await bench.deliver(undefined, ({ from, message }) => {
    if (message.k === "code-reveal") reveals.push(from);
    return from === 2 && message.k === "code-commit";
  });
  assert.deepEqual(reveals.filter((from) => from !== 2), []);
  assert.ok(bench.pages.slice(0, 2).every(({ machine }) => machine.revealedRuns === 0));
});

test("s8.3 silence of 10 s breaks the run; repeated messages do not keep it alive", async () => {
  const bench = new Bench(2);
  await bench.start(bench.pages[0]);
  const held = [];
  await bench.deliver(undefined, (one) => {
    if (one.from === 1 && one.message.k === "code-reveal") held.push(one);
    return held.includes(one);
  });
  const commit = { k: "code-commit", view: held[0].message.view, c: b64(random(32)) };
  await bench.after(RUN_SILENCE_MS - 1);
  assert.deepEqual(bench.pages[0].broken, []);
  await bench.after(1);
  assert.deepEqual(bench.pages[0].broken, ["silence"]);
  assert.equal(bench.pages[0].machine.revealedRuns, 1);
  assert.equal(bench.pages[0].machine.timeout, undefined);
  assert.deepEqual(await bench.pages[0].machine.handleMessage(bench.now, bench.pages[1].hid, commit, () => true), []);
});

test("s8.3 a reveal that comes again and again is nothing heard", async () => {
  const bench = new Bench(3);
  const again = [];
  await bench.start(bench.pages[0]);
  await bench.deliver(undefined, (one) => {
    if (one.message.k !== "code-reveal") return false;
    if (one.from === 1 && one.to === 0) again.push(one.message);
    return one.from === 2;
  });
  const [me, other] = bench.pages;
  for (let waited = 0; waited < RUN_SILENCE_MS; waited += 1000) {
    assert.deepEqual(me.broken, []);
    assert.deepEqual(await me.machine.handleMessage(bench.now, other.hid, again[0], () => true), []);
    await bench.after(1000);
  }
  assert.deepEqual(me.broken, ["silence"]);
});

test("s8.3 a second, different commit breaks the run; the same one again does not", async () => {
  for (const early of [false, true]) {
    const bench = new Bench(3);
    const [me, other] = bench.pages;
    await bench.start(me);
    const { view } = bench.wire.find(({ message }) => message.k === "code-commit").message;
    const list = bench.pages.map(({ hid }) => hid);
    const victim = early ? bench.pages[2] : me;
    const say = (c) => bench.take(victim, victim.machine.handleMessage(bench.now, other.hid, { k: "code-commit", view, c }, () => true));
    const [c1, c2] = [b64(random(32)), b64(random(32))];
    await say(c1);
    await say(c1);
    assert.deepEqual(victim.broken, []);
    await say(c2);
    if (early) {
      const run = bench.wire.find(({ message }) => message.k === "code-run").message;
      assert.deepEqual(run.list, list);
      await bench.take(victim, victim.machine.handleMessage(bench.now, me.hid, run, () => true));
    }
    assert.deepEqual(victim.broken, ["second-commit"]);
    assert.equal(victim.machine.revealedRuns, 0);
  }
});

test("s8.3 a reveal that is not of the commit breaks the run, and no code appears", async () => {
  const bench = new Bench(2);
  await bench.start(bench.pages[0]);
  await bench.deliver(undefined, (one) => {
    if (one.from === 1 && one.message.k === "code-reveal") one.message = { ...one.message, n: b64(random(32)) };
    return false;
  });
  assert.deepEqual([bench.pages[0].broken, bench.pages[0].codes], [["false-reveal"], []]);
  assert.equal(bench.pages[0].machine.revealedRuns, 1);
});

test("s8.1 after a reveal no smaller run replaces the one that is on", async () => {
  const bench = new Bench(2);
  await bench.start(bench.pages[0], { run: runOf(9) });
  await bench.deliver(undefined, ({ from, message }) => from === 1 && message.k === "code-reveal");
  assert.equal(bench.pages[0].machine.revealedRuns, 1);
  const smaller = { k: "code-run", run: b64(runOf(0)), list: bench.pages.map(({ hid }) => hid) };
  assert.deepEqual(await bench.pages[0].machine.handleMessage(bench.now, bench.pages[1].hid, smaller, () => true), []);
});

test("s8 runs are 5 s apart; the one that waits begins by itself", async () => {
  const bench = new Bench(2);
  await bench.start(bench.pages[0]);
  await bench.deliver();
  sameCode(bench.pages);
  await bench.after(1000);
  await bench.start(bench.pages[1]);
  assert.deepEqual(bench.wire, []);
  assert.equal(bench.pages[1].machine.timeout, bench.now + RUN_EVERY_MS - 1000);
  await bench.after(RUN_EVERY_MS - 1000);
  await bench.deliver();
  sameCode(bench.pages, 2);
  assert.notDeepEqual(bench.pages[0].codes[0].sas, bench.pages[0].codes[1].sas);
});

test("s8 64 runs in which I revealed, completed or not; then each needs a press of my own", async () => {
  const bench = new Bench(2);
  const [me, other] = bench.pages;
  for (let i = 0; i < FREE_RUNS; i++) {
    await bench.after(RUN_SILENCE_MS);
    await bench.start(other, { pressed: true });
    await bench.deliver(undefined, ({ to, message }) => to === 0 && message.k === "code-reveal");
  }
  assert.equal(me.machine.revealedRuns, FREE_RUNS);
  assert.equal(me.presses, 0);
  await bench.after(RUN_SILENCE_MS);
  await bench.start(other, { pressed: true });
  await bench.deliver();
  assert.deepEqual([me.presses, me.machine.revealedRuns], [1, FREE_RUNS]);
  await bench.after(1000);
  assert.equal(me.presses, 1);
  await bench.take(me, me.machine.press(bench.now));
  await bench.deliver();
  assert.equal(me.machine.revealedRuns, FREE_RUNS + 1);
  assert.deepEqual(me.codes.at(-1).sas, other.codes.at(-1).sas);
  await bench.after(RUN_EVERY_MS);
  await bench.start(me);
  assert.equal(me.presses, 2, "a run of this page's own making asks as well, unless somebody pressed for it");
});

test("s8 a page that begins run after run is heard once in 5 s", async () => {
  const bench = new Bench(2);
  const list = bench.pages.map(({ hid }) => hid);
  let answers = 0;
  for (let n = 200; n > 0; n--) {
    const outputs = await bench.pages[0].machine.handleMessage(bench.now, list[1], { k: "code-run", run: b64(runOf(n)), list }, () => true);
    answers += outputs.length;
  }
  assert.equal(answers, 1);
});

test("s8.4 36 bits are six pictures, 39 bits three numbers, both from the most significant bit", () => {
  assert.deepEqual(readSas(Uint8Array.of(0b000001_00, 0b0010_0000, 0b11_000100, 0b000101_00, 0b0110_0000, 0)), {
    emoji: [1, 2, 3, 4, 5, 6],
    numbers: [0b0000010000100 + 1000, 0b0001100010000 + 1000, 0b0101000110000 + 1000],
  });
  assert.deepEqual(emojiOf({ emoji: [0, 63, 30], numbers: [] }).map(({ name }) => name), ["Dog", "Pin", "Smiley"]);
  assert.equal(EMOJI.length, 64);
  assert.equal(new Set(EMOJI.map(([picture]) => picture)).size, 64);
  assert.equal(new Set(EMOJI.map(([, name]) => name)).size, 64);
});
