// What is in the small window: whoever speaks (or is pinned, or shows a screen) and the three buttons one needs most.

import { h, show } from "../dom.js";
import { asksOnLeave } from "../house.js";
import { t } from "../language.js";
import { shortcutOf } from "../shortcuts.js";
import { smallOf } from "../stage.js";
import { isComing } from "../state.js";
import { handPlace } from "../talk.js";
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
  const element = h("div", { class: "small-window" },
    h("h1", { class: "unseen" }, t("call.title")),
    picture,
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
