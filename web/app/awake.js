// Keeps the screen on during a call, where the browser can. The lock is lost whenever the page is hidden.

/**
 * @param {import("./store.js").Store} store
 */
export function keepAwake({ state, subscribe }) {
  /** @type {Promise<WakeLockSentinel | null> | null} */
  let lock = null;

  function follow() {
    const wanted = state().screen === "call" && !document.hidden;
    if (wanted && !lock && "wakeLock" in navigator) {
      // Refused on an empty battery, for example: the screen then goes dark as always.
      lock = navigator.wakeLock.request("screen").catch(() => null);
    } else if (!wanted && lock) {
      void lock.then((held) => held?.release());
      lock = null;
    }
  }

  subscribe(follow);
  document.addEventListener("visibilitychange", follow);
}
