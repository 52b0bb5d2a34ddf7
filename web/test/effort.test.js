// The guard of the device: down quickly, up slowly, and never to and fro; what it means for the pictures of others; and the words about it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nextEffort, noEffort } from "../sdk/effort.js";
import { writeNotes } from "../sdk/notes.js";
import { Pictures, mayCome, noAgreement, pausedBy } from "../sdk/pictures.js";

const calm = { lateMs: 5, busy: 0.2, isLimited: false, decoded: 30, dropped: 0 };
const strains = [{ lateMs: 200 }, { busy: 0.9 }, { isLimited: true }, { decoded: 15, dropped: 10 }];

/** A look each second; what it measures may depend on the level. */
function run(seconds, strain, effort = noEffort(0), from = 0) {
  const levels = [];
  for (let second = 1; second <= seconds; second++) {
    effort = nextEffort(effort, from + 1000 * second, typeof strain === "function" ? strain(effort.level) : strain);
    levels.push(effort.level);
  }
  return { effort, levels, at: from + 1000 * seconds };
}

for (const [index, strain] of strains.entries()) {
  test(`strain of kind ${index} takes a level after three looks, and one more every four seconds, up to the last`, () => {
    const { levels } = run(30, { ...calm, ...strain });
    assert.deepEqual([levels[1], levels[3], levels[7], levels[11], levels[15], levels[29]], [0, 1, 2, 3, 4, 4]);
  });
}

test("a calm device is never spared; a moment of strain, or few pictures of which some were dropped, is none", () => {
  assert.equal(run(600, calm).effort.level, 0);
  const moments = Array.from({ length: 300 }, (_, second) => (second % 5 < 2 ? { ...calm, lateMs: 900 } : calm));
  let effort = noEffort(0);
  for (const [second, one] of moments.entries()) effort = nextEffort(effort, 1000 * second, one);
  assert.equal(effort.level, 0);
  assert.equal(run(60, { ...calm, decoded: 2, dropped: 8 }).effort.level, 0);
});

test("levels come back one at a time, after twenty calm seconds each", () => {
  const strained = run(12, { ...calm, busy: 0.9 });
  assert.equal(strained.effort.level, 3);
  const { levels } = run(70, calm, strained.effort, strained.at);
  assert.deepEqual([levels[18], levels[19], levels[38], levels[39], levels[59]], [3, 2, 2, 1, 0]);
});

test("a device that bears two levels less and no more is asked more and more rarely: no flapping", () => {
  const { levels } = run(1800, (level) => ({ ...calm, busy: level < 2 ? 0.9 : 0.3 }));
  const changes = levels.filter((level, index) => index > 0 && level !== levels[index - 1]).length;
  assert.ok(changes <= 2 + 2 * 10, `${changes} changes in half an hour`);
  const last = levels.slice(-600);
  assert.ok(last.filter((level) => level === 2).length > 560, "nearly all of the last ten minutes at the level that it bears");
  const [before] = [run(1800, (level) => ({ ...calm, busy: level < 2 ? 0.9 : 0.3 })).effort];
  assert.equal(run(640, calm, before, 1_800_000).effort.easeMs, 20_000, "and forgiven in the end");
});

/** A page of the roster whose peer tells what the test gives it. */
function page(hid, change = {}) {
  const peer = { proven: true, traffic: null, plans: [], setPlan(plan) { this.plans.push(plan); } };
  return { hid, spk: hid, pid: hid, host: false, seen: true, about: { name: hid, audio: true, video: true, screen: false }, agreed: noAgreement(), peer, ...change };
}

/** Pictures with pages, a clock, and what was sent to whom. */
function bench(...hids) {
  const sent = [];
  let changes = 0;
  const pictures = new Pictures({ send: (hid, message) => void sent.push([hid, message]), onChange: () => changes++ }, 0);
  const pages = hids.map((hid) => page(hid));
  let at = 0;
  const traffic = (more) => ({ sentBytes: 0, encodedFrames: 0, encodeMs: 0, decodedFrames: 0, droppedFrames: 0, availableBps: null, lossPercent: null, rttMs: null, isCpuLimited: false, ...more });
  return {
    pictures, pages, sent,
    get changes() { return changes; },
    run(seconds, more = {}, kind = "camera") {
      for (let half = 0; half < 2 * seconds; half++) {
        at += 500;
        for (const { peer } of pages) peer.traffic = { ...traffic(more), at };
        pictures.tick(at, pages, kind);
      }
    },
  };
}

