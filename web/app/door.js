// The preview of who comes by a link, before the rest of the page is here: the own picture, a name, and Join, which is done
// when the room has been found. The rest (app.js) goes on with the store, the devices and the view that were made here.

import { createDevices } from "./devices.js";
import { setAttribute, setText } from "./dom.js";
import { isLanguage, language, speak, t } from "./language.js";
import { linkHere } from "./link_text.js";
import { isReturning } from "./renewal.js";
import { createStore } from "./store.js";
import { keepTyped } from "./typed.js";
import { preview } from "./views/preview.js";

/** @typedef {import("./actions.js").Actions} Actions */

/**
 * What the rest goes on with; after `leave` it alone draws.
 * @typedef {{store: import("./store.js").Store, devices: import("./devices.js").Devices, leave: () => import("./show.js").Shown}} Door
 */

/**
 * @param {import("./state.js").Preferences} preferences
 * @param {Actions} later the real ones, which wait for the rest
 * @param {Promise<Actions>} rest
 * @returns {Door}
 */
export function openDoor(preferences, later, rest) {
  const store = createStore();
  const { dispatch } = store;
  const devices = createDevices(store);
  /** @type {Actions | null} */
  let here = null;
  let isLeft = false;
  let isMissing = false;

  /** @type {Pick<Actions, "devices" | "setName" | "setHideAddress" | "setLanguage" | "join">} */
  const early = {
    devices,
    setName: (name) => (here ? here.setName(name) : dispatch({ type: "named", name })),
    setHideAddress: (on) => dispatch({ type: "hide-address", on }),
    async join(words = {}) {
      if (here) await here.join(words);
      else if (isMissing) missing();
      else dispatch({ type: "eager", words });
    },
    async setLanguage(chosen) {
      if (here) return here.setLanguage(chosen);
      if (!isLanguage(chosen)) return;
      // Where the words do not come, the rest does not come either, and that is said.
      await speak(chosen, []).then(() => dispatch({ type: "language", language: chosen }), () => {});
    },
  };
  /** @type {Actions} */
  const actions = Object.assign(Object.create(later), early);

  let view = preview(actions);
  const screen = document.getElementById("screen") ?? document.body;
  screen.replaceChildren(view.element);
  store.subscribe((now) => {
    if (isLeft) return;
    if (document.documentElement.lang !== language()) speakAnew();
    view.update(now);
    setText(document.querySelector("title") ?? screen, `${t("title.preview")} · Parlour`);
  });

  function speakAnew() {
    const restore = keepTyped(view.element);
    setAttribute(document.documentElement, "lang", language());
    view.close?.();
    view = preview(actions);
    screen.replaceChildren(view.element);
    restore();
  }

  dispatch({ type: "remembered", preferences });
  dispatch({ type: "opened", link: linkHere() });
  // Who was muted until the page loaded itself again is so still, which the rest knows.
  if (!isReturning()) void devices.openBoth();
  rest.then((found) => (here = found), () => {
    isMissing = true;
    missing();
  });

  function missing() {
    dispatch({ type: "join-refused", problem: { code: "rest-missing", text: t("rest.missing") } });
  }

  return {
    store,
    devices,
    leave() {
      isLeft = true;
      return { name: "preview", view };
    },
  };
}
