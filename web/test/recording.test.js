// A recording while everybody agrees: who may be in the file at each moment, over simulated time, also among pages that lie; and
// off the record nothing of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ANSWER_MS, CONSENT_MS } from "../sdk/consents.js";
import { AGAIN_MS } from "../sdk/recording.js";
import { opens, starts, until } from "./fakes/meetings.js";
import { Bench } from "./fakes/recordings.js";

/** Ana records Ben and Cy. */
function recorded() {
  const bench = new Bench("ana", "ben", "cy");
  bench.asks("ana");
  bench.answers("ben", true);
  bench.answers("cy", true);
  assert.equal(bench.state("ana"), "on");
  return bench;
}

test("everybody is asked by name, and it begins with the last yes", () => {
  const bench = new Bench("ana", "ben", "cy");
  bench.asks("ana");
  assert.deepEqual(["ana", "ben", "cy"].map((name) => bench.state(name)), ["asking", "asking", "asking"]);
  assert.deepEqual([bench.shown("ben").name, bench.shown("ben").own, bench.shown("ben").answer], ["Ana", false, "none"]);
  bench.answers("ben", true);
  assert.deepEqual([bench.state("ana"), bench.shown("ana").waits, bench.shown("ana").people], ["asking", ["Cy"], []]);
  bench.after(20_000);
  bench.answers("cy", true);
  assert.deepEqual(["ana", "ben", "cy"].map((name) => bench.state(name)), ["on", "on", "on"]);
  assert.deepEqual(bench.shown("ana").people, ["ben", "cy"]);
  assert.deepEqual(bench.shown("ben").people, [], "who does not record has no list");
  bench.after(3_600_000);
  assert.deepEqual([bench.state("ana"), bench.shown("ana").people], ["on", ["ben", "cy"]]);
  assert.deepEqual(bench.pages.get("ben").log, ["Ana began to record."]);
  bench.of("ana").stop();
  bench.settle();
  assert.deepEqual(["ana", "ben", "cy"].map((name) => bench.state(name)), ["none", "none", "none"]);
  assert.deepEqual(bench.pages.get("ana").over, [{ own: true, began: true, why: "stopped", name: "" }]);
  assert.deepEqual(bench.pages.get("ben").over, [{ own: false, began: true, why: "over", name: "Ana" }]);
  assert.deepEqual(bench.pages.get("cy").log, ["Ana began to record.", "The recording of Ana ended."]);
  bench.asks("ana");
  assert.deepEqual(bench.shown("ben").answer, "none", "a yes to one is no yes to the next");
});

test("who decides late, after the question was put many times, is recorded from then on", () => {
  const bench = new Bench("ana", "ben");
  bench.asks("ana");
  bench.after(ANSWER_MS - 5_000);
  assert.equal(bench.state("ana"), "asking");
  bench.answers("ben", true);
  assert.equal(bench.state("ana"), "on");
});

test("one no before it begins: nothing is recorded, and nobody is asked by that person for five minutes", () => {
  const bench = new Bench("ana", "ben", "cy");
  bench.asks("ana");
  bench.answers("ben", true);
  bench.answers("cy", false);
  assert.deepEqual(["ana", "ben", "cy"].map((name) => bench.state(name)), ["none", "none", "none"]);
  assert.deepEqual(bench.pages.get("ana").over, [{ own: true, began: false, why: "no", name: "" }]);
  assert.deepEqual(bench.pages.get("ben").over, [{ own: false, began: false, why: "over", name: "Ana" }]);
  assert.deepEqual(bench.pages.get("cy").over, [], "who said no knows");
  assert.throws(() => bench.of("ana").ask(), { code: "recording-later" });
  bench.after(AGAIN_MS - 1_000);
  assert.throws(() => bench.of("ana").ask(), { code: "recording-later" });
  bench.after(1_000);
  bench.asks("ana");
  assert.deepEqual([bench.state("cy"), bench.shown("cy").answer], ["asking", "none"]);
});

