// What is in the small window: whoever speaks (or is pinned, or shows a screen), the three buttons one needs most, and, for a host,
// who is at the door.

import { h, setAttribute, setText, show } from "../dom.js";
import { asksOnLeave, unanswered } from "../house.js";
import { t } from "../language.js";
import { shortcutOf } from "../shortcuts.js";
import { smallOf } from "../stage.js";
import { isComing } from "../state.js";
import { handPlace } from "../talk.js";
import { nameOf } from "../words.js";
import { knockSentence } from "../words_house.js";
import { createLetIn } from "./knock_toast.js";
import { cameraLook, control, microphoneLook } from "./parts.js";
import { createTile } from "./tile.js";

/** @typedef {import("../state.js").State} State */

/**
 * @param {import("../actions.js").Actions} actions
 * @returns {import("../small_frame.js").Inside}
 */
export function smallWindow(actions) {
  const { devices, screen, small } = actions;
  // The sound comes from the tile on the stage.
  const tile = createTile({ self: false, silent: true, tag: "div" });
  const alone = h("p", { class: "small-alone" }, t("small.alone"));
  const picture = h("div", { class: "small-picture" }, tile.element, alone);
  const microphone = control({ onclick: () => void devices.toggle("microphone") });
  const camera = control({ onclick: () => void screen.toggleCamera() });
  const leave = control({ className: "control-leave", onclick: () => goOut() });
  leave.set({ name: t("leave"), word: t("leave"), image: "leave" });
  const door = createDoor(actions.hosting, () => microphone.element.focus());
  const element = h("div", { class: "small-window" },
    h("h1", { class: "unseen" }, t("call.title")),
    picture,
    door.element,
    h("div", { class: "controls", role: "group", "aria-label": t("call.controls") }, microphone.element, camera.element, leave.element));

  /** @type {State | null} */
  let now = null;

  // A question is asked on the page, so the page comes to the front.
  function goOut() {
    if (now && asksOnLeave(now)) window.focus();
    void actions.leave();
  }

  return {
    element,
    picture,
    update(state) {
      now = state;
      const { people, stage, talk, shortcuts } = state;
      microphone.set(microphoneLook(isComing(state.microphone), shortcuts));
      camera.set(cameraLook(isComing(state.camera), shortcuts, stage.sharing === "on"));
      door.update(state.house);
      const id = smallOf(stage, people, false);
      const person = people.find((one) => one.id === id);
      show(alone, !person);
      show(tile.element, Boolean(person));
      if (!person) return;
      const { name, stream, audio, video, screen: isScreen, paused, link } = person;
      // The light is that of the stage, where the sound is measured.
      tile.element.classList.toggle("tile-lit", stage.voices.includes(id));
      tile.update({ id, name, picture: stream, sound: null, audio, video, screen: isScreen, paused, pinned: false, link, route: null, quality: null, speaker: "", hand: handPlace(talk, id) });
    },
    press(event) {
      if (!now?.shortcuts || event.defaultPrevented) return;
      const kind = shortcutOf(event, false);
      if (kind === "microphone") void devices.toggle("microphone");
      else if (kind === "camera") void screen.toggleCamera();
      else if (kind === "small") small.toggle();
    },
    close() {
      tile.close();
    },
  };
}

/**
 * Whoever knocks and has no answer yet. It is here until they have one, whether or not the page's people panel is open: the page lies
 * behind other programs. One can be let in here; several are looked at on the page.
 * @param {import("../hosting.js").Hosting} hosting
 * @param {() => void} onFocusLost what had the focus has gone
 */
function createDoor(hosting, onFocusLost) {
  // The page says it aloud, too, but not while another window has the focus.
  const sentence = h("p", { role: "status" });
  const letIn = createLetIn(hosting);
  const see = h("button", { type: "button", class: "button button-small button-quiet", onclick: goSee }, t("knock.see"));
  const actions = h("div", { class: "small-knock-actions" }, letIn.element, see);
  const element = h("div", { class: "small-knock" }, sentence, actions);

  function goSee() {
    hosting.setPanel(true);
    window.focus();
  }

  return {
    element,
    /** @param {import("../house.js").House} house */
    update(house) {
      const knocks = unanswered(house);
      const [first] = knocks;
      const focus = element.ownerDocument.activeElement;
      const had = element.contains(focus);
      letIn.shows(first);
      // Never hidden as a whole: a live region that comes with its words is not read by every screen reader.
      setAttribute(element, "data-knocks", String(knocks.length));
      setAttribute(element, "role", knocks.length > 0 ? "region" : null);
      setAttribute(element, "aria-label", knocks.length > 0 ? t("knock.region") : null);
      setText(sentence, knockSentence(knocks));
      show(actions, knocks.length > 0);
      show(letIn.element, knocks.length === 1);
      if (first) setAttribute(letIn.element, "aria-label", t("knock.let.name", { name: nameOf(first.name) }));
      if (had && !focus?.checkVisibility()) onFocusLost();
    },
  };
}
