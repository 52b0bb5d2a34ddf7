// @ts-check
/**
 * Guesses: how many wrong passwords a room bears (section 7, budgets). Counts; who is to hear of it is elsewhere.
 */
import { PAKE_PAUSE_MS, PAKE_WRONG, PAKE_WRONG_EVER, PRESSES, PRESSES_MS } from "./limits.js";

/**
 * For first frames and storage: wrong passwords of generation `pw`; `allowed`, `ever`: how many there may be.
 * @typedef {{pw: number, count: number, allowed: number, ever: number}} GuessState
 */

/** What members count together. */
export class Guesses {
  /** @type {GuessState} */
  #state = { pw: 0, count: 0, allowed: PAKE_WRONG, ever: PAKE_WRONG_EVER };
  #last = 0;

  /** @returns {GuessState} */
  get state() {
    return { ...this.#state };
  }

  /** A new generation starts anew. @param {number} pw */
  generation(pw) {
    if (pw !== this.#state.pw) this.#state = { pw, count: 0, allowed: PAKE_WRONG, ever: PAKE_WRONG_EVER };
  }

  /** Whether a new run has to wait. @param {number} now awake ms @returns {boolean} */
  busy(now) {
    const state = this.#state;
    if (state.count >= state.ever) return true;
    if (state.count >= state.allowed && now - this.#last >= PAKE_PAUSE_MS) state.allowed = state.count + PAKE_WRONG;
    return state.count >= state.allowed;
  }

  /** A wrong tag here. @param {number} now */
  wrong(now) {
    this.#state.count++;
    this.#last = now;
  }

  /** Somebody presses "allow 5 more tries". */
  allowMore() {
    this.#state.allowed = this.#state.count + PAKE_WRONG;
    this.#state.ever = this.#state.count + PAKE_WRONG_EVER;
  }

  /**
   * What another member says; the greater holds. `event`: it counted one just now, which this page did not see.
   * @param {GuessState} other @param {boolean} event @param {number} now @returns {boolean} whether the count grew
   */
  hear(other, event, now) {
    const state = this.#state;
    if (other.pw !== state.pw) return false;
    const count = Math.max(other.count, state.count + (event ? 1 : 0));
    const grew = count > state.count;
    if (grew) this.#last = now;
    state.count = count;
    state.allowed = Math.max(state.allowed, other.allowed);
    state.ever = Math.max(state.ever, other.ever);
    return grew;
  }
}

/** A newcomer's presses: at most 6 in 10 minutes. */
export class Presses {
  /** @type {number[]} */
  #times = [];

  /** @param {number} now @returns {boolean} false: wait */
  take(now) {
    this.#times = this.#times.filter((time) => now - time < PRESSES_MS);
    if (this.#times.length >= PRESSES) return false;
    this.#times.push(now);
    return true;
  }
}

/** @param {unknown} value @returns {GuessState | null} */
export function readGuesses(value) {
  if (typeof value !== "object" || value === null) return null;
  const { pw, count, allowed, ever } = /** @type {Record<string, unknown>} */ (value);
  if (!isSmall(pw, 2 ** 32 - 1) || !isSmall(count, 10_000) || !isSmall(allowed, 10_000) || !isSmall(ever, 10_000)) return null;
  return { pw, count, allowed, ever };
}

/** @param {unknown} value @param {number} most @returns {value is number} */
function isSmall(value, most) {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= most;
}