test("a reload does not shorten the five minutes: the other pages remember the person", () => {
  const bench = new Bench("ana", "ben");
  bench.asks("ana");
  bench.answers("ben", false);
  bench.goes("ana");
  bench.comes("ana2");
  bench.after(60_000);
  bench.asks("ana2");
  assert.equal(bench.state("ben"), "none");
  assert.deepEqual([bench.pages.get("ana2").over.map(({ why }) => why), bench.pages.get("ben").over], [["no"], []]);
});

test("to ask and to take it back, over and over, is heard once in five minutes", () => {
  const bench = new Bench("ana", "ben");
  let shown = 0;
  for (let i = 0; i < 50; i++) {
    const id = String(i).padStart(22, "x");
    bench.says("ana", "ben", { k: "recording", id, n: 1, state: "asking" });
    if (bench.shown("ben").answer === "none" && bench.state("ben") === "asking") shown += 1;
    bench.says("ana", "ben", { k: "recording", id, n: 2, state: "over" });
  }
  assert.equal(shown, 1);
});

test("silence for a minute is a no", () => {
  const bench = new Bench("ana", "ben", "cy");
  bench.asks("ana");
  bench.answers("ben", true);
  bench.after(ANSWER_MS + 1_000);
  assert.deepEqual(["ana", "ben", "cy"].map((name) => bench.state(name)), ["none", "none", "none"]);
  assert.deepEqual(bench.pages.get("ana").over.map(({ why, began }) => [why, began]), [["silent", false]]);
});

test("a yes that is taken back ends it at once", () => {
  const bench = recorded();
  bench.answers("ben", false);
  assert.deepEqual(["ana", "ben", "cy"].map((name) => bench.state(name)), ["none", "none", "none"]);
  assert.deepEqual(bench.pages.get("ana").over, [{ own: true, began: true, why: "no", name: "" }]);
});

test("who comes in pauses it and is in nothing before a yes; a no ends it", () => {
  const bench = recorded();
  bench.comes("dora");
  assert.deepEqual([bench.state("ana"), bench.shown("ana").people, bench.shown("ana").waits], ["paused", [], ["Dora"]], "before any message has gone anywhere");
  bench.settle();
  assert.deepEqual(["ben", "dora"].map((name) => bench.state(name)), ["paused", "paused"]);
  assert.equal(bench.shown("dora").answer, "none");
  bench.after(10_000);
  assert.equal(bench.state("ana"), "paused");
  bench.answers("dora", true);
  assert.deepEqual([bench.state("ana"), bench.shown("ana").people], ["on", ["ben", "cy", "dora"]]);
  bench.comes("eve");
  bench.settle();
  bench.answers("eve", false);
  assert.deepEqual([bench.state("ana"), bench.pages.get("ana").over.map(({ why, began }) => [why, began])], ["none", [["no", true]]]);
});

test("a further page of somebody who agreed has agreed to nothing", () => {
  const bench = recorded();
  bench.comes("ben2");
  assert.deepEqual([bench.state("ana"), bench.shown("ana").people], ["paused", []]);
  bench.settle();
  bench.after(20_000);
  assert.equal(bench.state("ana"), "paused");
  bench.goes("ben");
  bench.after(1_000);
  assert.equal(bench.state("ana"), "paused", "the page that goes takes its yes along");
  bench.answers("ben2", true);
  assert.deepEqual([bench.state("ana"), bench.shown("ana").people], ["on", ["cy", "ben"]]);
});

test("who leaves ends nothing; whoever records ends it by leaving", () => {
  const bench = recorded();
  bench.goes("cy");
  bench.after(1_000);
  assert.deepEqual([bench.state("ana"), bench.shown("ana").people], ["on", ["ben"]]);
  bench.goes("ana");
  assert.deepEqual([bench.state("ben"), bench.pages.get("ben").over.length], ["none", 1]);
});

