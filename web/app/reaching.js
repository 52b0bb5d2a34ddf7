// Whether this network lets the relay through, looked at once for a room while its preview is read: said only where it will be felt.

/** @typedef {import("./expected.js").Room} Room */
/** @typedef {import("../sdk/parlour.js").Reach} Reach */

/** The own picture, the menus and the room come first, ms. */
const calmMs = 1000;

/**
 * @param {import("./store.js").Store} store
 * @param {() => Room | null} room that is at hand
 * @param {(urls: readonly string[]) => Promise<Reach>} reach
 */
export function createReaching({ state, dispatch }, room, reach) {
  /** @type {WeakSet<Room>} */
  const asked = new WeakSet();

  /** Whether somebody reads the preview of this room, and has not pressed Join. @param {Room} of */
  function isRead(of) {
    const { screen, joining, eager } = state();
    return of === room() && screen === "preview" && !joining && eager === null;
  }

  return {
    /** The room was found. @param {Room} found */
    async begin(found) {
      if (asked.has(found) || found.relay.length === 0) return;
      asked.add(found);
      await calm();
      if (!isRead(found)) return;
      const seen = reachOf(await reach(found.relay));
      // Where the server cannot be reached either, it is not the relay that is missing.
      if (seen !== "" && isRead(found) && found.carrier !== null) dispatch({ type: "reached", reach: seen });
    },
  };
}

/**
 * Nothing, unless UDP has been seen to fail: where a browser does not say, neither does the page.
 * @param {Reach} reach
 * @returns {import("./state.js").State["reach"]}
 */
export function reachOf({ udp, tcp, tls }) {
  if (udp !== "failed") return "";
  return tcp === "ok" || tls === "ok" ? "detour" : "none";
}

/** @returns {Promise<void>} when the page has nothing else to do; Safari does not say when */
function calm() {
  return new Promise((resolve) => {
    setTimeout(() => "requestIdleCallback" in globalThis ? requestIdleCallback(() => resolve(), { timeout: 4 * calmMs }) : resolve(), calmMs);
  });
}
