// A recording on the screen: the sign while one goes on, the question to everybody but whoever asks, and the offer of the file.

import { h, setAttribute, setText, show } from "../dom.js";
import { icon } from "../icons.js";
import { t } from "../language.js";
import { recordQuestion, signOf } from "../words_recording.js";

/** @typedef {import("../state.js").State} State */

/**
 * A row of its own above the call: nothing lies over it, and it lies over nothing.
 * @param {import("../actions.js").Actions} actions
 */
export function createRecordingSign({ recording }) {
  const text = h("span", { role: "status" });
  const button = h("button", { type: "button", class: "button button-small button-quiet" });
  const element = h("div", { class: "record-sign", role: "region", "aria-label": t("record.region"), hidden: true }, icon("record"), text, button);
  /** @type {ReturnType<typeof signOf>["act"]} */
  let act = "";
  button.addEventListener("click", () => (act === "stop" ? recording.stop() : recording.answer(false)));
  return {
    element,
    /** @param {State} state */
    update({ house }) {
      const sign = signOf(house.recording);
      act = sign.act;
      setAttribute(element, "data-state", house.recording?.state ?? "none");
      setText(text, sign.text);
      show(element, sign.text !== "");
      show(button, act !== "");
      setText(button, act === "withdraw" ? t("record.withdraw") : t(house.recording?.state === "asking" ? "record.cancel" : "record.stop"));
    },
  };
}

/**
 * Somebody asks to record.
 * @param {HTMLElement} place where remarks stand
 * @param {import("../actions.js").Actions} actions
 * @returns {(state: State) => void}
 */
export function createRecordingQuestion(place, { recording }) {
  const aloud = h("p", { class: "unseen", role: "alert" });
  const sentence = h("p", {});
  const yes = h("button", { type: "button", class: "button button-small", onclick: () => recording.answer(true) }, t("record.agree"));
  const no = h("button", { type: "button", class: "button button-small button-quiet", onclick: () => recording.answer(false) }, t("record.refuse"));
  const toast = h("div", { class: "toast toast-knock", role: "region", "aria-label": t("record.asked.region"), hidden: true },
    icon("record"), h("div", { class: "toast-words" }, sentence, h("p", { class: "small" }, t("record.honest"))), h("div", { class: "toast-actions" }, yes, no));
  place.append(aloud, toast);

  return ({ screen, house }) => {
    const asked = screen === "call" && house.recording !== null && house.recording.state !== "none" && !house.recording.own && house.recording.answer === "none" ? house.recording : null;
    const had = toast.contains(document.activeElement);
    show(toast, asked !== null);
    // Once for each question: when it pauses and goes on nothing new is asked.
    if (!asked) setText(aloud, "");
    else {
      setText(sentence, recordQuestion(asked));
      if (aloud.textContent === "") setText(aloud, recordQuestion(asked));
    }
    if (!asked && had) document.getElementById("people-button")?.focus();
  };
}

/**
 * What was recorded and lies in this page only, on whatever screen its person is by now.
 * @param {HTMLElement} place where remarks stand
 * @param {import("../actions.js").Actions} actions
 * @returns {(state: State) => void}
 */
export function createTapeOffer(place, { recording }) {
  const save = h("button", { type: "button", class: "button button-small", onclick: () => recording.save() }, t("record.save"));
  const discard = h("button", { type: "button", class: "button button-small button-quiet", onclick: () => recording.discard() }, t("record.discard"));
  const toast = h("div", { class: "toast toast-knock", role: "region", "aria-label": t("record.ready.region"), hidden: true },
    icon("record"), h("div", { class: "toast-words" }, h("p", { role: "status" }, t("record.ready"))), h("div", { class: "toast-actions" }, save, discard));
  place.append(toast);
  return ({ tape }) => show(toast, tape === "waits");
}