test("a page that is not heard any more pauses it within eight seconds, and a minute later it ends", () => {
  const bench = recorded();
  bench.cut.add("ben ana").add("ana ben");
  bench.after(CONSENT_MS + 1_000);
  assert.deepEqual([bench.state("ana"), bench.shown("ana").people, bench.shown("ana").waits], ["paused", [], ["Ben"]]);
  assert.equal(bench.state("cy"), "paused");
  bench.cut.clear();
  bench.after(2_000);
  assert.equal(bench.state("ana"), "on", "Ben's page agrees again by itself: its person has not changed their mind");
  bench.cut.add("ben ana");
  bench.after(CONSENT_MS + ANSWER_MS + 2_000);
  assert.deepEqual([bench.state("ana"), bench.pages.get("ana").over.map(({ why }) => why)], ["none", ["silent"]]);
});

test("a no that was said during a gap is heard before anything is recorded again", () => {
  const bench = recorded();
  bench.cut.add("ben ana");
  bench.after(CONSENT_MS + 5_000);
  bench.answers("ben", false);
  bench.cut.clear();
  const states = [];
  const { recording } = bench.pages.get("ana");
  const handle = recording.handle.bind(recording);
  recording.handle = (...args) => {
    const was = handle(...args);
    states.push(recording.shown.state);
    return was;
  };
  bench.settle();
  bench.after(3_000);
  assert.ok(states.length > 0 && !states.includes("on"), states.join());
  assert.equal(bench.state("ana"), "none");
});

test("a device that slept records nothing on what was said before, and neither does one whose clock is set back", () => {
  const bench = recorded();
  bench.now += 3_600_000;
  assert.deepEqual(bench.shown("ana").people, []);
  bench.of("ana").handleTick();
  assert.equal(bench.state("ana"), "paused");
  bench.settle();
  assert.equal(bench.state("ana"), "on");
  bench.now -= 7_200_000;
  assert.deepEqual(bench.shown("ana").people, []);
  bench.of("ana").handleTick();
  assert.equal(bench.state("ana"), "paused");
  bench.after(2_000);
  assert.equal(bench.state("ana"), "on");
});

test("two who ask at once: the same one gives way at each page, whoever is heard first", () => {
  for (const order of ["ana first", "ben first", "crossing"]) {
    const bench = new Bench("cy");
    bench.comes("ana", () => "A".repeat(22));
    bench.comes("ben", () => "B".repeat(22));
    for (const name of order === "ben first" ? ["ben", "ana"] : ["ana", "ben"]) {
      bench.of(name).ask();
      if (order !== "crossing") bench.pages.get("cy").recording.handle(name, { spk: name, name }, { k: "recording", id: name[0].toUpperCase().repeat(22), n: 1, state: "asking" });
    }
    bench.settle();
    assert.deepEqual(["ana", "ben", "cy"].map((name) => [bench.state(name), bench.shown(name).own, bench.shown(name).by]),
      [["asking", true, ""], ["asking", false, "ana"], ["asking", false, "ana"]], order);
    assert.deepEqual(bench.pages.get("ben").over, [{ own: true, began: false, why: "busy", name: "" }]);
    bench.answers("ben", true);
    bench.answers("cy", true);
    assert.equal(bench.state("ana"), "on", order);
    bench.of("ana").stop();
    bench.settle();
    bench.asks("ben");
    assert.equal(bench.state("ben"), "asking", "who gave way may ask");
  }
});

test("who asks before having heard of one that goes on gives way, whatever the ids", () => {
  const bench = recorded();
  bench.comes("dora", () => "0".repeat(22));
  bench.of("dora").ask();
  bench.settle();
  assert.deepEqual([bench.state("ana"), bench.shown("dora").own, bench.state("dora"), bench.shown("ben").by], ["paused", false, "paused", "ana"]);
  assert.throws(() => bench.of("ben").ask(), { code: "recording-busy" });
});

