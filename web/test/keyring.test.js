// Which content key is written with (docs/seal-notes-content.md): none that somebody held who was shut out.

import assert from "node:assert/strict";
import { test } from "node:test";
import { keyNumber } from "../sdk/seal/blob.js";
import { Keyring } from "../sdk/seal/keyring.js";

const key = (n) => new Uint8Array(32).fill(n);
const rules = (change = {}) => ({ door: "open", pw: 0, removed: [], members: [], link: { n: 1, id: "a" }, ...change });
/** As much of a Rulebook as is looked at. Digests are of a name. */
const book = (standing, ...names) => ({ rules: standing, states: names.map((name) => ({ digest: digest(name) })), digests: names });
const digest = (name) => new Uint8Array(32).fill(name.charCodeAt(0));
const numberOf = (name) => keyNumber(digest(name));
const current = (ring) => ring.current?.key[0] ?? null;

test("whoever makes a room makes its first key; whoever comes writes with what members write with", () => {
  const made = new Keyring();
  made.first(book(rules(), "a"));
  assert.equal(made.current?.j, numberOf("a"));
  const came = new Keyring();
  came.follow(book(rules(), "b"));
  assert.equal(came.current, null);
  assert.ok(came.take(5, key(1), false));
  assert.equal(came.current, null, "for reading alone");
  assert.ok(came.take(6, key(2), true));
  assert.equal(current(came), 2);
  assert.ok(!came.take(6, key(2), true), "no news");
  assert.equal(came.of(5).length, 1);
});

test("what shuts nobody out needs no other key", () => {
  const ring = new Keyring();
  ring.first(book(rules(), "a"));
  const before = ring.current;
  ring.follow(book(rules({ members: ["x"] }), "b"));
  ring.follow(book(rules({ members: ["x"], pw: 0 }), "c"));
  assert.equal(ring.current, before);
});

for (const [what, change] of /** @type {const} */ ([
  ["removal", { removed: ["x"] }], ["closed door", { door: "knock" }], ["new password", { pw: 65537 }], ["new link", { link: { n: 2, id: "b" } }],
])) {
  test(`${what}: written is with nothing but a key for these rules that comes after them`, () => {
    const ring = new Keyring();
    ring.follow(book(rules(), "a"));
    ring.take(numberOf("a"), key(1), true);
    // Whoever is about to be shut out has guessed the rules to come and sent a key for them.
    ring.take(numberOf("b"), key(66), true);
    ring.follow(book(rules(change), "b"));
    assert.equal(ring.current, null);
    ring.take(numberOf("a"), key(1), true);
    ring.take(7, key(7), true);
    assert.equal(ring.current, null, "the word of somebody who has not heard of it");
    ring.take(numberOf("b"), key(2), true);
    assert.equal(current(ring), 2);
    assert.equal(ring.of(numberOf("a")).length, 1, "what was kept before is read all the same");
  });
}

test("several states: nothing is written until one stands, and then with a key for that one", () => {
  const ring = new Keyring();
  ring.first(book(rules(), "a"));
  ring.follow(book(rules(), "a", "b"));
  assert.equal(ring.current, null);
  assert.equal(Keyring.numberOf(/** @type {any} */ (book(rules(), "a", "b"))), null);
  ring.follow(book(rules(), "c"));
  assert.equal(ring.current, null);
  ring.take(numberOf("c"), key(3), true);
  assert.equal(current(ring), 3);
});

test("a reload knows what it knew: rules that came meanwhile count", () => {
  const before = new Keyring();
  before.first(book(rules(), "a"));
  const after = new Keyring();
  after.recall(structuredClone(before.kept));
  after.follow(book(rules(), "a"));
  assert.deepEqual(after.current?.key, before.current?.key);
  const later = new Keyring();
  later.recall(structuredClone(before.kept));
  later.follow(book(rules({ removed: ["x"] }), "d"));
  assert.equal(later.current, null);
  assert.equal(later.all.length, 1);
});

test("no member fills it: four keys of a number, 64 in all, and the one in use stays", () => {
  const ring = new Keyring();
  ring.follow(book(rules(), "a"));
  ring.take(1, key(1), true);
  for (let n = 0; n < 300; n++) ring.take(n % 10, key(n), false);
  assert.ok([...Array(10).keys()].every((j) => ring.of(j).length <= 4));
  for (let n = 0; n < 300; n++) ring.take(1000 + n, key(n % 250), false);
  assert.equal(ring.all.length, 64);
  assert.equal(current(ring), 1);
  assert.ok(!ring.take(1, new Uint8Array(31), true), "no key");
});
