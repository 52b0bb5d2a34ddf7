// One person in several tabs or windows of a browser (seal.md 3): which of them is in which room, and the word that one of
// them has been moved. A page that is in holds a Web Lock that names room and tab: it ends with the page, however that ends,
// and is seen even while the page sleeps. The word goes over a BroadcastChannel. Nothing of this leaves the browser.
//
// What moving means for keys and calls is entrance.js's and meeting.js's. Without Web Locks every tab believes to be alone.

const CHANNEL = "parlour tabs";

/** @param {string} room as Knowledge names it, without spaces @param {string} tab */
const nameOf = (room, tab) => `parlour-in ${room} ${tab}`;

/**
 * Other tabs of this browser that are in the room now.
 * @param {string} room @param {string} own this tab @returns {Promise<string[]>}
 */
export async function otherTabsIn(room, own) {
  try {
    const { held = [] } = (await globalThis.navigator?.locks?.query()) ?? {};
    const start = nameOf(room, "");
    return held.flatMap(({ name = "" }) => (name.startsWith(start) ? [name.slice(start.length)] : [])).filter((tab) => tab !== own);
  } catch {
    // A browser that keeps its locks to itself (an opaque origin): as if there were none.
    return [];
  }
}

/** Tells a tab that its person has moved to this one. @param {string} room @param {string} tab */
export function tellMoved(room, tab) {
  const channel = openChannel();
  channel?.postMessage({ k: "moved", room, tab });
  channel?.close();
}

/** That this tab is in a room. */
export class Presence {
  #leave = () => {};
  /** @type {BroadcastChannel | null} */ #channel = null;

  /** @param {string} room @param {string} tab this one @param {() => void} onMoved this tab's person is in another tab now */
  constructor(room, tab, onMoved) {
    const locks = globalThis.navigator?.locks;
    if (!locks) return;
    const left = new Promise((/** @type {(value?: undefined) => void} */ resolve) => (this.#leave = resolve));
    // Shared: this tab may not have let go of it yet when it is loaded again.
    locks.request(nameOf(room, tab), { mode: "shared" }, () => left).catch(() => {});
    this.#channel = openChannel();
    if (this.#channel) this.#channel.onmessage = ({ data }) => {
      if (data?.k === "moved" && data.room === room && data.tab === tab) onMoved();
    };
  }

  /** This tab is out of the room. */
  end() {
    this.#leave();
    this.#channel?.close();
  }
}

/** @returns {BroadcastChannel | null} null where the browser's owner lets pages keep nothing: Firefox counts this to it */
function openChannel() {
  try {
    return new BroadcastChannel(CHANNEL);
  } catch {
    return null;
  }
}
