// Tabs of one browser, with locks that pretend: who is in a room, and the word that a person has moved.

import assert from "node:assert/strict";
import { test } from "node:test";

/** Web Locks as far as sdk/tabs.js uses them. */
const held = new Set();
const locks = {
  async request(/** @type {string} */ name, /** @type {object} */ _, /** @type {() => Promise<void>} */ task) {
    const lock = { name };
    held.add(lock);
    await task();
    held.delete(lock);
  },
  query: async () => ({ held: [...held] }),
};
Object.defineProperty(globalThis, "navigator", { value: { locks }, configurable: true });
const { Presence, otherTabsIn, tellMoved } = await import("../sdk/tabs.js");

const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

test("a tab is found in its room until it leaves, and never finds itself", async () => {
  const one = new Presence("room", "one", () => {});
  const two = new Presence("room", "two", () => {});
  const elsewhere = new Presence("roomy", "three", () => {});
  assert.deepEqual(await otherTabsIn("room", "one"), ["two"]);
  assert.deepEqual((await otherTabsIn("room", "four")).sort(), ["one", "two"]);
  assert.deepEqual(await otherTabsIn("another", "one"), []);
  two.end();
  await turn();
  assert.deepEqual(await otherTabsIn("room", "one"), []);
  one.end();
  elsewhere.end();
  await turn();
  assert.equal(held.size, 0);
});

test("a tab that is loaded again in the room does not wait for itself, and is not asked about itself", async () => {
  const before = new Presence("room", "one", () => {});
  const after = new Presence("room", "one", () => {});
  assert.deepEqual(await otherTabsIn("room", "one"), []);
  assert.deepEqual(await otherTabsIn("room", "two"), ["one", "one"]);
  before.end();
  after.end();
  await turn();
});

test("only the tab that is meant, in the room that is meant, hears that it was moved; and not after it left", async () => {
  /** @type {string[]} */
  const moved = [];
  const all = [["room", "one"], ["room", "two"], ["other", "one"]].map(([room = "", tab = ""]) => new Presence(room, tab, () => moved.push(`${room} ${tab}`)));
  tellMoved("room", "one");
  await turn();
  assert.deepEqual(moved, ["room one"]);
  for (const presence of all) presence.end();
  tellMoved("room", "two");
  await turn();
  assert.deepEqual(moved, ["room one"]);
});

test("a browser without locks, or one that hides them, believes to be alone", async () => {
  const { navigator } = globalThis;
  for (const value of [{}, { locks: { query: async () => { throw new DOMException("", "SecurityError"); } } }]) {
    Object.defineProperty(globalThis, "navigator", { value, configurable: true });
    assert.deepEqual(await otherTabsIn("room", "one"), []);
  }
  Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
  new Presence("room", "one", () => assert.fail("nobody told it")).end();
  Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
});