test("two recordings that meet: one ends, with its file, and the other waits for everybody", () => {
  const bench = new Bench("ana");
  bench.asks("ana");
  assert.equal(bench.state("ana"), "on", "alone there is nobody to be asked");
  const far = new Bench("far");
  far.comes("ben", () => "a".repeat(22));
  far.goes("far");
  far.asks("ben");
  const ben = far.pages.get("ben");
  assert.equal(ben.recording.shown.state, "on");
  // Each hears of the other's as of one that goes on; ids begin with A and with a.
  bench.comes("ben");
  bench.says("ben", "ana", { k: "recording", id: "a".repeat(22), n: 1, state: "paused" });
  assert.deepEqual([bench.shown("ana").own, bench.state("ana")], [true, "paused"]);
  ben.recording.handle("ana", { spk: "ana", name: "Ana" }, { k: "recording", id: `${"A".repeat(20)}1A`, n: 1, state: "paused" });
  assert.deepEqual([ben.recording.shown.own, ben.recording.shown.by, ben.over], [false, "ana", [{ own: true, began: true, why: "busy", name: "" }]]);
});

test("nobody agrees for another, ahead, or a second time with the same words", () => {
  const bench = new Bench("ana", "ben", "cy");
  for (const id of ["A".repeat(22), `${"A".repeat(20)}1A`]) bench.says("ben", "ana", { k: "recording-answer", id, n: 1, yes: true });
  bench.asks("ana");
  const [{ id }] = bench.pages.get("ben").heard;
  bench.answers("ben", true);
  // Ben's page may say it as often as it likes, in Cy's name as well: it speaks for itself.
  for (const more of [{}, { who: "cy" }, { spk: "cy" }, { hid: "cy" }]) bench.says("ben", "ana", { k: "recording-answer", id, n: 1, yes: true, ...more });
  assert.deepEqual([bench.state("ana"), bench.shown("ana").waits], ["asking", ["Cy"]]);
  // Questions that were never put; and what is no answer.
  for (const n of [2, 3, 1000]) bench.says("cy", "ana", { k: "recording-answer", id, n, yes: true });
  for (const yes of [1, "yes", null, undefined, {}]) bench.says("cy", "ana", { k: "recording-answer", id, n: 1, yes });
  // To another recording, and by a page that nobody knows here: on the porch, or gone.
  bench.says("cy", "ana", { k: "recording-answer", id: "B".repeat(22), n: 1, yes: true });
  bench.of("ana").handle("porch", { spk: "cy", name: "Cy" }, { k: "recording-answer", id, n: 1, yes: true });
  bench.of("ana").handle("porch", { spk: "cy", name: "Cy" }, { k: "recording-answer", id, n: 1, yes: false });
  assert.deepEqual([bench.state("ana"), bench.shown("ana").people], ["asking", []]);
  bench.answers("cy", true);
  assert.equal(bench.state("ana"), "on");
  // The old words again, when they would be needed: the way from Cy is cut, and somebody repeats what was said.
  const said = bench.pages.get("ana").heard.filter(({ k, yes }) => k === "recording-answer" && yes);
  assert.ok(said.length >= 2);
  bench.cut.add("cy ana");
  bench.after(CONSENT_MS + 1_000);
  assert.equal(bench.state("ana"), "paused");
  for (const message of said) bench.says("cy", "ana", message);
  assert.deepEqual([bench.state("ana"), bench.shown("ana").people], ["paused", []]);
});

