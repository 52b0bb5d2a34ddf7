// In the own picture on a phone: the other camera.

import { h, show } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { isOn } from "../state.js";

/** @param {import("../devices.js").Devices} devices */
export function createTurn(devices) {
  // Others have their cameras in the settings, and nothing to turn round.
  const byTouch = matchMedia("(pointer: coarse)");
  const element = h("button", { type: "button", class: "tile-turn", hidden: true, "aria-label": t("camera.turn"), title: t("camera.turn"), onclick: () => void devices.turn() }, icon("cameraTurn"));
  return {
    element,
    /** @param {import("../state.js").State["camera"]} camera */
    update(camera) {
      show(element, byTouch.matches && isOn(camera) && camera.choices.length > 1);
    },
  };
}
