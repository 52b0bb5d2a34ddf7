// What a person likes, talking while muted, and talking while a key is held.

import assert from "node:assert/strict";
import { test } from "node:test";
import { noHabits, parseHabits } from "../app/habits.js";
import { createTalkCounter, mutedTrack } from "../app/nudge.js";
import { holdsToTalk } from "../app/shortcuts.js";
import { initialState, next } from "../app/state.js";

/** @typedef {import("../app/state.js").State} State */

test("what was spoilt is as if nothing had been chosen", () => {
  const chosen = { theme: "dark", cleanSound: false, mirror: false, nudge: false, lowData: true };
  assert.deepEqual(parseHabits(chosen), chosen);
  assert.deepEqual(parseHabits({ ...chosen, theme: "pink", mirror: "no", more: 1 }), { ...chosen, theme: "", mirror: true });
  for (const spoilt of [null, undefined, 7, "", []]) assert.deepEqual(parseHabits(spoilt), noHabits);
});

test("a habit changes alone", () => {
  const state = next(initialState, { type: "habit", change: { theme: "light" } });
  assert.deepEqual(state.habits, { ...noHabits, theme: "light" });
});

test("talk without a pause is told once in a while, a cough is not", () => {
  let told = 0;
  const count = createTalkCounter(() => told++);
  const talk = (/** @type {number} */ from, /** @type {number} */ ms) => {
    for (let at = from; at <= from + ms; at += 100) count(true, at);
    count(false, from + ms + 100);
  };
  talk(0, 1000);
  talk(2000, 1100);
  assert.equal(told, 0);
  talk(5000, 5000);
  assert.equal(told, 1);
  talk(20_000, 5000);
  assert.equal(told, 1);
  talk(70_000, 5000);
  assert.equal(told, 2);
});

test("only an open microphone that is muted in a call is listened to, and only if its person wants that", () => {
  const track = /** @type {MediaStreamTrack} */ ({});
  /** @type {State} */
  const muted = { ...initialState, screen: "call", microphone: { ...initialState.microphone, status: "live", wanted: false, track } };
  assert.equal(mutedTrack(muted), track);
  assert.equal(mutedTrack({ ...muted, screen: "preview" }), null);
  assert.equal(mutedTrack({ ...muted, microphone: { ...muted.microphone, wanted: true } }), null);
  assert.equal(mutedTrack({ ...muted, microphone: { ...muted.microphone, status: "off", track: null } }), null);
  assert.equal(mutedTrack({ ...muted, habits: { ...noHabits, nudge: false } }), null);
});

test("Space holds the microphone open while muted, without a modifier, and where it presses nothing else", () => {
  const press = { key: " ", repeat: false, altKey: false, ctrlKey: false, metaKey: false };
  const microphone = { ...initialState.microphone, status: /** @type {const} */ ("live"), wanted: false };
  assert.equal(holdsToTalk(press, null, { microphone }), true);
  assert.equal(holdsToTalk({ ...press, repeat: true }, null, { microphone }), false);
  assert.equal(holdsToTalk({ ...press, ctrlKey: true }, null, { microphone }), false);
  assert.equal(holdsToTalk({ ...press, key: "m" }, null, { microphone }), false);
  assert.equal(holdsToTalk(press, null, { microphone: { ...microphone, wanted: true } }), false);
  assert.equal(holdsToTalk(press, null, { microphone: { ...microphone, status: "blocked" } }), false);
});
