import assert from "node:assert/strict";
import { test } from "node:test";
import { createSteady } from "../app/steady.js";

function steadyAt() {
  let at = 0;
  const steady = createSteady(() => at);
  return { steady, wait: (/** @type {number} */ ms) => (at += ms) };
}

test("who knocks first is let in by a press as soon as the button is there", () => {
  const { steady } = steadyAt();
  assert.equal(steady.pressed, "");
  steady.shows("dan");
  assert.equal(steady.pressed, "dan");
});

test("a press on a name that has just taken another's place is nobody's; a moment later it counts", () => {
  const { steady, wait } = steadyAt();
  steady.shows("dan");
  wait(5000);
  steady.shows("eve");
  wait(300);
  assert.equal(steady.pressed, "");
  wait(500);
  assert.equal(steady.pressed, "eve");
});

test("nor is it if the place was empty for less than a moment; whoever comes back is who was meant", () => {
  const { steady, wait } = steadyAt();
  steady.shows("dan");
  wait(5000);
  steady.shows("");
  assert.equal(steady.pressed, "");
  wait(200);
  steady.shows("dan");
  assert.equal(steady.pressed, "dan");
  steady.shows("");
  wait(200);
  steady.shows("eve");
  assert.equal(steady.pressed, "");
  wait(800);
  assert.equal(steady.pressed, "eve");
  steady.shows("");
  wait(2000);
  steady.shows("fay");
  assert.equal(steady.pressed, "fay");
});
