/**
 * Tests that follow one another and need one another: the first failure ends the story, and what comes later says
 * so at once instead of waiting for what can no longer happen.
 */

import { test } from "node:test";
import { bound } from "./patience.mjs";

/** @returns {(what: string, timeout: number, step: () => Promise<void> | void) => void} `timeout` in milliseconds */
export function story() {
  let failed = "";
  return (what, timeout, step) => {
    test(what, { timeout: bound(timeout) }, async () => {
      if (failed) throw notReached(failed);
      failed = what; // until it is over; a test that runs out of time never comes to the next line
      await step();
      failed = "";
    });
  };
}

/** @param {string} failed */
function notReached(failed) {
  const error = new Error(`not reached, because this failed: ${failed}`);
  delete error.stack; // says nothing here
  return error;
}
