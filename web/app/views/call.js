// The call: everybody's tile on a stage, a bar on top that says how it stands, the controls below, and people or chat
// beside the stage, or over it where there is no beside.

import { h, setAttribute, setText, show } from "../dom.js";
import { icon, setIcon } from "../icons.js";
import { unanswered } from "../house.js";
import { isComing } from "../state.js";
import { t } from "../language.js";
import { howMany, peopleButton } from "../words.js";
import { smallOf } from "../stage.js";
import { viewLabel } from "../words_stage.js";
import { chatButton } from "../words_talk.js";
import { chat } from "./chat.js";
import { button, cameraLook, control, microphoneLook, screenLook, sealedLock } from "./parts.js";
import { people } from "./people.js";
import { createReact } from "./react.js";
import { createRecordingSign } from "./recording.js";
import { createStage } from "./stage.js";

/** @typedef {import("../state.js").State} State */

/**
 * @param {import("../actions.js").Actions} actions
 * @returns {import("./parts.js").View}
 */
export function call(actions) {
  const stage = createStage(actions);
  const bar = createBar(actions);
  const panel = people(actions);
  const talk = chat(actions);
  const settings = h("button", { type: "button", class: "button button-icon", "aria-label": t("settings"), title: t("settings"), onclick: () => actions.hosting.ask({ about: "settings" }) }, icon("settings"));
  const view = createViewSwitch(actions);
  const small = createSmallButton(actions);
  // The same width as in panel.css: below it the panel covers the stage.
  const narrow = matchMedia("(max-width: 48rem)");
  const count = h("span", {});
  const lock = sealedLock();
  const banner = h("p", { class: "banner", hidden: true }, h("span", { class: "spinner" }), t("call.reconnecting"));
  const sign = createRecordingSign(actions);
  const hear = button({ label: t("call.hear"), className: "hear", onclick: () => stage.playAll() });
  const element = h("div", { class: "page call" },
    h("header", { class: "callbar" },
      h("h1", { class: "unseen", tabindex: -1 }, t("call.title")),
      lock, h("div", { class: "callbar-end" }, h("p", { class: "sealed" }, icon("people"), count), small.element, view.element, settings)),
    sign.element,
    // The controls come first for the keyboard and stand last for the eye.
    bar.element, hear.element,
    h("div", { class: "banners", role: "status" }, banner),
    h("div", { class: "floor" }, stage.element, panel.element, talk.element), bar.sheet);

  let covered = false;

  /** What lies under the panel is out of reach for the keyboard, too; a window may become narrow at any time. */
  function cover() {
    stage.element.inert = covered && narrow.matches;
  }

  narrow.addEventListener("change", cover);

  return {
    element,
    update(state) {
      stage.update(state);
      bar.update(state);
      view.update(state);
      small.update(state);
      sign.update(state);
      panel.update(state);
      talk.update(state);
      covered = state.panel || state.chatting;
      cover();
      show(lock, state.people.length > 0);
      setText(count, howMany(Math.max(state.count, state.people.length + 1)));
      show(banner, state.reconnecting);
      show(hear.element, state.silenced);
    },
    close() {
      narrow.removeEventListener("change", cover);
      stage.close();
    },
  };
}

/**
 * Grid or speaker view, and who is pinned.
 * @param {import("../actions.js").Actions} actions
 */
function createViewSwitch(actions) {
  const image = icon("spotlight");
  const element = h("button", { type: "button", class: "button button-icon", onclick: () => actions.arrange({ what: "view", view: element.dataset["next"] === "grid" ? "grid" : "speaker" }) }, image);
  return {
    element,
    /** @param {State} state */
    update({ stage: { view }, people: others, shortcuts }) {
      show(element, others.length > 0);
      const label = viewLabel(view);
      setAttribute(element, "data-next", view === "grid" ? "speaker" : "grid");
      setAttribute(element, "aria-label", label);
      setAttribute(element, "title", shortcuts ? `${label} (G)` : label);
      setAttribute(element, "aria-keyshortcuts", shortcuts ? "G" : null);
      setIcon(image, view === "grid" ? "spotlight" : "grid");
    },
  };
}

/**
 * Opens and closes the small window, where the browser has one.
 * @param {import("../actions.js").Actions} actions
 */
function createSmallButton({ small }) {
  const element = h("button", { type: "button", class: "button button-icon", onclick: () => small.toggle() }, icon("small"));
  return {
    element,
    /** @param {State} state */
    update({ stage, people: others, shortcuts }) {
      show(element, small.way !== "" && (small.way === "window" || stage.small !== null || smallOf(stage, others, true) !== ""));
      const label = t(stage.small ? "small.close" : "small.open");
      setAttribute(element, "aria-label", label);
      setAttribute(element, "title", shortcuts ? `${label} (W)` : label);
      setAttribute(element, "aria-keyshortcuts", shortcuts ? "W" : null);
    },
  };
}

/**
 * @param {import("../actions.js").Actions} actions
 */
function createBar(actions) {
  const { devices } = actions;
  const microphone = control({ onclick: () => void devices.toggle("microphone") });
  const { hosting, screen, talking } = actions;
  const camera = control({ onclick: () => void screen.toggleCamera() });
  const sharing = control({ className: "control-screen", onclick: () => void screen.toggle() });
  setAttribute(sharing.element, "data-missing", !("getDisplayMedia" in (navigator.mediaDevices ?? {})));
  const react = createReact(actions);
  const chatter = control({ onclick: () => talking.setChat(chatter.element.getAttribute("aria-expanded") !== "true") });
  const fresh = h("span", { class: "control-badge", "aria-hidden": "true", "data-fresh": true });
  chatter.element.append(fresh);
  chatter.element.id = "chat-button";
  const everybody = control({ onclick: () => hosting.setPanel(everybody.element.getAttribute("aria-expanded") !== "true") });
  const atDoor = h("span", { class: "control-badge", "aria-hidden": "true" });
  everybody.element.append(atDoor);
  everybody.element.id = "people-button";
  const leave = control({ className: "control-leave", onclick: () => void actions.leave() });
  leave.set({ name: t("leave"), word: t("leave"), image: "leave" });
  const element = h("div", { class: "controls", role: "group", "aria-label": t("call.controls") },
    microphone.element, camera.element, sharing.element, react.opener, chatter.element, everybody.element, leave.element);
  return {
    element,
    sheet: react.sheet,
    /** @param {State} state */
    update(state) {
      const { microphone: heard, camera: seen, shortcuts, people: others, panel, chatting, unread, house, stage } = state;
      microphone.set(microphoneLook(isComing(heard), shortcuts));
      camera.set(cameraLook(isComing(seen), shortcuts, stage.sharing === "on"));
      sharing.set(screenLook(stage.sharing === "on", shortcuts));
      react.update(state);
      chatter.set({ name: chatButton(unread), word: t("chat"), image: "chat", ...(shortcuts && { keys: "C" }) });
      setAttribute(chatter.element, "aria-expanded", String(chatting));
      setAttribute(fresh, "data-count", unread > 99 ? "99+" : unread);
      show(fresh, unread > 0);
      const knocks = unanswered(house).length;
      everybody.set({ name: peopleButton(others.length + 1, knocks), word: t("people"), image: "people", ...(shortcuts && { keys: "P" }) });
      setAttribute(everybody.element, "aria-expanded", String(panel));
      // Drawn from the attribute: text in the button would have to be in its name, too.
      setAttribute(atDoor, "data-count", knocks > 0 ? knocks : others.length + 1);
      setAttribute(atDoor, "data-knocks", knocks > 0);
    },
  };
}