test("nonsense is dropped, and a flood of it moves nothing", () => {
  const bench = recorded();
  const [{ id }] = bench.pages.get("ben").heard;
  for (const message of [
    { k: "recording" }, { k: "recording", id: 7, n: 1, state: "asking" }, { k: "recording", id: "short", n: 1, state: "asking" },
    { k: "recording", id: "é".repeat(22), n: 1, state: "on" }, { k: "recording", id: "B".repeat(22), n: 1, state: "paused?" },
    { k: "recording", id: "B".repeat(22), n: 1.5, state: "on" }, { k: "recording", id: "B".repeat(22), n: 0, state: "on" },
    { k: "recording", id: "B".repeat(22), n: 2 ** 40, state: "on" }, { k: "recording-answer", id, n: "1", yes: false },
  ]) {
    for (const name of ["ana", "cy"]) assert.equal(bench.of(name).handle("ben", { spk: "ben", name: "Ben" }, message), true);
  }
  assert.equal(bench.of("ana").handle("ben", { spk: "ben", name: "Ben" }, { k: "ask-mute" }), false, "other messages are others'");
  assert.deepEqual([bench.state("ana"), bench.shown("cy").by], ["on", "ana"]);
  // Over, told by somebody who does not record.
  bench.says("ben", "cy", { k: "recording", id, n: 9, state: "over" });
  assert.equal(bench.state("cy"), "on");
  for (let i = 0; i < 5_000; i++) bench.says("ben", "cy", { k: "recording", id: String(i).padStart(22, "z"), n: 1, state: "asking" });
  assert.equal(bench.shown("cy").by, "ana");
  bench.after(20_000);
  assert.deepEqual([bench.state("ana"), bench.state("cy")], ["on", "on"]);
});

test("a page that says it records is shown to record, whatever this person has said", () => {
  const bench = new Bench("ana", "ben");
  bench.asks("ana");
  const [{ id }] = bench.pages.get("ben").heard;
  bench.of("ben").answer(false);
  bench.says("ana", "ben", { k: "recording", id, n: 2, state: "on" });
  assert.deepEqual([bench.state("ben"), bench.shown("ben").answer], ["on", "no"]);
});

const connected = (...people) => until("all met", () => people.every((one) => one.people.length === people.length - 1 && one.people.every(({ link }) => link === "connected")));

test("in a standard room, from the public door: asked, agreed, and whoever comes in pauses it", async () => {
  const ana = await starts({ offRecord: false });
  await ana.join({ name: "Ana" });
  const ben = await opens(ana.link);
  await ben.join({ name: "Ben" });
  await connected(ana, ben);
  assert.throws(() => ben.answerRecording(true), { code: "no-recording" });
  ana.askToRecord();
  await until("Ben is asked", () => ben.recording.state === "asking" && ben.recording.name === "Ana");
  ben.answerRecording(true);
  await until("it is on", () => [ana, ben].every(({ recording }) => recording.state === "on"));
  assert.deepEqual(ana.recording.people, [ben.me.id]);
  const cy = await opens(ana.link);
  /** @type {string[]} */
  const wrong = [];
  ana.addEventListener("change", () => {
    if (ana.people.some(({ name }) => name === "Cy") && ana.recording.state === "on" && cy.recording?.answer !== "yes") wrong.push(ana.recording.state);
  });
  await cy.join({ name: "Cy" });
  await connected(ana, ben, cy);
  await until("it waits for Cy", () => cy.recording.state === "paused" && ana.recording.waits.join() === "Cy");
  cy.answerRecording(true);
  await until("it goes on", () => [ana, ben, cy].every(({ recording }) => recording.state === "on"));
  assert.deepEqual(wrong, [], "Cy is seen and nothing is recorded before the yes");
  const over = new Promise((resolve) => ana.addEventListener("recording-over", ({ detail }) => resolve(detail)));
  ben.answerRecording(false);
  assert.deepEqual(await over, { own: true, began: true, why: "no", name: "" });
  await until("everybody knows", () => [ana, ben, cy].every(({ recording }) => recording.state === "none"));
});

test("off the record nobody can ask, be asked or answer, whatever another page says", async () => {
  const ana = await starts();
  await ana.join({ name: "Ana" });
  const ben = await opens(ana.link);
  await ben.join({ name: "Ben" });
  await connected(ana, ben);
  assert.deepEqual([ana.recording, ben.recording], [null, null]);
  for (const act of [() => ana.askToRecord(), () => ana.answerRecording(true), () => ana.stopRecording()]) assert.throws(act, { code: "recording-off" });
});
