// A knock during the call: said aloud once, and shown over the stage with what can be done about it at once.

import { h, setText, show } from "../dom.js";
import { icon } from "../icons.js";
import { knockKey, knocksToShow, unanswered } from "../house.js";
import { t } from "../language.js";
import { createSteady } from "../steady.js";
import { knockSentence } from "../words_house.js";

/** @typedef {import("../expected.js").Knock} Knock */

/**
 * @param {HTMLElement} place where remarks stand
 * @param {import("../actions.js").Actions} actions
 * @returns {(state: import("../state.js").State) => void}
 */
export function createKnockToast(place, { hosting, dismiss }) {
  /** @type {readonly Knock[]} */
  let knocks = [];
  /** @type {readonly string[]} */
  let said = [];
  const aloud = h("p", { class: "unseen", role: "alert" });
  const sentence = h("p", {});
  const message = h("p", { class: "toast-said" });
  const letIn = createLetIn(hosting);
  const see = h("button", { type: "button", class: "button button-small button-quiet", onclick: () => hosting.setPanel(true) }, t("knock.see"));
  const later = h("button", { type: "button", class: "button button-icon", "aria-label": t("dismiss"), onclick: () => knocks.forEach((knock) => dismiss(knockKey(knock))) }, icon("close"));
  const toast = h("div", { class: "toast toast-knock", role: "region", "aria-label": t("knock.region"), hidden: true },
    icon("knock"), h("div", { class: "toast-words" }, sentence, message), later, h("div", { class: "toast-actions" }, letIn.element, see));
  place.append(aloud, toast);

  return (state) => {
    const waiting = state.screen === "call" ? unanswered(state.house) : [];
    const news = waiting.filter(({ id }) => !said.includes(id));
    said = waiting.map(({ id }) => id);
    if (news.length > 0 || waiting.length === 0) setText(aloud, knockSentence(news));
    knocks = state.screen === "call" ? knocksToShow(state) : [];
    const [first] = knocks;
    letIn.shows(first);
    const had = toast.contains(document.activeElement);
    show(toast, knocks.length > 0);
    if (had && knocks.length === 0 && !state.panel) document.getElementById("people-button")?.focus();
    if (!first) return;
    setText(sentence, knockSentence(knocks));
    setText(message, knocks.length === 1 ? first.message : "");
    show(message, message.textContent !== "");
    // Of several each is looked at: one press lets in one person.
    show(letIn.element, knocks.length === 1);
  };
}

/** Lets in whoever stands first. @param {import("../hosting.js").Hosting} hosting */
export function createLetIn(hosting) {
  const steady = createSteady();
  return {
    element: h("button", { type: "button", class: "button button-small", onclick: () => steady.pressed && void hosting.admit(steady.pressed) }, t("knock.let")),
    /** @param {Knock | undefined} knock whom it is about */
    shows: (knock) => steady.shows(knock?.id ?? ""),
  };
}
