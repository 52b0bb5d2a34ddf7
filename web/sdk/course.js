// Where a meeting stands, and how it may go on from there: what is over stays over, and some errors leave nothing to try again.

import { ParlourError } from "./errors.js";

/** @typedef {import("./types.js").MeetingState} MeetingState */

/** Refusals of a join after which one may try again at once, from where one was. */
const retryable = new Set([
  "no-such-room", "room-full", "busy", "rate", "no-server", "session-lost", "not-invited", "invitation-used", "locked", "link-replaced", "refused",
  "needs-password", "name-without-password", "password-promised", "door-closed", "wrong-password", "too-many-tries", "no-password", "bad-password", "other-kind", "keeps-nothing",
]);
/** Errors after which there is nothing to try again. */
const overs = new Set(["room-over", "removed", "refused-for-good"]);

/** From a final state there is no way back: a connection that breaks while one leaves changes nothing. */
export class Course {
  #onChange;
  /** @type {MeetingState} */ #state = "idle";
  /** @type {ParlourError | null} */ #error = null;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  get state() { return this.#state; }

  /** Why it is `failed` or `ended`, else null. */
  get error() { return this.#error; }

  /** Whether one may look for the room and join: neither in, nor on the way, nor over. */
  get isOutside() {
    return ["idle", "looking", "no-room", "ready", "failed"].includes(this.#state);
  }

  get isOver() { return this.#state === "left" || this.#state === "ended"; }

  /** @param {MeetingState} state */
  become(state) {
    if (this.isOver) return;
    this.#state = state;
    this.#onChange();
  }

  /** `ended` if that is what the error says, else `failed`. @param {ParlourError} error @returns {boolean} false: it was over before */
  fail(error) {
    return this.#stop(error, overs.has(error.code) ? "ended" : "failed");
  }

  /** @param {ParlourError} error @returns {boolean} false: it was over before */
  end(error) {
    return this.#stop(error, "ended");
  }

  /** @param {ParlourError} error @param {"ended" | "failed"} state */
  #stop(error, state) {
    if (this.isOver) return false;
    this.#error = error;
    this.become(state);
    return true;
  }
}

/** Whether a join that came to this may be tried again at once. @param {unknown} thrown @returns {thrown is ParlourError} */
export function isRetryable(thrown) {
  return thrown instanceof ParlourError && retryable.has(thrown.code);
}
