// A host asks this person to mute: a plain question over the stage, and it is this person who answers.

import { h, setText, show } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { isOn } from "../state.js";
import { muteQuestion } from "../words_house.js";

/**
 * @param {HTMLElement} place where remarks stand
 * @param {import("../actions.js").Actions} actions
 * @returns {(state: import("../state.js").State) => void}
 */
export function createMuteQuestion(place, { devices, hosting }) {
  const aloud = h("p", { class: "unseen", role: "alert" });
  const sentence = h("p", {});
  const mute = h("button", { type: "button", class: "button button-small", onclick: () => {
    // Nothing is switched on by it, whatever happened meanwhile: who is muted is not asked.
    if (!toast.hidden) void devices.toggle("microphone");
  } }, t("mute"));
  const notNow = h("button", { type: "button", class: "button button-small button-quiet", onclick: () => hosting.muteAsked(null) }, t("not-now"));
  const toast = h("div", { class: "toast toast-knock", role: "region", "aria-label": t("mute.asked.region"), hidden: true },
    icon("info"), h("div", { class: "toast-words" }, sentence), h("div", { class: "toast-actions" }, mute, notNow));
  place.append(aloud, toast);

  return ({ screen, muteAsked, microphone }) => {
    const asked = screen === "call" && isOn(microphone) ? muteAsked : null;
    const had = toast.contains(document.activeElement);
    show(toast, asked !== null);
    setText(aloud, asked ? muteQuestion(asked.name) : "");
    if (asked) setText(sentence, muteQuestion(asked.name));
    else if (had) document.getElementById("people-button")?.focus();
  };
}
