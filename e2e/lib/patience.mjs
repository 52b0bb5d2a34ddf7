/**
 * How long tests wait for what must come. Limits are written for a machine with nothing else to do; with more to run than it
 * has cores for, everything takes longer, and no test is about that. Times that a test measures are not stretched.
 */

import { availableParallelism, loadavg } from "node:os";

/** Three browsers at their work are about this much load for each core. */
const USUAL_LOAD = 2;
const AT_MOST = 4;

/**
 * @param {number} timeout milliseconds, on a machine that is not overloaded
 * @returns {() => boolean} whether it is over, by the load of the last minute
 */
export function deadline(timeout) {
  const began = Date.now();
  return () => Date.now() - began > timeout * stretch();
}

function stretch() {
  const [load = 0] = loadavg();
  return Math.min(AT_MOST, Math.max(1, load / availableParallelism() / USUAL_LOAD));
}

/** A bound that ends what would hang for ever: never the one by which a test fails for a reason. @param {number} timeout milliseconds */
export function bound(timeout) {
  return timeout * AT_MOST;
}
