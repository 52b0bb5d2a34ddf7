// Asking somebody to mute: a host asks, everybody reads of it, the person decides, and nothing else can be made of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Muting } from "../sdk/muting.js";
import { opens, starts, until } from "./fakes/meetings.js";
import { makeTrack } from "./fakes/rtc.js";

const logOf = (/** @type {{log: readonly {code: string, text: string}[]}} */ { log }) => log.filter(({ code }) => code === "mute").map(({ text }) => text).join("|");

test("the one who is asked hears it, everybody reads it, and nothing is switched", async () => {
  const ana = await starts();
  await ana.join({ name: "Ana", audio: makeTrack("audio") });
  const ben = await opens(ana.link);
  await ben.join({ name: "Ben", audio: makeTrack("audio") });
  const cy = await opens(ana.link);
  await cy.join({ name: "Cy" });
  const people = [ana, ben, cy];
  for (const one of people) await until("all met", () => one.people.length === 2 && one.people.every(({ link }) => link === "connected"));
  /** @type {unknown[]} */
  const asked = [];
  for (const one of people) one.addEventListener("mute-asked", ({ detail }) => asked.push([one.me.name, detail.by === ana.me.id, detail.name]));

  assert.throws(() => ben.askToMute(ana.me.id), { code: "not-host" });
  assert.throws(() => ana.askToMute("nobody"), { code: "no-such-participant" });
  ana.askToMute(ben.me.id);
  await until("everybody reads it", () => people.every((one) => logOf(one) !== ""));
  assert.deepEqual(people.map(logOf), ["You asked Ben to mute.", "Ana asked you to mute.", "Ana asked Ben to mute."]);
  assert.deepEqual(asked, [["Ben", true, "Ana"]]);
  assert.equal(ben.me.audio, true, "Ben decides");

  ben.setAudio(null);
  await until("Ben is muted", () => ana.people.some(({ name, audio }) => name === "Ben" && !audio));
  ana.askToMute(ben.me.id);
  assert.equal(logOf(ana), "You asked Ben to mute.", "nobody is asked who is muted");
});

/** Three people without a network: Ana, this page's person, Cy. @param {Partial<ConstructorParameters<typeof Muting>[0]>} change */
function bench(change = {}) {
  const heard = { asked: /** @type {string[]} */ ([]), log: /** @type {string[]} */ ([]), sent: /** @type {unknown[]} */ ([]), now: 0 };
  const muting = new Muting({
    spk: "me",
    isHost: () => true,
    isSpeaking: () => true,
    people: () => [{ id: "ana", name: "Ana", audio: true }, { id: "cy", name: "", audio: true }],
    pages: () => [{ hid: "ana-1" }, { hid: "cy-1" }],
    send: (hid, message) => Boolean(heard.sent.push([hid, message])),
    awake: () => heard.now,
    ...change,
  }, { onAsked: (by) => heard.asked.push(by), onLog: (text) => heard.log.push(text) });
  return { muting, heard };
}
const ana = Object.freeze({ spk: "ana", host: true, name: "Ana" });

test("only a host is heard, and only about somebody who is here", () => {
  const { muting, heard } = bench();
  assert.equal(muting.handle({ ...ana, host: false }, { k: "ask-mute", who: "me" }), true);
  for (const who of ["gone", 7, null, undefined, ["me"]]) assert.equal(muting.handle(ana, { k: "ask-mute", who }), true);
  assert.deepEqual([heard.asked, heard.log], [[], []]);
  assert.equal(muting.handle(ana, { k: "link" }), false, "other messages are others'");
  muting.handle(ana, { k: "ask-mute", who: "me" });
  muting.handle(ana, { k: "ask-mute", who: "cy" });
  assert.deepEqual([heard.asked, heard.log], [["ana"], ["Ana asked you to mute.", "Ana asked somebody to mute."]]);
});

test("who is muted is not asked, though it is in the list", () => {
  const { muting, heard } = bench({ isSpeaking: () => false });
  muting.handle(ana, { k: "ask-mute", who: "me" });
  assert.deepEqual([heard.asked, heard.log], [[], ["Ana asked you to mute."]]);
});

test("a host who asks without end is heard twelve times, then once in five seconds", () => {
  const { muting, heard } = bench();
  for (let i = 0; i < 1000; i++) muting.handle(ana, { k: "ask-mute", who: "me" });
  assert.deepEqual([heard.asked.length, heard.log.length], [12, 12]);
  heard.now += 10_000;
  for (let i = 0; i < 1000; i++) muting.handle(ana, { k: "ask-mute", who: "me" });
  assert.equal(heard.asked.length, 14);
});

test("one's own asking is bounded, and goes to every page", () => {
  const { muting, heard } = bench();
  for (let i = 0; i < 6; i++) muting.ask("ana");
  assert.throws(() => muting.ask("ana"), { code: "too-fast" });
  assert.equal(heard.sent.length, 12);
  assert.deepEqual(heard.sent.slice(0, 2), [["ana-1", { k: "ask-mute", who: "ana" }], ["cy-1", { k: "ask-mute", who: "ana" }]]);
});
