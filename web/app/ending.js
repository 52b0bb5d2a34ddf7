// Says a few minutes before that the meeting ends by itself: who is talking looks at no clock.

import { t, timeOf } from "./language.js";

/** So long before, and for how long it is said, ms. */
export const BEFORE_MS = 5 * 60_000;
const SHOWN_MS = 30_000;
/** An end that was set to be nearer than this needs no word: it has just been set. */
const NEAR_MS = 60_000;

/**
 * @param {import("./store.js").Store} store
 */
export function announceEnd({ state, dispatch, subscribe }) {
  /** Of which end one is to be told, ms since 1970. @type {number | null} */
  let end = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  subscribe(({ screen, house: { rules } }) => {
    const wanted = screen === "call" ? rules?.ends ?? null : null;
    if (wanted === end) return;
    end = wanted;
    clearTimeout(timer);
    if (wanted === null) return;
    const wait = wanted - BEFORE_MS - Date.now();
    // What is days away is looked at again by a page that is loaded again by then.
    if (wait > -(BEFORE_MS - NEAR_MS) && wait < 2 ** 31) timer = setTimeout(tell, Math.max(0, wait));
  });

  function tell() {
    if (end === null || state().screen !== "call") return;
    const count = Math.max(1, Math.round((end - Date.now()) / 60_000));
    const id = `ends/${end}`;
    dispatch({ type: "toast", toast: { id, colour: "amber", code: "ends", text: t("lasting.soon", { time: timeOf(new Date(end)), count }), standing: false } });
    setTimeout(() => dispatch({ type: "dismissed", id }), SHOWN_MS);
  }
}
