// The small window that lies over other programs, so that a call can be seen while something else is worked on: whoever speaks, and
// one's own buttons; or a picture alone, by what the browser has. It opens by a press and goes with the call.

import { createSmallFrame } from "./small_frame.js";
import { createSmallVideo } from "./small_video.js";

/** `window`: Document Picture-in-Picture; `video`: that of a video element; "": neither. @typedef {"window" | "video" | ""} Way */

/**
 * What this browser has: Chromium and Firefox on computers the first, Safari and phones mostly the second.
 * @param {{documentPictureInPicture?: unknown, document?: {pictureInPictureEnabled?: boolean}, HTMLVideoElement?: {prototype: object}}} browser
 * @returns {Way}
 */
export function smallWay(browser) {
  if (browser.documentPictureInPicture) return "window";
  return browser.document?.pictureInPictureEnabled && "requestPictureInPicture" in (browser.HTMLVideoElement?.prototype ?? {}) ? "video" : "";
}

/**
 * @param {import("./store.js").Store} store
 * @param {() => void} complain that it did not open
 */
export function createSmallWindow({ state, dispatch, subscribe }, complain) {
  const way = smallWay(globalThis);
  /** @param {import("./stage.js").Small | null} small */
  const tell = (small) => dispatch({ type: "stage", event: { what: "small", small } });
  const frame = createSmallFrame(state, tell);
  const it = way === "video" ? createSmallVideo(tell) : frame;

  if (way !== "") subscribe((now) => (now.screen === "call" ? it.update(now) : it.close()));

  async function open() {
    if (way !== "" && state().screen === "call") await it.open();
  }

  return {
    way,

    /** What is to be in it. @param {() => import("./small_frame.js").Inside} make */
    fill: (make) => frame.fill(make),

    toggle() {
      if (state().stage.small) it.close();
      else open().catch(complain);
    },

    /** The browser asks by itself, and its person may have said no. */
    offer() {
      if (!state().stage.small) open().catch(() => {});
    },
  };
}
