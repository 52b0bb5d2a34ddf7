// From state to screen: which view, the change from one to the next, the title, and what lies over every view.

import { setAttribute, setText } from "./dom.js";
import { isAtDoor, unanswered } from "./house.js";
import { ask } from "./views/ask.js";
import { call } from "./views/call.js";
import { code } from "./views/code.js";
import { deviceLink } from "./views/device_link.js";
import { createKnockToast } from "./views/knock_toast.js";
import { elsewhere } from "./views/elsewhere.js";
import { invite } from "./views/invite.js";
import { knocking } from "./views/knocking.js";
import { landing } from "./views/landing.js";
import { leaving } from "./views/leaving.js";
import { createMuteQuestion } from "./views/mute_question.js";
import { left, problem } from "./views/notice.js";
import { offer } from "./views/offer.js";
import { preview } from "./views/preview.js";
import { question } from "./views/question.js";
import { withReach } from "./views/reach.js";
import { createRecordingQuestion, createTapeOffer } from "./views/recording.js";
import { settings } from "./views/settings.js";
import { smallWindow } from "./views/small_window.js";
import { keepTyped } from "./typed.js";
import { createAnnouncer, createToasts } from "./views/toasts.js";
import { waiting } from "./views/waiting.js";
import { language, t } from "./language.js";
import { howMany } from "./words.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./views/parts.js").View} View */

const views = Object.freeze({ landing, waiting, preview: (/** @type {import("./actions.js").Actions} */ actions) => withReach(preview(actions)), knocking, call, left, problem });

/** A view that is on the screen. @typedef {{name: keyof typeof views, view: View}} Shown */

/**
 * @param {import("./store.js").Store} store
 * @param {import("./actions.js").Actions} actions
 * @param {Shown} [front] is there already
 */
export function show({ state, subscribe }, actions, front) {
  const screen = byId("screen");
  const announce = createAnnouncer(byId("announcer"), state, actions);
  let over = createOver(actions);
  actions.small.fill(() => smallWindow(actions));

  /** @type {keyof typeof views | ""} */
  let shown = front?.name ?? "";
  /** @type {View | null} */
  let view = front?.name === "preview" ? withReach(front.view) : front?.view ?? null;

  /** @param {keyof typeof views} name */
  function change(name) {
    const first = shown === "";
    shown = name;
    swap(() => {
      view?.close?.();
      view = views[name](actions);
      // In the document first: the stage has no size before, and a tile without a place cannot move there.
      screen.dataset["screen"] = state().screen;
      screen.replaceChildren(view.element);
      view.update(state());
      scrollTo(0, 0);
      if (!first) view.element.querySelector("h1")?.focus({ preventScroll: true });
    }, first);
  }

  /** Other words: everything is made anew, and what had the focus has it again. */
  function speakAnew() {
    const restore = keepTyped(screen);
    setAttribute(document.documentElement, "lang", language());
    for (const { element } of over.dialogs) element.remove();
    byId("toasts").replaceChildren();
    over = createOver(actions);
    shown = "";
    return restore;
  }

  subscribe((now) => {
    const name = viewOf(now);
    const refocus = document.documentElement.lang === language() ? () => {} : speakAnew();
    if (name === shown) view?.update(now);
    else change(name);
    over.update(now);
    announce();
    setText(document.querySelector("title") ?? screen, titleOf(now));
    refocus();
  });
}

/**
 * What lies over every view: dialogs and remarks.
 * @param {import("./actions.js").Actions} actions
 */
function createOver(actions) {
  const dialogs = [settings, code, leaving, question, deviceLink, elsewhere, ask, offer, invite].map((make) => make(actions));
  const updates = [createRecordingQuestion, createTapeOffer, createKnockToast, createMuteQuestion, createToasts].map((make) => make(byId("toasts"), actions));
  document.body.append(...dialogs.map(({ element }) => element));
  return {
    dialogs,
    /** @param {State} state */
    update(state) {
      for (const dialog of dialogs) dialog.update(state);
      for (const update of updates) update(state);
    },
  };
}

/**
 * @param {State} state
 * @returns {keyof typeof views}
 */
export function viewOf(state) {
  const { screen, room } = state;
  if (isAtDoor(state)) return "knocking";
  return screen === "preview" && room === "missing" ? "waiting" : screen;
}

/**
 * @param {State} state
 * @returns {string}
 */
export function titleOf(state) {
  const { screen, people, house, unread } = state;
  const waiting = unanswered(house).length + unread;
  if (isAtDoor(state)) return `${t("title.door")} · Parlour`;
  switch (screen) {
    case "landing": return "Parlour";
    case "preview": return `${t("title.preview")} · Parlour`;
    case "call": return `${house.recording?.state === "on" ? "\u25cf " : ""}${waiting > 0 ? `(${waiting}) ` : ""}${t("title.call", { people: howMany(people.length + 1) })} · Parlour`;
    case "left": return `${t("title.left")} · Parlour`;
    case "problem": return "Parlour";
  }
}

/**
 * Changes the document, with a transition where the browser has them and the person wants motion. Several changes
 * in a row are safe: the browser finishes the earlier transition first, and `update` reads the latest state.
 * @param {() => void} update
 * @param {boolean} atOnce
 */
function swap(update, atOnce) {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (atOnce || still || document.hidden || !("startViewTransition" in document)) update();
  // A skipped transition rejects `ready`; the update itself still happens.
  else document.startViewTransition(update).ready.catch(() => {});
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element;
}
