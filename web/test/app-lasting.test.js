// How long a room lasts, on the page: what is said before the end, and that a device forgets.

import assert from "node:assert/strict";
import { mock, test } from "node:test";
import "./fakes/english.js";
import { BEFORE_MS, announceEnd } from "../app/ending.js";
import { noHouse } from "../app/house.js";
import { forgetPreferences, parsePreferences, readPreferences, writePreferences } from "../app/preferences.js";
import { initialState, next } from "../app/state.js";

/** @typedef {import("../app/state.js").State} State */
/** @typedef {import("../app/state.js").PageEvent} PageEvent */

const rules = { door: /** @type {const} */ ("open"), password: false, keepsPassword: false, cap: 8, offRecord: true, keptUntil: null };

/** A store whose state is put there by hand. */
function pretend() {
  /** @type {State} */
  let state = initialState;
  /** @type {((state: State) => void)[]} */
  const listeners = [];
  const store = {
    state: () => state,
    dispatch: (/** @type {PageEvent} */ event) => { state = next(state, event); },
    subscribe: (/** @type {(state: State) => void} */ listener) => { listeners.push(listener); },
  };
  announceEnd(store);
  return {
    said: () => state.toasts.map(({ text }) => text),
    /** @param {number | null} ends @param {State["screen"]} [screen] */
    set(ends, screen = "call") {
      state = { ...state, screen, house: { ...noHouse, rules: { ...rules, ends } } };
      for (const listener of listeners) listener(state);
    },
  };
}

test("the end is said five minutes before, once, and again if it is moved; not to who is not in", (context) => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.UTC(2026, 4, 17, 12) });
  context.after(() => mock.timers.reset());
  const hour = 3_600_000;
  const page = pretend();
  page.set(Date.now() + hour);
  mock.timers.tick(hour - BEFORE_MS - 1);
  assert.deepEqual(page.said(), []);
  mock.timers.tick(1);
  assert.equal(page.said().length, 1);
  assert.match(page.said()[0] ?? "", /^The meeting ends by itself at \d\d:\d\d, in 5 minutes\.$/);
  page.set(Date.now() + BEFORE_MS);
  mock.timers.tick(30_000);
  assert.deepEqual(page.said(), [], "not for ever, and not twice");
  page.set(Date.now() + 2 * 60_000);
  mock.timers.tick(0);
  assert.match(page.said()[0] ?? "", /in 2 minutes\.$/, "moved: said at once");
  mock.timers.tick(30_000);
  page.set(Date.now() + hour);
  page.set(null);
  mock.timers.tick(2 * hour);
  page.set(Date.now() + 30_000);
  page.set(Date.now() + hour, "preview");
  mock.timers.tick(2 * hour);
  page.set(Date.now() + 400 * 24 * hour);
  mock.timers.tick(24 * hour);
  assert.deepEqual(page.said(), [], "taken away, just set, not in, far away");
});

test("a device that forgets keeps nothing of what its person chose, and is not written again for it", () => {
  /** @type {Map<string, string>} */
  const kept = new Map();
  const before = globalThis.localStorage;
  Object.defineProperty(globalThis, "localStorage", { configurable: true, value: {
    getItem: (/** @type {string} */ key) => kept.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void kept.set(key, value),
    removeItem: (/** @type {string} */ key) => void kept.delete(key),
  } });
  try {
    const ada = next(initialState, { type: "named", name: "Ada" });
    writePreferences(ada);
    assert.equal(readPreferences().name, "Ada");
    const nobody = next(ada, { type: "remembered", preferences: parsePreferences(null) });
    assert.equal(forgetPreferences(), true);
    writePreferences(nobody);
    assert.equal(kept.size, 0);
    writePreferences(next(nobody, { type: "named", name: "Ben" }));
    assert.equal(readPreferences().name, "Ben");
  } finally {
    Object.defineProperty(globalThis, "localStorage", { configurable: true, value: before });
  }
});
