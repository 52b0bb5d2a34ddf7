// Whether there is a place for this page: who waits hears why not and may try again, for who is in it is over.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ParlourError } from "../sdk/errors.js";
import { Place } from "../sdk/place.js";

/** A place in a room; what is told of it comes into `told`. @param {{isEntering?: boolean, end?: string | null, refusal?: string, reached?: number, provenPw?: number, rules?: object, more?: object}} [of] */
function placed({ isEntering = false, end = null, refusal = "", reached = 0, provenPw = 0, rules = { door: "open", pw: 1 }, more = {} } = {}) {
  /** @type {string[]} */
  const told = [];
  const state = { isEntering, end, refusal, knowledge: { rules, named: false, pinned: false, onlyPassword: false, invitation: null, password: {}, passwordInForce: {}, endFor: () => state.end, ...more } };
  const parts = {
    way: { check: () => void (state.refusal && fail(state.refusal)) },
    knowledge: state.knowledge, spk: "me",
    mesh: { reached: Array.from({ length: reached }), provenPw },
    stay: { get isEntering() { return state.isEntering; }, giveUp: (/** @type {ParlourError} */ { code }) => told.push(`gives up: ${code}`) },
  };
  const place = new Place(/** @type {import("../sdk/place.js").PlaceParts} */ (/** @type {unknown} */ (parts)), { onPorch: () => told.push("porch"), onEnd: (code) => told.push(`ends: ${code}`) });
  return { place, told, state };
}

/** @param {string} code */
function fail(code) {
  throw new ParlourError(code);
}

test("who was removed hears it inside, and is refused for good at the door", () => {
  for (const [isEntering, words] of /** @type {const} */ ([[false, "ends: removed"], [true, "gives up: refused-for-good"]])) {
    const { place, told } = placed({ isEntering, end: "removed" });
    place.handleRules();
    assert.deepEqual(told, [words]);
  }
});

test("a set end comes by the clock", () => {
  const { place, told, state } = placed();
  place.handleTick();
  assert.deepEqual(told, []);
  state.end = "room-over";
  place.handleTick();
  assert.deepEqual(told, ["ends: room-over"]);
});

test("who waits goes on waiting only if there is a way in", () => {
  const open = placed({ isEntering: true });
  open.place.handlePorch();
  open.place.handleRules();
  assert.deepEqual(open.told, ["porch"]);
  const shut = placed({ isEntering: true, refusal: "locked" });
  shut.place.handlePorch();
  shut.place.handleRules();
  assert.deepEqual(shut.told, ["gives up: locked", "gives up: locked"]);
  const inside = placed({ refusal: "locked" });
  inside.place.handlePorch();
  assert.deepEqual(inside.told, [], "who is in waits for nothing");
});

test("rules without a way in end the stay of who has met nobody; else the others judge", () => {
  const cases = /** @type {const} */ ([
    [{ refusal: "locked" }, ["ends: cut-off"]],
    [{ refusal: "locked", reached: 1 }, []],
    [{ refusal: "locked", more: { named: true } }, []],
    [{ refusal: "locked", more: { named: true, pinned: true } }, ["ends: cut-off"]],
    [{ refusal: "name-without-password", more: { named: true, onlyPassword: true } }, ["ends: name-without-password"]],
    [{}, []],
  ]);
  for (const [of, words] of cases) {
    const { place, told } = placed(of);
    place.handleRules();
    assert.deepEqual(told, words);
  }
});

test("a wrong password: at the door another try, with a seat that nobody else vouched for the end", () => {
  const at = (/** @type {Parameters<typeof placed>[0]} */ of) => {
    const { place, told, state } = placed(of);
    place.begin();
    place.handleWrongPassword();
    return [...told, state.knowledge.password === null ? "forgotten" : "kept"];
  };
  assert.deepEqual(at({ isEntering: true }), ["gives up: wrong-password", "forgotten"]);
  assert.deepEqual(at({}), ["ends: wrong-password", "forgotten"]);
  assert.deepEqual(at({ reached: 1 }), ["kept"]);
  assert.deepEqual(at({ provenPw: 1 }), ["kept"]);
  assert.deepEqual(at({ rules: { door: "knock", pw: 1 } }), ["kept"], "let in by a host");
});

test("a refusal counts while one waits", () => {
  const { place, told, state } = placed({ isEntering: true });
  place.handleRefusal();
  state.isEntering = false;
  place.handleRefusal();
  assert.deepEqual(told, ["gives up: refused"]);
  const invited = placed({ isEntering: true, more: { invitation: {} } });
  invited.place.handleRefusal();
  assert.deepEqual(invited.told, ["gives up: invitation-used"]);
});

test("the end that a page says itself is said once, and not at all if it could not be", async () => {
  const { place, told } = placed();
  await place.endBy(async () => place.lose("room-over"));
  assert.deepEqual(told, ["ends: room-over"]);
  const other = placed();
  await assert.rejects(other.place.endBy(async () => fail("not-host")), { code: "not-host" });
  other.place.lose("room-over");
  assert.deepEqual(other.told, ["ends: room-over"]);
});
