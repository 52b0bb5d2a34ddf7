// Whether there is a way in: each line of what is asked before anybody waits, with rules as they may stand.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Way } from "../sdk/way.js";

/** @typedef {import("../sdk/knowledge.js").Knowledge} Knowledge */

/** What is known of a room; nothing is given to the person but a link in force. @param {object} [rules] @param {object} [more] */
function known(rules = {}, more = {}) {
  const room = { rules: { removed: [], members: [], door: "open", pw: 0, ...rules }, hostKey: null, named: false, pinned: false, typed: false, onlyPassword: false, invitation: null, password: null, passwordInForce: null, linkInForce: {}, ...more };
  return /** @type {Knowledge} */ (/** @type {unknown} */ (room));
}

/** @param {Knowledge} knowledge @param {boolean} [promised] */
const wayOf = (knowledge, promised = false) => new Way(promised, () => knowledge, () => "me");

/** @param {Way} way @returns {string} */
function refusal(way) {
  try {
    way.check();
    return "";
  } catch (thrown) {
    return /** @type {import("../sdk/errors.js").ParlourError} */ (thrown).code;
  }
}

test("the door decides for whom no right does", () => {
  const of = (/** @type {object} */ rules, /** @type {object} */ more = {}) => refusal(wayOf(known(rules, more)));
  assert.equal(of({}), "");
  assert.equal(of({ door: "knock" }), "");
  assert.equal(of({ door: "invite" }), "not-invited");
  assert.equal(of({ door: "locked" }), "locked");
  assert.equal(of({}, { linkInForce: null }), "link-replaced");
  assert.equal(of({}, { linkInForce: null, named: true }), "");
  assert.equal(of({ pw: 3 }), "needs-password");
  assert.equal(of({ pw: 3 }, { passwordInForce: {} }), "");
  assert.equal(of({ pw: 3, door: "knock" }), "");
});

test("rights: a host's key opens everything, a listed member needs no door, an invitation any but a locked one", () => {
  const locked = { door: "locked", pw: 3 };
  assert.equal(refusal(wayOf(known({ ...locked, removed: ["me"] }, { hostKey: {} }))), "");
  assert.equal(refusal(wayOf(known({ ...locked, members: ["me"] }))), "");
  assert.equal(refusal(wayOf(known({ ...locked, members: ["me"], removed: ["me"] }))), "removed");
  assert.equal(refusal(wayOf(known(locked, { invitation: {} }))), "locked");
  assert.equal(refusal(wayOf(known({ door: "invite", pw: 3 }, { invitation: {} }))), "");
});

test("a link that promises a password lets nobody in without one; at a closed door that is said once", () => {
  assert.equal(refusal(wayOf(known(), true)), "password-promised");
  assert.equal(refusal(wayOf(known({ pw: 3 }), true)), "needs-password");
  assert.equal(refusal(wayOf(known({}, { pinned: true }), true)), "");
  const way = wayOf(known({ door: "knock" }), true);
  assert.deepEqual([refusal(way), refusal(way)], ["door-closed", ""]);
});

test("what was typed is never left out in silence", async () => {
  await assert.rejects(wayOf(known()).take("secret"), { code: "no-password" });
  const knowledge = known({ door: "knock" }, { onlyPassword: true });
  const way = wayOf(knowledge, true);
  await assert.rejects(way.take("secret"), { code: "door-closed" });
  assert.equal(knowledge.typed, true);
  // Now they may knock without it.
  await way.take("");
  assert.equal(knowledge.typed, false);
  Object.assign(knowledge, { onlyPassword: false });
  assert.equal(refusal(way), "");
});

test("a host who holds the password in force is not asked for it again", async () => {
  const password = { pw: 3, S: new Uint8Array(32), sure: true };
  const knowledge = known({ pw: 3 }, { hostKey: {}, password });
  await wayOf(knowledge).take("another");
  assert.equal(knowledge.password, password);
});
