// Holds the state, applies events, and tells those who listen, once per task however many events came.

import { initialState, next } from "./state.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").PageEvent} PageEvent */

/**
 * @typedef {object} Store
 * @property {() => State} state
 * @property {(event: PageEvent) => void} dispatch
 * @property {(listener: (state: State) => void) => void} subscribe
 */

/** @returns {Store} */
export function createStore() {
  let state = initialState;
  let told = true;
  /** @type {Array<(state: State) => void>} */
  const listeners = [];

  function tell() {
    told = true;
    for (const listener of listeners) listener(state);
  }

  return {
    state: () => state,
    dispatch(event) {
      state = next(state, event);
      if (!told) return;
      told = false;
      queueMicrotask(tell);
    },
    subscribe(listener) {
      listeners.push(listener);
    },
  };
}
