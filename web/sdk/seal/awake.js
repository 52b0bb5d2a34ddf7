// @ts-check
/**
 * Awake time (section 0): a clock that stands still while the page sleeps.
 *
 * The driver calls `tick` every 500 ms. A gap over 2 s means that the page slept: it counts as nothing, and so do the
 * 5 s after it, in which whatever was waiting is delivered (a browser may run an old timer before the messages that
 * wait beside it). Deadlines need no care of their own. Reads no clock.
 */

/** How often `tick` is to be called, in milliseconds. */
export const TICK_MS = 500;
const GAP_MS = 2_000;
const GRACE_MS = 5_000;

export class Awake {
  #last = Number.NaN;
  #grace = 0;
  #awake = 0;

  /** Milliseconds counted so far. */
  get ms() {
    return this.#awake;
  }

  /**
   * @param {number} now milliseconds of a monotonic clock, such as `performance.now()`
   * @returns {number} awake milliseconds since the first tick; never goes back
   */
  tick(now) {
    const passed = Math.max(0, now - this.#last);
    this.#last = now;
    if (Number.isNaN(passed)) return this.#awake;
    if (passed > GAP_MS) {
      this.#grace = GRACE_MS;
      return this.#awake;
    }
    const spent = Math.min(this.#grace, passed);
    this.#grace -= spent;
    this.#awake += passed - spent;
    return this.#awake;
  }
}
