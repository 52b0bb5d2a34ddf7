// A page that grows old loads itself again: when, and what the next one is told. With a clock of our own.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { LAST_MS, OLD_MS, isDue, isQuiet, renewWhenOld, takeNote } from "../app/renewal.js";
import { initialState } from "../app/state.js";

/** @typedef {import("../app/state.js").State} State */

const body = {};
/** @type {{hidden: boolean, activeElement: object, body: object, seen: () => void, addEventListener: (name: string, listener: () => void) => void}} */
const page = { hidden: false, activeElement: body, body, seen: () => {}, addEventListener: (_, listener) => (page.seen = listener) };
/** @type {Map<string, string>} */
const kept = new Map();
Object.assign(globalThis, {
  document: page,
  sessionStorage: { getItem: (/** @type {string} */ key) => kept.get(key) ?? null, setItem: (/** @type {string} */ key, /** @type {string} */ value) => kept.set(key, value), removeItem: (/** @type {string} */ key) => kept.delete(key) },
});

beforeEach(() => {
  kept.clear();
  Object.assign(page, { hidden: false, activeElement: body });
});

const live = /** @type {const} */ ({ status: "live", wanted: true });
/** @param {Partial<State>} change @returns {State} */
const at = (change) => ({ ...initialState, ...change });
const alone = at({ screen: "call", link: "#1abc", microphone: { ...initialState.microphone, ...live, wanted: false }, camera: { ...initialState.camera, ...live } });
const ben = /** @type {State["people"]} */ (/** @type {unknown} */ ([{ id: "ben" }]));

/** @param {() => State} state */
function watched(state) {
  let now = 1_000_000;
  let loads = 0;
  // Its timer must not keep this process.
  const interval = globalThis.setInterval;
  globalThis.setInterval = /** @type {typeof setInterval} */ ((/** @type {[any, number]} */ ...args) => interval(...args).unref());
  const look = renewWhenOld(state, { now: () => now, reload: () => loads++ });
  globalThis.setInterval = interval;
  return { pass: (/** @type {number} */ ms) => void (now += ms), after: (/** @type {number} */ ms) => ((now += ms), look()), get loads() { return loads; } };
}

test("not before 25 days, at once when it is quiet, and when the page is seen again after sleep", () => {
  const clock = watched(() => alone);
  clock.after(OLD_MS - 1);
  assert.equal(clock.loads, 0);
  clock.after(1);
  assert.equal(clock.loads, 1);
  const slept = watched(() => alone);
  page.seen();
  assert.equal(slept.loads, 0);
  slept.pass(OLD_MS);
  page.seen();
  assert.equal(slept.loads, 1);
});

test("not while somebody is there, until 29 days are over: a call has its limits, a certificate too", () => {
  const clock = watched(() => ({ ...alone, people: ben }));
  clock.after(LAST_MS - 1);
  assert.equal(clock.loads, 0);
  clock.after(1);
  assert.equal(clock.loads, 1);
  assert.ok(LAST_MS < 30 * 86_400_000);
});

test("what is quiet: nobody else, nothing under way, no question open, no field being filled in", () => {
  assert.equal(isQuiet(alone), true);
  assert.equal(isQuiet({ ...alone, people: ben }), false);
  assert.equal(isQuiet({ ...alone, dialog: { about: "settings" } }), false);
  assert.equal(isQuiet(at({ screen: "preview", joining: true })), false);
  assert.equal(isQuiet(at({ starting: true })), false);
  assert.equal(isQuiet(at({ screen: "preview" })), true);
  page.activeElement = {};
  assert.equal(isQuiet(at({ screen: "preview" })), false, "somebody types a name");
  page.hidden = true;
  assert.equal(isQuiet(at({ screen: "preview" })), true, "in a tab that nobody sees");
  assert.equal(isDue(OLD_MS, false), false);
});

test("who was in a call is in it again, with what was on, once, and only soon after", () => {
  const real = Date.now;
  try {
    Date.now = () => 1_000_000 + OLD_MS;
    const clock = watched(() => alone);
    clock.after(OLD_MS);
    assert.equal(takeNote("#1other"), null, "another room");
    assert.equal(takeNote("#1abc"), null, "asked once");
    watched(() => alone).after(OLD_MS);
    assert.deepEqual(takeNote("#1abc"), { link: "#1abc", microphone: false, camera: true });
    watched(() => alone).after(OLD_MS);
    Date.now = () => 1_000_000 + OLD_MS + 61_000;
    assert.equal(takeNote("#1abc"), null, "an old note");
    watched(() => at({ screen: "preview", link: "#1abc" })).after(OLD_MS);
    assert.equal(takeNote("#1abc"), null, "nobody was in");
    kept.set("parlour-return", "{");
    assert.equal(takeNote("#1abc"), null);
  } finally {
    Date.now = real;
  }
});