test("each page is told once how large its picture is shown, and again when that changes; never before its proof", (t) => {
  const { pictures, pages, sent, run } = bench("ana", "ben");
  t.after(() => pictures.stop());
  pages[1].peer.proven = false;
  pictures.setSizes(new Map([["ana", "small"]]));
  run(5);
  assert.deepEqual(sent, [["ana", { k: "picture", want: "small", paused: false }]]);
  pages[1].peer.proven = true;
  pictures.setSizes(new Map([["ana", "small"], ["ben", "off"]]));
  run(5);
  assert.deepEqual(sent.slice(1), [["ben", { k: "picture", want: "off", paused: false }]]);
  assert.equal(mayCome(pages[1].agreed), false, "what was not asked for is not missed");
  assert.equal(pausedBy(pages[1].agreed), "", "and is no pause");
});

test("who saves data sends little, and asks for small pictures of everybody but of screens", (t) => {
  const { pictures, pages, sent, run } = bench("ana", "ben");
  t.after(() => pictures.stop());
  pages[1].about.screen = true;
  run(5);
  const before = pages.map(({ peer }) => peer.plans.at(-1).maxBitrate);
  pictures.setSizes(new Map([["ana", "large"], ["ben", "large"]]), true);
  run(5);
  assert.deepEqual(sent.slice(2), [["ana", { k: "picture", want: "small", paused: false }]]);
  for (const [index, { peer }] of pages.entries()) {
    const plan = peer.plans.at(-1);
    assert.ok(plan.active && plan.maxBitrate <= 200_000 && plan.maxBitrate < before[index] / 2, JSON.stringify(plan));
    assert.ok(plan.lines <= 270, JSON.stringify(plan));
  }
  // A screen that is shown is read by others: nothing is saved there.
  run(5, {}, "screen");
  assert.ok(pages.every(({ peer }) => peer.plans.at(-1).maxBitrate > 500_000));
  pictures.setSizes(new Map([["ana", "large"], ["ben", "large"]]));
  run(30);
  assert.deepEqual(sent.slice(3), [["ana", { k: "picture", want: "large", paused: false }]]);
  assert.deepEqual(pages.map(({ peer }) => peer.plans.at(-1).maxBitrate), before);
});

test("what another page says of pictures counts if it makes sense", (t) => {
  const { pictures, pages: [ana] } = bench("ana");
  t.after(() => pictures.stop());
  assert.equal(pictures.handle(ana, { k: "self" }), false);
  for (const want of ["huge", 7, null, undefined, { size: 1 }, "large "]) {
    assert.equal(pictures.handle(ana, { k: "picture", want, paused: "yes" }), true);
    assert.deepEqual(ana.agreed, noAgreement());
  }
  pictures.handle(ana, { k: "picture", want: "off", paused: true });
  assert.deepEqual([ana.agreed.wanted, pausedBy(ana.agreed), mayCome(ana.agreed)], ["off", "there", false]);
});

test("a picture that pauses is told to its receiver and to its sender", (t) => {
  const { pictures, pages, sent, run } = bench("ana");
  t.after(() => pictures.stop());
  run(30, { lossPercent: 40, sentBytes: 0 });
  assert.deepEqual(sent.map(([, { paused }]) => paused), [false, true]);
  assert.deepEqual(writeNotes(pictures.remarks(pages)).map(({ code }) => code), ["picture-paused"]);
});

test("a device without time shows fewer pictures, those that matter most, says so, and comes back", (t) => {
  const { pictures, pages, sent, run } = bench("ana", "ben", "cy", "dan", "eve");
  t.after(() => pictures.stop());
  pictures.setSizes(new Map([["cy", "large"], ["ana", "small"], ["ben", "small"], ["dan", "small"], ["eve", "small"]]));
  for (let second = 1; second <= 40; second++) run(1, { isCpuLimited: true, encodedFrames: second });
  assert.deepEqual(pages.filter(({ agreed }) => pausedBy(agreed) === "here").map(({ hid }) => hid), ["ben", "dan", "eve"]);
  assert.deepEqual(pages.map(({ agreed }) => agreed.want), ["small", "off", "large", "off", "off"]);
  assert.equal(pages[0].peer.plans.at(-1).maxFramerate, 8);
  assert.deepEqual(writeNotes(pictures.remarks(pages)).map(({ code }) => code), ["device-busy"]);
  for (let second = 41; second <= 160; second++) run(1, { encodedFrames: second });
  assert.ok(pages.every(({ agreed }) => pausedBy(agreed) === ""));
  assert.deepEqual(pictures.remarks(pages), []);
});
