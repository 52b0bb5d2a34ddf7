// Where a meeting stands: what is over stays over, and what one may do from where.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Course, isRetryable } from "../sdk/course.js";
import { ParlourError } from "../sdk/errors.js";

/** @typedef {import("../sdk/types.js").MeetingState} MeetingState */

/** @param {MeetingState[]} states in their order */
function courseBy(...states) {
  let changes = 0;
  const course = new Course(() => changes++);
  for (const state of states) course.become(state);
  return { course, changes: () => changes };
}

test("what is over stays over, whatever comes late", () => {
  for (const state of /** @type {const} */ (["left", "ended"])) {
    const { course, changes } = courseBy("ready", "joining", "in", state, "reconnecting", "in");
    assert.equal(course.state, state);
    assert.equal(course.fail(new ParlourError("no-server")), false);
    assert.equal(course.end(new ParlourError("removed")), false);
    assert.deepEqual([course.state, course.error, course.isOver, course.isOutside, changes()], [state, null, true, false, 4]);
  }
});

test("an error fails a meeting, or ends it where nothing can be tried again", () => {
  for (const [code, state, isOver] of /** @type {const} */ ([["no-server", "failed", false], ["room-over", "ended", true], ["removed", "ended", true], ["refused-for-good", "ended", true]])) {
    const { course } = courseBy("looking");
    assert.equal(course.fail(new ParlourError(code)), true);
    assert.deepEqual([course.state, course.error?.code, course.isOver], [state, code, isOver]);
  }
  const { course } = courseBy("in");
  assert.equal(course.end(new ParlourError("stopped")), true);
  assert.equal(course.state, "ended");
});

test("one may look and join from outside only", () => {
  for (const state of /** @type {const} */ (["looking", "no-room", "ready", "failed"])) assert.equal(courseBy(state).course.isOutside, true, state);
  assert.equal(courseBy().course.isOutside, true);
  for (const state of /** @type {const} */ (["joining", "knocking", "in", "reconnecting"])) assert.equal(courseBy(state).course.isOutside, false, state);
});

test("a refusal that may be tried again ends nothing", () => {
  assert.ok(isRetryable(new ParlourError("room-full")) && isRetryable(new ParlourError("wrong-password")));
  assert.ok(!isRetryable(new ParlourError("removed")) && !isRetryable(new ParlourError("two-hosts")) && !isRetryable(new Error("room-full")));
});
