// Remarks on the screen, and what is only said aloud: who came, who went, what was said, what a key has switched.

import { h } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { isComing } from "../state.js";
import { comingAndGoing, switched } from "../words.js";
import { screensBegun } from "../words_stage.js";
import { newsSentence } from "../words_talk.js";

/** Several arrivals within this time, in milliseconds, become one sentence. */
const gatherMs = 900;

/**
 * @param {HTMLElement} element
 * @param {import("../actions.js").Actions} actions
 * @returns {(state: import("../state.js").State) => void}
 */
export function createToasts(element, { dismiss, hosting }) {
  /** @type {Map<string, {element: HTMLElement, text: string}>} */
  const shown = new Map();
  return ({ toasts }) => {
    for (const [id, toast] of shown) {
      if (toasts.some((wanted) => wanted.id === id && wanted.text === toast.text)) continue;
      toast.element.remove();
      shown.delete(id);
    }
    for (const toast of toasts) {
      if (shown.has(toast.id)) continue;
      const made = h("div", { class: `toast toast-${toast.colour}`, role: toast.colour === "red" ? "alert" : "status" },
        icon(toast.colour === "grey" ? "info" : "alert"),
        h("p", {}, toast.text),
        toast.shows === "code" && h("button", { type: "button", class: "button button-small button-quiet", onclick: () => hosting.ask({ about: "code" }) }, t("code.show")),
        h("button", { type: "button", class: "button button-icon", "aria-label": t("dismiss"), onclick: () => dismiss(toast.id) }, icon("close")));
      shown.set(toast.id, { element: made, text: toast.text });
      element.append(made);
    }
  };
}

/**
 * @param {HTMLElement} element a polite live region
 * @param {() => import("../state.js").State} state
 * @param {import("../actions.js").Actions} actions
 * @returns {() => void}
 */
export function createAnnouncer(element, state, actions) {
  let timer = 0;
  let before = state();
  return () => {
    const { screen, came, went, news, copied, microphone, camera, people, stage } = state();
    const inCall = screen === "call" && before.screen === "call";
    if (copied && !before.copied) element.textContent = t("copied.aloud");
    if (inCall && isComing(microphone) !== isComing(before.microphone)) element.textContent = switched("microphone", isComing(microphone));
    if (inCall && isComing(camera) !== isComing(before.camera)) element.textContent = switched("camera", isComing(camera));
    // The word about the screen is the one to hear when the camera goes with it.
    if (inCall && (stage.sharing === "on") !== (before.stage.sharing === "on")) element.textContent = t(stage.sharing === "on" ? "screen.own.aloud" : "screen.over");
    const begun = inCall ? stage.screens.filter((id) => !before.stage.screens.includes(id)) : [];
    if (begun.length > 0) element.textContent = screensBegun(people.filter(({ id }) => begun.includes(id)).map(({ name }) => name));
    before = state();
    if (timer || (came.length === 0 && went.length === 0 && news.length === 0)) return;
    timer = window.setTimeout(() => {
      timer = 0;
      const now = state();
      element.textContent = [comingAndGoing(now.came, now.went), newsSentence(now.news)].filter(Boolean).join(" ");
      actions.announced();
    }, gatherMs);
  };
}
